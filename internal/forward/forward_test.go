package forward

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// received is a message as the receiver got it.
type received struct {
	tag    string
	events []byte
}

// receiver stands in for an input forward.
type receiver struct {
	t        *testing.T
	listener net.Listener
	key      string
	pong     []any // instead of the right one
	mute     bool  // never acknowledges

	mu    sync.Mutex
	got   []received
	dials int
	conns []net.Conn
}

func listen(t *testing.T, r *receiver, config *tls.Config) *receiver {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	r.t, r.listener = t, l
	t.Cleanup(func() { l.Close(); r.hangUp() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.dials++
			r.conns = append(r.conns, c)
			r.mu.Unlock()
			go func() {
				defer c.Close()
				r.serve(c)
			}()
		}
	}()
	return r
}

// hangUp closes every connection, as a receiver that restarts does.
func (r *receiver) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

func (r *receiver) serve(c net.Conn) {
	d := msgpack.NewDecoder(bufio.NewReader(c))
	if r.key != "" {
		const nonce = "0123456789abcdef"
		c.Write(pack([]any{"HELO", map[string]any{"nonce": nonce, "auth": "", "keepalive": true}})) // in one piece: some senders take what is read first for all of it
		v, err := d.DecodeInterface()
		if err != nil {
			return
		}
		ping, ok := v.([]any)
		if !ok || len(ping) != 6 || ping[0] != "PING" {
			return
		}
		salt, _ := ping[2].(string)
		if ping[3] != digest(salt, ping[1].(string), nonce, r.key) {
			return // as Fluent Bit does
		}
		pong := []any{"PONG", true, "", "there", digest(salt, "there", nonce, r.key)}
		if r.pong != nil {
			pong = r.pong
		}
		c.Write(pack(pong))
	}
	for {
		v, err := d.DecodeInterface()
		if err != nil {
			return
		}
		msg, ok := v.([]any)
		if !ok || len(msg) != 3 {
			return
		}
		options := msg[2].(map[string]any)
		events, packed := msg[1].([]byte)
		if !packed { // other senders have a list of events there
			events = pack(msg[1])
		}
		r.mu.Lock()
		r.got = append(r.got, received{msg[0].(string), events})
		r.mu.Unlock()
		if !r.mute {
			c.Write(pack(map[string]any{"ack": options["chunk"]}))
		}
	}
}

func client(t *testing.T, r *receiver, o Options) *Client {
	o.Addr = r.listener.Addr().String()
	o.Timeout, o.AckTimeout = 10*time.Second, 10*time.Second
	o.SelfHostname = "here"
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

var events = []byte{0x92, 0x01, 0x80, 0x92, 0x02, 0x80}

func TestSend(t *testing.T) {
	for name, key := range map[string]string{"plain": "", "with a shared key": "secret"} {
		t.Run(name, func(t *testing.T) {
			r := listen(t, &receiver{key: key}, nil)
			c := client(t, r, Options{SharedKey: key})
			if err := c.Ready(); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if err := c.Send("a.tag", events); err != nil {
					t.Fatal(err)
				}
			}
			if len(r.got) != 3 || r.got[0].tag != "a.tag" || !bytes.Equal(r.got[0].events, events) || r.dials != 1 {
				t.Errorf("%d connections, received %+v", r.dials, r.got)
			}
		})
	}
}

// Senders at once have a connection each, and keep them.
func TestSendAtOnce(t *testing.T) {
	r := listen(t, &receiver{}, nil)
	c := client(t, r, Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if err := c.Send("a", events); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if len(r.got) != 160 || r.dials > 8 {
		t.Errorf("%d messages over %d connections", len(r.got), r.dials)
	}
}

// A receiver that has restarted since is reached again at once.
func TestSendAfterARestart(t *testing.T) {
	r := listen(t, &receiver{}, nil)
	c := client(t, r, Options{})
	for range 3 {
		if err := c.Send("a", events); err != nil {
			t.Fatal(err)
		}
		r.hangUp()
	}
	if len(r.got) != 3 || r.dials != 3 {
		t.Errorf("%d messages over %d connections", len(r.got), r.dials)
	}
}

func TestSendFails(t *testing.T) {
	for _, tt := range []struct {
		name     string
		receiver *receiver
		key      string
		want     string
	}{
		{"wrong key", &receiver{key: "secret"}, "guess", "is the Shared_Key the same on both sides?"},
		{"key wanted", &receiver{key: "secret"}, "", "the receiver asks for a Shared_Key, and this output has none"},
		{"refused", &receiver{key: "secret", pong: []any{"PONG", false, "who are you", "", ""}}, "secret", `refuses the greeting: "who are you"`},
		{"impostor", &receiver{key: "secret", pong: []any{"PONG", true, "", "there", strings.Repeat("0", 128)}}, "secret", "does not know the Shared_Key"},
		{"no PONG", &receiver{key: "secret", pong: []any{"PANG"}}, "secret", "is no PONG"},
		{"deep", &receiver{key: "secret", pong: []any{[]any{[]any{[]any{}}}}}, "secret", "not of the Forward protocol"},
		{"long", &receiver{key: "secret", pong: make([]any, 17)}, "secret", "not of the Forward protocol"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, listen(t, tt.receiver, nil), Options{SharedKey: tt.key})
			for range 2 { // the same trouble reads the same
				if err := c.Send("a", events); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v; want %q", err, tt.want)
				}
			}
		})
	}
	t.Run("closed port", func(t *testing.T) {
		r := listen(t, &receiver{}, nil)
		r.listener.Close()
		if err := client(t, r, Options{}).Ready(); err == nil || err.Error() != "dial: connect: connection refused" {
			t.Error(err)
		}
	})
	t.Run("no greeting", func(t *testing.T) {
		r := listen(t, &receiver{}, nil)
		c := client(t, r, Options{SharedKey: "secret"})
		c.options.Timeout = 50 * time.Millisecond
		if err := c.Ready(); err == nil || !strings.Contains(err.Error(), "does not greet") {
			t.Error(err)
		}
	})
	t.Run("no acknowledgement", func(t *testing.T) {
		c := client(t, listen(t, &receiver{mute: true}, nil), Options{})
		c.options.AckTimeout = 50 * time.Millisecond
		if err := c.Send("a", events); !errors.Is(err, errNoAnswer) {
			t.Error(err)
		}
	})
	t.Run("close", func(t *testing.T) {
		r := listen(t, &receiver{mute: true}, nil)
		c := client(t, r, Options{})
		go func() {
			for {
				r.mu.Lock()
				n := len(r.got)
				r.mu.Unlock()
				if n > 0 {
					c.Close()
					return
				}
				time.Sleep(time.Millisecond)
			}
		}()
		if err := c.Send("a", events); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		if err := c.Ready(); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestTLS(t *testing.T) {
	config, pool := certificate(t)
	r := listen(t, &receiver{key: "secret"}, config)
	if err := client(t, r, Options{SharedKey: "secret", TLS: &tls.Config{RootCAs: pool, ServerName: "logs.test"}}).Send("a", events); err != nil {
		t.Error(err)
	}
	if err := client(t, r, Options{SharedKey: "secret", TLS: &tls.Config{InsecureSkipVerify: true}}).Send("a", events); err != nil {
		t.Error(err)
	}
	for want, bad := range map[string]*tls.Config{
		"unknown authority":       {ServerName: "logs.test"},
		"not other.test":          {RootCAs: pool, ServerName: "other.test"},
		"first record does not l": nil,
	} {
		r := r
		if bad == nil { // a receiver that does not encrypt
			r, bad = listen(t, &receiver{key: "secret"}, nil), &tls.Config{RootCAs: pool, ServerName: "logs.test"}
		}
		if err := client(t, r, Options{SharedKey: "secret", TLS: bad}).Ready(); err == nil || !strings.HasPrefix(err.Error(), "TLS: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// certificate makes one for logs.test, and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "logs.test"}, DNSNames: []string{"logs.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}
