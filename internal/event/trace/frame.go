package trace

import "bytes"

// beginsFrame are the bytes that a frame begins with: most lines are told by them.
var beginsFrame = func() (t [256]bool) {
	for _, c := range []byte("a.F/gf#DTSs[0123456789") {
		t[c] = true
	}
	return t
}()

var twoBlanks = []byte("  ")

// maxRuns is how many runs of white space of a line are looked behind for a frame: a
// header has one or two.
const maxRuns = 3

// Frame returns where a frame of a stack trace begins in a line that came alone, as
// shippers send them that join none, and the trace's form; -1 if the line is none.
// It stands at the line's beginning, indented or not, or behind a header and more than
// one blank. Nobody vouches for it but its own text, so that more of that must fit than
// among the lines of a record.
func Frame(line []byte) (at int, form Form) {
	at = behindBlanks(line, 0)
	if form, ok := lone(line[at:]); ok {
		return at, form
	}
	if at > 0 {
		return -1, None
	}
	for range maxRuns {
		n := bytes.Index(line[at:], twoBlanks)
		if tab := bytes.IndexByte(line[at:], '\t'); n < 0 || tab >= 0 && tab < n {
			n = tab
		}
		if n < 0 {
			break
		}
		at = behindBlanks(line, at+n)
		if form, ok := lone(line[at:]); ok {
			return at, form
		}
	}
	return -1, None
}

// behindBlanks is where the white space at i ends.
func behindBlanks(line []byte, i int) int {
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	return i
}

// lone reports whether a text is a frame and can hardly be anything else.
func lone(text []byte) (Form, bool) {
	if len(text) < 4 || !beginsFrame[text[0]] {
		return None, false
	}
	text = bytes.TrimRight(text, " \t\r")
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
