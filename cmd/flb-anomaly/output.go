package main

import (
	"io"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// writer is one output format.
type writer interface {
	begin() error                  // before the first file
	file(name string) error        // a file begins
	line(line *scan.Line) error    // one of its lines
	end(result *scan.Result) error // the file has ended
}

func newWriter(f *scanFlags, out *output, several bool) writer {
	top := func(w writer, flagged bool) writer {
		if f.list == nil || f.list.top == 0 {
			return w
		}
		return &topWriter{writer: w, most: f.list.top, flagged: flagged}
	}
	switch format := text.Format(f.format); format {
	case text.JSONL, text.CSV:
		return top(newRowWriter(out, format, text.Columns{File: several, All: f.text || format == text.CSV}), false)
	default:
		table := &tableWriter{out: out, several: several, color: useColor(f.color, out.to), explain: f.list != nil && f.list.explain}
		switch {
		case f.list == nil:
			return table
		case f.narrow != nil && f.narrow.context():
			return &contextWriter{tableWriter: table, before: f.narrow.before, after: f.narrow.after}
		case f.list.lines, f.list.explain:
			return top(table, true)
		}
		return &listWriter{tableWriter: *table, format: f.format, top: f.list.top, all: f.list.all, gap: f.gap}
	}
}

// outputSize is how much is written at once.
const outputSize = 64 << 10

// output is a buffer that the formats append to: Append functions need
// no copy and no call for each piece of a line.
type output struct {
	to  io.Writer
	buf []byte
	err error // the first; nothing is written after it

	before func() // called before something is written, where it is set

	together *together // files whose lines come in turns; nil = one file comes after the other
}

// together is what the tables of several files that are followed share: each line says
// its file.
type together struct {
	headed bool // the columns' names have been written
	width  int  // of the column of files and lines, in bytes
}

// full writes the buffer out when it is well filled; called once a line.
func (o *output) full() error {
	if len(o.buf) < outputSize-4096 {
		return o.err
	}
	return o.flush()
}

func (o *output) flush() error {
	if o.err == nil && len(o.buf) > 0 {
		if o.before != nil {
			o.before()
		}
		_, o.err = o.to.Write(o.buf)
	}
	o.buf = o.buf[:0]
	return o.err
}
