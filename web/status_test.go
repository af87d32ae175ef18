package web

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// TestProgress is what the bar on the page shows, by what is known of a log.
func TestProgress(t *testing.T) {
	for _, c := range []struct {
		phase                     string
		mode                      scan.Mode
		size, got, text, judgedTo int64
		want                      string
	}{
		{waiting, scan.Stream, 100, 0, 0, 0, "0.000"},
		{done, scan.Stream, 100, 50, 50, 50, "1.000"},
		{scanning, scan.Stream, 0, 50, 50, 50, "-1.000"},
		{scanning, scan.Stream, -1, 50, 50, 50, "-1.000"},
		{scanning, scan.Stream, 100, 25, 25, 20, "0.250"},
		{scanning, scan.Stream, 100, 100, 100, 40, "0.400"}, // of another view, judged again
		{scanning, scan.Stream, 100, 100, 0, 0, "-1.000"},
		{scanning, scan.Stream, 1, 1, 1, 1, "1.000"},
		{scanning, scan.Stream, 100, 90, 300, 300, "0.900"}, // it was compressed
		{receiving, scan.Batch, 100, 50, 50, 0, "0.125"},
		{receiving, scan.Batch, 100, 100, 100, 0, "0.250"},
		{scanning, scan.Batch, 100, 100, 0, 0, "0.250"},
		{scanning, scan.Batch, 100, 100, 400, 100, "0.312"},
		{scanning, scan.Batch, 100, 100, 400, 1200, "1.000"}, // three passes
		{scanning, scan.Batch, 100, 100, 1, 1, "0.500"},
		{failed, scan.Stream, 100, 25, 25, 20, "0.250"},
		{receiving, scan.Batch, 100, 500, 500, 0, "1.000"}, // more came than was said
	} {
		v := &view{mode: c.mode, text: new(spool)}
		v.patterns.init()
		v.shapes.init()
		v.state.Phase = c.phase
		v.size.Store(c.size)
		v.got.Store(c.got)
		v.text.size.Store(c.text)
		v.judged.Store(c.judgedTo)
		s := v.status()
		if got := fmt.Sprintf("%.3f", s.Progress); got != c.want {
			t.Errorf("%+v: progress %s", c, got)
		}
		if s.Size != c.size || s.Received != c.got || s.Text != c.text {
			t.Errorf("%+v: %+v", c, s)
		}
	}
}

// TestStatusWhileItGoesOn: it runs in time until the end, and what was told of it stays
// as it was told.
func TestStatusWhileItGoesOn(t *testing.T) {
	v := table(t, nil)
	for phase, runs := range map[string]bool{waiting: false, receiving: true, scanning: true, done: false, failed: false} {
		v.state.Phase, v.state.Seconds, v.begun = phase, 7, time.Now().Add(-time.Hour)
		if s := v.status().Seconds; runs && s < 3600 || !runs && s != 7 {
			t.Errorf("%s: %v seconds", phase, s)
		}
	}
	v.counted = state{Lines: 1, Flagged: []int64{1, 2}, Levels: []int64{3, 4}}
	v.lines.add(&line{})
	v.publish()
	told := v.status()
	v.counted = state{Lines: 2, Flagged: []int64{10, 20}, Levels: []int64{30, 40}}
	v.lines.add(&line{})
	v.publish()
	if !slices.Equal(told.Flagged, []int64{1, 2}) || !slices.Equal(told.Levels, []int64{3, 4}) || !slices.Equal(v.status().Flagged, []int64{10, 20}) {
		t.Errorf("%+v", told)
	}
}

// TestJudgedAgain is a text that is all there, and said to be a part where it is one.
func TestJudgedAgain(t *testing.T) {
	for _, c := range []struct {
		text  string
		whole bool
		want  string
	}{
		{"a line\nanother\n", true, ""},
		{"a line\nanother\n", false, "Only a part of this log came"},
		{"", true, "There is nothing in it"},
		{"", false, "There is nothing in it"},
	} {
		v := table(t, nil)
		if _, err := io.WriteString(v.text, c.text); err != nil {
			t.Fatal(err)
		}
		v.whole.Store(c.whole)
		v.again()
		s := v.status()
		if (s.Phase == done) != (c.want == "") || !strings.HasPrefix(s.Error, c.want) || s.Size != int64(len(c.text)) || s.Received != s.Size || v.begun.IsZero() {
			t.Errorf("%q, whole: %v: begun at %v, %+v", c.text, c.whole, v.begun, s)
		}
	}
}

// deadlines is an answer whose connection has a deadline.
type deadlines struct {
	*httptest.ResponseRecorder
	write []time.Time
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.write = append(d.write, t)
	return nil
}

// TestDeadlineOfAnAnswer ends with it: the next request of the connection may be an
// upload, which takes its time.
func TestDeadlineOfAnAnswer(t *testing.T) {
	s, err := New(Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	s.Handler().ServeHTTP(d, httptest.NewRequest("GET", "http://127.0.0.1/api/start", nil))
	if n := len(d.write); d.Code != 200 || n < 2 || d.write[0].IsZero() || !d.write[n-1].IsZero() {
		t.Errorf("status %d, deadlines %v", d.Code, d.write)
	}
}

// TestReasonsOfAnyLength are read as they were written, with the bar of each.
func TestReasonsOfAnyLength(t *testing.T) {
	v := table(t, nil)
	for i, n := range []int{1, 249, 250, 251, 400, 5000, 3} {
		reason := strings.Repeat(string(rune('a'+i)), n)
		place := uint32(v.reasons.size.Load()) + 1
		b := binary.LittleEndian.AppendUint16(nil, uint16(n))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i)/8))
		if _, err := v.reasons.Write(append(b, reason...)); err != nil {
			t.Fatal(err)
		}
		if got, bar := v.reason(place); got != reason || bar != float64(i)/8 {
			t.Errorf("a reason of %d bytes is read as one of %d, %.20q, from %v on", n, len(got), got, bar)
		}
	}
}

// TestOpen takes over what is known of an input, and leaves nothing of one that there
// is not.
func TestOpen(t *testing.T) {
	s, err := New(Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var ctx context.Context
	none := errors.New("there is none")
	if err := s.Open("none", func(c context.Context) (*scan.Input, error) { ctx = c; return nil, none }); err != none || len(s.views) != 0 || len(s.order) != 0 || ctx.Err() == nil {
		t.Errorf("%v, %d views, %v in the list, its context: %v", err, len(s.views), s.order, ctx.Err())
	}
	r, w := io.Pipe()
	defer w.Close()
	modified := time.Unix(1_600_000_000, 0)
	if err := s.Open("app.log", func(context.Context) (*scan.Input, error) {
		return &scan.Input{ReadCloser: r, Size: 4711, Modified: modified, Wait: func(time.Duration) bool { return true }}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(s.order) != 1 {
		t.Fatalf("%v in the list", s.order)
	}
	if v := s.view(s.order[0]); v.status().Size != 4711 || !v.modified.Equal(modified) || v.wait == nil || !v.kept {
		t.Errorf("%+v, written to at %v, waits: %v, kept: %v", v.status(), v.modified, v.wait != nil, v.kept)
	}
	w.Close()
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	if err := s.Open("b.log", func(context.Context) (*scan.Input, error) { return nil, none }); err == nil || !strings.Contains(err.Error(), "temporary file") || len(s.views) != 1 {
		t.Errorf("without a place for temporary files: %v, %d views", err, len(s.views))
	}
}

// TestClosingALogEndsItsScan, even one that waits for an input that does not move.
func TestClosingALogEndsItsScan(t *testing.T) {
	s, err := New(Config{Listen: "127.0.0.1:0", Version: "test", Given: func(name string) []string {
		return map[string][]string{"Warmup": {"33"}}[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, w := io.Pipe()
	defer w.Close()
	var ctx context.Context
	if err := s.Open("pipe", func(c context.Context) (*scan.Input, error) {
		ctx = c
		return &scan.Input{ReadCloser: r, Live: true}, nil
	}); err != nil {
		t.Fatal(err)
	}
	var v *view
	for _, v = range s.views {
	}
	if v.settings.Detector.Warmup != 33 {
		t.Errorf("the options given at the start are not those of a log: a warm-up of %d", v.settings.Detector.Warmup)
	}
	answer := httptest.NewRecorder()
	s.Handler().ServeHTTP(answer, httptest.NewRequest("DELETE", "http://127.0.0.1/api/views/"+v.id, nil))
	if answer.Code >= 300 {
		t.Fatalf("status %d: %s", answer.Code, answer.Body)
	}
	select {
	case <-ctx.Done():
	default:
		t.Error("the scan goes on")
	}
	w.Close()
}

// TestLoopbackAlone: a page that listens elsewhere is asked by other addresses, too.
func TestLoopbackAlone(t *testing.T) {
	for listen, want := range map[string]bool{"127.0.0.1:0": true, "127.9.9.9:80": true, "[::1]:0": true, "localhost:80": true, "0.0.0.0:80": false, "192.0.2.7:80": false, "[::]:80": false, ":80": false, "logs.example:80": false} {
		s, err := New(Config{Listen: listen})
		if err != nil {
			t.Fatal(err)
		}
		if s.loopback != want || s.knownHost("192.0.2.7:80") == want {
			t.Errorf("%s: loopback alone %v, asked by another address %v", listen, s.loopback, s.knownHost("192.0.2.7:80"))
		}
		s.Close()
	}
}
