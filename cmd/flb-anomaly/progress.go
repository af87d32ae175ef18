package main

import (
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// longFile is the size from which a progress bar is worth the flicker: about
// a tenth of a second of work.
const longFile = 8 << 20

// bar is a progress bar, or nothing.
type bar struct{ *progressbar.ProgressBar }

// newBar returns the bar for an input of a size in bytes. It is nothing when
// the input is short or nobody would see it.
func newBar(stderr io.Writer, name string, size int64) bar {
	f, ok := stderr.(*os.File)
	if !ok || size < longFile || !term.IsTerminal(int(f.Fd())) {
		return bar{}
	}
	return bar{progressbar.NewOptions64(size,
		progressbar.OptionSetDescription(display(name)),
		progressbar.OptionSetWriter(stderr),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(0),
		progressbar.OptionFullWidth(),
	)}
}

func (b bar) shown() bool { return b.ProgressBar != nil }

func (b bar) set(read int64) {
	if b.shown() {
		b.Set64(read)
	}
}

// clear takes the bar off the screen, so that other output can have its line.
func (b bar) clear() {
	if b.shown() {
		b.Clear()
	}
}
