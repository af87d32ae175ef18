// Package trace tells the lines of stack traces, by themselves or by those before them.
package trace

import "bytes"

// Form is a stack trace of which some lines can be told only by those before
// them.
type Form uint8

const (
	None   Form = iota
	Python      // indented lines, and the exception behind them
	Go          // calls with their places below
)

// Begins tells a line that begins such a trace.
func Begins(text []byte) Form {
	if len(text) < 8 {
		return None
	}
	switch text[0] {
	case 'T':
		if bytes.HasPrefix(text, []byte("Traceback (most recent call last)")) {
			return Python
		}
	case 'p':
		if bytes.HasPrefix(text, []byte("panic: ")) {
			return Go
		}
	case 'g':
		if IsGoLine(text) {
			return Go
		}
	case 'f':
		if bytes.HasPrefix(text, []byte("fatal error: ")) {
			return Go
		}
	}
	return None
}

// IsFrame tells a frame of a stack trace, or a line that stands among them, by
// what is behind its indentation:
//
//	at com.example.Cart.add(Cart.java:41)       Java, JavaScript, .NET
//	... 14 more                                 Java
//	File "/app/cart.py", line 41, in add        Python
//	from /app/cart.rb:41:in `add'               Ruby
//	#3 /app/cart.php(41): add()                 PHP
//	/app/cart.go:41 +0x1d                       Go
//	12: core::ops::function::FnOnce::call_once  Rust
func IsFrame(text []byte) bool {
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
		return isTitle(text)
	default:
		i := digits(text)
		return i > 0 && i < 4 && bytes.HasPrefix(text[i:], []byte(": ")) && bytes.Contains(text, []byte("::"))
	}
}

// isTitle tells the line above the frames of PHP, Rust and others.
func isTitle(text []byte) bool {
	text = bytes.TrimRight(text, " \r")
	return string(text) == "Stack trace:" || string(text) == "[stacktrace]" || string(text) == "stack backtrace:"
}

// IsCause tells the exception that a trace names as the cause of another.
func IsCause(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Caused by: ")) || bytes.HasPrefix(text, []byte("Suppressed: "))
}

// IsPythonLink tells what Python writes between two traces.
func IsPythonLink(text []byte) bool {
	return bytes.HasPrefix(text, []byte("During handling of the above exception")) || bytes.HasPrefix(text, []byte("The above exception was the direct cause"))
}

// IsException tells the name of an exception at the beginning of a line, alone or
// with what it says behind a colon: java.io.IOException: broken pipe.
func IsException(text []byte) bool {
	i := 0
	for i < len(text) && isName(text[i]) {
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

// IsGoLine tells what Go writes above and below the calls of a goroutine.
func IsGoLine(text []byte) bool {
	if rest, ok := bytes.CutPrefix(text, []byte("goroutine ")); ok {
		i := digits(rest)
		return i > 0 && bytes.HasPrefix(rest[i:], []byte(" ["))
	}
	return bytes.HasPrefix(text, []byte("created by ")) || bytes.HasPrefix(text, []byte("[signal "))
}

// IsGoCall tells a call: main.(*server).handle(0xc000012345, {0x0, 0x0}).
func IsGoCall(text []byte) bool {
	text = bytes.TrimRight(text, " \r")
	open := bytes.LastIndexByte(text, '(')
	return open > 0 && text[len(text)-1] == ')' && bytes.IndexByte(text[:open], '.') > 0 && bytes.IndexByte(text[:open], ' ') < 0
}

// digits is how many of them a text begins with.
func digits(text []byte) int {
	i := 0
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

// isName reports whether the byte is one of the name of a class.
func isName(c byte) bool {
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '.' || c == '@' || c == '$'
}

func isDigit(c byte) bool { return c-'0' < 10 }
