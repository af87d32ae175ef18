package modelfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
)

func content(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

func TestPathsAreSafeAndDifferent(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"anomaly.0", "anomaly.1", "my alias", "my%20alias", "../../etc/passwd", ".", "..", "", "a/b", "a\x00b", "größe", ".hidden", "x.model",
		strings.Repeat("l", 300), strings.Repeat("l", 301), strings.Repeat("/", 70), strings.Repeat("/", 71)} {
		p := Path("/dir", name)
		if filepath.Dir(p) != "/dir" || len(filepath.Base(p)) > 220 || filepath.Clean(p) != p || strings.HasPrefix(filepath.Base(p), ".") {
			t.Errorf("%q has the file %q", name, p)
		}
		if other, ok := seen[p]; ok {
			t.Errorf("%q and %q have the same file %q", name, other, p)
		}
		seen[p] = name
	}
	for name, want := range map[string]string{"azAZ09_-.": "azAZ09_-.", "`{@[/:": "%60%7B%40%5B%2F%3A", ".": "%2E", "": "%", strings.Repeat("l", 200): strings.Repeat("l", 200)} {
		if p := Path("/dir", name); p != "/dir/"+want+".model" {
			t.Errorf("%q has the file %s, want %s.model", name, p, want)
		}
	}
	if p := filepath.Base(Path("/dir", strings.Repeat("l", 201))); len(p) != 200+len(".model") {
		t.Errorf("a name of 201 bytes has the file %s, of %d bytes", p, len(p))
	}
	if p := Path("/dir", "anomaly.0"); p != "/dir/anomaly.0.model" {
		t.Errorf("%q", p)
	}
}

func TestWriteReplacesOrChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	path := Path(dir, "a")
	read := func() (content string) {
		if err := Read(path, func(r io.Reader) error {
			b, err := io.ReadAll(r)
			content = string(b)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return content
	}
	if err := Read(path, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if err := Write(path, content("one")); err != nil || read() != "one" {
		t.Fatalf("%v, %q", err, read())
	}
	broken := errors.New("broken")
	if err := Write(path, func(w io.Writer) error { content("two")(w); return broken }); err != broken || read() != "one" {
		t.Errorf("%v, %q", err, read())
	}
	if err := Write(path, content("three")); err != nil || read() != "three" {
		t.Errorf("%v, %q", err, read())
	}
	if all := names(t, dir); all != "a.model" {
		t.Errorf("the directory has %s", all)
	}
	for p, want := range map[string]fs.FileMode{dir: 0o700 | fs.ModeDir, path: 0o600} {
		if info, err := os.Stat(p); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", p, info.Mode(), err, want)
		}
	}
	// What a kill leaves is cleaned up, that of others is not.
	for _, n := range []string{".a.model.123.tmp", ".ab.model.123.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, n), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	CleanUp(path)
	if all := names(t, dir); all != ".ab.model.123.tmp a.model" {
		t.Errorf("the directory has %s", all)
	}
	if err := Probe(path); err != nil {
		t.Error(err)
	}
	for range 2 {
		Write(path, content("four"))
		if to, err := SetAside(path, "damaged"); err != nil || to != path+".damaged" {
			t.Errorf("%q, %v", to, err)
		}
	}
	if all := names(t, dir); all != ".ab.model.123.tmp a.model.damaged" {
		t.Errorf("the directory has %s", all)
	}
}

func TestWriteSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "file", "a.model"), filepath.Join(dir, "not", "there", "a.model")} {
		err := Write(path, content("x"))
		if err == nil || !strings.Contains(err.Error(), dir) || strings.Contains(Cause(err), dir) {
			t.Errorf("%s: %v", path, err)
		}
		if err := Probe(path); err == nil {
			t.Errorf("%s: the probe says nothing", path)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "a.model"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Read(filepath.Join(dir, "a.model"), nil); err == nil {
		t.Error("a directory is read")
	}
	if err := Write(filepath.Join(dir, "a.model"), content("x")); err == nil {
		t.Error("a directory is replaced")
	}
}

// The file system of /proc has directories that cannot be synced, as some that
// take files have.
func TestADirectoryThatCannotBeSyncedIsNoError(t *testing.T) {
	const dir = "/proc/self"
	d, err := os.Open(dir)
	if err != nil {
		t.Skip("SKIPPED: no /proc here")
	}
	defer d.Close()
	if d.Sync() == nil {
		t.Skip("SKIPPED: /proc can be synced here")
	}
	if err := syncDir(dir); err != nil {
		t.Error(err)
	}
	if err := syncDir(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestWhatAFileSystemCannot(t *testing.T) {
	for err, want := range map[error]bool{
		nil: false, fs.ErrPermission: false, syscall.EIO: false, syscall.ENOSPC: false,
		errors.ErrUnsupported: true, syscall.EINVAL: true, syscall.ENOTSUP: true, &fs.PathError{Op: "sync", Err: syscall.EINVAL}: true,
	} {
		if got := cannot(err); got != want {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
}

// TestNothingStaysOpen, until the garbage collector finds it.
func TestNothingStaysOpen(t *testing.T) {
	const fds = "/proc/self/fd"
	if _, err := os.Stat(fds); err != nil {
		t.Skip("SKIPPED: no /proc here")
	}
	count := func() int { return len(strings.Fields(names(t, fds))) }
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	path := Path(t.TempDir(), "a")
	use := func() {
		err := errors.Join(Probe(path), Write(path, content("x")), Read(path, func(io.Reader) error { return nil }), syncDir(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
	}
	use()
	before := count()
	for range 20 {
		use()
	}
	if after := count(); after >= before+20 { // other tests may have opened some
		t.Errorf("%d files are open, %d before", after, before)
	}
}

func TestReadDoesNotWaitForAPipe(t *testing.T) {
	path := Path(t.TempDir(), "a")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() {
		result <- Read(path, func(io.Reader) error { return errors.New("the pipe is read") })
	}()
	select {
	case err := <-result:
		if err == nil || !strings.Contains(err.Error(), "is no regular file") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits")
	}
}
