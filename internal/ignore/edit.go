package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// ours is what a comment begins with that Add writes above an entry.
const ours = "# flb-anomaly: "

// Add puts an entry at the end of a file, with a comment above it; the file is made when
// there is none. All that is in it stays as it is. One that is there already is not
// added. Who reads the file meanwhile sees it before or after, never half of it.
func Add(path, entry, comment string) error {
	if _, err := detector.NewIgnore([]string{entry}); err != nil {
		return err
	}
	return edit(path, func(text []byte) []byte {
		for line := range bytes.Lines(text) {
			if string(bytes.TrimSpace(line)) == entry {
				return text
			}
		}
		if n := len(text); n > 0 && text[n-1] != '\n' {
			text = append(text, '\n')
		}
		comment = strings.Join(strings.Fields(comment), " ")
		return append(text, ours+comment+"\n"+entry+"\n"...)
	})
}

// Remove takes an entry out again, with the comment that Add wrote.
func Remove(path, entry string) error {
	return edit(path, func(text []byte) []byte {
		var kept []byte
		var comment []byte // held back until the line below it is known
		for line := range bytes.Lines(text) {
			if string(bytes.TrimSpace(line)) == entry {
				comment = nil
				continue
			}
			kept = append(kept, comment...)
			comment = nil
			if bytes.HasPrefix(line, []byte(ours)) {
				comment = line
				continue
			}
			kept = append(kept, line...)
		}
		return append(kept, comment...)
	})
}

// edit changes a file in one step.
func edit(path string, change func([]byte) []byte) error {
	// A link stays one.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	text, err := content(path)
	mode := fs.FileMode(0o644)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = nil, nil
	} else if info, statErr := os.Stat(path); statErr == nil {
		mode = info.Mode().Perm()
	}
	if err != nil {
		return err
	}
	if _, err := entries(path, text); err != nil {
		return fmt.Errorf("it is left as it is: %w", err)
	}
	now := change(slices.Clone(text))
	if bytes.Equal(now, text) {
		return nil
	}
	if len(now) > maxBytes {
		return fmt.Errorf("%s would have more than %d bytes", path, maxBytes)
	}
	if _, err := entries(path, now); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(now)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
