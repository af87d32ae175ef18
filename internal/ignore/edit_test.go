package ignore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAddKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ignore.txt")
	link := filepath.Join(dir, "link.txt")
	is := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Fatalf("the file is %q (%v), want %q", got, err, want)
		}
	}
	add := func(path, entry, comment string) {
		t.Helper()
		if err := Add(path, entry, comment); err != nil {
			t.Fatal(err)
		}
	}
	add(path, "pattern:0123456789", "12 of 40 lines,\n such as: # a\x00b")
	is("# flb-anomaly: 12 of 40 lines, such as: # a\x00b\npattern:0123456789\n")

	const own = "# known since May\n\n  ^probe  \r\n# why not"
	if err := os.WriteFile(path, []byte(own), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	add(link, "pattern:abcdefghjk", "one")
	add(link, "^probe", "is there")
	add(path, "pattern:0123456789", "two")
	const both = own + "\n# flb-anomaly: one\npattern:abcdefghjk\n# flb-anomaly: two\npattern:0123456789\n"
	is(both)
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v (%v)", info, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file is %v (%v)", info, err)
	}
	if err := Remove(path, "pattern:abcdefghjk"); err != nil {
		t.Fatal(err)
	}
	is(own + "\n# flb-anomaly: two\npattern:0123456789\n")
	if err := Remove(path, "^probe"); err != nil {
		t.Fatal(err)
	}
	is("# known since May\n\n# why not\n# flb-anomaly: two\npattern:0123456789\n")

	// What is wrong changes nothing.
	for _, entry := range []string{"^", "(", "pattern:x"} {
		if err := Add(path, entry, ""); err == nil {
			t.Errorf("%s is added", entry)
		}
	}
	if err := os.WriteFile(path, []byte("a\n(\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Add(path, "pattern:abcdefghjk", ""); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("of a file that is wrong: %v", err)
	}
	is("a\n(\n")
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}
