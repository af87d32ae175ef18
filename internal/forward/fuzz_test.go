package forward

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// Whatever a receiver says: no panic, not more read than allowed, next to nothing
// allocated, and what is read is what the msgpack library reads.
func FuzzAnswer(f *testing.F) {
	for _, seed := range [][]byte{
		{0xc6, 0xff, 0xff, 0xff, 0xff}, {0xc1}, {},
		pack([]any{"HELO", map[string]any{"nonce": []byte(nonce), "auth": "", "keepalive": true}}),
		pack([]any{"PONG", true, "", "there", "sum"}), pack([]any{"PONG", false, "no", "", nil}),
		pack(map[string]any{"ack": "chunk", "n": 1 << 40, "f": 1.5, "t": time.Unix(1, 2), "l": []any{-1, 1e9}}),
		append([]byte{0xdc, 0, 16}, bytes.Repeat([]byte{0xd9, 200}, 16)...),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		counted := &counter{r: bytes.NewReader(b)}
		in := bufio.NewReader(counted)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := readAnswer(in)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 512<<10 {
			t.Errorf("%d bytes allocated", n)
		}
		read := counted.n - in.Buffered()
		if read > longestAnswer {
			t.Errorf("%d bytes read", read)
		}
		if err != nil {
			return
		}
		d := msgpack.NewDecoder(bytes.NewReader(b[:read]))
		d.SetMapDecoder(decodeMap)
		want, err := d.DecodeInterface()
		if err != nil {
			return // an extension that the library does not know
		}
		if want := plainly(want); !reflect.DeepEqual(got, want) {
			t.Errorf("got %#v; want %#v", got, want)
		}
	})
}

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += n
	return n, err
}

// plainly is a value of the msgpack library's as readAnswer has it.
func plainly(v any) any {
	switch v := v.(type) {
	case nil, bool, string:
		return v
	case []byte:
		return string(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plainly(v[i])
		}
		return list
	case map[string]any:
		return v
	}
	return ignored{}
}

// decodeMap takes binaries for keys too.
func decodeMap(d *msgpack.Decoder) (any, error) {
	n, err := d.DecodeMapLen()
	if err != nil {
		return nil, err
	}
	m := make(map[string]any)
	for range n {
		key, err := d.DecodeInterface()
		if err != nil {
			return nil, err
		}
		value, err := d.DecodeInterface()
		if err != nil {
			return nil, err
		}
		m[plainly(key).(string)] = plainly(value)
	}
	return m, nil
}

// Whatever a receiver says that does not know the key, it is not believed, and
// whatever one says that has not seen the message, it has not acknowledged it.
func FuzzReceiver(f *testing.F) {
	zeros := make([]byte, 128)
	f.Add(helo(map[string]any{"nonce": nonce}), pack([]any{"PONG", true, "", "there", string(zeros)}))
	f.Add(helo(map[string]any{"nonce": []byte(nonce), "keepalive": false}), pack([]any{"PONG", false, "no", "", ""}))
	f.Add(pack(map[string]any{"ack": "AAAAAAAAAAAAAAAAAAAAAA=="}), []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		said := append(append([]byte{}, first...), second...)
		if err := newConn(&tape{Reader: bytes.NewReader(said)}).greet("secret", "here"); err == nil {
			t.Error("a receiver without the key is believed")
		}
		if err := newConn(&tape{Reader: bytes.NewReader(said)}).send("a", events, time.Minute); err == nil {
			t.Error("a receiver that has read nothing has acknowledged")
		}
	})
}

// tape is a connection whose other side has said it all before.
type tape struct {
	net.Conn
	io.Reader
}

func (t *tape) Read(b []byte) (int, error)  { return t.Reader.Read(b) }
func (t *tape) Write(b []byte) (int, error) { return len(b), nil }
func (t *tape) SetDeadline(time.Time) error { return nil }
