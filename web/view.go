package web

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// view is one log under one set of options.
type view struct {
	server   *Server
	id       string // random: who knows it may see the log
	name     string
	mode     scan.Mode
	given    map[string][]string
	settings options.Settings
	modified time.Time // when the log was written to last; zero = not known, which is now
	kept     bool      // a FILE argument: does not end by itself; server.mu is held

	wait func(time.Duration) bool // see scan.Options.Wait

	text    *spool // the log, decompressed
	reasons *spool // each: its length in two bytes, the threshold in four, then the text
	pending []byte // reasons that are not written yet
	mute    bool   // a reason could not be written: no more are kept

	lines    lines
	patterns patterns
	shapes   shapes
	groups   groupNames
	asked    selections
	told     tellings
	extents  extents
	arranged arranged
	readers  sync.Pool // of *reader
	learned  atomic.Pointer[knowledge]

	ctx    context.Context
	cancel context.CancelFunc
	used   atomic.Int64 // when it was asked for last
	fed    atomic.Bool  // text has come, or is coming
	live   atomic.Bool  // it may keep one waiting
	whole  atomic.Bool  // the text is all of the log

	mu    sync.Mutex
	state state
	begun time.Time

	counted state // the writer's own, not yet published
	size    atomic.Int64
	got     atomic.Int64 // bytes of the input, as they are stored (compressed)
	judged  atomic.Int64 // bytes of the text, all passes of batch mode counted
}

// The phases of a view.
const (
	waiting   = "waiting"   // for its text
	receiving = "receiving" // batch mode: the whole log has to be there first
	scanning  = "scanning"  // in stream mode while the text is still coming
	done      = "done"
	failed    = "failed"
)

// state is what the page is told again and again while a log is scanned.
type state struct {
	Phase    string  `json:"phase"`
	Error    string  `json:"error,omitempty"`
	Size     int64   `json:"size"`     // of the input in bytes, -1 = not known
	Received int64   `json:"received"` // of it
	Text     int64   `json:"text"`     // bytes of the log, decompressed
	Progress float64 `json:"progress"` // of it all, 0 to 1; below 0 = not known
	Lines    int64   `json:"lines"`
	Judged   int64   `json:"judged"`
	Timed    int64   `json:"timed"`   // lines with a time of their own
	Flagged  []int64 `json:"flagged"` // lines, for each stop of the slider
	Levels   []int64 `json:"levels"`  // lines, by level
	First    int64   `json:"first"`   // earliest time in Unix milliseconds, without strays; 0 = no line has one
	Last     int64   `json:"last"`
	Cut      int64   `json:"cut"` // lines longer than what is looked at
	Patterns int     `json:"patterns"`
	Live     bool    `json:"live"`    // the log may keep one waiting
	Zone     int     `json:"zone"`    // minutes that the log\'s times are ahead of UTC, by the first that says so
	Seconds  float64 `json:"seconds"` // since the scan began, or that it took
}

func (v *view) touch() { v.used.Store(time.Now().UnixNano()) }

func (v *view) busy() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.state.Phase == receiving || v.state.Phase == scanning
}

// awaited reports whether the text of a view may still come: whoever made it is about to
// send it, and would find it gone.
func (v *view) awaited() bool {
	return !v.fed.Load() && time.Since(time.Unix(0, v.used.Load())) < v.server.config.Patience
}

// close ends a scan and gives the files up. Requests that are at it finish
// with an error of the closed file.
func (v *view) close() {
	v.cancel()
	v.text.release()
	v.reasons.release()
}

// expect says how large the input will be.
func (v *view) expect(size int64) { v.size.Store(size) }

// status is the state for the page.
func (v *view) status() state {
	v.mu.Lock()
	s := v.state
	s.Flagged, s.Levels = slices.Clone(s.Flagged), slices.Clone(s.Levels)
	if s.Phase == scanning || s.Phase == receiving {
		s.Seconds = time.Since(v.begun).Seconds()
	}
	v.mu.Unlock()
	s.Size, s.Received, s.Text = v.size.Load(), v.got.Load(), v.text.size.Load()
	snap := v.lines.snapshot()
	e := v.times(&snap)
	s.First, s.Last = e.First, e.Last
	s.Patterns, s.Live = v.patterns.len(), v.live.Load()
	s.Progress = -1
	switch {
	case s.Phase == done:
		s.Progress = 1
	case s.Phase == waiting:
		s.Progress = 0
	case s.Size <= 0:
	case v.mode == scan.Batch:
		// Receiving is one quarter of it, each of the three passes another.
		s.Progress = float64(s.Received) / float64(s.Size) / 4
		if s.Phase == scanning && s.Text > 0 {
			s.Progress = (1 + float64(v.judged.Load())/float64(s.Text)) / 4
		}
	case s.Received < s.Size:
		s.Progress = float64(s.Received) / float64(s.Size)
	case s.Text > 0: // a scan of a text that was there before
		s.Progress = float64(v.judged.Load()) / float64(s.Text)
	}
	s.Progress = min(s.Progress, 1)
	return s
}

func (v *view) phase(p string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.begun.IsZero() {
		v.begun = time.Now()
	}
	v.state.Phase = p
}

// ended reports whether the log has been read to its end, or as far as it can be.
func (v *view) ended() bool {
	p := v.status().Phase
	return p == done || p == failed
}

// problem is an error whose text is for the person in front of the page.
type problem struct{ text string }

func (p *problem) Error() string { return p.text }

// sentence makes one of what package scan says.
func sentence(said string) string { return strings.ToUpper(said[:1]) + said[1:] + "." }

// read takes the log in and judges it. live says that it may keep one waiting.
func (v *view) read(in io.Reader, live bool) error {
	v.live.Store(live)
	err := v.take(in, live)
	v.finish(err)
	return err
}

// again judges the text of another view, which is all there already.
func (v *view) again() {
	v.phase(scanning)
	v.size.Store(v.text.size.Load())
	v.got.Store(v.text.size.Load())
	err := v.scan(v.text.text())
	if err == nil && !v.whole.Load() {
		err = &problem{"Only a part of this log came. It is what is shown."}
	}
	v.finish(err)
}

func (v *view) take(in io.Reader, live bool) error {
	if v.mode == scan.Batch {
		v.phase(receiving)
	} else {
		v.phase(scanning)
	}
	text, err := scan.Text(&countedReader{in, &v.got, v}, live)
	if err != nil {
		return err
	}
	text = &limitedReader{text, v.server.config.MaxSize, v.server.config.MaxSize}
	if v.mode == scan.Batch {
		if _, err := io.CopyBuffer(struct{ io.Writer }{v.text}, text, make([]byte, 256<<10)); err != nil {
			return err
		}
		v.whole.Store(true)
		v.phase(scanning)
		return v.scan(v.text.text())
	}
	err = v.scan(io.TeeReader(text, v.text))
	v.whole.Store(err == nil)
	return err
}

// publishEvery is how many lines are judged before readers see them; an input
// that keeps one waiting shows them at once.
const publishEvery = 512

func (v *view) scan(text io.Reader) error {
	v.counted = state{Flagged: make([]int64, len(v.server.stops)), Levels: make([]int64, pattern.Levels)}
	o := scan.Options{Settings: v.settings, Mode: v.mode, Model: v.server.config.Model, Plain: true, Live: v.live.Load() && v.mode != scan.Batch, Wait: v.wait, Modified: v.modified, Progress: func(read int64) {
		v.judged.Store(read)
		v.publish()
	}}
	o.Learned = func(c *detector.Contents) { v.learned.Store(newKnowledge(c)) }
	var clock int64
	result, err := scan.Run(v.ctx, text, o, func(l *scan.Line) error {
		if l.Event.Time != 0 {
			clock = l.Event.Time.Milliseconds()
		}
		v.add(l, clock)
		if v.lines.written%publishEvery == 0 {
			v.publish()
			// Once for each so many lines: the count of all views needs a lock.
			if !v.server.makeRoom(v) {
				return &problem{fmt.Sprintf("The logs that are open have more than %d lines, which is what is held at once. What is shown is the part before that: split the log, or take a part of it.", v.server.config.MaxLines)}
			}
		}
		return nil
	})
	v.publish()
	if err == nil && v.lines.len() == 0 {
		return &problem{"There is nothing in it: the log is empty."}
	}
	if err == nil && result.Array {
		return &problem{sentence(scan.ArrayHint)}
	}
	return err
}

// add keeps a line. clock is its time, or that of the line before it.
func (v *view) add(l *scan.Line, clock int64) {
	verdict := &l.Verdict
	kept := line{
		offset: l.Offset, time: clock, score: newScore(verdict.Score), sweep: verdict.Sweep,
		flags:   uint8(verdict.Level) & levelMask,
		pattern: v.patterns.index(verdict.Pattern, &l.Event, v.lines.written), group: v.groups.index(l.Event.Group),
		shape: v.shapes.index(&l.Event),
	}
	c := &v.counted
	if verdict.Judged {
		kept.flags |= judgedBit
		c.Judged++
	}
	if l.Event.Time != 0 {
		kept.flags |= timedBit
		if c.Timed++; c.Zone == 0 && c.Timed <= zoneLines {
			c.Zone = zoneOf(l.Text)
		}
	}
	if l.Continues {
		kept.flags |= restBit
	}
	if l.Cut {
		kept.flags |= cutBit
		c.Cut++
	}
	if verdict.Sweep != 0 {
		for i := range c.Flagged {
			c.Flagged[i] += int64(verdict.Sweep >> i & 1)
		}
		kept.kind = newKind(verdict.Kind, verdict.Weight)
		at := v.reasons.size.Load() + int64(len(v.pending))
		if n := len(verdict.Reason); n > 0 && !v.mute && n <= math.MaxUint16 && at < math.MaxUint32 {
			kept.reason = uint32(at) + 1
			v.pending = binary.LittleEndian.AppendUint16(v.pending, uint16(n))
			v.pending = binary.LittleEndian.AppendUint32(v.pending, math.Float32bits(float32(l.Threshold())))
			v.pending = append(v.pending, verdict.Reason...)
		}
	}
	c.Levels[verdict.Level]++
	v.lines.add(&kept)
	c.Lines++
}

// zoneLines is how many lines with a time are looked at for the log's zone.
const zoneLines = 100

// offset is that of a time of day.
var offset = regexp.MustCompile(`\d\d:\d\d:\d\d(?:[.,]\d+)? ?([+-])(\d\d):?(\d\d)\b`)

// zoneOf is how many minutes the time in a line is ahead of UTC, 0 when it does not say.
func zoneOf(line []byte) int {
	m := offset.FindSubmatch(line[:min(len(line), 1024)])
	if m == nil {
		return 0
	}
	hours, _ := strconv.Atoi(string(m[2]))
	minutes, _ := strconv.Atoi(string(m[3]))
	if hours > 14 || minutes > 59 {
		return 0
	}
	if minutes += 60 * hours; m[1][0] == '-' {
		return -minutes
	}
	return minutes
}

// publish shows the page what has been judged.
func (v *view) publish() {
	if int(v.counted.Lines) == v.lines.len() {
		return
	}
	// A reason that is lost is no reason to lose the log. Those behind it would
	// be looked for where they are not.
	if _, err := v.reasons.Write(v.pending); err != nil {
		v.mute = true
	}
	v.pending = v.pending[:0]
	v.lines.publish()
	v.mu.Lock()
	defer v.mu.Unlock()
	s, c := &v.state, &v.counted
	s.Lines, s.Judged, s.Timed, s.Cut, s.Zone = c.Lines, c.Judged, c.Timed, c.Cut, c.Zone
	s.Flagged = append(s.Flagged[:0], c.Flagged...)
	s.Levels = append(s.Levels[:0], c.Levels...)
}

func (v *view) finish(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.state.Seconds = time.Since(v.begun).Seconds()
	v.state.Phase = done
	if err != nil {
		v.state.Phase = failed
		v.state.Error = message(err)
	}
}

// message is an error for the page.
func message(err error) string {
	var p *problem
	var no *scan.Problem
	switch {
	case errors.As(err, &p):
		return p.text
	case errors.As(err, &no):
		return sentence(no.Error())
	case errors.Is(err, context.Canceled):
		return "The scan was stopped. What is shown is the part before that."
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "The upload broke off. What is shown is the part that came."
	}
	return "The log cannot be read: " + err.Error() + "."
}

// countedReader counts what is read, and notices when the view is closed.
type countedReader struct {
	in   io.Reader
	read *atomic.Int64
	view *view
}

func (c *countedReader) Read(p []byte) (int, error) {
	if err := c.view.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.in.Read(p)
	if err := c.view.ctx.Err(); err != nil {
		return 0, err // what was waited for came after the end
	}
	c.read.Add(int64(n))
	return n, err
}

// limitedReader refuses more of a text than the limit.
type limitedReader struct {
	in          io.Reader
	left, limit int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, tooLarge(l.limit)
	}
	return n, err
}

func tooLarge(limit int64) *problem {
	return &problem{fmt.Sprintf("The log is larger than the limit of %s (decompressed). Show a part of it, or start the page with a higher --max-size.", sizeText(limit))}
}
