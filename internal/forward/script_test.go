package forward

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// A receiver here is a script: what it reads and says on a connection, byte by
// byte, in memory and in the time of a synctest bubble.

// scripted returns a client whose first connection meets the first script, and
// so on; there are no more connections than that.
func scripted(t *testing.T, o Options, scripts ...func(c net.Conn)) *Client {
	o.Timeout, o.AckTimeout, o.SelfHostname = 10*time.Second, 30*time.Second, "here"
	c := New(o)
	dials := 0
	var running sync.WaitGroup
	c.connect = func(context.Context) (net.Conn, error) {
		if dials == len(scripts) {
			return nil, errors.New("a connection too many")
		}
		ours, theirs := net.Pipe()
		script := scripts[dials]
		dials++
		running.Go(func() {
			defer theirs.Close()
			script(theirs)
		})
		return asTCP{ours}, nil
	}
	t.Cleanup(func() {
		c.Close()
		running.Wait()
		if dials != len(scripts) {
			t.Errorf("%d connections; %d wanted", dials, len(scripts))
		}
	})
	return c
}

// asTCP is a pipe that does as a connection does which the other side has closed.
type asTCP struct{ net.Conn }

func (c asTCP) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if errors.Is(err, io.ErrClosedPipe) {
		err = syscall.EPIPE
	}
	return n, err
}

func (c asTCP) SetDeadline(t time.Time) error {
	c.Conn.SetDeadline(t)
	return nil
}

// connections returns how many there are, and how many of them are idle.
func (c *Client) connections() (open, idle int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open), len(c.idle)
}

// pack is a message of the receiver's.
func pack(v any) []byte {
	b, err := msgpack.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// hear reads one message; nil when there is none.
func hear(c net.Conn) []any {
	v, err := msgpack.NewDecoder(oneByOne{c}).DecodeInterface()
	if err != nil {
		return nil
	}
	list, _ := v.([]any)
	return list
}

// oneByOne keeps a decoder from reading ahead.
type oneByOne struct{ r io.Reader }

func (o oneByOne) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	return o.r.Read(b[:1])
}

// chunk is what a message asks to be acknowledged by.
func chunk(message []any) string {
	if len(message) != 3 {
		return ""
	}
	options, _ := message[2].(map[string]any)
	s, _ := options["chunk"].(string)
	return s
}

func helo(options map[string]any) []byte { return pack([]any{"HELO", options}) }

const nonce = "0123456789abcdef"

// greeted says HELO, takes PING and answers as answer says.
func greeted(c net.Conn, answer func(ping []any) []any) {
	c.Write(helo(map[string]any{"nonce": nonce, "auth": "", "keepalive": true}))
	if ping := hear(c); ping != nil {
		c.Write(pack(answer(ping)))
	}
}

// knows is the answer of a receiver that knows the key.
func knows(key string) func(ping []any) []any {
	return func(ping []any) []any {
		return []any{"PONG", true, "", "there", digest(ping[2].(string), "there", nonce, key)}
	}
}

// ack acknowledges each message, until the sender hangs up.
func ack(c net.Conn) {
	for m := hear(c); m != nil; m = hear(c) {
		c.Write(pack(map[string]any{"ack": chunk(m)}))
	}
}

func in(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t) })
}

// The checksum is the specification's: SHA-512, in hex, of salt, name, nonce and
// key one behind the other.
func TestDigest(t *testing.T) {
	const want = "29cb92f05183eaa56c8f2fa9ffe29a24c43bcdd9d8a714b3f257c7b34a8c832ad8a8cd22604d733620bf9d27ff999bd3c6871611d295e642c0fc1868828850f7"
	if got := digest("salt", "here", "nonce", "key"); got != want {
		t.Error(got)
	}
}

// What is said in the handshake is what the specification wants, and so is what
// is sent.
func TestMessages(t *testing.T) {
	in(t, func(t *testing.T) {
		var ping, message []any
		c := scripted(t, Options{SharedKey: "secret"}, func(c net.Conn) {
			greeted(c, func(p []any) []any { ping = p; return knows("secret")(p) })
			message = hear(c)
			c.Write(pack(map[string]any{"ack": chunk(message)}))
			hear(c)
		})
		three := []byte{0x92, 0x01, 0x80, 0x92, 0x92, 0x02, 0x80, 0x81, 0xa1, 'a', 0x01, 0x92, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0, 0x80}
		if err := c.Send("a.tag", three); err != nil {
			t.Fatal(err)
		}
		if len(ping) != 6 || ping[0] != "PING" || ping[1] != "here" || len(ping[2].(string)) != 32 || ping[4] != "" || ping[5] != "" {
			t.Errorf("PING %q", ping)
		} else if want := digest(ping[2].(string), "here", nonce, "secret"); ping[3] != want {
			t.Errorf("checksum %v; want %v", ping[3], want)
		}
		if len(message) != 3 || message[0] != "a.tag" || !bytes.Equal(message[1].([]byte), three) {
			t.Fatalf("message %q", message)
		}
		options := message[2].(map[string]any)
		if len(options) != 2 || fmt.Sprint(options["size"]) != "3" || len(chunk(message)) != 24 {
			t.Errorf("options %v; want the number of events as the size, and a chunk of 16 random bytes in base64", options)
		}
	})
}

// The size is the number of events, whatever they are.
func TestSize(t *testing.T) {
	event := []byte{0x92, 0x01, 0x80}
	for _, n := range []int{0, 1, 127, 128, 70_000} {
		_, tail := frame("t", "c", bytes.Repeat(event, n))
		var options map[string]any
		if err := msgpack.Unmarshal(tail, &options); err != nil || fmt.Sprint(options["size"]) != fmt.Sprint(n) {
			t.Errorf("%d events: %v, %v", n, options, err)
		}
	}
}

// Tags of any length arrive as they are.
func TestTag(t *testing.T) {
	for _, n := range []int{0, 1, 31, 32, 255, 256, 65535, 65536} {
		tag := strings.Repeat("x", n)
		head, tail := frame(tag, "c", events)
		var message []any
		if err := msgpack.Unmarshal(bytes.Join([][]byte{head, events, tail}, nil), &message); err != nil || message[0] != tag {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// A receiver that does not know the key is never accepted, whatever it makes of
// what it has been sent.
func TestImpostors(t *testing.T) {
	for name, tt := range map[string]struct {
		pong func(ping []any) []any
		want string
	}{
		"our own name and checksum": {func(p []any) []any { return []any{"PONG", true, "", p[1], p[3]} }, "greets by the name of this output"},
		"our checksum, its name":    {func(p []any) []any { return []any{"PONG", true, "", "there", p[3]} }, "does not know the Shared_Key"},
		"another key":               {knows("guess"), "does not know the Shared_Key"},
		"no key":                    {knows(""), "does not know the Shared_Key"},
		"an empty checksum":         {func([]any) []any { return []any{"PONG", true, "", "there", ""} }, "does not know the Shared_Key"},
		"half a checksum": {func(p []any) []any {
			return []any{"PONG", true, "", "there", digest(p[2].(string), "there", nonce, "secret")[:64]}
		}, "does not know the Shared_Key"},
		"the checksum without the salt": {func([]any) []any { return []any{"PONG", true, "", "there", digest("", "there", nonce, "secret")} }, "does not know the Shared_Key"},
		"no checksum":                   {func([]any) []any { return []any{"PONG", true, "", "there"} }, "is no PONG"},
		"a checksum that is nil":        {func([]any) []any { return []any{"PONG", true, "", "there", nil} }, "is no PONG"},
		"more than a PONG":              {func(p []any) []any { return append(knows("secret")(p), "") }, "is no PONG"},
		"a result that is no bool":      {func(p []any) []any { return []any{"PONG", "true", "", "there", p[3]} }, "refuses the greeting"},
		"our PING":                      {func(p []any) []any { return p }, "is no PONG"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				c := scripted(t, Options{SharedKey: "secret"}, func(c net.Conn) { greeted(c, tt.pong); ack(c) })
				if err := c.Send("a", events); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v; want %q", err, tt.want)
				}
			})
		})
	}
}

// Greetings that the specification does not know.
func TestGreetings(t *testing.T) {
	for name, tt := range map[string]struct {
		helo any
		want string
	}{
		"no nonce":             {[]any{"HELO", map[string]any{"auth": ""}}, "without a nonce"},
		"an empty nonce":       {[]any{"HELO", map[string]any{"nonce": ""}}, "without a nonce"},
		"a number for nonce":   {[]any{"HELO", map[string]any{"nonce": 1}}, "without a nonce"},
		"options that are nil": {[]any{"HELO", nil}, "without a nonce"},
		"no options":           {[]any{"HELO"}, "does not begin with a greeting"},
		"more than a HELO":     {[]any{"HELO", map[string]any{"nonce": nonce}, 1}, "does not begin with a greeting"},
		"a map":                {map[string]any{"HELO": 1}, "does not begin with a greeting"},
		"an acknowledgement":   {map[string]any{"ack": "x"}, "does not begin with a greeting"},
		"text":                 {"HELO", "does not begin with a greeting"},
		"lists for words":      {[]any{[]any{}, []any{}}, "does not begin with a greeting"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				c := scripted(t, Options{SharedKey: "secret"}, func(c net.Conn) { c.Write(pack(tt.helo)); hear(c) })
				if err := c.Ready(); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v; want %q", err, tt.want)
				}
			})
		})
	}
}

// Receivers differ in whether a text is a string or a binary.
func TestBinariesAreTexts(t *testing.T) {
	in(t, func(t *testing.T) {
		c := scripted(t, Options{SharedKey: "secret"}, func(c net.Conn) {
			c.Write(pack([]any{[]byte("HELO"), map[string]any{"nonce": []byte(nonce), "auth": []byte{}}}))
			pong := knows("secret")(hear(c))
			c.Write(pack([]any{[]byte("PONG"), true, []byte{}, []byte("there"), []byte(pong[4].(string))}))
			c.Write(pack(map[string]any{"ack": []byte(chunk(hear(c)))}))
			hear(c)
		})
		if err := c.Send("a", events); err != nil {
			t.Error(err)
		}
	})
}

// Only the acknowledgement of what was sent is one: to take another would lose
// events in silence.
func TestAcknowledgements(t *testing.T) {
	const another = "the receiver acknowledges another message"
	for name, tt := range map[string]struct {
		ack  func(chunk string) any
		want string // "" = it is one
	}{
		"as text":            {func(c string) any { return map[string]any{"ack": c} }, ""},
		"as binary":          {func(c string) any { return map[string]any{"ack": []byte(c)} }, ""},
		"with more":          {func(c string) any { return map[string]any{"x": 1, "ack": c, "y": []any{1.5}} }, ""},
		"of another chunk":   {func(string) any { return map[string]any{"ack": "AAAAAAAAAAAAAAAAAAAAAA=="} }, another},
		"of half a chunk":    {func(c string) any { return map[string]any{"ack": c[:12]} }, another},
		"of more":            {func(c string) any { return map[string]any{"ack": c + "x"} }, another},
		"of nothing":         {func(string) any { return map[string]any{"ack": ""} }, another},
		"a number":           {func(string) any { return map[string]any{"ack": 1} }, another},
		"true":               {func(string) any { return map[string]any{"ack": true} }, another},
		"in a list":          {func(c string) any { return map[string]any{"ack": []any{c}} }, another},
		"nil":                {func(string) any { return map[string]any{"ack": nil} }, "not the acknowledgement"},
		"under another name": {func(c string) any { return map[string]any{"Ack": c} }, "not the acknowledgement"},
		"a bare chunk":       {func(c string) any { return c }, "not the acknowledgement"},
		"a list":             {func(c string) any { return []any{"ack", c} }, "not the acknowledgement"},
		"an empty map":       {func(string) any { return map[string]any{} }, "not the acknowledgement"},
		"a greeting":         {func(string) any { return []any{"HELO", map[string]any{"nonce": nonce}} }, "asks for a Shared_Key"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				c := scripted(t, Options{}, func(c net.Conn) { c.Write(pack(tt.ack(chunk(hear(c))))); hear(c) })
				err := c.Send("a", events)
				if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("%v; want %q", err, tt.want)
				}
			})
		})
	}
}

// The acknowledgement of the message before is none of this one.
func TestLateAcknowledgement(t *testing.T) {
	in(t, func(t *testing.T) {
		c := scripted(t, Options{},
			func(c net.Conn) {
				first := chunk(hear(c))
				c.Write(pack(map[string]any{"ack": first}))
				hear(c)
				c.Write(pack(map[string]any{"ack": first}))
				hear(c)
			})
		if err := c.Send("a", events); err != nil {
			t.Fatal(err)
		}
		if err := c.Send("a", events); err == nil || !strings.Contains(err.Error(), "acknowledges another message") {
			t.Error(err)
		}
	})
}

// A connection on which more was said than asked for is not used again.
func TestMoreThanAsked(t *testing.T) {
	in(t, func(t *testing.T) {
		twice := func(c net.Conn) {
			a := pack(map[string]any{"ack": chunk(hear(c))})
			c.Write(append(a, a...))
			hear(c)
		}
		c := scripted(t, Options{}, twice, twice)
		for range 2 {
			if err := c.Send("a", events); err != nil {
				t.Error(err)
			}
		}
	})
}

// A length that a receiver claims is not allocated, wherever it claims it.
func TestAnswerClaims(t *testing.T) {
	var claims [][]byte
	for _, claim := range [][]byte{
		{0xc6, 0xff, 0xff, 0xff, 0xff}, // bin 32, of 4 GiB
		{0xc5, 0xff, 0xff},             // bin 16
		{0xdb, 0xff, 0xff, 0xff, 0xff}, // str 32
		{0xda, 0xff, 0xff},             // str 16
		{0xc9, 0xff, 0xff, 0xff, 0xff, 1},
		{0xc8, 0xff, 0xff, 1},
		{0xdd, 0xff, 0xff, 0xff, 0xff}, // array 32
		{0xdc, 0xff, 0xff},
		{0xdf, 0xff, 0xff, 0xff, 0xff}, // map 32
		{0xde, 0xff, 0xff},
		{0xdd, 0x00, 0x00, 0x00, 0x11},
		{0xc1}, // no msgpack
	} {
		in := func(head ...byte) []byte { return append(head, claim...) }
		claims = append(claims, claim, in(0x91), in(0x92, 0xa1, 'x'), in(0x81), in(0x81, 0xa1, 'x'), in(0x91, 0x91), in(0x81, 0xa1, 'x', 0x91))
	}
	claims = append(claims, bytes.Repeat([]byte{0x91}, 1000), bytes.Repeat([]byte{0x81}, 1000), // nesting
		[]byte{0x81, 0x01, 0x02}, []byte{0x81, 0xc0, 0x02}, // keys that are no text
		bytes.Repeat([]byte{0xdc, 0x00, 0x10, 0xd9, 0xff}, 1000))
	for _, claim := range claims {
		for _, where := range []string{"HELO", "PONG", "ack"} {
			in(t, func(t *testing.T) {
				o := Options{SharedKey: "secret"}
				if where == "ack" {
					o.SharedKey = ""
				}
				c := scripted(t, o, func(c net.Conn) {
					if where == "PONG" {
						c.Write(helo(map[string]any{"nonce": nonce}))
					}
					if where != "HELO" {
						hear(c)
					}
					c.Write(claim)
					c.Write(bytes.Repeat([]byte{0}, 100))
					hear(c)
				})
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := c.Send("a", events)
				runtime.ReadMemStats(&after)
				if !errors.Is(err, errNotForward) {
					t.Errorf("% .20x as %s: %v", claim, where, err)
				}
				if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
					t.Errorf("% .20x as %s: %d bytes allocated", claim, where, n)
				}
			})
		}
	}
}

// A message of exactly the limits is read, and none beyond: everything in it
// counts.
func TestLimits(t *testing.T) {
	message := func(size int) []byte {
		b := []byte{0xdc, 0, mostMembers}
		for range mostMembers - 1 {
			b = append(append(b, 0xda, 4, 0), make([]byte, 1024)...) // str 16
		}
		n := size - len(b) - 3
		return append(append(b, 0xda, byte(n>>8), byte(n)), make([]byte, n)...)
	}
	for size, want := range map[int]error{longestAnswer - 1: nil, longestAnswer: nil, longestAnswer + 1: errNotForward} {
		if _, err := readAnswer(bufio.NewReader(bytes.NewReader(message(size)))); err != want {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	deep := func(n int) []byte { return append(bytes.Repeat([]byte{0x91}, n), 0xc0) }
	for n, want := range map[int]error{deepest: nil, deepest + 1: errNotForward} {
		if _, err := readAnswer(bufio.NewReader(bytes.NewReader(deep(n)))); err != want {
			t.Errorf("%d levels: %v", n, err)
		}
	}
	// Those of one byte count too.
	r := answerReader{in: bufio.NewReader(bytes.NewReader(bytes.Repeat([]byte{0xc0}, 10))), left: 3}
	for range 3 {
		if _, err := r.value(1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.value(1); err != errNotForward {
		t.Errorf("a byte too many: %v", err)
	}
}

// Values of every form of msgpack are stepped over: what is behind them is read
// as it is.
func TestForms(t *testing.T) {
	for _, form := range [][]byte{
		{0x00}, {0x7f}, {0xe0}, {0xff}, {0xc0}, {0xc2}, {0xc3},
		{0xcc, 1}, {0xcd, 1, 2}, {0xce, 1, 2, 3, 4}, {0xcf, 1, 2, 3, 4, 5, 6, 7, 8},
		{0xd0, 1}, {0xd1, 1, 2}, {0xd2, 1, 2, 3, 4}, {0xd3, 1, 2, 3, 4, 5, 6, 7, 8},
		{0xca, 1, 2, 3, 4}, {0xcb, 1, 2, 3, 4, 5, 6, 7, 8},
		{0xa0}, {0xa2, 'h', 'i'}, {0xd9, 1, 'x'}, {0xda, 0, 1, 'x'}, {0xdb, 0, 0, 0, 1, 'x'},
		{0xc4, 1, 'x'}, {0xc5, 0, 1, 'x'}, {0xc6, 0, 0, 0, 1, 'x'},
		{0xd4, 0, 1}, {0xd5, 0, 1, 2}, {0xd6, 0, 1, 2, 3, 4}, append([]byte{0xd7, 0}, make([]byte, 8)...), append([]byte{0xd8, 0}, make([]byte, 16)...),
		{0xc7, 1, 0, 9}, {0xc8, 0, 1, 0, 9}, {0xc9, 0, 0, 0, 1, 0, 9},
		{0x90}, {0x91, 1}, {0xdc, 0, 1, 1}, {0xdd, 0, 0, 0, 1, 1},
		{0x80}, {0x81, 0xa1, 'x', 1}, {0xde, 0, 1, 0xa1, 'x', 1}, {0xdf, 0, 0, 0, 1, 0xa1, 'x', 1},
	} {
		message := append([]byte{0x82, 0xa1, 'v'}, form...)
		message = append(message, 0xa3, 'a', 'c', 'k', 0xa1, 'c', 0xc1)
		in := bufio.NewReader(bytes.NewReader(message))
		v, err := readAnswer(in)
		if m, _ := v.(map[string]any); err != nil || m["ack"] != "c" || in.Buffered() != 1 {
			t.Errorf("% x: %v, %v, %d bytes left", form, v, err, in.Buffered())
		}
		if flag, ok := v.(map[string]any)["v"].(bool); ok != (form[0] == 0xc2 || form[0] == 0xc3) || flag != (form[0] == 0xc3) {
			t.Errorf("% x: %v", form, v)
		}
	}
}

// However a receiver stalls, a call ends when its time is over.
func TestStalls(t *testing.T) {
	const forever = time.Hour
	// drip says a byte every second, as long as there is somebody who listens.
	drip := func(c net.Conn, b []byte) {
		for i := range b {
			time.Sleep(time.Second)
			if _, err := c.Write(b[i : i+1]); err != nil {
				return
			}
		}
		time.Sleep(forever)
	}
	long := pack(map[string]any{"ack": strings.Repeat("x", 100)})
	for name, tt := range map[string]struct {
		key    string
		script func(c net.Conn)
		after  time.Duration
	}{
		"says nothing":                 {"secret", func(c net.Conn) { time.Sleep(forever) }, 10 * time.Second},
		"greets a byte a second":       {"secret", func(c net.Conn) { drip(c, long) }, 10 * time.Second},
		"does not read PING":           {"secret", func(c net.Conn) { c.Write(helo(map[string]any{"nonce": nonce})); time.Sleep(forever) }, 10 * time.Second},
		"does not answer PING":         {"secret", func(c net.Conn) { c.Write(helo(map[string]any{"nonce": nonce})); hear(c); time.Sleep(forever) }, 10 * time.Second},
		"answers PING a byte a second": {"secret", func(c net.Conn) { c.Write(helo(map[string]any{"nonce": nonce})); hear(c); drip(c, long) }, 10 * time.Second},
		"does not read":                {"", func(c net.Conn) { time.Sleep(forever) }, 30 * time.Second},
		"reads a byte a second": {"", func(c net.Conn) {
			for range 100 {
				time.Sleep(time.Second)
				c.Read(make([]byte, 1))
			}
		}, 30 * time.Second},
		"does not acknowledge":         {"", func(c net.Conn) { hear(c); time.Sleep(forever) }, 30 * time.Second},
		"acknowledges a byte a second": {"", func(c net.Conn) { hear(c); drip(c, long) }, 30 * time.Second},
		"greets late, acknowledges not": {"secret", func(c net.Conn) {
			time.Sleep(9 * time.Second)
			greeted(c, knows("secret"))
			hear(c)
			time.Sleep(forever)
		}, 39 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				start := time.Now()
				c := scripted(t, Options{SharedKey: tt.key}, tt.script)
				if err := c.Send("a", events); err == nil {
					t.Error("no error")
				}
				if took := time.Since(start); took != tt.after {
					t.Errorf("it took %v; want %v", took, tt.after)
				}
				if open, idle := c.connections(); open != 0 || idle != 0 {
					t.Errorf("%d connections are left, %d of them idle", open, idle)
				}
			})
		})
	}
}

// A connection that is not used ends; one that is used stays.
func TestIdleConnectionsEnd(t *testing.T) {
	in(t, func(t *testing.T) {
		var ended atomic.Int64 // after so long
		start := time.Now()
		c := scripted(t, Options{},
			func(c net.Conn) { ack(c); ended.Store(int64(time.Since(start))) },
			ack)
		for range 4 { // at 0, 20, 40, 60 seconds
			if err := c.Send("a", events); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Second)
			synctest.Wait()
			if ended.Load() != 0 {
				t.Fatalf("ended after %v", time.Duration(ended.Load()))
			}
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if got, want := time.Duration(ended.Load()), 90*time.Second; got != want {
			t.Errorf("ended after %v; want %v", got, want)
		}
		if open, idle := c.connections(); open != 0 || idle != 0 {
			t.Errorf("%d connections are left, %d of them idle", open, idle)
		}
		if err := c.Send("a", events); err != nil {
			t.Error(err)
		}
	})
}

// A timer that rings late, when the connection has been used in between, ends
// nothing.
func TestLateExpiry(t *testing.T) {
	in(t, func(t *testing.T) {
		c := scripted(t, Options{}, ack)
		var k *conn
		for range 2 {
			if err := c.Send("a", events); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Second)
			k = c.idle[0]
			c.expire(k)
			if _, idle := c.connections(); idle != 1 {
				t.Fatal("a connection that is in use has ended")
			}
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if _, idle := c.connections(); idle != 0 {
			t.Fatal("it has not ended in time")
		}
		c.expire(k) // twice
	})
}

// Where one connection has been closed by the receiver since, all are taken to
// be: what was to be sent goes over a new one, at once.
func TestAllIdleConnectionsAreGone(t *testing.T) {
	in(t, func(t *testing.T) {
		one := func(c net.Conn) {
			m := hear(c)
			time.Sleep(time.Second)
			c.Write(pack(map[string]any{"ack": chunk(m)}))
			time.Sleep(time.Second)
		}
		c := scripted(t, Options{}, one, one, one, ack)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := c.Send("a", events); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		time.Sleep(10 * time.Second)
		if _, idle := c.connections(); idle != 3 {
			t.Fatalf("%d idle connections", idle)
		}
		if err := c.Send("a", events); err != nil {
			t.Error(err)
		}
		if open, idle := c.connections(); open != 1 || idle != 1 {
			t.Errorf("%d connections, %d of them idle", open, idle)
		}
	})
}

// Close ends what is idle at once, and nothing is left that would wake up.
func TestCloseEndsIdleConnections(t *testing.T) {
	in(t, func(t *testing.T) {
		var ended atomic.Bool
		c := scripted(t, Options{}, func(c net.Conn) { ack(c); ended.Store(true) })
		if err := c.Send("a", events); err != nil {
			t.Fatal(err)
		}
		c.Close()
		synctest.Wait()
		if !ended.Load() {
			t.Error("the receiver still waits")
		}
		time.Sleep(2 * longestIdle)
	})
}

// A receiver that wants a connection for each message gets that.
func TestNoKeepalive(t *testing.T) {
	in(t, func(t *testing.T) {
		var ended atomic.Int32
		once := func(c net.Conn) {
			c.Write(helo(map[string]any{"nonce": nonce, "keepalive": false}))
			c.Write(pack(knows("secret")(hear(c))))
			ack(c)
			ended.Add(1)
		}
		c := scripted(t, Options{SharedKey: "secret"}, once, once)
		for n := int32(1); n <= 2; n++ {
			if err := c.Ready(); err != nil { // greets, and leaves the connection to the next one who sends
				t.Fatal(err)
			}
			if err := c.Send("a", events); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if ended.Load() != n {
				t.Errorf("%d messages, %d connections ended", n, ended.Load())
			}
		}
	})
}

// Where a receiver hangs up in the midst of something, the call ends at once
// with that as the reason.
func TestHangsUp(t *testing.T) {
	whole := pack(map[string]any{"ack": strings.Repeat("x", 24)})
	for n := range len(whole) {
		in(t, func(t *testing.T) {
			c := scripted(t, Options{}, func(c net.Conn) { hear(c); c.Write(whole[:n]) })
			if err := c.Send("a", events); !errors.Is(err, errClosedByPeer) {
				t.Errorf("after %d bytes: %v", n, err)
			}
		})
	}
}
