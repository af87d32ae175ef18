package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// shop is a log with incidents in it.
func shop(lines int) string {
	var b strings.Builder
	g := shoplog.New(shoplog.Options{Seed: 1, Lines: lines, Incidents: true})
	for range lines {
		b.WriteString(g.Next().Line)
		b.WriteByte('\n')
	}
	return b.String()
}

// verdicts runs and writes down every line and verdict, to the last bit of the
// score.
func verdicts(t *testing.T, in io.Reader, o Options) ([]string, Result) {
	t.Helper()
	var got []string
	result, err := Run(t.Context(), in, o, func(line *Line) error {
		v := &line.Verdict
		got = append(got, fmt.Sprintf("%d %d %s %v %v %x %s", line.Number, line.Offset, line.Event.Time, v.Judged, v.Anomaly, v.Score, v.Reason))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, result
}

func TestArray(t *testing.T) {
	for first, want := range map[string]bool{
		`[{"level":"info"},{"level":"warn"}]`: true, "[": true, " [ \r": true, `[ {"a":1},`: true,
		"[2026-03-02 08:00:00] INFO": false, `{"a":[{}]}`: false, "[]": false, "": false, "[[1]]": false,
	} {
		result, err := Run(t.Context(), strings.NewReader(first+"\n{\n"), Options{Settings: options.Defaults()}, func(*Line) error { return nil })
		if err != nil || result.Array != want {
			t.Errorf("%q: %v, %v", first, result.Array, err)
		}
	}
}

func TestRun(t *testing.T) {
	text := shop(3000)
	for _, mode := range []Mode{Stream, Batch} {
		t.Run(string(mode), func(t *testing.T) {
			o := Options{Settings: options.Defaults(), Mode: mode}
			want, result := verdicts(t, strings.NewReader(text), o)
			if len(want) != 3000 || result.Lines != 3000 {
				t.Fatalf("%d calls and %d lines, want 3000", len(want), result.Lines)
			}
			if mode == Batch && result.Judged != 3000 {
				t.Errorf("%d lines judged of 3000, in batch mode", result.Judged)
			}
			if warmup := int64(o.Settings.Detector.Warmup); mode == Stream && (result.Judged == 0 || result.Judged > 3000-warmup) {
				t.Errorf("%d lines judged of 3000 with a warmup of %d", result.Judged, warmup)
			}
			if first, last := time.Unix(0, int64(result.First)), time.Unix(0, int64(result.Last)); first.UTC().Format(time.DateTime) != "2026-03-02 08:00:00" || !last.After(first) {
				t.Errorf("from %v to %v", first, last)
			}
			// The same text gives the same verdicts however it comes.
			for name, in := range map[string]io.Reader{
				"again":         strings.NewReader(text),
				"gzip":          strings.NewReader(zip(text)),
				"a pipe":        io.MultiReader(strings.NewReader(text)),
				"a slow pipe":   iotest.HalfReader(strings.NewReader(text)),
				"a gzip stream": iotest.HalfReader(strings.NewReader(zip(text[:50_000]) + zip(text[50_000:]))),
			} {
				if got, _ := verdicts(t, in, o); !slices.Equal(got, want) {
					t.Errorf("%s: other verdicts", name)
				}
			}
		})
	}
}

// Every line gives one result, whatever it is.
func TestRunOddLines(t *testing.T) {
	lines := []string{"", "\x00\x00\x00", "\xff\xfe\xfa", "\r", strings.Repeat("x", MaxLine+10), "{", "{}", `{"msg":""}`, `{"msg":null}`, "\t", " ", "é", "\u2028"}
	text := strings.Repeat(strings.Join(lines, "\n")+"\n", 5)
	for _, mode := range []Mode{Stream, Batch} {
		got, _ := verdicts(t, strings.NewReader(text), Options{Settings: options.Defaults(), Mode: mode})
		if len(got) != 5*len(lines) {
			t.Errorf("%s: %d results of %d lines", mode, len(got), 5*len(lines))
		}
		if got, _ := verdicts(t, strings.NewReader(""), Options{Settings: options.Defaults(), Mode: mode}); len(got) != 0 {
			t.Errorf("%s: %d results of an empty file", mode, len(got))
		}
	}
}

// A regular file is read from where it stands, twice in batch mode.
func TestRunFile(t *testing.T) {
	text := shop(1000)
	name := filepath.Join(t.TempDir(), "shop.log")
	if err := os.WriteFile(name, []byte("what has been read before\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Seek(int64(len("what has been read before\n")), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	o := Options{Settings: options.Defaults(), Mode: Batch}
	want, _ := verdicts(t, strings.NewReader(text), o)
	if got, _ := verdicts(t, f, o); !slices.Equal(got, want) {
		t.Error("a file gives other verdicts than its text")
	}
}

func TestRunProgress(t *testing.T) {
	text := shop(6000)
	for mode, passes := range map[Mode]int64{Stream: 1, Batch: 2} {
		var last int64
		o := Options{Settings: options.Defaults(), Mode: mode, Progress: func(read int64) {
			if read < last {
				t.Errorf("%s: progress from %d to %d", mode, last, read)
			}
			last = read
		}}
		verdicts(t, bytes.NewReader([]byte(text)), o)
		if last != passes*int64(len(text)) {
			t.Errorf("%s: %d bytes at the end, want %d times %d", mode, last, passes, len(text))
		}
	}
}

func TestRunEnds(t *testing.T) {
	text := shop(6000)
	settings := options.Defaults()
	count := func(n *int) func(*Line) error {
		return func(*Line) error { *n++; return nil }
	}

	t.Run("with the context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		result, err := Run(ctx, iotest.HalfReader(strings.NewReader(text)), Options{Settings: settings}, func(line *Line) error {
			if n++; n == 100 {
				cancel()
			}
			return nil
		})
		if err != context.Canceled || n < 100 || n == 6000 || result.Lines != int64(n) {
			t.Errorf("%d lines, %v", n, err)
		}
	})
	t.Run("with the callback's error", func(t *testing.T) {
		full := errors.New("the disk is full")
		n := 0
		_, err := Run(t.Context(), strings.NewReader(text), Options{Settings: settings}, func(line *Line) error {
			if n++; n == 100 {
				return full
			}
			return nil
		})
		if err != full || n != 100 {
			t.Errorf("%d lines, %v", n, err)
		}
	})
	t.Run("with the input's error", func(t *testing.T) {
		n := 0
		broken := zip(text)
		_, err := Run(t.Context(), strings.NewReader(broken[:len(broken)/2]), Options{Settings: settings}, count(&n))
		if err == nil || n < 1000 || n == 6000 {
			t.Errorf("%d lines, %v; want those before the damage, and an error", n, err)
		}
	})
	t.Run("at the spool's limit", func(t *testing.T) {
		n := 0
		o := Options{Settings: settings, Mode: Batch, SpoolLimit: 1000}
		_, err := Run(t.Context(), io.MultiReader(strings.NewReader(text)), o, count(&n))
		if err == nil || !strings.Contains(err.Error(), "give a file instead") || n != 0 {
			t.Errorf("%d lines, %v", n, err)
		}
	})
	t.Run("before it starts, for a wrong accessor", func(t *testing.T) {
		n := 0
		s := settings
		s.LogKey = "$log["
		_, err := Run(t.Context(), strings.NewReader(text), Options{Settings: s}, count(&n))
		if err == nil || !strings.Contains(err.Error(), "Log_Key") || n != 0 {
			t.Errorf("%d lines, %v", n, err)
		}
	})
}

// All of a scan but the writing: reading, times, fields, verdicts.
func BenchmarkRun(b *testing.B) {
	text := shop(20_000)
	o := Options{Settings: options.Defaults()}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Run(context.Background(), strings.NewReader(text), o, func(*Line) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/20_000, "ns/line")
}
