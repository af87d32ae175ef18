package ignore

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWatchLooksEveryTwoSeconds turns the clock, and the file's time with it.
func TestWatchLooksEveryTwoSeconds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ignore.txt")
	synctest.Test(t, func(t *testing.T) {
		write := func(text string, age time.Duration) {
			t.Helper()
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			at := time.Now().Add(-age)
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		var log bytes.Buffer
		write("first", time.Hour)
		f := Watch(path, slog.New(slog.NewTextHandler(&log, nil)), func(f func()) { go f() }, time.Minute)
		var seen Seen
		// says checks that the file says something else by now, or, for "", the same.
		says := func(what, text string) {
			t.Helper()
			synctest.Wait()
			ig, changed := f.Current(&seen)
			if changed != (text != "") || changed && !ig.Has([]byte(text), nil, 0) {
				t.Errorf("%s: changed: %v, and it is to say %q\n%s", what, changed, text, &log)
			}
		}
		says("at the start", "first")
		time.Sleep(interval)
		says("two seconds later", "")
		write("secnd", 30*time.Minute) // of another time
		time.Sleep(interval - time.Nanosecond)
		says("before the next look", "")
		time.Sleep(time.Nanosecond)
		says("at the next look", "secnd")
		// Within what the file's times tell it may change twice.
		write("third", 0)
		time.Sleep(interval)
		says("of now", "third")
		write("forth", interval)
		time.Sleep(interval)
		says("again within its time", "forth")
		write("forth", 0) // touched
		time.Sleep(interval)
		says("touched", "")
		if n := strings.Count(log.String(), "has changed and is in force"); n != 3 {
			t.Errorf("%d changes are logged, want 3\n%s", n, &log)
		}
		if n := strings.Count(log.String(), "to be ignored is in force"); n != 1 {
			t.Errorf("the start is logged %d times\n%s", n, &log)
		}
		f.Close()
		synctest.Wait()
		write("fifth", 0)
		time.Sleep(time.Minute)
		says("after the end", "")
	})
}
