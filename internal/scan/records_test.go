package scan

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// traces is a log with stack traces of varying depth among routine lines, and at
// its end one of another exception. It comes in lines, and as JSON with a record
// in each line. strange is the line of the last one's record.
func traces() (lines, records string, strange int64) {
	var a, b strings.Builder
	n := int64(0)
	add := func(record string) {
		for _, l := range strings.Split(record, "\n") {
			fmt.Fprintln(&a, l)
			n++
		}
		fmt.Fprintf(&b, "{\"log\":%s}\n", text.AppendJSON(nil, []byte(record)))
	}
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for i := range 4000 {
		at = at.Add(700 * time.Millisecond)
		head := at.Format("2006-01-02 15:04:05.000")
		if i%20 != 7 {
			add(fmt.Sprintf("%s INFO order %d placed in %d ms", head, 7000+i*31%997, 12+i*7%60))
			continue
		}
		failure := "com.example.StockError: item 12 is gone"
		if i == 3987 {
			failure = "java.lang.OutOfMemoryError: Java heap space"
		}
		trace := head + " ERROR order failed\n" + failure
		for depth := range 3 + i*13%40 {
			trace += fmt.Sprintf("\n\tat com.example.Call%d.run(Call%d.java:%d)", depth*7%11, depth*7%11, 10+depth*31%200)
		}
		if i == 3987 {
			strange = n + 1
		}
		add(trace)
	}
	return a.String(), b.String(), strange
}

// TestTracesAreRecords: a trace is judged with the line before it, as the filter
// judges the two in one message, and its depth is no news.
func TestTracesAreRecords(t *testing.T) {
	lines, records, strange := traces()
	type judged struct {
		score   float64
		anomaly bool
		reason  string
	}
	run := func(log string, mode Mode) (all []judged, flagged []int64) {
		t.Helper()
		number := int64(0)
		var score float64
		var pattern uint64
		_, err := Run(t.Context(), strings.NewReader(log), Options{Settings: options.Defaults(), Mode: mode}, func(l *Line) error {
			number++
			v := &l.Verdict
			if l.Number != number {
				t.Fatalf("line %d comes as the %d-th", l.Number, number)
			}
			if l.Continues {
				if v.Score != score || v.Pattern != pattern || v.Anomaly || l.Nth != 0 || l.Event.Time != 0 || l.First >= l.Number {
					t.Fatalf("line %d of the record at %d: %+v", l.Number, l.First, v)
				}
				return nil
			}
			score, pattern = v.Score, v.Pattern
			if v.Anomaly {
				flagged = append(flagged, l.Number)
			}
			all = append(all, judged{v.Score, v.Anomaly, string(v.Reason)})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all, flagged
	}
	got, flagged := run(lines, Stream)
	want, _ := run(records, Stream)
	if !slices.Equal(got, want) {
		t.Errorf("%d records in lines and %d in JSON have other verdicts", len(got), len(want))
	}
	if len(flagged) > 4 || !slices.Contains(flagged, strange) {
		t.Errorf("flagged %d, of which only %d is new once the first have come", flagged, strange)
	}
	if batch, _ := run(lines, Batch); len(batch) != len(got) {
		t.Errorf("%d records in batch mode, %d in a stream", len(batch), len(got))
	}
}

// A long record is one to its end, and no line is lost.
func TestLongRecord(t *testing.T) {
	log := "2026-03-02 08:00:01 begins\n" + strings.Repeat("\tgoes on\n", 3*maxRecordLines) + "2026-03-02 08:00:02 ready\n"
	lines, continuing := 0, 0
	_, err := Run(t.Context(), strings.NewReader(log), Options{Settings: options.Defaults()}, func(l *Line) error {
		if lines++; l.Continues {
			continuing++
		}
		if want := [...]string{"2026-03-02 08:00:01 begins", "\tgoes on", "2026-03-02 08:00:02 ready"}[min(1, lines-1)+b2i(lines == 3*maxRecordLines+2)]; string(l.Text) != want {
			t.Fatalf("line %d is %q", lines, l.Text)
		}
		return nil
	})
	if err != nil || lines != 3*maxRecordLines+2 || continuing != 3*maxRecordLines {
		t.Errorf("%d lines, %d of them continue: %v", lines, continuing, err)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// In a pipe, a line does not wait for the next one, and a trace that is written
// line by line is one record.
func TestLiveRecords(t *testing.T) {
	r, w := io.Pipe()
	in, err := Open(t.Context(), r, Stdin)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan string, 10)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error)
	go func() {
		_, err := Run(ctx, in, Options{Settings: options.Defaults(), Live: in.Live, Wait: in.Wait}, func(l *Line) error {
			seen <- fmt.Sprintf("%d of %d", l.Number, l.First)
			return nil
		})
		done <- err
	}()
	for _, line := range []string{"2026-03-02 08:00:01 ERROR failed\n", "x.StockError: gone\n", "\tat x.Y(Z.java:1)\n"} {
		io.WriteString(w, line)
	}
	for _, want := range []string{"1 of 1", "2 of 1", "3 of 1"} {
		if got := <-seen; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	io.WriteString(w, "\tat x.Late(Z.java:1)\n2026-03-02 08:00:02 INFO ready\n")
	for _, want := range []string{"4 of 1", "5 of 5"} {
		if got := <-seen; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	w.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
