package event

import "bytes"

// traceForm is a stack trace of which some lines can be told only by those before
// them.
type traceForm uint8

const (
	noTrace     traceForm = iota
	pythonTrace           // indented lines, and the exception behind them
	goTrace               // calls with their places below
)

// beginsTrace tells a line that begins such a trace.
func beginsTrace(text []byte) traceForm {
	if len(text) < 8 {
		return noTrace
	}
	switch text[0] {
	case 'T':
		if bytes.HasPrefix(text, []byte("Traceback (most recent call last)")) {
			return pythonTrace
		}
	case 'p':
		if bytes.HasPrefix(text, []byte("panic: ")) {
			return goTrace
		}
	case 'g':
		if isGoLine(text) {
			return goTrace
		}
	case 'f':
		if bytes.HasPrefix(text, []byte("fatal error: ")) {
			return goTrace
		}
	}
	return noTrace
}

// isFrame tells a frame of a stack trace, or a line that stands among them, by
// what is behind its indentation:
//
//	at com.example.Cart.add(Cart.java:41)       Java, JavaScript, .NET
//	... 14 more                                 Java
//	File "/app/cart.py", line 41, in add        Python
//	from /app/cart.rb:41:in `add'               Ruby
//	#3 /app/cart.php(41): add()                 PHP
//	/app/cart.go:41 +0x1d                       Go
//	12: core::ops::function::FnOnce::call_once  Rust
func isFrame(text []byte) bool {
	if len(text) < 4 {
		return false
	}
	switch c := text[0]; c {
	case 'a':
		return bytes.HasPrefix(text, []byte("at ")) && (bytes.IndexByte(text, '(') > 0 || bytes.IndexByte(text, ':') > 0 || bytes.Contains(text, []byte(" in ")) || bytes.IndexByte(text, '.') > 0)
	case '.':
		return bytes.HasPrefix(text, []byte("... ")) && isDigit(text[4%len(text)])
	case 'F':
		return bytes.HasPrefix(text, []byte(`File "`)) || bytes.HasPrefix(text, []byte(`File \"`))
	case 'f':
		return bytes.HasPrefix(text, []byte("from ")) && bytes.Contains(text, []byte(":in "))
	case '#':
		i := digits(text[1:])
		return i > 0 && i+1 < len(text) && text[i+1] == ' '
	case '-':
		return bytes.HasPrefix(text, []byte("--- End of "))
	case '/':
		return bytes.Contains(text, []byte(".go:"))
	case 'S', 's', '[':
		return isStackTitle(text)
	default:
		i := digits(text)
		return i > 0 && i < 4 && bytes.HasPrefix(text[i:], []byte(": ")) && bytes.Contains(text, twoColons)
	}
}

// isStackTitle tells the line above the frames of PHP, Rust and others.
func isStackTitle(text []byte) bool {
	text = bytes.TrimRight(text, " \r")
	return string(text) == "Stack trace:" || string(text) == "[stacktrace]" || string(text) == "stack backtrace:"
}

// isCause tells the exception that a trace names as the cause of another.
func isCause(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Caused by: ")) || bytes.HasPrefix(text, []byte("Suppressed: "))
}

// isPythonLink tells what Python writes between two traces.
func isPythonLink(text []byte) bool {
	return bytes.HasPrefix(text, []byte("During handling of the above exception")) || bytes.HasPrefix(text, []byte("The above exception was the direct cause"))
}

// isException tells the name of an exception at the beginning of a line, alone or
// with what it says behind a colon: java.io.IOException: broken pipe.
func isException(text []byte) bool {
	i := 0
	for i < len(text) && keyByte[text[i]] && text[i] != '/' && text[i] != '-' {
		i++
	}
	if i < len(text) && text[i] != ':' && text[i] != '\r' || i+1 < len(text) && text[i] == ':' && text[i+1] != ' ' {
		return false
	}
	name := text[:i]
	for _, end := range exceptionEnds {
		if len(name) > len(end) && string(name[len(name)-len(end):]) == end {
			return true
		}
	}
	return false
}

var exceptionEnds = [...]string{"Exception", "Error", "Throwable", "Failure", "KeyboardInterrupt", "SystemExit", "Warning"}

// isGoLine tells what Go writes above and below the calls of a goroutine.
func isGoLine(text []byte) bool {
	if rest, ok := bytes.CutPrefix(text, []byte("goroutine ")); ok {
		i := digits(rest)
		return i > 0 && bytes.HasPrefix(rest[i:], []byte(" ["))
	}
	return bytes.HasPrefix(text, []byte("created by ")) || bytes.HasPrefix(text, []byte("[signal "))
}

// isGoCall tells a call: main.(*server).handle(0xc000012345, {0x0, 0x0}).
func isGoCall(text []byte) bool {
	text = bytes.TrimRight(text, " \r")
	open := bytes.LastIndexByte(text, '(')
	return open > 0 && text[len(text)-1] == ')' && bytes.IndexByte(text[:open], '.') > 0 && bytes.IndexByte(text[:open], ' ') < 0
}

// closes reports whether a line only closes what was opened in those before.
func closes(text []byte) bool {
	for i, c := range text {
		switch c {
		case '}', ')', ']':
		case ',', ';', '\r':
			if i == 0 {
				return false
			}
		default:
			return false
		}
	}
	return len(text) > 0
}

// digits is how many of them a text begins with.
func digits(text []byte) int {
	i := 0
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

// fold takes the frames of stack traces out of a message of several lines: which
// calls led to a failure, and how many, makes no other record of it. The names of
// exceptions and what they say stay, as does all else.
func (r *Reader) fold(message []byte) []byte {
	end := bytes.IndexByte(message, '\n')
	if end < 0 {
		return message
	}
	from := len(r.text)
	trace, code, dropped := beginsTrace(message[:end]), false, false
	r.text = append(r.text, bytes.TrimRight(message[:end], " \t\r")...)
	for rest := message[end+1:]; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, lineEnd)
		text := bytes.TrimSpace(line)
		indented := len(text) > 0 && (line[0] == ' ' || line[0] == '\t')
		if t := beginsTrace(text); t != noTrace {
			trace = t
		}
		frame := len(text) == 0 || isFrame(text) || isGoLine(text) || trace == goTrace && isGoCall(text) ||
			trace == pythonTrace && (code && indented || isPythonLink(text)) || bytes.HasPrefix(text, []byte("Traceback (most recent call last)"))
		// Below a frame of Python's stands the line of its code.
		code = frame && indented && trace == pythonTrace
		if frame {
			dropped = dropped || len(text) > 0
			continue
		}
		r.text = append(append(r.text, '\n'), text...)
	}
	if !dropped {
		r.text = r.text[:from]
		return message
	}
	return r.text[from:len(r.text):len(r.text)]
}

var lineEnd = []byte("\n")
