package event

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/internal/event/timestamp"
	"github.com/flb-anomaly/flb-anomaly/internal/event/trace"
)

// Joiner joins the lines of a log that are one record: what was cut on its way
// (by containerd, Docker and GitLab), stack traces, and in a log whose records
// have times, lines that are indented and have none. Only what is plain is joined:
// a line that is not is a record of its own.
//
// One Joiner is for one log.
type Joiner struct {
	times timestamp.Parser

	line  []byte // with which the record that is open begins
	head  carried
	timed answer // the record says its time itself
	trace trace.Form
	part  bool // the line before goes on in the next

	linked bool // another trace of Python's comes

	prefix [maxContainer]byte // of the record, for those that name its source
	tail   []byte             // of Docker's object, behind the text
	quote  int                // where the text ends in what was appended
}

// answer is one to a question that is asked when it must be.
type answer uint8

const (
	unasked answer = iota
	positive
	negative
)

// carrier is what stands before the text of a line.
type carrier uint8

const (
	nobody carrier = iota
	containerd
	docker
	gitlab
	composer // docker-compose or kubectl, which name the source
)

// carried is how a line came.
type carried struct {
	by    carrier
	begin int  // of its text
	part  bool // the text goes on in the next line of its stream
	glued bool // it goes on with that of the line before
}

var dockerHead = []byte(`{"log":"`)

// carriedHead tells how a line came.
func carriedHead(line []byte) (h carried) {
	if len(line) < leastPrefixed {
		return h
	}
	switch c := line[0]; {
	case isDigit(c) && line[4] == '-' && len(line) > len(shortestTime) && line[10] == 'T':
		if _, begin, part := criHead(line); begin > 0 {
			return carried{by: containerd, begin: begin, part: part}
		}
		if begin, goesOn := gitlabHead(line); begin > 0 {
			return carried{by: gitlab, begin: begin, glued: goesOn}
		}
	case c == '{':
		if bytes.HasPrefix(line, dockerHead) {
			return carried{by: docker, begin: len(dockerHead)}
		}
	case c == '[':
		if end := bytes.Index(line[:min(len(line), maxContainer)], closeBracket); end > 0 && bytes.HasPrefix(line, podHead) {
			return carried{by: composer, begin: end + 2}
		}
	case c >= 'a' && c <= 'z':
		if bar := composeBar(line); bar > 0 {
			return carried{by: composer, begin: min(bar+2, len(line))}
		}
	}
	return h
}

// Begin begins a record with a line, which must stay valid until the next Begin or
// Append.
func (j *Joiner) Begin(line []byte) {
	j.line, j.head = line, carriedHead(line)
	j.timed, j.part, j.linked = unasked, j.head.part, false
	text := line[j.head.begin:]
	switch j.head.by {
	case nobody:
		if len(line) > 0 && line[0] == '{' {
			j.timed = negative // an object is whole
		}
	case composer:
		copy(j.prefix[:], line[:j.head.begin])
	case docker:
		j.part = j.dockerPart(line)
	}
	j.trace = trace.Begins(text)
}

// Continues reports whether a line belongs to the record that is open. Its
// beginning is enough, where it has some hundred bytes.
func (j *Joiner) Continues(line []byte) bool {
	h := carriedHead(line)
	if h.by != j.head.by || h.by == composer && string(j.prefix[:h.begin]) != string(line[:h.begin]) {
		return false
	}
	text := line[h.begin:]
	if h.by == docker {
		if j.part {
			return true
		}
		if bytes.HasPrefix(text, escapedTab) {
			return j.indented(bytes.TrimPrefix(text, escapedTab))
		}
	}
	if j.part || h.glued {
		return true
	}
	if len(text) == 0 {
		return j.trace != trace.None
	}
	switch c := text[0]; {
	case c == ' ' || c == '\t':
		return j.indented(bytes.TrimLeft(text, " \t"))
	case isDigit(c):
		return false
	case closes(text):
		return j.isTimed()
	}
	return j.begins(text)
}

var escapedTab = []byte(`\t`)

// isTimed reports whether the record that is open says its time itself, not only
// what carries it.
func (j *Joiner) isTimed() bool {
	if j.timed == unasked {
		j.timed = negative
		if _, ok := j.times.Parse(j.line[j.head.begin:]); ok {
			j.timed = positive
		}
	}
	return j.timed == positive
}

// indented reports whether an indented line, of which there is what stands behind
// the white space, belongs to the record.
func (j *Joiner) indented(text []byte) bool {
	if j.trace != trace.None || trace.IsFrame(text) || trace.IsCause(text) {
		return true
	}
	if !j.isTimed() {
		return false
	}
	_, timed := j.times.Parse(text)
	return !timed
}

// begins reports whether a line that is not indented goes on with a trace, or
// begins one behind a record that has a time.
func (j *Joiner) begins(text []byte) bool {
	switch text[0] {
	case 'C', 'S':
		if trace.IsCause(text) {
			return true
		}
	case 'D', 'T':
		if j.trace == trace.Python && (trace.IsPythonLink(text) || j.linked && trace.Begins(text) == trace.Python) {
			return true
		}
	}
	if j.trace == trace.Go && (trace.IsGoLine(text) || trace.IsGoCall(text)) || j.trace == trace.Python && trace.IsException(text) {
		return true
	}
	return (trace.IsFrame(text) || (trace.IsException(text) || trace.Begins(text) == trace.Python) && j.isTrouble()) && j.isTimed()
}

// isTrouble reports whether the record that is open speaks of trouble: a trace that
// no indentation binds to a record is of one that does, or an event of its own.
func (j *Joiner) isTrouble() bool {
	line := j.line[:min(len(j.line), troubleBytes)]
	for i := range line {
		for _, word := range troubles {
			if c := line[i] | 0x20; c == word[0] && i+len(word) <= len(line) && bytes.EqualFold(line[i:i+len(word)], word) {
				return true
			}
		}
	}
	return false
}

// troubleBytes is how much of a record is looked at for a word of trouble.
const troubleBytes = 1024

var troubles = [][]byte{[]byte("error"), []byte("warn"), []byte("fatal"), []byte("crit"), []byte("severe"), []byte("fail"), []byte("exception"), []byte("panic")}

// AppendFirst appends the line with which the record begins to dst, which is empty.
func (j *Joiner) AppendFirst(dst []byte) []byte {
	dst = append(dst, j.line...)
	if j.head.by == docker {
		if end, _ := skipString(dst, len(dockerHead)); end > 0 {
			j.quote = end - 1
			j.tail = append(j.tail[:0], dst[j.quote:]...)
		} else {
			j.head.by = nobody
		}
	}
	j.line = dst
	return dst
}

// Append appends the text of a line that belongs to the record, as if all had
// come in one piece.
func (j *Joiner) Append(dst, line []byte) []byte {
	h := carriedHead(line)
	text := line[h.begin:]
	if t := trace.Begins(text); t != trace.None {
		j.trace, j.linked = t, false
	}
	j.linked = j.linked || trace.IsPythonLink(text)
	if h.by == docker {
		end, _ := skipString(line, len(dockerHead))
		if end < 0 {
			return dst
		}
		text = line[len(dockerHead) : end-1]
		j.part = j.dockerPart(line)
		dst = append(append(dst[:j.quote], text...), j.tail...)
		j.quote += len(text)
	} else {
		if !j.part && !h.glued {
			dst = append(dst, '\n')
		}
		j.part = h.part
		dst = append(dst, text...)
	}
	j.line = dst
	return dst
}

// dockerPart reports whether the text of a line of Docker's goes on in the next:
// Docker cuts what is longer than 16 KiB, and only the last piece has an end.
func (j *Joiner) dockerPart(line []byte) bool {
	if len(line) < dockerPiece {
		return false
	}
	end, _ := skipString(line, len(dockerHead))
	return end > dockerPiece && !bytes.HasSuffix(line[:end-1], escapedEnd)
}

// dockerPiece is how long the text of a line of Docker's is at most, in bytes.
const dockerPiece = 16 << 10

var escapedEnd = []byte(`\n`)
