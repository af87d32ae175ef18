package scan

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// whole writes down all that is known of a line.
func whole(l *Line) string {
	v, ev := &l.Verdict, &l.Event
	s := fmt.Sprintf("%d %d %d %v %v %q %q | %v %x %v %s | %v %v %v %q %q", l.Number, l.Offset, l.First, l.Continues, l.Cut, l.Text[:min(len(l.Text), 300)], l.Record[:min(len(l.Record), 300)],
		v.Judged, v.Score, v.Anomaly, v.Reason, ev.Time, ev.Level, ev.Transport, ev.Message[:min(len(ev.Message), 300)], ev.Group)
	for _, f := range l.Fields() {
		s += fmt.Sprintf(" %s=%q %v %v", f.Name, f.Value[:min(len(f.Value), 300)], f.Kind, f.Number)
	}
	return s
}

// mixture is a log in which a line may be a record of any form and size, also with
// more keys than are remembered.
func mixture() string {
	trace, _, _ := traces()
	lines := strings.Split(shop(3000), "\n")
	var b strings.Builder
	for i, l := range strings.Split(trace, "\n") {
		b.WriteString(l + "\n")
		if i%3 == 0 && !strings.HasPrefix(l, "\t") && !strings.HasPrefix(l, "com.") {
			b.WriteString(lines[i%len(lines)] + "\n")
		}
		switch i % 997 {
		case 5:
			for r := i; r < i+10; r++ {
				fmt.Fprintf(&b, "{\"msg\":\"key %d\",\"level\":\"warn\"", r)
				for k := range 90 {
					fmt.Fprintf(&b, ",\"made.up-%d\":{\"in\":%d,\"text\":\"a\\nb %d\"}", r*90+k, k, r)
				}
				b.WriteString("}\n")
			}
		case 500:
			b.WriteString(strings.Repeat("long ", readSize/5*(1+i%7)) + "\n\n\r\n")
		}
	}
	return b.String()
}

// onCores runs a test as on one core, where who reads and who judges take turns, and as
// on two.
func onCores(t *testing.T, test func(t *testing.T)) {
	for n := 1; n <= 2; n++ {
		t.Run(fmt.Sprintf("%d cores", n), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
			test(t)
		})
	}
}

// TestAhead: a line is the same whether it is judged as it is read or behind that.
func TestAhead(t *testing.T) { onCores(t, testAhead) }

func testAhead(t *testing.T) {
	log := mixture()
	judge := func(o Options, in io.Reader) (all []string) {
		o.Settings = options.Defaults()
		if _, err := Run(t.Context(), in, o, func(l *Line) error {
			all = append(all, whole(l))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	// What comes from a live input is judged before more is read.
	want := judge(Options{Live: true, Wait: func(time.Duration) bool { return true }}, strings.NewReader(log))
	for name, in := range map[string]io.Reader{"at once": strings.NewReader(log), "in halves": iotest.HalfReader(strings.NewReader(log))} {
		if got := judge(Options{}, in); !slices.Equal(got, want) {
			for i := range want {
				if i >= len(got) || got[i] != want[i] {
					t.Fatalf("%s, %d lines and %d, the first that differs is\n%s\nwant\n%s", name, len(got), len(want), got[min(i, len(got)-1)], want[i])
				}
			}
			t.Fatalf("%s: %d lines, want %d", name, len(got), len(want))
		}
	}
}

// TestAheadStops: when a line is refused, nothing is read any more behind Run, and the
// lines before an error of the input have been judged.
func TestAheadStops(t *testing.T) { onCores(t, testAheadStops) }

func testAheadStops(t *testing.T) {
	log, refused := shop(5000), errors.New("refused")
	in := &counting{in: strings.NewReader(log)}
	n := 0
	_, err := Run(t.Context(), in, Options{Settings: options.Defaults()}, func(*Line) error {
		if n++; n == 700 {
			return refused
		}
		return nil
	})
	if err != refused || n != 700 {
		t.Errorf("%v after %d lines", err, n)
	}
	in.closed = true // a read from now on fails the test under -race, and here
	broken := errors.New("broken")
	n = 0
	_, err = Run(t.Context(), io.MultiReader(strings.NewReader(log), iotest.ErrReader(broken)), Options{Settings: options.Defaults()}, func(*Line) error {
		n++
		return nil
	})
	if err != broken || n != 5000 {
		t.Errorf("%v after %d lines", err, n)
	}
	if in.late {
		t.Error("the input was read after Run")
	}
}

// TestAheadHoldsNothingBack: an input may keep its reader waiting all the same, and what is
// there is judged before more is waited for, though a batch has room for more.
func TestAheadHoldsNothingBack(t *testing.T) { onCores(t, testAheadHoldsNothingBack) }

func testAheadHoldsNothingBack(t *testing.T) {
	const given, behind = 100, 10 // lines; more may belong to the last record
	text := strings.Repeat("# nothing happens in this line that is here to fill what is looked at before a log is known as one\n", headSize/100+1) + shop(given)
	filling := strings.Count(text, "\n") - given
	in, w := io.Pipe()
	seen := make(chan int64, filling+given)
	go func() {
		Run(t.Context(), in, Options{Settings: options.Defaults()}, func(l *Line) error {
			seen <- l.Number
			return nil
		})
		close(seen)
	}()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	for late := time.After(time.Minute); ; {
		select {
		case n := <-seen:
			if n < int64(filling+given-behind) {
				continue
			}
		case <-late:
			t.Error("lines are held back until more of them come")
		}
		break
	}
	w.Close()
	for range seen {
	}
}

// counting notices reads behind its end.
type counting struct {
	in           io.Reader
	closed, late bool
}

func (c *counting) Read(p []byte) (int, error) {
	c.late = c.late || c.closed
	return c.in.Read(p[:min(len(p), 1000)])
}
