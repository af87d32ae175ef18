// Package forward sends log events over the Forward protocol, version 1
// (https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1),
// and knows that they have arrived: every message is acknowledged. It knows
// nothing of what is in the events, nor of who calls it.
//
// There are libraries for the protocol. None that we found gets along with
// Fluent Bit's forward input when that asks for a shared key: it sends its
// nonce as a msgpack string, and wants the salt as one, where they insist on
// binaries; nor do they bound the handshake in time. What a sender needs is
// small: a greeting, one kind of message, an acknowledgement.
package forward

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// Options say whom a Client sends to, and how.
type Options struct {
	Addr         string        // host:port
	SharedKey    string        // empty = no handshake
	SelfHostname string        // as which to greet
	TLS          *tls.Config   // nil = none
	Timeout      time.Duration // to connect and to be greeted
	AckTimeout   time.Duration // to send one message and have it acknowledged
}

// Client sends to one receiver. Any number of goroutines may use it at once:
// each has a connection to itself while it sends.
type Client struct {
	options Options
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc

	mu   sync.Mutex
	idle []*conn
	open map[*conn]struct{} // all of them, those in use too
}

// New returns a Client. It does not connect yet.
func New(o Options) *Client {
	c := &Client{options: o, open: make(map[*conn]struct{})}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// ErrClosed is the error of a call during or after Close.
var ErrClosed = errors.New("closed")

// Close closes all connections; a Send under way fails.
func (c *Client) Close() {
	c.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.open {
		k.Close()
	}
	c.open, c.idle = nil, nil
}

// Ready makes sure that there is a connection to send on, greeted where the
// receiver wants that. It costs nothing when there is one.
func (c *Client) Ready() error {
	k, _, err := c.take()
	if err == nil {
		c.put(k)
	}
	return err
}

// Send sends events, a run of msgpack values [time, body], in one message with
// the given tag, and returns nil when the receiver has acknowledged it. After
// an error they may or may not have arrived.
func (c *Client) Send(tag string, events []byte) error {
	k, used, err := c.take()
	if err != nil {
		return err
	}
	err = k.send(tag, events, c.options.AckTimeout)
	if used && gone(err) {
		// The receiver has restarted, or given up an idle connection: that says
		// nothing of how it fares now, and of the other idle ones the same.
		c.drop(k)
		c.dropIdle()
		if k, _, err = c.take(); err != nil {
			return err
		}
		err = k.send(tag, events, c.options.AckTimeout)
	}
	if err != nil {
		c.drop(k)
		return c.plain(err)
	}
	c.put(k)
	return nil
}

// gone reports whether the other side has closed the connection.
func gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// plain is an error without what differs from one connection to the next, so
// that the same trouble always reads the same.
func (c *Client) plain(err error) error {
	var op *net.OpError
	switch {
	case err == nil:
		return nil
	case c.ctx.Err() != nil:
		return ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded):
		return errNoAnswer
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errClosedByPeer
	case errors.As(err, &op):
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	return err
}

var (
	errNoAnswer     = errors.New("no answer in time")
	errClosedByPeer = errors.New("the receiver closed the connection")
)

// take returns an idle connection, or else a new one; used says which.
func (c *Client) take() (k *conn, used bool, err error) {
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		k, c.idle = c.idle[n-1], c.idle[:n-1]
	}
	c.mu.Unlock()
	if k != nil {
		return k, true, nil
	}
	k, err = c.dial()
	return k, false, c.plain(err)
}

func (c *Client) put(k *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		k.Close()
		return
	}
	c.idle = append(c.idle, k)
}

func (c *Client) drop(k *conn) {
	k.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, k)
}

func (c *Client) dropIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.idle {
		k.Close()
		delete(c.open, k)
	}
	c.idle = nil
}

// dial connects and greets.
func (c *Client) dial() (*conn, error) {
	ctx, cancel := context.WithTimeout(c.ctx, c.options.Timeout)
	defer cancel()
	until, _ := ctx.Deadline()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", c.options.Addr)
	if err != nil {
		return nil, err
	}
	k := &conn{Conn: raw, in: bufio.NewReader(nil)}
	c.mu.Lock()
	if c.open == nil {
		c.mu.Unlock()
		raw.Close()
		return nil, ErrClosed
	}
	c.open[k] = struct{}{}
	c.mu.Unlock()

	if err := k.start(ctx, until, &c.options); err != nil {
		c.drop(k)
		return nil, err
	}
	return k, nil
}

// conn is one connection.
type conn struct {
	net.Conn
	in *bufio.Reader
}

// start encrypts and greets, as the options say.
func (k *conn) start(ctx context.Context, until time.Time, o *Options) error {
	if err := k.SetDeadline(until); err != nil {
		return err
	}
	if o.TLS != nil {
		t := tls.Client(k.Conn, o.TLS)
		if err := t.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
		k.Conn = t
	}
	k.in.Reset(k.Conn)
	if o.SharedKey == "" {
		return nil
	}
	return k.greet(o.SharedKey, o.SelfHostname)
}

// What a receiver says is short; what claims to be longer than this, in bytes,
// in members, in levels of nesting, is not the protocol.
const (
	longestAnswer = 64 << 10
	mostMembers   = 16
	deepest       = 3
)

var errNotForward = errors.New("the receiver's answer is not of the Forward protocol")

// answer decodes one message of the receiver.
func (k *conn) answer() (any, error) {
	return decode(msgpack.NewDecoder(&io.LimitedReader{R: k.in, N: longestAnswer}), deepest)
}

// decode reads one value. The library alone would allocate whatever lengths
// the other side claims.
func decode(d *msgpack.Decoder, levels int) (any, error) {
	code, err := d.PeekCode()
	if err != nil {
		return nil, err
	}
	isArray := msgpcode.IsFixedArray(code) || code == msgpcode.Array16 || code == msgpcode.Array32
	isMap := msgpcode.IsFixedMap(code) || code == msgpcode.Map16 || code == msgpcode.Map32
	if !isArray && !isMap {
		return d.DecodeInterface()
	}
	if levels == 0 {
		return nil, errNotForward
	}
	if isArray {
		n, err := d.DecodeArrayLen()
		if err != nil || n > mostMembers {
			return nil, cmp.Or(err, errNotForward)
		}
		list := make([]any, n)
		for i := range list {
			if list[i], err = decode(d, levels-1); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	n, err := d.DecodeMapLen()
	if err != nil || n > mostMembers {
		return nil, cmp.Or(err, errNotForward)
	}
	m := make(map[string]any, n)
	for range n {
		key, err := d.DecodeString()
		if err != nil {
			return nil, err
		}
		if m[key], err = decode(d, levels-1); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// greet does the handshake of a shared key: the receiver says HELO with a
// nonce, we answer PING with a salt and a checksum, it answers PONG with its
// own. Neither sends the key.
func (k *conn) greet(key, hostname string) error {
	msg, err := k.answer()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("the receiver does not greet: it may have no Shared_Key, and then this output must have none")
	}
	if err != nil {
		return err
	}
	helo, ok := msg.([]any)
	if !ok || len(helo) < 2 || helo[0] != "HELO" {
		return errors.New("the receiver does not begin with a greeting: it may speak another protocol")
	}
	options, _ := helo[1].(map[string]any)
	nonce := text(options["nonce"])

	var random [16]byte
	rand.Read(random[:])
	salt := hex.EncodeToString(random[:]) // text, since some receivers hash it up to a zero byte
	ping, err := msgpack.Marshal([]any{"PING", hostname, salt, digest(salt, hostname, nonce, key), "", ""})
	if err != nil {
		return err
	}
	if _, err := k.Write(ping); err != nil {
		return err
	}

	msg, err = k.answer()
	if gone(err) {
		// That is how Fluent Bit answers a wrong checksum.
		return errors.New("the receiver closed the connection during the greeting: is the Shared_Key the same on both sides?")
	}
	if err != nil {
		return err
	}
	pong, ok := msg.([]any)
	if !ok || len(pong) < 5 || pong[0] != "PONG" {
		return errors.New("the receiver's answer to the greeting is no PONG")
	}
	if pong[1] != true {
		return fmt.Errorf("the receiver refuses the greeting: %.200q", text(pong[2]))
	}
	if want := digest(salt, text(pong[3]), nonce, key); subtle.ConstantTimeCompare([]byte(want), []byte(text(pong[4]))) != 1 {
		return errors.New("the receiver does not know the Shared_Key")
	}
	return nil
}

func digest(salt, hostname, nonce, key string) string {
	sum := sha512.Sum512([]byte(salt + hostname + nonce + key))
	return hex.EncodeToString(sum[:])
}

// text is a string or a binary: senders differ in which they use.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// send sends one message and waits for its acknowledgement.
func (k *conn) send(tag string, events []byte, timeout time.Duration) error {
	if err := k.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	var random [16]byte
	rand.Read(random[:])
	chunk := base64.StdEncoding.EncodeToString(random[:])

	head, tail := frame(tag, chunk, len(events))
	parts := net.Buffers{head, events, tail}
	if _, err := parts.WriteTo(k.Conn); err != nil {
		return err
	}

	msg, err := k.answer()
	if err != nil {
		return err
	}
	switch msg := msg.(type) {
	case map[string]any:
		if msg["ack"] == chunk {
			return nil
		}
	case []any:
		if len(msg) > 0 && msg[0] == "HELO" {
			return errors.New("the receiver asks for a Shared_Key, and this output has none")
		}
	}
	return errors.New("the receiver's answer is not the acknowledgement of what was sent")
}

// frame is what stands around the events in a message of the mode that the
// specification calls PackedForward: [tag, events, {size, chunk}].
func frame(tag, chunk string, size int) (head, tail []byte) {
	var h, t bytes.Buffer
	e := msgpack.NewEncoder(&h)
	// Writing to memory does not fail.
	_ = e.EncodeArrayLen(3)
	_ = e.EncodeString(tag)
	_ = e.EncodeBytesLen(size)
	e.Reset(&t)
	_ = e.EncodeMapLen(2)
	_ = e.EncodeString("size")
	_ = e.EncodeInt(int64(size))
	_ = e.EncodeString("chunk")
	_ = e.EncodeString(chunk)
	return h.Bytes(), t.Bytes()
}
