package trace

import "bytes"

// maxRuns is how many runs of white space of a line are looked behind for a frame: a
// header has one or two.
const maxRuns = 3

// Frame returns where a frame of a stack trace begins in a line that came alone, as
// shippers send them that join none, and the trace's form; -1 if the line is none.
// It stands at the line's beginning, indented or not, or behind a header and more than
// one blank. Nobody vouches for it but its own text, so that more of that must fit than
// among the lines of a record.
func Frame(line []byte) (at int, form Form) {
	at = len(line) - len(bytes.TrimLeft(line, " \t"))
	if form, ok := lone(line[at:]); ok {
		return at, form
	}
	if at > 0 {
		return -1, None
	}
	for runs := 0; runs < maxRuns; runs++ {
		n := bytes.IndexAny(line[at:], " \t")
		if n < 0 {
			break
		}
		from := at + n
		at = len(line) - len(bytes.TrimLeft(line[from:], " \t"))
		if at-from == 1 && line[from] == ' ' {
			runs--
			continue
		}
		if form, ok := lone(line[at:]); ok {
			return at, form
		}
	}
	return -1, None
}

// lone reports whether a text is a frame and can hardly be anything else.
func lone(text []byte) (Form, bool) {
	text = bytes.TrimRight(text, " \t\r")
	if len(text) < 4 {
		return None, false
	}
	switch text[0] {
	case 'a': // at com.example.Cart.add(Cart.java:41), at /app/cart.js:41:5
		call, ok := bytes.CutPrefix(text, []byte("at "))
		return None, ok && isPlace(call)
	case '.': // ... 14 more
		rest, ok := bytes.CutPrefix(text, []byte("... "))
		return None, ok && digits(rest) > 0 && (bytes.HasSuffix(rest, []byte(" more")) || bytes.HasSuffix(rest, []byte(" frames omitted")))
	case 'F':
		return Python, bytes.HasPrefix(text, []byte(`File "`)) && bytes.Contains(text, []byte(`", line `))
	case '/': // /app/cart.go:41 +0x1d
		place, _, _ := bytes.Cut(text, []byte(" +0x"))
		return Go, bytes.IndexByte(place, ' ') < 0 && bytes.Contains(place, []byte(".go:")) && isDigit(place[len(place)-1])
	case 'g': // goroutine 1 [running]:
		return Go, IsGoLine(text)
	case 'f', '#':
		return None, IsFrame(text)
	case 'D', 'T':
		return None, IsPythonLink(text)
	case 'S', 's', '[':
		return None, isTitle(text)
	}
	if isDigit(text[0]) { // 12: core::ops::function::FnOnce::call_once
		return None, IsFrame(text) && bytes.Count(text, []byte(" ")) == 1
	}
	return None, false
}

// isPlace reports whether a text is a call with its place, or a place alone: it ends
// with a bracket in which or before which a name has a dot, or with a line's number.
func isPlace(call []byte) bool {
	if n := len(call); n > 0 && call[n-1] == ']' { // the jar it is from: ~[shop.jar:1.4]
		call = bytes.TrimRight(call[:max(0, bytes.LastIndexByte(call, '['))], " ~")
	}
	if len(call) == 0 {
		return false
	}
	switch last := call[len(call)-1]; {
	case last == ')':
		open := bytes.LastIndexByte(call, '(')
		return open > 0 && bytes.IndexByte(call, '.') > 0 && len(bytes.Fields(call[:open])) <= 2 // async, new
	case isDigit(last):
		name := bytes.TrimRight(call, "0123456789")
		return bytes.HasSuffix(name, []byte(":line ")) || len(name) > 1 && name[len(name)-1] == ':' && bytes.IndexByte(name, ' ') < 0 && bytes.IndexByte(name, '.') > 0
	}
	return false
}
