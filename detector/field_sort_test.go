package detector_test

import (
	"testing"
)

// A number that is suddenly a text, and a text that is suddenly empty.
func TestFieldSort(t *testing.T) {
	w := watch(t, shopLog(10), 8000)
	w.flags(changed("duration_ms", `"NaN"`), `duration_ms "NaN": usually a number, in `, " before")
	w.flags(changed("bytes", `"timeout"`), `bytes "timeout": usually a number, in `)
	w.flags(changed("status", `"-"`), `status "-": it is usually not empty, in `)
	w.flags(changed("user", `""`), `user "": it is usually not empty, in `)
	w.flags(changed("host", `""`), `host "": it is usually not empty, in `)
	w.flags(changed("method", "7"), `method 7: usually no number, in `)
}
