// Package modelfile keeps files that must never be found half written: a write
// replaces the whole file or changes nothing, whenever the process or the
// machine ends. It knows nothing of what is in them.
package modelfile

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

const (
	// Suffix is the end of a model file's name.
	Suffix = ".model"

	// longestName is the length in bytes of the names that are made for
	// instances. File systems take 255, of which the suffixes need some.
	longestName = 200
)

// Path returns the file for the named instance in dir. Different names give
// different files: bytes other than letters, digits, _ - and . are written %XX,
// as is a dot at the beginning, and a name that is too long ends in its hash.
func Path(dir, instance string) string {
	var b strings.Builder
	for i, c := range []byte(instance) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if name == "" {
		name = "%"
	}
	if len(name) > longestName {
		sum := text.Digest([]byte(instance))
		hash := hex.EncodeToString(sum[:])
		name = name[:longestName-len(hash)-1] + "%" + hash // no other name has % before a lower-case hash this long
	}
	return filepath.Join(dir, name+Suffix)
}

// Write replaces the file at path by what write writes, atomically and durably:
// when it returns nil, the new content is on the disk; until then, the old one or
// the new one is, whole. After an error of its last step, which makes the new name
// durable, it may be the new one, after any other it is the old one. The file is readable by its owner only. Its directory
// is made, for its owner only, when it is not there; the directory above must
// be.
//
// Another process that writes the same file at the same time does no harm; the
// one that ends last wins, or the other gets an error.
func Write(path string, write func(io.Writer) error) error {
	return writeOn(osDisk{}, path, write)
}

func writeOn(d disk, path string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	if err := makeDir(d, dir); err != nil {
		return err
	}
	f, err := d.CreateTemp(dir, temporary(path)) // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			d.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 256<<10)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil { // some file systems say here that the disk is full
		return err
	}
	if err := d.Rename(f.Name(), path); err != nil {
		return err
	}
	return d.SyncDir(dir)
}

// Probe says what would keep Write from making a file at path: it makes an empty
// one beside it and removes that.
func Probe(path string) error {
	dir := filepath.Dir(path)
	if err := makeDir(osDisk{}, dir); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, temporary(path))
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Cause is the error without the names of files in it, of which unfinished ones
// differ each time: what tells one trouble from another.
func Cause(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	}
	return err.Error()
}

// temporary is the pattern of the names of path's unfinished files. They are
// hidden and do not end as models do.
func temporary(path string) string { return "." + filepath.Base(path) + ".*.tmp" }

func makeDir(d disk, dir string) error {
	err := d.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil // a file in its place is found when it is used
	}
	if err != nil {
		return err
	}
	return d.SyncDir(filepath.Dir(dir))
}

// disk is what Write asks of a disk. Tests have one that fails, and one that
// forgets what was not synced.
type disk interface {
	Mkdir(dir string, mode fs.FileMode) error
	CreateTemp(dir, pattern string) (file, error)
	Rename(from, to string) error
	Remove(name string) error
	SyncDir(dir string) error
}

type file interface {
	io.WriteCloser
	Name() string
	Sync() error
}

// osDisk is the disk that there is.
type osDisk struct{}

func (osDisk) Mkdir(dir string, mode fs.FileMode) error     { return os.Mkdir(dir, mode) }
func (osDisk) CreateTemp(dir, pattern string) (file, error) { return os.CreateTemp(dir, pattern) }
func (osDisk) Rename(from, to string) error                 { return os.Rename(from, to) }
func (osDisk) Remove(name string) error                     { return os.Remove(name) }
func (osDisk) SyncDir(dir string) error                     { return syncDir(dir) }

// syncDir makes names in a directory durable. Some file systems cannot, and
// need not.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); !cannot(err) {
		return err
	}
	return nil
}

// cannot reports whether an error says that a file system does not know a call.
func cannot(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL)
}

// Read calls read with the content of the file. The error fs.ErrNotExist says
// that there is none.
func Read(path string, read func(io.Reader) error) error {
	// To open a pipe would wait for somebody to write to it.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return err
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", path)
	}
	return read(bufio.NewReaderSize(f, 256<<10))
}

// CleanUp removes what writes to path that were killed have left.
func CleanUp(path string) {
	left, _ := filepath.Glob(filepath.Join(escapeGlob(filepath.Dir(path)), temporary(path)))
	for _, name := range left {
		os.Remove(name)
	}
}

// escapeGlob quotes what has a meaning in the pattern of a Glob. Names that
// Path makes have nothing of the kind.
func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

// SetAside renames the file out of the way, to its name with .why behind it, and
// returns that. One such file is kept: a former one is replaced.
func SetAside(path, why string) (string, error) {
	to := path + "." + why
	if err := os.Rename(path, to); err != nil {
		return "", err
	}
	return to, syncDir(filepath.Dir(path))
}
