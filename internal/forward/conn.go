package forward

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/flb-anomaly/flb-anomaly/record"
)

// conn is one connection.
type conn struct {
	net.Conn
	raw  net.Conn // Conn without TLS
	in   *bufio.Reader
	once bool // the receiver wants one message on a connection
	over bool // and has had it

	// While it is idle:
	since  time.Time
	expiry *time.Timer
}

func newConn(raw net.Conn) *conn {
	return &conn{Conn: raw, raw: raw, in: bufio.NewReader(raw)}
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
		k.in.Reset(t)
	}
	if o.SharedKey == "" {
		return nil
	}
	return k.greet(o.SharedKey, o.SelfHostname)
}

// greet does the handshake of a shared key: the receiver says HELO with a
// nonce, we answer PING with a salt and a checksum, it answers PONG with its
// own. Neither sends the key.
func (k *conn) greet(key, hostname string) error {
	msg, err := readAnswer(k.in)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("the receiver does not greet: it may have no Shared_Key, and then this output must have none")
	}
	if err != nil {
		return err
	}
	helo, ok := msg.([]any)
	if !ok || len(helo) != 2 || helo[0] != "HELO" {
		return errors.New("the receiver does not begin with a greeting: it may speak another protocol")
	}
	options, _ := helo[1].(map[string]any)
	nonce, _ := options["nonce"].(string)
	if nonce == "" {
		return errors.New("the receiver greets without a nonce: it may speak another version of the protocol")
	}
	k.once = options["keepalive"] == false

	var random [16]byte
	rand.Read(random[:])
	salt := hex.EncodeToString(random[:]) // text, since some receivers hash it up to a zero byte
	ping := appendArrayHeader(nil, 6)
	for _, s := range []string{"PING", hostname, salt, digest(salt, hostname, nonce, key), "", ""} { // no user, no password
		ping = appendStr(ping, s)
	}
	if _, err := k.Write(ping); err != nil {
		return err
	}

	msg, err = readAnswer(k.in)
	if gone(err) {
		// That is how Fluent Bit answers a wrong checksum.
		return errors.New("the receiver closed the connection during the greeting: is the Shared_Key the same on both sides?")
	}
	if err != nil {
		return err
	}
	pong, ok := msg.([]any)
	if !ok || len(pong) != 5 || pong[0] != "PONG" {
		return errors.New("the receiver's answer to the greeting is no PONG")
	}
	if pong[1] != true {
		reason, _ := pong[2].(string)
		return fmt.Errorf("the receiver refuses the greeting: %.200q", reason)
	}
	name, isName := pong[3].(string)
	sum, isSum := pong[4].(string)
	if !isName || !isSum {
		return errors.New("the receiver's answer to the greeting is no PONG")
	}
	if name == hostname {
		// Our own checksum would be right for it: whoever sends back what we sent
		// need not know the key.
		return fmt.Errorf("the receiver greets by the name of this output, %.200q: set Self_Hostname to another one, on one of the sides", hostname)
	}
	if subtle.ConstantTimeCompare([]byte(digest(salt, name, nonce, key)), []byte(sum)) != 1 {
		return errors.New("the receiver does not know the Shared_Key")
	}
	return nil
}

func digest(salt, hostname, nonce, key string) string {
	sum := sha512.Sum512([]byte(salt + hostname + nonce + key))
	return hex.EncodeToString(sum[:])
}

// send sends one message and waits for its acknowledgement, both within timeout.
func (k *conn) send(tag string, events []byte, timeout time.Duration) error {
	if err := k.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	var random [16]byte
	rand.Read(random[:])
	chunk := base64.StdEncoding.EncodeToString(random[:])

	head, tail := frame(tag, chunk, events)
	parts := net.Buffers{head, events, tail}
	if _, err := parts.WriteTo(k.Conn); err != nil {
		return err
	}

	msg, err := readAnswer(k.in)
	if err != nil {
		return err
	}
	switch msg := msg.(type) {
	case map[string]any:
		switch msg["ack"] {
		case chunk:
			k.over = k.once
			return nil
		case nil:
		default:
			return errors.New("the receiver acknowledges another message than the one that was sent")
		}
	case []any:
		if len(msg) > 0 && msg[0] == "HELO" {
			return errors.New("the receiver asks for a Shared_Key, and this output has none")
		}
	}
	return errors.New("the receiver's answer is not the acknowledgement of what was sent")
}

// frame is what stands around the events in a message of the mode that the
// specification calls PackedForward: [tag, events, {size, chunk}], with their
// number as the size.
func frame(tag, chunk string, events []byte) (head, tail []byte) {
	head = appendArrayHeader(nil, 3)
	head = appendStr(head, tag)
	head = appendBinHeader(head, len(events))

	tail = appendMapHeader(nil, 2)
	tail = appendStr(tail, "size")
	tail = appendUint(tail, count(events))
	tail = appendStr(tail, "chunk")
	tail = appendStr(tail, chunk)
	return head, tail
}

// count returns how many events there are.
func count(events []byte) (n uint64) {
	w := record.NewWalker(nil)
	w.Reset(events)
	for e := (record.Event{}); w.Next(&e); {
		n++
	}
	return n
}
