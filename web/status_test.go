package web

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"testing"

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
