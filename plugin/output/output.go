package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/internal/forward"
	"github.com/flb-anomaly/flb-anomaly/internal/judge"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// judgingOutput is the output anomaly: it judges the chunks that it gets and
// sends them on. A chunk is done when the receiver has acknowledged all
// of it; until then Fluent Bit keeps it and brings it again. What is judged
// once is not judged again for that: it waits, as it is to be sent, in a
// waiting room.
//
// Its workers may call flush at the same time.
type judgingOutput struct {
	settings options.Output
	log      *slog.Logger
	receiver receiver

	mu     sync.Mutex // around what follows: one worker judges, others may send
	judge  *judge.Judge
	walker *record.Walker
	event  record.Event
	judged []byte

	waiting waitingRoom
	health  health
	once    struct{ engine, round, panic, forgotten sync.Once }

	acknowledged, retries atomic.Uint64 // messages, flushes
}

// receiver is a *forward.Client.
type receiver interface {
	Ready() error
	Send(tag string, events []byte) error
	Close()
}

func newOutput(name string, s options.Output, log *slog.Logger) (*judgingOutput, error) {
	if said := fluentbit.ThreadTrouble(); said != "" {
		log.Warn(said)
	}
	secure, err := tlsConfig(&s.Forward)
	if err != nil {
		return nil, err
	}
	f := &s.Forward
	o := &judgingOutput{settings: s, log: log, walker: record.NewWalker(nil), waiting: newWaitingRoom(mostWaiting, mostWaitingBytes)}
	// A filter may have the same name.
	o.judge, err = judge.New(s.Settings, judge.Instance{Name: "output." + name, Version: version, Log: log,
		Go: func(f func()) { o.begin(func() error { f(); return nil }) }})
	if err != nil {
		return nil, err
	}
	o.health.log = log.With("receiver", f.Addr())
	o.receiver = forward.New(forward.Options{Addr: f.Addr(), SharedKey: f.SharedKey, SelfHostname: f.SelfHostname,
		TLS: secure, Timeout: f.Timeout, AckTimeout: f.AckTimeout})
	log.Info("ready", "receiver", f.Addr(), "tls", f.TLS, "shared_key", f.SharedKey != "", "tag_prefix", f.TagPrefix, "only_anomalies", s.OnlyAnomalies,
		"warmup", s.Detector.Warmup)
	return o, nil
}

func tlsConfig(f *options.Forward) (*tls.Config, error) {
	if !f.TLS {
		return nil, nil
	}
	c := &tls.Config{ServerName: f.TLSServerName, InsecureSkipVerify: !f.TLSVerify}
	if c.ServerName == "" {
		c.ServerName = f.Host
	}
	if f.TLSCAFile != "" {
		pem, err := os.ReadFile(f.TLSCAFile)
		if err != nil {
			return nil, fmt.Errorf("option Forward_TLS_CA_File: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("option Forward_TLS_CA_File has the value %q: no certificate in PEM is in it", f.TLSCAFile)
		}
	}
	return c, nil
}

// flush judges a chunk and sends it on. It returns true when Fluent Bit may
// forget the chunk, false when it is to bring it again. With a patience above
// 0 it returns false after that time and lets the sending go on: the retry
// then learns how it went.
func (o *judgingOutput) flush(tag string, chunk []byte, patience time.Duration) (done bool) {
	defer func() {
		if v := recover(); v != nil {
			o.caught(v)
			done = false
		}
	}()
	if patience > 0 {
		o.once.engine.Do(func() {
			o.log.Warn("Fluent Bit waits for this output, and cannot be the receiver of what it sends at the same time: set Workers to 1 or more")
		})
	}
	if p := o.settings.Forward.TagPrefix; p != "" && strings.HasPrefix(tag, p) {
		// Other outputs have their own copy: to leave this one out loses nothing.
		o.once.round.Do(func() {
			o.log.Error("records that were judged and sent come round again, and are not sent a second time: make Match leave out what begins with Tag_Prefix", "tag", tag, "tag_prefix", p)
		})
		return true
	}
	id := o.waiting.id(tag, chunk)
	d := o.waiting.take(id)
	if d == nil {
		// Nothing is judged while the receiver is away, so that the waiting room
		// need only hold what was under way when it went.
		if err := o.within(patience, o.receiver.Ready); err != nil {
			return o.later(nil, err)
		}
		d = &delivery{id: id, tag: o.settings.Forward.TagPrefix + tag, messages: o.entries(chunk)}
		for _, m := range d.messages {
			d.size += cap(m)
		}
	}
	if err := o.deliver(d, patience); err != nil {
		return o.later(d, err)
	}
	o.health.good()
	return true
}

// later puts a delivery that failed, if there is one yet, into the waiting room.
func (o *judgingOutput) later(d *delivery, err error) bool {
	o.retries.Add(1)
	if !errors.Is(err, errUnderWay) {
		o.health.bad(err)
	}
	if d != nil && !o.waiting.put(d) {
		o.once.forgotten.Do(func() {
			o.log.Warn("more chunks wait for the receiver than are remembered: some will be judged a second time", "remembered", mostWaiting, "bytes", mostWaitingBytes)
		})
	}
	return false
}

var errUnderWay = errors.New("under way")

// within calls f and returns its error; with a patience above 0, errUnderWay
// once that has passed and f has not returned.
func (o *judgingOutput) within(patience time.Duration, f func() error) error {
	if patience <= 0 {
		return f()
	}
	return await(o.begin(f), patience)
}

// begin calls f in the background.
func (o *judgingOutput) begin(f func() error) chan error {
	result := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				o.caught(v)
				result <- errors.New("a panic")
			}
		}()
		result <- f()
	}()
	return result
}

func await(result chan error, patience time.Duration) error {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case err := <-result:
		return err
	case <-t.C:
		return errUnderWay
	}
}

// delivery is a chunk on its way, judged.
type delivery struct {
	id       chunkID
	tag      string
	messages [][]byte   // not yet acknowledged
	size     int        // bytes of memory, of the messages at first
	underWay chan error // the result of an attempt that nobody waits for any more; else nil
}

// deliver sends what is left of a delivery.
func (o *judgingOutput) deliver(d *delivery, patience time.Duration) error {
	if d.underWay == nil {
		if patience <= 0 {
			return o.send(d)
		}
		d.underWay = o.begin(func() error { return o.send(d) })
	}
	if patience <= 0 {
		patience = time.Hour // the receiver's own limits are far shorter
	}
	err := await(d.underWay, patience)
	if err != errUnderWay {
		d.underWay = nil
	}
	return err
}

func (o *judgingOutput) send(d *delivery) error {
	for len(d.messages) > 0 {
		if err := o.receiver.Send(d.tag, d.messages[0]); err != nil {
			return err
		}
		o.acknowledged.Add(1)
		d.messages = d.messages[1:]
	}
	return nil
}

// messageSize is how many bytes of events go into one message. Receivers bound
// what they take; Fluent Bit's limit is 6 MB unless set otherwise.
const messageSize = 1 << 20

// entries returns the chunk's events, judged, as they are to be sent.
func (o *judgingOutput) entries(chunk []byte) [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.messages(o.verdicts(chunk))
}

// verdicts returns the chunk with verdicts, or as it is where a panic came between.
func (o *judgingOutput) verdicts(chunk []byte) (judged []byte) {
	defer func() {
		if v := recover(); v != nil {
			o.caught(v)
			judged = chunk
		}
	}()
	o.judged = o.judge.Chunk(o.judged[:0], chunk)
	return o.judged
}

// messages packs the events of a chunk, which it copies.
func (o *judgingOutput) messages(chunk []byte) [][]byte {
	if len(chunk) == 0 {
		return nil
	}
	var list [][]byte
	message := make([]byte, 0, min(len(chunk), messageSize))
	o.walker.Reset(chunk)
	for o.walker.Next(&o.event) {
		if len(message)+len(o.event.Raw) > messageSize && len(message) > 0 {
			list = append(list, message)
			message = make([]byte, 0, messageSize)
		}
		message = appendEntry(message, &o.event)
	}
	message = append(message, o.walker.Rest()...) // nothing is lost, odd as it may be
	o.walker.Reset(nil)
	return append(list, message)
}

// appendEntry appends an event as the protocol has it, [time, body], which
// every receiver reads. One with metadata stays in Fluent Bit's own form,
// [[time, metadata], body], and so does the mark of a group: to leave them out
// would lose something, and Fluent Bit reads both.
func appendEntry(dst []byte, ev *record.Event) []byte {
	const (
		head = "\x92\x92\xd7\x00" // [[fixext8 of type 0
		time = 8
		none = '\x80' // {}
	)
	raw := ev.Raw
	if ev.Kind == record.Log && len(raw) > len(head)+time && string(raw[:len(head)]) == head && raw[len(head)+time] == none {
		dst = append(dst, raw[0])
		dst = append(dst, raw[2:len(head)+time]...)
		return append(dst, raw[len(head)+time+1:]...)
	}
	return append(dst, raw...)
}

// caught logs the first panic.
func (o *judgingOutput) caught(v any) {
	o.once.panic.Do(func() {
		o.log.Error("a panic was caught, no record is lost (logged once)", "panic", v, "stack", string(debug.Stack()))
	})
}

// close saves the models and ends the output.
func (o *judgingOutput) close() {
	o.receiver.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.judge.Stats().Detector
	o.judge.Close()
	o.log.Info("done", "records", s.Records, "judged", s.Judged, "anomalies", s.Anomalies, "messages_acknowledged", o.acknowledged.Load(), "retries", o.retries.Load())
}

// health logs when the receiver becomes unreachable, why, and when it is
// reached again: not each time.
type health struct {
	log *slog.Logger

	mu       sync.Mutex
	trouble  string
	failures int
}

func (h *health) bad(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures++
	if err.Error() != h.trouble {
		h.trouble = err.Error()
		h.log.Error("records wait, and are sent when the receiver acknowledges them: " + h.trouble)
	}
}

func (h *health) good() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.trouble != "" {
		h.log.Info("the receiver acknowledges again", "failures", h.failures)
	}
	h.trouble, h.failures = "", 0
}
