package event

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

var (
	protocolBehind = []byte(" HTTP/")
	protocol       = protocolBehind[1:]
)

// protocolIn returns where protocolBehind stands in a text, or -1. An H is rarer than a blank.
func protocolIn(text []byte) int {
	for from := 0; ; {
		at := bytes.Index(text[from:], protocol)
		if at < 0 {
			return -1
		}
		if at += from; at > 0 && text[at-1] == ' ' {
			return at - 1
		}
		from = at + 1
	}
}

// within takes in the request that a text holds in quotes, beside the text, which
// stays the message. What somebody sends is looked at as in an access log:
//
//	INFO:     10.0.0.1:54031 - "GET /cart HTTP/1.1" 200 OK
//	… failed (2: No such file or directory), request: "GET /a.png HTTP/1.1", host: "shop"
func (r *Reader) within(text []byte) (more, ok bool) {
	at := protocolIn(text)
	if at < 0 {
		return false, false
	}
	quote := bytes.LastIndexByte(text[:at], '"')
	if quote < 0 || quote+4 > at || text[quote+1] < 'A' || text[quote+1] > 'Z' {
		return false, false
	}
	end := bytes.IndexByte(text[at:], '"')
	if end < 0 || end > len(protocolBehind)+4 {
		return false, false
	}
	r.request(text[quote+1 : at+end : at+end])
	r.message = candidate{rank: lineRank, kind: detector.Text, value: text, plain: true}
	return false, true
}
