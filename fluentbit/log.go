package fluentbit

// #include <stdlib.h>
// #include "abi.h"
// #include "kit.h"
import "C"

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// levelTrace is below slog's levels, as Fluent Bit's trace is below debug.
const levelTrace = slog.LevelDebug - 4

// levelOff is above every level: nothing is logged.
const levelOff = slog.Level(1 << 20)

// levelOf is the least level that is logged at Fluent Bit's level l, which is
// negative when nothing has set it.
func levelOf(l int) slog.Level {
	switch {
	case l < 0:
		return slog.LevelInfo
	case l == 0:
		return levelOff
	case l == C.FLB_ERROR:
		return slog.LevelError
	case l == C.FLB_WARN:
		return slog.LevelWarn
	case l == C.FLB_INFO:
		return slog.LevelInfo
	case l == C.FLB_DEBUG:
		return slog.LevelDebug
	}
	return levelTrace
}

// fluentBitLevel is the level of Fluent Bit's that l is logged at.
func fluentBitLevel(l slog.Level) C.int {
	switch {
	case l >= slog.LevelError:
		return C.FLB_ERROR
	case l >= slog.LevelWarn:
		return C.FLB_WARN
	case l >= slog.LevelInfo:
		return C.FLB_INFO
	case l >= slog.LevelDebug:
		return C.FLB_DEBUG
	}
	return C.FLB_TRACE
}

// longestLine bounds a log line, in bytes: Fluent Bit cuts at 4 KiB, its own
// header included, and would lose the end of the line.
const longestLine = 3500

// handler is a slog.Handler that writes lines such as
//
//	[filter:hello:hello.0] message key=value group.key="another value"
//
// to Fluent Bit's log, which adds time and level.
type handler struct {
	prefix  string // [filter:hello:hello.0] and a blank
	enabled func(slog.Level) bool
	write   func(level int, line []byte)
	attrs   string // those of WithAttrs, as they stand in the line
	group   string // those of WithGroup, each with a dot behind it
}

// NewHandler returns a handler for the log of a plugin that is no filter, with
// lines as filters have them: kind is output, name the instance's. write gets
// each line, without time or line feed, and its level, which is Fluent Bit's:
// 1 error, 2 warn, 3 info, 4 debug. It may be called by several goroutines at
// once; enabled is asked first and may be nil.
func NewHandler(kind, plugin, name string, enabled func(level int) bool, write func(level int, line []byte)) slog.Handler {
	h := &handler{prefix: prefix(kind, plugin, name), write: write}
	h.enabled = func(l slog.Level) bool { return enabled == nil || enabled(int(fluentBitLevel(l))) }
	return h
}

func newHandler(i *Instance) *handler {
	return &handler{
		prefix:  prefix("filter", i.plugin.Name, i.name),
		enabled: func(l slog.Level) bool { return l >= i.level },
		write:   i.writeLog,
	}
}

// writeLog hands a line to Fluent Bit.
func (i *Instance) writeLog(level int, line []byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.c == nil {
		return // the instance has ended, and with it its place in the log
	}
	C.kit_log(i.c, C.int(level), (*C.char)(unsafe.Pointer(unsafe.SliceData(line))), C.size_t(len(line)))
}

func prefix(kind, plugin, name string) string {
	return "[" + kind + ":" + plugin + ":" + string(appendPlain(nil, name)) + "] "
}

func (h *handler) Enabled(_ context.Context, l slog.Level) bool { return h.enabled(l) }

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	b := []byte(h.attrs)
	for _, a := range attrs {
		b = appendAttr(b, h.group, a)
	}
	with := *h
	with.attrs = string(b)
	return &with
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	with := *h
	with.group += name + "."
	return &with
}

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	h.write(int(fluentBitLevel(r.Level)), h.line(r))
	return nil
}

// line is r as it stands in the log.
func (h *handler) line(r slog.Record) []byte {
	b := make([]byte, 0, 256)
	b = append(b, h.prefix...)
	b = appendPlain(b, r.Message)
	b = append(b, h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		b = appendAttr(b, h.group, a)
		return len(b) <= longestLine
	})
	return cut(b, longestLine)
}

// cut shortens b to at most n bytes, between characters, and shows that.
func cut(b []byte, n int) []byte {
	const mark = "..."
	if len(b) <= n {
		return b
	}
	end := n - len(mark)
	for end > 0 && !utf8.RuneStart(b[end]) {
		end--
	}
	return append(b[:end], mark...)
}

func appendAttr(b []byte, group string, a slog.Attr) []byte {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, member := range v.Group() {
			b = appendAttr(b, group, member)
		}
		return b
	}
	if a.Equal(slog.Attr{}) {
		return b
	}
	b = append(b, ' ')
	b = appendWord(b, group+a.Key)
	b = append(b, '=')
	return appendWord(b, text(v))
}

// text is v as text. Methods of a value that panic must not take the log line
// with them; fmt sees to that for most, this for the rest.
func text(v slog.Value) (s string) {
	defer func() {
		if p := recover(); p != nil {
			s = fmt.Sprintf("!PANIC: %v", p)
		}
	}()
	if v.Kind() == slog.KindAny {
		return fmt.Sprintf("%+v", v.Any())
	}
	return v.String()
}

// appendWord appends s, in quotes if it would not read as one word.
func appendWord(b []byte, s string) []byte {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == '=' || r == '"' || r == utf8.RuneError || !unicode.IsPrint(r)
	}) {
		return strconv.AppendQuote(b, s)
	}
	return append(b, s...)
}

// appendPlain appends s with everything escaped that could break a line, or
// forge one: line feeds, NUL, terminal sequences, bytes that are not UTF-8.
func appendPlain(b []byte, s string) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) {
			quoted := strconv.Quote(s[:n])
			b = append(b, quoted[1:len(quoted)-1]...)
		} else {
			b = append(b, s[:n]...)
		}
		s = s[n:]
	}
	return b
}
