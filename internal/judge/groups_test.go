package judge

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/record"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testchunk"
	"github.com/vmihailenco/msgpack/v5"
)

// TestOnlyAnomaliesKeepsGroups: with Only_Anomalies the marks of a group go with those of
// its records that are kept, each once and around them; a group of which none is kept
// leaves nothing, nor does an end without a beginning.
func TestOnlyAnomaliesKeepsGroups(t *testing.T) {
	j := judging(t, map[string]string{"Warmup": "64"})
	j.settings.OnlyAnomalies = true
	j.process(nil, testchunk.Routine(t, 1000))
	mark := func(seconds byte, name string) []byte {
		return record.AppendString(record.AppendString([]byte{0x92, 0x92, seconds, 0x80, 0x81}, "group"), name)
	}
	begin := func(name string) []byte { return mark(0xff, name) }
	end := func(name string) []byte { return mark(0xfe, name) }
	strange := func(text string) []byte { return testchunk.Of(t, map[string]any{"log": "ALERT " + text}) }
	g := shoplog.New(shoplog.Options{Seed: 6})
	normal := func() []byte { return testchunk.Of(t, map[string]any{"log": g.Next().Line}) }
	for _, c := range []struct {
		name string
		in   [][]byte
		want []string
	}{
		{"none kept", [][]byte{begin("none"), normal(), normal(), end("none")}, nil},
		{"two kept", [][]byte{begin("a"), normal(), strange("unauthorized root login from 203.0.113.9, audit log disabled"), normal(),
			strange("filesystem corrupted, remounted read-only after 17 failures"), end("of a"), normal()},
			[]string{"a", "ALERT unauthorized", "ALERT filesystem", "of a"}},
		{"two groups", [][]byte{begin("b"), normal(), end("of b"), begin("c"), strange("kernel oops: stack of pid 1 smashed by a wild pointer"), end("of c")},
			[]string{"c", "ALERT kernel", "of c"}},
		{"outside", [][]byte{strange("certificate of the gateway revoked by its authority"), end("of nothing")}, []string{"ALERT certificate"}},
	} {
		var got []string
		for d := msgpack.NewDecoder(bytes.NewReader(j.process(nil, slices.Concat(c.in...)))); ; {
			e, err := d.DecodeSlice()
			if err != nil {
				break
			}
			body := e[1].(map[string]any)
			if line, ok := body["log"].(string); ok {
				got = append(got, strings.Join(strings.Fields(line)[:2], " "))
			} else {
				got = append(got, fmt.Sprint(body["group"]))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: came out %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCloseEndsTheWatch of the Ignore_File: a reload must not leave one behind.
func TestCloseEndsTheWatch(t *testing.T) {
	j := judging(t, nil)
	s := j.settings
	s.IgnoreFile = "/dev/null/none"
	ended := make(chan struct{})
	w, err := New(s, Instance{Name: "watches", Log: discard, Go: func(f func()) {
		go func() { f(); close(ended) }()
	}})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
		t.Fatal("nobody looks at it")
	default:
	}
	w.Close()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("it is still looked at")
	}
}

// TestIncidentsThatCannotBeRead begin anew, and that is said; the models go on.
func TestIncidentsThatCannotBeRead(t *testing.T) {
	const said = "incidents begin anew"
	p := new(process)
	l := p.live(t, "a", nil)
	l.process(nil, testchunk.Routine(t, 1000))
	l.keeper.close()
	l = p.live(t, "a", nil)
	if strings.Contains(l.log.String(), said) {
		t.Errorf("sound ones: %s", l.log)
	}
	l.keeper.detector.SetNotes(nil) // of a model that flb-anomaly has made
	if l.keeper.resume(); strings.Contains(l.log.String(), said) {
		t.Errorf("none: %s", l.log)
	}
	for i, notes := range []string{"no incidents", "n"} {
		l.keeper.detector.SetNotes([]byte(notes))
		l.keeper.resume()
		l.says(t, said)
		if n := strings.Count(l.log.String(), said); n != i+1 {
			t.Errorf("%q: said %d times, want %d", notes, n, i+1)
		}
	}
	if !scored(t, l.process(nil, testchunk.Routine(t, 1))) {
		t.Error("the models are gone")
	}
}
