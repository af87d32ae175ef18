package modelfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// memoryDisk is a disk in memory. It fails at a chosen call, or loses its power
// after it: what was not synced is then there or not, as chance has it.
type memoryDisk struct {
	names  map[string]*memoryFile // what a process sees
	synced map[string]*memoryFile // what a power loss leaves for sure
	dirs   map[string]bool
	calls  int
	failAt int // the call that fails; 0 = none
	lostAt int // the call after which there is no power; 0 = none
	made   int
	files  []*memoryFile // that were made
	steps  []string
}

type memoryFile struct {
	disk   *memoryDisk
	name   string
	data   string
	synced string
	closed bool
}

var (
	errDisk  = errors.New("the disk fails")
	errPower = errors.New("no power")
)

// call counts a call, and says what becomes of it.
func (d *memoryDisk) call(what string) error {
	d.calls++
	d.steps = append(d.steps, what)
	if d.calls == d.failAt {
		return errDisk
	}
	if d.lostAt > 0 && d.calls > d.lostAt {
		return errPower
	}
	return nil
}

func (d *memoryDisk) Mkdir(dir string, mode fs.FileMode) error {
	if err := d.call("mkdir"); err != nil {
		return err
	}
	if d.dirs[dir] {
		return fs.ErrExist
	}
	d.dirs[dir] = true
	return nil
}

func (d *memoryDisk) CreateTemp(dir, pattern string) (file, error) {
	if err := d.call("create"); err != nil {
		return nil, err
	}
	d.made++
	f := &memoryFile{disk: d, name: filepath.Join(dir, strings.Replace(pattern, "*", fmt.Sprint(d.made), 1))}
	d.names[f.name] = f
	d.files = append(d.files, f)
	return f, nil
}

func (d *memoryDisk) Rename(from, to string) error {
	if err := d.call("rename"); err != nil {
		return err
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *memoryDisk) Remove(name string) error {
	if err := d.call("remove"); err != nil {
		return err
	}
	delete(d.names, name)
	return nil
}

func (d *memoryDisk) SyncDir(string) error {
	if err := d.call("sync of the directory"); err != nil {
		return err
	}
	d.synced = maps.Clone(d.names)
	return nil
}

func (f *memoryFile) Name() string { return f.name }

func (f *memoryFile) Write(p []byte) (int, error) {
	if err := f.disk.call("write"); err != nil {
		f.data += string(p[:len(p)/2])
		return len(p) / 2, err
	}
	f.data += string(p)
	return len(p), nil
}

func (f *memoryFile) Sync() error {
	if err := f.disk.call("sync"); err != nil {
		return err
	}
	f.synced = f.data
	return nil
}

func (f *memoryFile) Close() error {
	if f.closed {
		return fs.ErrClosed
	}
	f.closed = true
	return f.disk.call("close")
}

const (
	oldContent = "what was learned until yesterday"
	newContent = "what is learned today, which is more"
)

// disk with a file that has been there, whole and synced.
func oldDisk(path string) *memoryDisk {
	f := &memoryFile{data: oldContent, synced: oldContent}
	d := &memoryDisk{names: map[string]*memoryFile{path: f}, dirs: map[string]bool{}}
	d.synced = maps.Clone(d.names)
	return d
}

func twice(w io.Writer) error { // longer than the buffer between
	for range 2 {
		if _, err := io.WriteString(w, strings.Repeat(newContent, 10_000)); err != nil {
			return err
		}
	}
	return nil
}

// TestWriteOnADiskThatFails at each of its calls in turn: the error is told, the
// old file stays, nothing is left open or lies about.
func TestWriteOnADiskThatFails(t *testing.T) {
	const path = "/models/a.model"
	whole := strings.Repeat(newContent, 20_000)
	good := oldDisk(path)
	if err := writeOn(good, path, twice); err != nil || good.names[path].data != whole {
		t.Fatalf("without a failure: %v", err)
	}
	t.Log(strings.Join(good.steps, ", "))
	for n := 1; n <= good.calls; n++ {
		d := oldDisk(path)
		d.failAt = n
		err := writeOn(d, path, twice)
		step := good.steps[n-1]
		if !errors.Is(err, errDisk) {
			t.Errorf("the %s fails: %v", step, err)
		}
		// The directory's sync is the last step: the file has its new name then.
		want := oldContent
		if n == good.calls {
			want = whole
		}
		if got := d.names[path].data; got != want {
			t.Errorf("the %s fails: a file of %d bytes is there, want %d", step, len(got), len(want))
		}
		if len(d.names) != 1 {
			t.Errorf("the %s fails: %d files are left", step, len(d.names))
		}
		for _, f := range d.files {
			if !f.closed {
				t.Errorf("the %s fails: %s stays open", step, f.name)
			}
		}
	}
	d := oldDisk(path)
	if err := writeOn(d, path, func(w io.Writer) error { twice(w); return errDisk }); err != errDisk || d.names[path].data != oldContent || len(d.names) != 1 {
		t.Errorf("what writes fails: %v, %d files", err, len(d.names))
	}
}

// TestWriteAndNoPower cuts the power after each call in turn. Of what was not
// synced, names and contents, all or nothing may be on the disk: the file is the
// old one or the new one, whole, and the new one for sure when Write has returned.
func TestWriteAndNoPower(t *testing.T) {
	const path = "/models/a.model"
	whole := strings.Repeat(newContent, 20_000)
	good := oldDisk(path)
	if err := writeOn(good, path, twice); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= good.calls; n++ {
		d := oldDisk(path)
		d.lostAt = n
		returned := writeOn(d, path, twice) == nil
		if returned != (n == good.calls) {
			t.Errorf("no power after call %d of %d, and it returned well: %v", n, good.calls, returned)
		}
		for what, names := range map[string]map[string]*memoryFile{"the names that were synced": d.synced, "all names": d.names} {
			f := names[path]
			if f == nil {
				t.Errorf("no power after the %s: of %s, the file's is gone", good.steps[n-1], what)
				continue
			}
			for _, data := range []string{f.synced, f.data} {
				if data != whole && (data != oldContent || returned) {
					t.Errorf("no power after the %s: by %s there is a file of %d bytes, neither the old nor the new one", good.steps[n-1], what, len(data))
				}
			}
		}
	}
}

// TestANewDirectoryIsSynced above, or it is gone with the power, and the models
// in it.
func TestANewDirectoryIsSynced(t *testing.T) {
	const path = "/models/a.model"
	d := &memoryDisk{names: map[string]*memoryFile{}, dirs: map[string]bool{}}
	if err := writeOn(d, path, twice); err != nil {
		t.Fatal(err)
	}
	if len(d.steps) < 2 || d.steps[0] != "mkdir" || d.steps[1] != "sync of the directory" {
		t.Errorf("the steps were %s", strings.Join(d.steps, ", "))
	}
}
