// Package forward sends log events over the Forward protocol, version 1
// (https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1),
// and knows that they have arrived: every message is acknowledged. It knows
// nothing of what is in the events, nor of who calls it.
//
// What a receiver says is read as what anybody may say: no length is believed, no
// answer is waited for without end, and none of them is taken for a sign that
// the receiver knows the shared key, or that it has what was sent, but the
// right one.
//
// There are libraries for the protocol. None that we found gets along with
// Fluent Bit's forward input when that asks for a shared key: it sends its
// nonce as a msgpack string, and wants the salt as one, where they insist on
// binaries; nor do they bound the handshake in time. What a sender needs is
// small: a greeting, one kind of message, an acknowledgement.
package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Options say whom a Client sends to, and how.
type Options struct {
	Addr         string        // host:port
	SharedKey    string        // empty = no handshake
	SelfHostname string        // as which to greet
	TLS          *tls.Config   // nil = none
	Timeout      time.Duration // to connect and to be greeted; above 0
	AckTimeout   time.Duration // to send one message and have it acknowledged; above 0
}

// Client sends to one receiver. Any number of goroutines may use it at once:
// each has a connection to itself while it sends.
type Client struct {
	options Options
	connect func(context.Context) (net.Conn, error)
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc

	mu   sync.Mutex
	idle []*conn
	open map[*conn]struct{} // all of them, those in use too
}

// New returns a Client. It does not connect yet.
func New(o Options) *Client {
	c := &Client{options: o, open: make(map[*conn]struct{})}
	c.connect = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", o.Addr)
	}
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
	for _, k := range c.idle {
		k.expiry.Stop()
	}
	for k := range c.open {
		k.raw.Close()
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
		c.abort(k)
		c.abortIdle()
		if k, _, err = c.take(); err != nil {
			return err
		}
		err = k.send(tag, events, c.options.AckTimeout)
	}
	if err != nil {
		c.abort(k)
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
		k.expiry.Stop()
	}
	c.mu.Unlock()
	if k != nil {
		return k, true, nil
	}
	k, err = c.dial()
	return k, false, c.plain(err)
}

// longestIdle is how long a connection waits to be used again. It is what Fluent
// Bit's own output has for default.
const longestIdle = 30 * time.Second

// put keeps the connection for the next one who sends.
func (c *Client) put(k *conn) {
	if k.over || k.in.Buffered() > 0 {
		c.drop(k) // what was said without being asked must not pass for an answer
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		k.raw.Close()
		return
	}
	c.idle = append(c.idle, k)
	k.since = time.Now()
	k.expiry = time.AfterFunc(longestIdle, func() { c.expire(k) })
}

// expire drops the connection if it was idle all the time.
func (c *Client) expire(k *conn) {
	c.mu.Lock()
	i := slices.Index(c.idle, k)
	if i < 0 || time.Since(k.since) < longestIdle { // in use, or used in between
		c.mu.Unlock()
		return
	}
	c.idle = slices.Delete(c.idle, i, i+1)
	c.mu.Unlock()
	c.drop(k)
}

// drop ends a connection that is in order.
func (c *Client) drop(k *conn) {
	k.Close()
	c.forget(k)
}

// abort ends a connection that is not: TLS would say goodbye, and wait for a
// receiver that does not listen.
func (c *Client) abort(k *conn) {
	k.raw.Close()
	c.forget(k)
}

func (c *Client) forget(k *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, k)
}

func (c *Client) abortIdle() {
	c.mu.Lock()
	idle := c.idle
	c.idle = nil
	c.mu.Unlock()
	for _, k := range idle {
		k.expiry.Stop()
		c.abort(k)
	}
}

// dial connects and greets.
func (c *Client) dial() (*conn, error) {
	ctx, cancel := context.WithTimeout(c.ctx, c.options.Timeout)
	defer cancel()
	until, _ := ctx.Deadline()
	raw, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	k := newConn(raw)
	c.mu.Lock()
	if c.open == nil {
		c.mu.Unlock()
		raw.Close()
		return nil, ErrClosed
	}
	c.open[k] = struct{}{}
	c.mu.Unlock()

	if err := k.start(ctx, until, &c.options); err != nil {
		c.abort(k)
		return nil, err
	}
	return k, nil
}
