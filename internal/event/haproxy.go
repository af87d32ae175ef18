package event

import "bytes"

// haproxy takes in a line of HAProxy's HTTP format, behind whatever syslog put
// before it:
//
//	haproxy[2031]: 10.0.0.1:54031 [02/Mar/2026:08:00:01.705] fe_https~ be_shop/web1 0/0/3/71/78 200 26868 - - ---- 40/69/14/0/0 0/0 "GET /cart HTTP/1.1"
//
// The names are those of its manual, section 8.2.3:
// https://docs.haproxy.org/3.0/configuration.html#8.2.3
func (r *Reader) haproxy(text []byte) (more, ok bool) {
	if len(text) < 60 || text[len(text)-1] != '"' {
		return false, false
	}
	close := bytes.Index(text, closeBracket)
	for close >= 0 && (close < 5 || text[close-4] != '.') {
		// [2031] is a process.
		next := bytes.Index(text[close+2:], closeBracket)
		if next < 0 {
			return false, false
		}
		close += 2 + next
	}
	if close < 0 {
		return false, false
	}
	open := bytes.LastIndexByte(text[:close], '[')
	if open < 2 || text[open-1] != ' ' {
		return false, false
	}
	client := text[bytes.LastIndexByte(text[:open-1], ' ')+1 : open-1]
	w := words{text, close + 2}
	frontend, backend, timers, code, size := w.next(), w.next(), w.next(), w.next(), w.next()
	_, _, state := w.next(), w.next(), w.next() // captured cookies
	conns, queues := w.next(), w.next()
	if bytes.Count(timers, slash) != 4 || len(state) != 4 || bytes.Count(conns, slash) != 4 || bytes.Count(queues, slash) != 1 || !isCode(code) {
		return false, false
	}
	var request []byte
	for w.start() && !w.quoted() {
		if w.text[w.at] == '{' { // captured headers, with spaces in them
			if end := bytes.IndexByte(w.text[w.at:], '}'); end >= 0 {
				w.at += end + 1
				continue
			}
		}
		w.next()
	}
	if request = w.next(); request == nil {
		return false, false
	}
	r.clock = moment{1, text[open+1 : close]}
	r.named("client", client)
	r.named("frontend", frontend)
	server, found := []byte(nil), false
	if backend, server, found = bytes.Cut(backend, slash); found {
		r.named("server", server)
	}
	r.named("backend", backend)
	r.parts(timers, "ms", "tr", "tw", "tc", "tr_response", "ta")
	r.named("code", code)
	r.named("size", size)
	r.named("termination_state", state)
	r.parts(conns, "", "actconn", "feconn", "beconn", "srvconn", "retries")
	r.parts(queues, "", "srv_queue", "backend_queue")
	r.request(request)
	return false, true
}

var (
	closeBracket = []byte("] ")
	slash        = []byte("/")
)

// parts takes in values that are divided by slashes, and of a unit, "" for none. A time of
// -1 is none: what it would have timed never came to its end.
func (r *Reader) parts(values []byte, unit string, names ...string) {
	for _, name := range names {
		value, rest, _ := bytes.Cut(values, slash)
		if unit != "" && len(value) > 0 && value[0] != '-' {
			from := len(r.text)
			r.text = append(append(r.text, bytes.TrimPrefix(value, plus)...), unit...)
			value = r.text[from:len(r.text):len(r.text)]
		}
		r.named(name, value)
		values = rest
	}
}

// plus stands before the time of a request that goes on, with HAProxy's option logasap.
var plus = []byte("+")
