package event

import "testing"

// What has a byte that tells it has a mark for that.
func TestFormatsHaveMarks(t *testing.T) {
	for _, f := range formats {
		if f.has != 0 && markOf[f.has] == 0 {
			t.Errorf("there is no mark of %q", f.has)
		}
	}
}
