package main

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/judge/modelfile"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testchunk"
	"github.com/vmihailenco/msgpack/v5"
)

// fakeReceiver fails on demand and keeps what it acknowledged.
type fakeReceiver struct {
	ready, send func() error
	hold        chan struct{} // Send waits for it to be closed

	mu   sync.Mutex
	tags []string
	got  [][]byte
}

func (r *fakeReceiver) Ready() error {
	if r.ready != nil {
		return r.ready()
	}
	return nil
}

func (r *fakeReceiver) Send(tag string, events []byte) error {
	if r.hold != nil {
		<-r.hold
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.send != nil {
		if err := r.send(); err != nil {
			return err
		}
	}
	r.tags, r.got = append(r.tags, tag), append(r.got, bytes.Clone(events))
	return nil
}

func (r *fakeReceiver) Close() {}

// entries decodes what was received: [time, body] each.
func (r *fakeReceiver) entries(t *testing.T) (all []map[string]any) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	d := msgpack.NewDecoder(bytes.NewReader(bytes.Join(r.got, nil)))
	for {
		var e []any
		if d.Decode(&e) != nil {
			return all
		}
		all = append(all, e[1].(map[string]any))
	}
}

// newTestOutput returns an output that sends to r, and what it logs.
func newTestOutput(t *testing.T, r *fakeReceiver, given map[string]string) (*judgingOutput, *strings.Builder) {
	t.Helper()
	o, logged := newNamedOutput(t, t.Name(), r, given)
	t.Cleanup(o.close)
	return o, logged
}

func newNamedOutput(t *testing.T, name string, r *fakeReceiver, given map[string]string) (*judgingOutput, *strings.Builder) {
	t.Helper()
	s, err := options.ParseOutput(func(name string) []string {
		if v, ok := given[name]; ok {
			return []string{v}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Detector.Synchronous = true
	logged := new(strings.Builder)
	o, err := newOutput(name, s, slog.New(slog.NewTextHandler(logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	o.receiver.Close()
	o.receiver = r
	return o, logged
}

func TestOutputJudgesAndSends(t *testing.T) {
	r := &fakeReceiver{}
	o, _ := newTestOutput(t, r, map[string]string{"Warmup": "64"})
	if !o.flush("app", testchunk.Routine(t, 1000), 0) {
		t.Fatal("not done")
	}
	all := r.entries(t)
	if len(all) != 1001 || all[1000]["anomaly"] != "true" || all[0]["anomaly"] != "false" {
		t.Errorf("%d entries arrived, the last %v", len(all), all[len(all)-1])
	}
	if r.tags[0] != "judged.app" {
		t.Errorf("tag %s", r.tags[0])
	}
}

func TestOutputOnlyAnomalies(t *testing.T) {
	r := &fakeReceiver{}
	o, _ := newTestOutput(t, r, map[string]string{"Warmup": "64", "Only_Anomalies": "on"})
	odd := append(testchunk.Of(t, map[string]any{"no": "message"}), 0x05)
	if !o.flush("app", append(odd, testchunk.Routine(t, 1000)...), 0) || !o.flush("app", testchunk.Of(t, map[string]any{"no": "message"}), 0) {
		t.Fatal("not done")
	}
	all := r.entries(t)
	for _, e := range all {
		if e["anomaly"] != "true" {
			t.Errorf("a record that is not flagged: %v", e)
		}
	}
	if len(all) == 0 || len(all) > 30 || len(r.got) != 1 {
		t.Errorf("%d entries in %d messages", len(all), len(r.got))
	}
}

// The marks of a group say what its records have in common: they go with those
// that are sent, and stay away with the others.
func TestOutputOnlyAnomaliesKeepsGroups(t *testing.T) {
	r := &fakeReceiver{}
	o, _ := newTestOutput(t, r, map[string]string{"Warmup": "64", "Only_Anomalies": "on"})
	mark := func(seconds byte, name string) []byte {
		return record.AppendString(record.AppendString([]byte{0x92, 0x92, seconds, 0x80, 0x81}, "group"), name)
	}
	o.flush("app", testchunk.Routine(t, 1000), 0)
	r.got = nil
	strange := testchunk.Of(t, map[string]any{"log": "ALERT unauthorized root login from 203.0.113.9, audit log disabled"})
	normal := testchunk.Of(t, map[string]any{"log": shoplog.New(shoplog.Options{Seed: 5}).Next().Line})
	var in []byte
	for _, part := range [][]byte{mark(0xff, "none"), normal, mark(0xfe, "end"), mark(0xff, "some"), normal, strange, normal, mark(0xfe, "end of some"), normal} {
		in = append(in, part...)
	}
	if !o.flush("app", in, 0) {
		t.Fatal("not done")
	}
	var got []string
	for _, m := range r.got {
		for d := msgpack.NewDecoder(bytes.NewReader(m)); ; {
			e, err := d.DecodeSlice()
			if err != nil {
				break
			}
			body := e[1].(map[string]any)
			got = append(got, fmt.Sprint(body["group"], " ", body["anomaly"]))
		}
	}
	if want := []string{"some <nil>", "<nil> true", "end of some <nil>"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// What waits is measured by what it takes: judged events are larger than those that
// came.
func TestOutputMeasuresWhatWaits(t *testing.T) {
	r := &fakeReceiver{send: func() error { return errors.New("away") }}
	o, _ := newTestOutput(t, r, map[string]string{"Warmup": "64"})
	c := testchunk.Routine(t, 1000)
	if o.flush("app", c, 0) || o.waiting.size < len(c)+1000*len("anomaly false anomaly_score") {
		t.Errorf("%d bytes wait, of a chunk of %d", o.waiting.size, len(c))
	}
}

// A retried chunk is neither judged nor learned twice, whatever else comes in
// between, and what had been acknowledged of it is not sent again.
func TestOutputJudgesOnce(t *testing.T) {
	failures := 0
	r := &fakeReceiver{}
	o, logged := newTestOutput(t, r, nil)
	chunks := [][]byte{testchunk.Routine(t, 10), testchunk.Routine(t, 20), testchunk.Routine(t, 30)}
	r.send = func() error {
		failures++
		return fmt.Errorf("trouble %d", failures/5)
	}
	for range 4 {
		for _, c := range chunks {
			if o.flush("app", c, 0) {
				t.Fatal("done without an acknowledgement")
			}
		}
	}
	if n := o.judge.Stats().Detector.Records; n != 63 {
		t.Errorf("%d records learned of 63", n)
	}
	r.send = nil
	for _, c := range chunks {
		if !o.flush("app", c, 0) {
			t.Error("not done")
		}
	}
	if n := o.judge.Stats().Detector.Records; n != 63 || len(r.entries(t)) != 63 || o.waiting.order.Len() != 0 || len(o.waiting.byID) != 0 || o.waiting.size != 0 {
		t.Errorf("%d records learned, %d arrived, %d chunks wait", n, len(r.entries(t)), o.waiting.order.Len())
	}
	if n := strings.Count(logged.String(), "records wait"); n != 3 {
		t.Errorf("%d lines for 3 kinds of trouble\n%s", n, logged)
	}
	if n := strings.Count(logged.String(), "acknowledges again"); n != 1 {
		t.Errorf("%d lines tell of the end of it\n%s", n, logged)
	}
}

// Nothing is judged while there is no receiver.
func TestOutputWaitsForTheReceiver(t *testing.T) {
	r := &fakeReceiver{ready: func() error { return errors.New("connection refused") }}
	o, _ := newTestOutput(t, r, nil)
	c := testchunk.Routine(t, 10)
	for range 3 {
		if o.flush("app", c, 0) {
			t.Error("done")
		}
	}
	if o.judge.Stats().Detector.Records != 0 || o.waiting.order.Len() != 0 {
		t.Error("it judged")
	}
}

// Two chunks with the same bytes are two chunks.
func TestOutputTwins(t *testing.T) {
	r := &fakeReceiver{send: func() error { return errors.New("no") }}
	o, _ := newTestOutput(t, r, nil)
	c := testchunk.Of(t, map[string]any{"log": "the same"})
	// Both are under way at the same time: neither finds the other's.
	hold := make(chan struct{})
	r.hold = hold
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { o.flush("app", c, 0) })
	}
	for end := time.Now().Add(flbtest.Patience); ; time.Sleep(time.Millisecond) {
		o.mu.Lock()
		n := o.judge.Stats().Detector.Records
		o.mu.Unlock()
		if n == 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d are judged", n)
		}
	}
	close(hold)
	wg.Wait()
	r.mu.Lock()
	r.send = nil
	r.mu.Unlock()
	for range 2 {
		if !o.flush("app", c, 0) {
			t.Error("not done")
		}
	}
	if n := len(r.entries(t)); n != 2 {
		t.Errorf("%d arrived", n)
	}
}

// On the engine's thread the output waits briefly, sends on behind, and learns
// with the retry how it went.
func TestOutputOnTheEnginesThread(t *testing.T) {
	r := &fakeReceiver{hold: make(chan struct{})}
	o, logged := newTestOutput(t, r, nil)
	c := testchunk.Routine(t, 10)
	for range 2 {
		if o.flush("app", c, time.Millisecond) {
			t.Error("done before the acknowledgement")
		}
	}
	close(r.hold)
	for end := time.Now().Add(flbtest.Patience); !o.flush("app", c, time.Millisecond); {
		if time.Now().After(end) {
			t.Fatalf("not done; logged\n%s", logged)
		}
	}
	if n := len(r.entries(t)); n != 11 || o.judge.Stats().Detector.Records != 11 {
		t.Errorf("%d arrived", n)
	}
	if strings.Count(logged.String(), "set Workers") != 1 || strings.Contains(logged.String(), "records wait") {
		t.Errorf("logged\n%s", logged)
	}
}

func TestOutputBreaksLoops(t *testing.T) {
	r := &fakeReceiver{}
	o, logged := newTestOutput(t, r, nil)
	for range 3 {
		if !o.flush("judged.app", testchunk.Routine(t, 10), 0) {
			t.Error("not done")
		}
	}
	if len(r.got) != 0 || strings.Count(logged.String(), "come round") != 1 {
		t.Errorf("%d messages sent\n%s", len(r.got), logged)
	}
}

func TestOutputSurvivesPanics(t *testing.T) {
	r := &fakeReceiver{}
	o, logged := newTestOutput(t, r, nil)
	j := o.judge
	o.judge = nil // judging panics: the records go on as they are
	if !o.flush("app", testchunk.Routine(t, 10), 0) || len(r.entries(t)) != 11 || r.entries(t)[0]["anomaly"] != nil {
		t.Error("the records did not pass")
	}
	o.judge = j
	r.send = func() error { panic("in Send") }
	for _, patience := range []time.Duration{0, time.Minute} {
		if o.flush("app", testchunk.Routine(t, 10), patience) {
			t.Error("done after a panic")
		}
	}
	if n := strings.Count(logged.String(), "a panic was caught"); n != 1 {
		t.Errorf("%d lines\n%s", n, logged)
	}
	// One in the background alone is told too.
	o, logged = newNamedOutput(t, "background", &fakeReceiver{send: func() error { panic("in Send") }}, nil)
	defer o.close()
	if o.flush("app", testchunk.Routine(t, 10), time.Minute) {
		t.Error("done after a panic in the background")
	}
	if n := strings.Count(logged.String(), "a panic was caught"); n != 1 || !strings.Contains(logged.String(), "in Send") {
		t.Errorf("%d lines\n%s", n, logged)
	}
}

// TestOutputSaysHowItIsSetUp in one line, and nothing of the key.
func TestOutputSaysHowItIsSetUp(t *testing.T) {
	for name, c := range map[string]struct {
		given map[string]string
		want  string
	}{
		"plain": {nil, "receiver=127.0.0.1:24224 tls=false shared_key=false tag_prefix=judged. only_anomalies=false warmup=256"},
		"secure": {map[string]string{"Shared_Key": "secret", "Forward_Host": "::1", "Forward_TLS": "on", "Only_Anomalies": "on", "Warmup": "64", "Tag_Prefix": "x."},
			"receiver=[::1]:24224 tls=true shared_key=true tag_prefix=x. only_anomalies=true warmup=64"},
	} {
		o, logged := newNamedOutput(t, name, &fakeReceiver{}, c.given)
		said := logged.String()
		o.close()
		if strings.Count(said, "\n") != 1 || !strings.Contains(said, "level=INFO msg=ready "+c.want+"\n") {
			t.Errorf("%v: it says\n%swant %s", c.given, said, c.want)
		}
	}
}

// TestOutputCounts what was acknowledged and what was tried again, and says so at
// its end.
func TestOutputCounts(t *testing.T) {
	fails := 2
	r := &fakeReceiver{send: func() error {
		if fails--; fails >= 0 {
			return errors.New("not now")
		}
		return nil
	}}
	o, logged := newNamedOutput(t, "counts", r, map[string]string{"Warmup": "32"})
	for range 3 {
		for !o.flush("app", testchunk.Routine(t, 100), 0) {
		}
	}
	o.close()
	if !strings.Contains(logged.String(), "msg=done records=303 judged=271 ") || !strings.Contains(logged.String(), "messages_acknowledged=3 retries=2") {
		t.Errorf("%s", logged)
	}
	if n := strings.Count(logged.String(), "not now"); n != 1 {
		t.Errorf("the trouble is told %d times\n%s", n, logged)
	}
	if !strings.Contains(logged.String(), `msg="the receiver acknowledges again" receiver=127.0.0.1:24224 failures=2`) {
		t.Errorf("%s", logged)
	}
}

// What leaves is [time, body] where nothing is lost by that.
func TestOutputEntries(t *testing.T) {
	o, _ := newTestOutput(t, &fakeReceiver{}, nil)
	eventTime := binary.BigEndian.AppendUint64([]byte{0xd7, 0}, 7<<32|5)
	body := []byte{0x81, 0xa1, 'k', 0x01}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct{ in, want []byte }{
		"current":     {join([]byte{0x92, 0x92}, eventTime, []byte{0x80}, body), join([]byte{0x92}, eventTime, body)},
		"metadata":    {join([]byte{0x92, 0x92}, eventTime, body, body), nil},
		"old":         {join([]byte{0x92}, eventTime, body), nil},
		"group":       {join([]byte{0x92, 0x92, 0xd7, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x80}, body), nil},
		"no log":      {[]byte{0x05}, nil},
		"not msgpack": {[]byte{0xc1, 0x01}, nil},
	} {
		want := c.want
		if want == nil {
			want = c.in
		}
		if got := o.messages(c.in); len(got) != 1 || !bytes.Equal(got[0], want) {
			t.Errorf("%s: % x became % x, want % x", name, c.in, got, want)
		}
	}
}

func TestOutputMessageSize(t *testing.T) {
	o, _ := newTestOutput(t, &fakeReceiver{}, nil)
	big := func(n int) map[string]any { return map[string]any{"x": strings.Repeat("x", n)} }
	c := testchunk.Of(t, big(10), big(700_000), big(700_000), big(3_000_000), big(10))
	var sizes []int
	total := 0
	for _, m := range o.messages(c) {
		sizes = append(sizes, len(m))
		total += len(m)
	}
	if len(sizes) != 4 || total != len(c) {
		t.Errorf("%d bytes went into messages of %v bytes", len(c), sizes)
	}
	// One that is too large for a message is one, first or last, and none is empty.
	for _, c := range [][]byte{testchunk.Of(t, big(3_000_000), big(10)), testchunk.Of(t, big(10), big(3_000_000))} {
		if got := o.messages(c); len(got) != 2 || len(got[0]) == 0 || len(got[1]) == 0 || len(got[0])+len(got[1]) != len(c) {
			t.Errorf("%d messages", len(got))
		}
	}
	if got := o.messages(nil); got != nil {
		t.Errorf("%d messages of nothing", len(got))
	}
}

// TestOutputSaysWhatItForgets: that more wait than are remembered, once, and not before it
// is so; nor that Fluent Bit waits where it does not.
func TestOutputSaysWhatItForgets(t *testing.T) {
	r := &fakeReceiver{send: func() error { return errors.New("connection reset") }}
	o, logged := newTestOutput(t, r, nil)
	o.waiting.most = 2
	for n := 1; n <= 4; n++ {
		if o.flush("app", testchunk.Routine(t, n), 0) {
			t.Error("done")
		}
		want := 0
		if n > 2 {
			want = 1
		}
		if said := strings.Count(logged.String(), "more chunks wait for the receiver than are remembered"); said != want {
			t.Errorf("said %d times when %d chunks wait, want %d\n%s", said, n, want, logged)
		}
	}
	if strings.Contains(logged.String(), "set Workers") {
		t.Errorf("nobody waits\n%s", logged)
	}
}

func TestWaitingRoomIsBounded(t *testing.T) {
	w := newWaitingRoom(3, 100)
	id := func(n byte, size int) chunkID { return w.id("a", bytes.Repeat([]byte{n}, size)) }
	if w.id("a", []byte("bc")) == w.id("ab", []byte("c")) {
		t.Error("tag and bytes run into each other")
	}
	if w.id("a", []byte("bc")) == w.id("b", []byte("bc")) {
		t.Error("chunks of two tags are one")
	}
	for n := range byte(5) {
		if all := w.put(&delivery{id: id(n, 10), size: 10}); all != (n < 3) {
			t.Errorf("delivery %d: %v", n, all)
		}
	}
	if w.take(id(1, 10)) != nil || w.take(id(2, 10)) == nil || w.take(id(2, 10)) != nil {
		t.Error("the oldest is to make room")
	}
	w.put(&delivery{id: id(9, 5), size: 95})
	if w.order.Len() != 1 || w.size != 95 {
		t.Errorf("%d deliveries, %d bytes", w.order.Len(), w.size)
	}
	w.put(&delivery{id: id(9, 5), size: 101}) // larger than the room
	if w.order.Len() != 0 || w.size != 0 || len(w.byID) != 0 {
		t.Errorf("%d deliveries, %d bytes", w.order.Len(), w.size)
	}
}

// What is learned outlives the output, in a file of its own beside a filter's.
func TestOutputKeepsItsModel(t *testing.T) {
	dir := t.TempDir()
	given := map[string]string{"Model_Path": dir, "Warmup": "64"}
	r := &fakeReceiver{}
	o, _ := newNamedOutput(t, "first", r, given)
	if !o.flush("app", testchunk.Routine(t, 1000), 0) {
		t.Fatal("not done")
	}
	o.close()
	// Under another name nothing waits in memory.
	if err := os.Rename(modelfile.Path(dir, "output.first"), modelfile.Path(dir, "output.second")); err != nil {
		t.Fatal(err)
	}
	again, logged := newNamedOutput(t, "second", r, given)
	defer again.close()
	if !strings.Contains(logged.String(), "starts from the saved model") || again.judge.Stats().Detector.Groups != 1 {
		t.Errorf("it starts anew\n%s", logged)
	}
	if !again.flush("app", testchunk.Routine(t, 1), 0) || r.entries(t)[1001]["anomaly_score"] == nil {
		t.Error("it does not judge from the first record on")
	}
}

func TestOutputTLSOptions(t *testing.T) {
	for _, file := range []string{"absent.pem", "output_test.go"} {
		_, err := tlsConfig(&options.Forward{TLS: true, TLSCAFile: file})
		if err == nil || !strings.Contains(err.Error(), "Forward_TLS_CA_File") {
			t.Errorf("%s: %v", file, err)
		}
	}
	authority := httptest.NewTLSServer(nil)
	defer authority.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := tlsConfig(&options.Forward{TLS: true, TLSVerify: true, TLSCAFile: file, TLSServerName: "other", Host: "h"})
	if err != nil || c.ServerName != "other" || c.InsecureSkipVerify {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := authority.Certificate().Verify(x509.VerifyOptions{Roots: c.RootCAs}); err != nil {
		t.Errorf("the authority is not known: %v", err)
	}
	if c, err := tlsConfig(&options.Forward{}); c != nil || err != nil {
		t.Errorf("without Forward_TLS: %+v, %v", c, err)
	}
	if c, err := tlsConfig(&options.Forward{TLS: true, Host: "h"}); err != nil || c.ServerName != "h" || !c.InsecureSkipVerify {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestLinesOnTheirWay come out in their order, and no more are held than there is room for.
func TestLinesOnTheirWay(t *testing.T) {
	var q lines
	if l, ok := q.next(); ok {
		t.Errorf("of none there is %+v", l)
	}
	const most = 256 // of those that nobody fetches
	for n := range most + 5 {
		text := fmt.Appendf(nil, "line %d", n)
		q.add(1+n%4, text)
		text[0] = 'x' // the caller's again
	}
	for n := range most {
		if l, ok := q.next(); !ok || l != (line{1 + n%4, fmt.Sprintf("line %d", n)}) {
			t.Fatalf("the %d. is %+v, %v", n, l, ok)
		}
	}
	if l, ok := q.next(); ok || q.queued != nil {
		t.Errorf("behind the last there is %+v", l)
	}
	q.add(2, []byte("more"))
	if l, ok := q.next(); !ok || l.text != "more" {
		t.Errorf("%+v, %v", l, ok)
	}
}
