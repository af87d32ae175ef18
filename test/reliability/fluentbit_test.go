//go:build !race

package reliability

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
	"github.com/flb-anomaly/flb-anomaly/test/reliability/chunks"
)

// patience bounds every wait; a test that reaches it has failed.
const patience = 3 * time.Minute

// start runs Fluent Bit with the filter and a configuration.
func start(t *testing.T, config string) *flbtest.Process {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "fluent-bit.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return flbtest.Start(t, dir, "-e", testbuild.Filter.Build(t), "-c", path)
}

// stop ends it as a user does, and returns its log.
func stop(p *flbtest.Process) string {
	p.Signal(syscall.SIGTERM)
	p.End()
	return p.Output()
}

// receiver takes what an output of the kind forward sends, and keeps each event
// as the bytes that came, by message.
type receiver struct {
	net.Listener
	stalled chan struct{} // read from before the first byte of each connection

	mu       sync.Mutex
	messages [][][]byte
	events   int
	changed  chan struct{}
}

func receive(t *testing.T) *receiver {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{Listener: l, changed: make(chan struct{}), stalled: make(chan struct{})}
	close(r.stalled)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r.mu.Lock()
				stalled := r.stalled
				r.mu.Unlock()
				<-stalled
				if err := r.serve(c); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("a message of the forward output: %v", err)
				}
			}()
		}
	}()
	t.Cleanup(func() { l.Close() })
	return r
}

func (r *receiver) port() string {
	_, port, _ := net.SplitHostPort(r.Addr().String())
	return port
}

// serve reads messages [tag, entries, options], the entries an array or packed.
func (r *receiver) serve(c net.Conn) error {
	d := msgpack.NewDecoder(bufio.NewReaderSize(c, 1<<20))
	for {
		n, err := d.DecodeArrayLen()
		if err != nil {
			return err
		}
		if _, err := d.DecodeString(); err != nil || n < 2 {
			return fmt.Errorf("%d elements: %w", n, err)
		}
		entries, err := d.DecodeRaw()
		if err != nil {
			return err
		}
		for range n - 2 {
			if err := d.Skip(); err != nil {
				return err
			}
		}
		list, err := entriesOf(entries)
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.messages = append(r.messages, list)
		r.events += len(list)
		close(r.changed)
		r.changed = make(chan struct{})
		r.mu.Unlock()
	}
}

func entriesOf(raw []byte) (list [][]byte, err error) {
	d := msgpack.NewDecoder(bytes.NewReader(raw))
	left := -1
	if c, _ := d.PeekCode(); c&0xf0 == 0x90 || c == 0xdc || c == 0xdd {
		if left, err = d.DecodeArrayLen(); err != nil {
			return nil, err
		}
	} else {
		packed, err := d.DecodeBytes()
		if err != nil {
			return nil, err
		}
		d = msgpack.NewDecoder(bytes.NewReader(packed))
	}
	for ; left != 0; left-- {
		e, err := d.DecodeRaw()
		if err == io.EOF && left < 0 {
			break
		} else if err != nil {
			return nil, err
		}
		list = append(list, bytes.Clone(e))
	}
	return list, nil
}

// wait waits for so many events.
func (r *receiver) wait(t *testing.T, n int) {
	t.Helper()
	limit := time.After(patience)
	for {
		r.mu.Lock()
		events, changed := r.events, r.changed
		r.mu.Unlock()
		if events >= n {
			return
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("%d of %d events have arrived", events, n)
		}
	}
}

// byNumber returns the events by the number in their field n, and checks that
// each message has them in order, and none comes twice.
func (r *receiver) byNumber(t *testing.T) map[int][]byte {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[int][]byte, r.events)
	for _, m := range r.messages {
		last := 0
		for _, e := range m {
			n := number(t, e)
			if n <= last {
				t.Fatalf("event %d stands behind event %d", n, last)
			}
			if all[n] != nil {
				t.Fatalf("event %d came twice", n)
			}
			all[n], last = e, n
		}
	}
	return all
}

// number is the value of the first field, n.
func number(t *testing.T, event []byte) int {
	d := msgpack.NewDecoder(bytes.NewReader(event))
	if _, err := d.DecodeArrayLen(); err != nil || d.Skip() != nil {
		t.Fatalf("% x", event)
	}
	if _, err := d.DecodeMapLen(); err != nil {
		t.Fatal(err)
	}
	if key, err := d.DecodeString(); err != nil || key != "n" {
		t.Fatalf("the first field is %q, %v", key, err)
	}
	n, err := d.DecodeInt()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestDifferentialFluentBit passes log events with odd bodies through a real
// Fluent Bit twice, without the filter and with it, in by forward and out by
// forward. What comes out must be the same but for the fields: none lost, none
// changed, none moved.
func TestDifferentialFluentBit(t *testing.T) {
	const perMessage, perRun = 100, 100_000
	total := amount(10_000, 1_000_000)
	var all chunks.Counts
	for seed := 1; all.Events < total; seed++ {
		events := min(perRun, total-all.Events)
		plain, filtered := throughFluentBit(t, "", uint64(seed), events, perMessage), throughFluentBit(t, `
  filters:
    - name: anomaly
      match: "*"
      warmup: 64
`, uint64(seed), events, perMessage)
		if len(plain) != events || len(filtered) != events {
			t.Fatalf("%d events went in, %d came out without the filter, %d with it", events, len(plain), len(filtered))
		}
		for n, was := range plain {
			c, err := chunks.Compare(was, filtered[n])
			if err != nil {
				t.Fatalf("event %d: %v", n, err)
			}
			all.Add(c)
		}
	}
	t.Logf("%d events passed a real Fluent Bit with the filter and without: %d tagged, %d scored, %d flagged, %d came with fields of the filter's names; none lost, changed or moved",
		all.Events, all.Tagged, all.Scored, all.Flagged, all.Replaced)
	if all.Scored == 0 || all.Replaced == 0 {
		t.Error("not all kinds were tried")
	}
}

func throughFluentBit(t *testing.T, filters string, seed uint64, events, perMessage int) map[int][]byte {
	t.Helper()
	r := receive(t)
	defer r.Close()
	in := flbtest.FreePort(t)
	p := start(t, `
service:
  flush: 0.2
  grace: 3
pipeline:
  inputs:
    - name: forward
      listen: 127.0.0.1
      port: `+in+`
`+filters+`
  outputs:
    - name: forward
      match: "*"
      host: 127.0.0.1
      port: `+r.port()+`
      retry_limit: no_limits
`)
	conn := dial(t, in)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	w := bufio.NewWriterSize(conn, 1<<20)
	m := chunks.NewMaker(seed)
	for n := 0; n < events; n += perMessage {
		b := []byte{0x93, 0xa3, 'o', 'd', 'd', 0xdc, byte(perMessage >> 8), byte(perMessage)}
		for range perMessage {
			time, body := m.Log()
			b = append(append(append(b, 0x92), time...), body...)
		}
		if _, err := w.Write(append(b, 0x80)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r.wait(t, events)
	log := stop(p)
	if filters != "" && !p.SaidAtEnd("[filter:anomaly:anomaly.0] done records=", "done records=") || strings.Contains(log, "panic") {
		t.Errorf("the filter did not end as it should\n%.3000s", log)
	}
	return r.byNumber(t)
}

func dial(t *testing.T, port string) net.Conn {
	t.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			return c
		}
		if time.Now().After(limit) {
			t.Fatal(err)
		}
	}
}

// TestBackpressure tails a file into an output that stalls, with little room in
// memory: Fluent Bit pauses and resumes with the filter as without it, and every
// line arrives, once and in order.
func TestBackpressure(t *testing.T) {
	total := amount(20_000, 200_000)
	dir := t.TempDir()
	var b strings.Builder
	for n := 1; n <= total; n++ {
		fmt.Fprintf(&b, "{\"n\":%d,\"log\":\"request %d of user%d served in %d ms, %s\"}\n", n, n, n%100, n%20, strings.Repeat("word ", 20))
	}
	for name, text := range map[string]string{"in.log": b.String(), "parsers.conf": "[PARSER]\n    Name lines\n    Format json\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, filters := range []string{"", "\n  filters:\n    - name: anomaly\n      match: \"*\"\n"} {
		r := receive(t)
		release := make(chan struct{})
		r.mu.Lock()
		r.stalled = release
		r.mu.Unlock()
		p := start(t, `
service:
  flush: 0.2
  grace: 3
  parsers_file: `+dir+`/parsers.conf
pipeline:
  inputs:
    - name: tail
      path: `+dir+`/in.log
      parser: lines
      read_from_head: on
      mem_buf_limit: 300k
      refresh_interval: 1
`+filters+`
  outputs:
    - name: forward
      match: "*"
      host: 127.0.0.1
      port: `+r.port()+`
      retry_limit: no_limits
`)
		// The stall: nothing is read until Fluent Bit's memory is full.
		p.Wait("paused (mem buf overlimit", 1)
		close(release)
		r.wait(t, total)
		log := stop(p)
		all := r.byNumber(t)
		paused, resumed := strings.Count(log, "paused (mem buf overlimit"), strings.Count(log, "resume (mem buf overlimit")
		t.Logf("filter %v: %d lines, %d arrived, once and in order; paused %d times, resumed %d times", filters != "", total, len(all), paused, resumed)
		if len(all) != total || paused == 0 || resumed == 0 {
			t.Errorf("%.3000s", log)
		}
		if filters != "" && !p.SaidAtEnd(fmt.Sprintf("done records=%d ", total), "done records=") {
			t.Errorf("the filter did not see all records\n%.3000s", log)
		}
	}
}

// TestReloadFluentBit reloads a real Fluent Bit while records flow, without
// Model_Path, and then restarts one with it: each time the models are there.
func TestReloadFluentBit(t *testing.T) {
	const few = 300
	config := func(port, options string) string {
		return `
service:
  flush: 0.2
  grace: 3
  hot_reload: on
pipeline:
  inputs:
    - name: dummy
      dummy: '{"n":1,"log":"request served"}'
      rate: 500
  filters:
    - name: anomaly
      match: "*"
      alias: shop
      warmup: 64
` + options + `
  outputs:
    - name: forward
      match: "*"
      host: 127.0.0.1
      port: ` + port + `
`
	}
	r := receive(t)
	p := start(t, config(r.port(), ""))
	r.wait(t, few)
	p.Signal(syscall.SIGHUP)
	p.Wait("goes on with the models from before the reload", 1)
	r.mu.Lock()
	seen := r.events
	r.mu.Unlock()
	r.wait(t, seen+few)
	if log := stop(p); strings.Count(log, "goes on with the models from before the reload") != 1 || strings.Count(log, "learned enough to judge") != 1 {
		t.Errorf("%.5000s", log)
	}
	dir := t.TempDir()
	for n, want := range []string{"no saved model yet", "starts from the saved model"} {
		r := receive(t)
		p := start(t, config(r.port(), "      model_path: "+dir))
		r.wait(t, few)
		if log := stop(p); !strings.Contains(log, want) {
			t.Errorf("start %d: %.5000s", n, log)
		}
		r.mu.Lock()
		first := r.messages[0][0]
		r.mu.Unlock()
		if n == 1 && !bytes.Contains(first, []byte("anomaly_score")) {
			t.Error("the first record after the restart has no score")
		}
	}
}
