package event

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event/names"
)

// What syslog writes before a message. The names are those of Fluent Bit's
// parsers syslog-rfc5424 and syslog-rfc3164: host, ident, pid, and for RFC 5424
// msgid and extradata.

// priority takes off a priority (RFC 3164 and 5424) and the head behind it:
//
//	<165>1 2026-03-02T08:00:01.003Z host app 7 ID47 - declined
//	<34>Mar  2 08:00:01 host app[7]: declined
func (r *Reader) priority(text []byte) (rest []byte, ok bool) {
	n, i := 0, 1
	for ; i < len(text) && i < 5 && isDigit(text[i]); i++ {
		n = n*10 + int(text[i]-'0')
	}
	if i == 1 || i == len(text) || text[i] != '>' || n > 191 {
		return text, false
	}
	r.special(&priorityNode, detector.Number, nil, float64(n))
	rest = text[i+1:]
	if head, found := bytes.CutPrefix(rest, []byte("1 ")); found {
		if head, found := r.syslog5424(head); found {
			return head, true
		}
	} else if h, found := bsdHead(rest); found {
		r.at(h.time)
		r.named("host", h.host)
		r.named("ident", h.ident)
		if h.pid != nil {
			r.named("pid", h.pid)
		}
		return h.message, true
	}
	return rest, true
}

var priorityNode = node{level: 1 << 14, scale: names.Priority, out: true}

// syslog5424 takes off the head of RFC 5424 behind the version.
func (r *Reader) syslog5424(text []byte) (rest []byte, ok bool) {
	var head [5][]byte // time, host, application, process, message's id
	rest = text
	for i := range head {
		if head[i], rest, ok = bytes.Cut(rest, space); !ok || len(head[i]) == 0 {
			return text, false
		}
	}
	if t := head[0]; len(t) > 1 && (len(t) < len(shortestTime) || t[10] != 'T') {
		return text, false
	}
	end := structuredEnd(rest)
	if end < 0 {
		return text, false
	}
	r.at(head[0])
	r.named("host", head[1])
	r.named("ident", head[2])
	r.named("pid", head[3])
	r.named("msgid", head[4])
	r.named("extradata", rest[:end])
	rest = bytes.TrimPrefix(rest[end:], space)
	return bytes.TrimPrefix(rest, []byte("\ufeff")), true
}

// structuredEnd returns where the structured data ends, -1 where there is none: a
// dash, or elements in brackets, in which quoted values may have brackets.
func structuredEnd(text []byte) int {
	if len(text) > 0 && text[0] == '-' && (len(text) == 1 || text[1] == ' ') {
		return 1
	}
	i := 0
	for i < len(text) && text[i] == '[' {
		for quoted := false; ; i++ {
			if i >= len(text) {
				return -1
			}
			switch c := text[i]; {
			case c == '\\' && quoted:
				i++
			case c == '"':
				quoted = !quoted
			case c == ']' && !quoted:
				i++
				goto next
			}
		}
	next:
	}
	if i == 0 || i < len(text) && text[i] != ' ' {
		return -1
	}
	return i
}

// syslogGroup finds the host or the program in the head of a line that rsyslog,
// syslog-ng or 'journalctl -o short-iso' wrote to a file, where Group_By asks for
// it. Without a priority, the head stays part of the message: what a program says
// is told from what others say by its name.
func (r *Reader) syslogGroup(text []byte) {
	if !r.tree.rules.given[groupBy] {
		return
	}
	h, ok := bsdHead(text)
	if !ok {
		return
	}
	for _, f := range [...]struct{ key, value []byte }{{hostKey, h.host}, {identKey, h.ident}} {
		if n := r.tree.child(&r.tree.root, f.key); n != nil && n.group {
			r.str(n, f.value)
		}
	}
}

var hostKey, identKey = []byte("host"), []byte("ident")

// bsd is the head of RFC 3164:
//
//	Mar  2 08:00:01 host app[7]: declined
//
// also with a time in RFC 3339, with an offset in numbers, which tells it from
// what applications write:
//
//	2026-03-02T08:00:01.123456+00:00 host app[7]: declined
type bsd struct{ time, host, ident, pid, message []byte }

func bsdHead(text []byte) (h bsd, ok bool) {
	const form = "Mar  2 08:00:01 "
	end := len(form) - 1
	switch {
	case len(text) < len(form)+len("h a: "):
		return h, false
	case text[3] == ' ':
		if text[6] != ' ' || text[9] != ':' || text[12] != ':' || text[15] != ' ' || !isDigit(text[5]) || !isDigit(text[14]) {
			return h, false
		}
	default:
		end = bytes.IndexByte(text[:min(len(text), 40)], ' ')
		if end < len("2026-03-02T08:00:01+0000") || text[4] != '-' || text[10] != 'T' || !isSign(text[end-5]) && !isSign(text[end-6]) {
			return h, false
		}
	}
	h.time = text[:end:end]
	text = text[end+1:]
	if end = bytes.IndexByte(text, ' '); end < 1 {
		return h, false
	}
	h.host = text[:end:end]
	for _, c := range h.host {
		if !keyByte[c] && c != ':' {
			return h, false
		}
	}
	h.ident, h.pid, h.message = syslogTag(text[end+1:])
	return h, h.message != nil && h.host[end-1] != ':' && pattern.ParseLevel(h.host) == pattern.LevelNone
}

func isSign(c byte) bool { return c == '+' || c == '-' }

// maxTag is how long the name of a program is, in bytes; RFC 3164 allows 32.
const maxTag = 64

// syslogTag takes apart app[7]: and what is behind it, nil where that does not
// stand there.
func syslogTag(text []byte) (ident, pid, message []byte) {
	colon := bytes.IndexByte(text[:min(len(text), maxTag)], ':')
	if colon < 1 || colon+1 < len(text) && text[colon+1] != ' ' {
		return nil, nil, nil
	}
	ident = text[:colon:colon]
	if text[colon-1] == ']' {
		open := bytes.IndexByte(ident, '[')
		if open < 1 {
			return nil, nil, nil
		}
		ident, pid = text[:open:open], text[open+1:colon-1:colon-1]
	}
	for _, c := range ident {
		if !keyByte[c] && c != '(' && c != ')' {
			return nil, nil, nil
		}
	}
	return ident, pid, text[min(colon+2, len(text)):]
}
