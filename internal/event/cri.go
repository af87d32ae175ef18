package event

import "bytes"

// cri takes off what containerd and CRI-O write before each line:
//
//	2026-03-02T08:00:01.123456789Z stdout F text
//
// See https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md.
func (r *Reader) cri(text []byte) (rest []byte, ok bool) {
	end, begin, _ := criHead(text)
	if begin == 0 {
		return text, false
	}
	r.at(text[:end])
	return text[begin:], true
}

// criHead returns where the time ends and the text begins, 0 where no such head
// stands, and whether the text goes on in the next line of its stream.
func criHead(text []byte) (end, begin int, partial bool) {
	i := bytes.IndexByte(text[:min(len(text), 40)], ' ')
	if i < len(shortestTime) || text[10] != 'T' || len(text) < i+len(" stdout F ") || string(text[i+1:i+4]) != "std" {
		return 0, 0, false
	}
	if stream := string(text[i+4 : i+8]); stream != "out " && stream != "err " {
		return 0, 0, false
	}
	tag := text[i+8]
	if tag != 'F' && tag != 'P' || text[i+9] != ' ' && text[i+9] != ':' {
		return 0, 0, false
	}
	n := bytes.IndexByte(text[i+9:], ' ')
	if n < 0 {
		return 0, 0, false
	}
	return i, i + 9 + n + 1, tag == 'P'
}
