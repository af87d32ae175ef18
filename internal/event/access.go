package event

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unsafe"
)

// access takes in a line of an access log: the common and the combined format,
// also with the virtual host first, and whatever stands behind.
//
//	10.0.0.1 - alice [02/Mar/2026:08:00:01 +0000] "GET /cart?id=7 HTTP/1.1" 200 512 "-" "curl/8.5.0" 0.003
//
// See https://httpd.apache.org/docs/current/mod/mod_log_config.html and
// https://nginx.org/en/docs/http/ngx_http_log_module.html. The names are those
// of Fluent Bit's parser nginx: remote, host, user, time, method, path, code,
// size, referer, agent, with protocol beside.
func (r *Reader) access(text []byte) (more, ok bool) {
	quote := bytes.IndexByte(text, '"')
	if quote < 3 || text[quote-1] != ' ' || text[quote-2] != ']' {
		return false, false
	}
	open := bytes.IndexByte(text[:quote], '[')
	if open < 2 || text[open-1] != ' ' {
		return false, false
	}
	var before [4][]byte
	count := 0
	for rest := text[:open-1]; ; count++ {
		word, more, found := bytes.Cut(rest, space)
		if count == len(before) || len(word) == 0 {
			return false, false
		}
		before[count] = word
		if rest = more; !found {
			count++
			break
		}
	}
	if count < 3 {
		return false, false
	}
	request, end := quotedFrom(text, quote)
	if end < 0 || end+2 >= len(text) || text[end] != ' ' {
		return false, false
	}
	w := words{text, end}
	code, size := w.next(), w.next()
	if !isCode(code) || len(size) == 0 {
		return false, false
	}
	r.clock = moment{1, text[open+1 : quote-2]}
	if count == 4 {
		r.named("vhost", before[0])
	}
	client := before[count-3 : count]
	r.named("remote", client[0])
	r.named("host", client[1])
	r.named("user", client[2])
	r.request(request)
	r.named("code", code)
	r.named("size", size)
	if w.quoted() {
		r.named("referer", w.next())
		if w.quoted() {
			r.named("agent", w.next())
		}
	}
	r.behind(&w)
	return false, true
}

var space = []byte(" ")

// tails are the known formats of what stands behind the combined format, by the
// shape of their words: b is bare, q in quotes, [ in brackets.
var tails = []struct {
	shape string
	names []string
}{
	{"q", []string{"http_x_forwarded_for"}}, // nginx, as its own example has it
	{"bb[[bbbbb", []string{ // ingress-nginx
		"request_length", "request_time", "proxy_upstream_name", "proxy_alternative_upstream_name", "upstream_addr",
		"upstream_response_length", "upstream_response_time", "upstream_status", "req_id",
	}},
	{"bb[bbbbb", []string{ // ingress-nginx before 0.26
		"request_length", "request_time", "proxy_upstream_name", "upstream_addr",
		"upstream_response_length", "upstream_response_time", "upstream_status", "req_id",
	}},
	{"bqqb", []string{"request_count", "router", "backend", "duration"}}, // Traefik
}

// extras are the names of what stands behind in any other format.
var extras = func() (names [16]string) {
	for i := range names {
		names[i] = "extra" + strconv.Itoa(i+1)
	}
	return names
}()

// behind takes in what stands behind the combined format.
func (r *Reader) behind(w *words) {
	shape := w.shape()
	for _, t := range tails {
		if t.shape != shape {
			continue
		}
		for _, name := range t.names {
			r.named(name, w.next())
		}
		return
	}
	for i := range extras {
		value := w.next()
		if value == nil {
			return
		}
		if eq := bytes.IndexByte(value, '='); eq > 0 && firstKeyByte(value[0]) && onlyKeyBytes(value[:eq]) {
			// rt=0.003
			if n := r.tree.child(&r.tree.root, value[:eq:eq]); n != nil {
				r.str(n, value[eq+1:])
			}
			continue
		}
		r.named(extras[i], value)
	}
}

// request takes in the line of a request: GET /cart HTTP/1.1. What somebody sent
// that is none is split as far as it goes.
func (r *Reader) request(request []byte) {
	method, rest, found := bytes.Cut(request, space)
	r.named("method", method)
	if !found {
		return
	}
	rest = bytes.TrimLeft(rest, " ")
	if i := bytes.LastIndexByte(rest, ' '); i > 0 {
		r.named("path", bytes.TrimRight(rest[:i], " "))
		r.named("protocol", rest[i+1:])
		return
	}
	r.named("path", rest)
}

// named takes in a value of a field whose name the format says.
func (r *Reader) named(name string, value []byte) {
	if n := r.tree.follow(&r.tree.root, unsafe.Slice(unsafe.StringData(name), len(name)), &r.lastNamed); n != nil {
		r.str(n, value)
	}
}

func isCode(b []byte) bool {
	if len(b) == 0 || len(b) > 8 {
		return false
	}
	return b[0] == '-' || b[0] >= '0' && b[0] <= '9' || len(b) > 2 // what somebody's log has for a status: error
}

func onlyKeyBytes(b []byte) bool {
	for _, c := range b {
		if !keyByte[c] {
			return false
		}
	}
	return true
}

// words goes over the words of a line, of which some are in quotes or brackets.
type words struct {
	text []byte
	at   int
}

// start steps to where the next word begins; false at the end.
func (w *words) start() bool {
	for w.at < len(w.text) && w.text[w.at] == ' ' {
		w.at++
	}
	return w.at < len(w.text)
}

// quoted reports whether the next word is in quotes.
func (w *words) quoted() bool { return w.start() && w.text[w.at] == '"' }

// next returns the next word without its quotes or brackets, nil at the end.
func (w *words) next() []byte {
	if !w.start() {
		return nil
	}
	from := w.at
	switch w.text[from] {
	case '"':
		if inside, end := quotedFrom(w.text, from); end >= 0 {
			w.at = end
			return inside
		}
	case '[':
		if end := bytes.IndexByte(w.text[from:], ']'); end >= 0 {
			w.at = from + end + 1
			return w.text[from+1 : from+end : from+end]
		}
	}
	for {
		end := bytes.IndexByte(w.text[w.at:], ' ')
		if end < 0 {
			w.at = len(w.text)
			break
		}
		w.at += end
		if w.text[w.at-1] != ',' || w.at == from {
			break
		}
		w.at++ // a list: 10.0.0.1:80, 10.0.0.2:80
	}
	return w.text[from:w.at:w.at]
}

// shape is that of the words to come; empty when there are too many.
func (w words) shape() string {
	var shape [16]byte
	n := 0
	for w.start() {
		if n == len(shape) {
			return ""
		}
		switch shape[n] = w.text[w.at]; shape[n] {
		case '"':
			shape[n] = 'q'
		case '[':
		default:
			shape[n] = 'b'
		}
		n++
		w.next()
	}
	for _, t := range tails {
		if t.shape == string(shape[:n]) {
			return t.shape
		}
	}
	return ""
}

// quotedFrom returns what is within the quotes that begin at i, and where they
// end; -1 when they do not. A backslash stands before a quote that does not end
// them.
func quotedFrom(text []byte, i int) (inside []byte, end int) {
	for end = i + 1; end < len(text); end += 2 {
		if end = either(text, end, '"', '\\'); end == len(text) {
			break
		}
		if text[end] == '"' {
			return text[i+1 : end : end], end + 1
		}
	}
	return nil, -1
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// either returns where the first of two bytes stands from i on, the text's end where none
// does. It looks at 8 bytes at a time, as one looks for a 0.
func either(text []byte, i int, a, b byte) int {
	as, bs := uint64(a)*everyByte, uint64(b)*everyByte
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		x, y := w^as, w^bs
		if m := ((x-everyByte)&^x | (y-everyByte)&^y) & highBits; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(text) && text[i] != a && text[i] != b {
		i++
	}
	return i
}
