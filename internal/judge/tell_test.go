package judge

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testchunk"
)

// TestChunksTellWhatAnOperatorShouldKnow, once.
func TestChunksTellWhatAnOperatorShouldKnow(t *testing.T) {
	s := options.Defaults()
	s.Detector.Synchronous = true
	log := new(logText)
	j, err := New(s, Instance{Name: "telling", Version: "test", Log: slog.New(slog.NewTextHandler(log, nil)), Go: func(f func()) { go f() }})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	const learned, blind = `msg="learned enough to judge" records=`, "records had neither a message nor a field to judge by"
	says := func(what string, nLearned, nBlind int) {
		t.Helper()
		if got := log.String(); strings.Count(got, learned) != nLearned || strings.Count(got, blind) != nBlind {
			t.Errorf("%s: it is to be told %d times that it has learned, %d times that it is blind\n%s", what, nLearned, nBlind, got)
		}
	}
	j.Chunk(nil, testchunk.Routine(t, 200))
	says("in the warm-up", 0, 0)
	j.Chunk(nil, testchunk.Routine(t, 100))
	says("behind it", 1, 0)
	nothing := map[string]any{"stream": "stdout"}
	for range 99 {
		j.Chunk(nil, testchunk.Of(t, nothing))
	}
	says("99 records without anything to judge by", 1, 0)
	j.Chunk(nil, testchunk.Of(t, nothing))
	says("100 of them", 1, 1)
	j.Chunk(nil, testchunk.Routine(t, 100))
	j.Chunk(nil, testchunk.Of(t, nothing))
	says("later", 1, 1)
	if !strings.Contains(log.String(), `level=WARN msg="100 records had`) {
		t.Errorf("%s", log)
	}
	if st := j.Stats(); st.Records != 200+1+100+1+100+100+1+1 || st.Saves != 0 || !st.Saved.IsZero() || st.Detector.Records != st.Records-101 {
		t.Errorf("%+v", st)
	}
}

// TestNewRefusesWhatCannotBeRead: what is no accessor, and what the detector refuses.
func TestNewRefusesWhatCannotBeRead(t *testing.T) {
	for name, spoil := range map[string]func(s *options.Settings){
		"an accessor": func(s *options.Settings) { s.LogKey = "$log[" },
		"an option":   func(s *options.Settings) { s.Detector.Trees = -1 },
	} {
		s := options.Defaults()
		spoil(&s)
		if j, err := New(s, Instance{Name: "refused", Log: discard, Go: func(f func()) { go f() }}); err == nil || j != nil {
			t.Errorf("%s: %v, %v", name, j, err)
		}
	}
}
