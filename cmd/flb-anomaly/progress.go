package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const (
	// longFile is the size from which a progress bar is worth the flicker: about
	// a tenth of a second of work.
	longFile = 8 << 20

	// barAfter is when the bar is drawn first: a speed is believable when it has
	// been measured for a while.
	barAfter = 300 * time.Millisecond

	// barEvery is the time between two draws.
	barEvery = 100 * time.Millisecond
)

// bar is a progress bar; nil is none.
type bar struct {
	*progressbar.ProgressBar
	next  time.Time // when it is drawn again
	drawn bool
}

// newBar returns the bar for an input of a size in bytes. There is none when
// the input is short or nobody would see it.
func newBar(stderr io.Writer, name string, size int64) *bar {
	if size < longFile || !isTerminal(stderr) {
		return nil
	}
	b := &bar{next: time.Now().Add(barAfter), ProgressBar: progressbar.NewOptions64(size,
		progressbar.OptionSetDescription(display(name)),
		progressbar.OptionSetWriter(stderr),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowTotalBytes(true),
		progressbar.OptionShowCount(), // and so drawn whenever it is set
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionThrottle(0),
		progressbar.OptionFullWidth(),
	)}
	b.StartWithoutRender()
	return b
}

// due reports whether it is time to draw the bar.
func (b *bar) due() bool { return b != nil && !time.Now().Before(b.next) }

// draw shows how much is read.
func (b *bar) draw(read int64) {
	b.Set64(min(read, b.GetMax64()-1)) // at the end it is taken off the screen
	b.next, b.drawn = time.Now().Add(barEvery), true
}

// clear takes the bar off the screen, so that other output can have its line.
func (b *bar) clear() {
	if b != nil && b.drawn {
		b.Clear()
		b.drawn = false
	}
}

// isTerminal reports whether somebody may look on.
func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
