package detector

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
)

// A snapshot is all that a detector has learned, as bytes:
//
//	magic, format version (uint16)
//	blocks: kind (1 byte), length (uint32), content, CRC-32C of all that (uint32)
//
// The first block is the header, then the caller's notes where there are some,
// then one for each group, the most recently used first, then the end with the number of groups, so that a file that is
// cut off is known. Numbers are little-endian. A snapshot holds the words of
// messages (their patterns, cut to 96 bytes, and hashes of words) and the names
// of groups, and no message as it came.
const (
	magic         = "flb-anomaly model\n"
	formatVersion = 1

	blockHeader = 'H'
	blockNotes  = 'N'
	blockGroup  = 'G'
	blockEnd    = 'E'

	// maxBlock bounds a block: a group with the largest window and forest that
	// the options allow.
	maxBlock = 64 << 20

	// MaxNotes bounds the notes of a caller, in bytes.
	MaxNotes = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Setting is an option that a model depends on, or something else that is
// known of it, by name.
type Setting struct{ Name, Value string }

// header says what a snapshot is.
type header struct {
	model    uint32
	saved    int64 // nanoseconds since the Unix epoch, by the clock of the machine
	software string
	settings []Setting
}

func (h *header) carry(c *codec.Codec) {
	c.U32(&h.model)
	codec.I64(c, &h.saved)
	c.Text("version", &h.software, 256)
	n := c.Count("settings", len(h.settings), 64, 8)
	if c.Reading {
		h.settings = make([]Setting, n)
	}
	for i := range h.settings {
		c.Text("name", &h.settings[i].Name, 256)
		c.Text("value", &h.settings[i].Value, 256)
	}
}

// settings are the options without which a model means something else.
func (o *Options) settings() []Setting {
	return append([]Setting{
		{"Seed", strconv.FormatUint(o.Seed, 10)},
		{"Trees", strconv.Itoa(o.Trees)},
		{"Sample_Size", strconv.Itoa(o.SampleSize)},
		{"Window", strconv.Itoa(o.Window)},
	}, o.Source...)
}

// IsSnapshot reports whether what begins like head is meant to be a snapshot, of
// whatever version and state.
func IsSnapshot(head []byte) bool { return strings.HasPrefix(string(head), magic) }

// DamagedError says that an input is no snapshot, or no longer one.
type DamagedError struct{ Problem string }

func (e *DamagedError) Error() string { return "the model is damaged: " + e.Problem }

// DifferentError says that a snapshot is sound and still of no use to this
// detector, and why.
type DifferentError struct{ Differences []string }

func (e *DifferentError) Error() string {
	return "the model does not fit: " + strings.Join(e.Differences, "; ")
}

// Snapshot is a snapshot on its way out, while the detector goes on. Step
// copies groups, one after the other, in the goroutine that uses the detector;
// WriteTo encodes and writes them in another. Each group is copied as it is at
// one moment; different groups may be copied at different ones.
type Snapshot struct {
	header header
	notes  []byte
	groups []*group // still to be copied
	total  uint32
	room   model.Room // of the largest group
	rows   int
	free   chan *copied
	full   chan *copied
	cancel chan struct{}
}

// copied is a group's state, copied.
type copied struct {
	name  string
	state state
}

// copies is how many groups may wait to be written.
const copies = 3

// NewSnapshot begins a snapshot. software is the version that it says it was
// written by, saved the time that it says.
func (d *Detector) NewSnapshot(software string, saved time.Time) *Snapshot {
	s := &Snapshot{
		header: header{modelVersion, saved.UnixNano(), software, d.options.settings()},
		notes:  d.notes,
		groups: d.byUse(),
		free:   make(chan *copied, copies),
		full:   make(chan *copied, copies),
		cancel: make(chan struct{}),
	}
	s.total = uint32(len(s.groups))
	for _, g := range s.groups {
		s.room = s.room.Max(g.model.Room())
		s.rows = max(s.rows, g.window.len())
	}
	return s
}

// newCopied makes room for a copy of any group, memory that the system has given
// already: see model.NewCopy.
func (s *Snapshot) newCopied() *copied {
	c := new(copied)
	c.state.model, c.state.window = model.NewCopy(s.room), windowRoom(s.rows)
	return c
}

// byUse returns the groups, the most recently used first; the one of events
// without a group comes first of all.
func (d *Detector) byUse() []*group {
	list := make([]*group, 0, len(d.groups)+1)
	if d.only != nil {
		list = append(list, d.only)
	}
	for e := d.order.Front(); e != nil; e = e.Next() {
		list = append(list, e.Value.(*group))
	}
	return list
}

// SetNotes makes the detector keep what a caller knows beside it: a snapshot has
// it, and who restores or inherits the models gets it. The
// bytes are the detector's then. More than MaxNotes are not kept.
func (d *Detector) SetNotes(notes []byte) {
	if len(notes) > MaxNotes {
		notes = nil
	}
	d.notes = notes
}

// Notes returns what SetNotes was given, here or before the snapshot was taken.
func (d *Detector) Notes() []byte { return d.notes }

// Step copies groups until about budget bytes are copied, at least one, or
// until it would have to wait for WriteTo, which it never does: until WriteTo has
// begun, nothing is copied. It returns true
// when all groups are copied. A group takes up to some 2 MB.
func (s *Snapshot) Step(budget int) (done bool) {
	for budget > 0 && len(s.groups) > 0 {
		select {
		case c := <-s.free:
			g := s.groups[0]
			s.groups = s.groups[1:]
			budget -= c.take(g)
			s.full <- c // there is room for all
		default:
			return false
		}
	}
	if len(s.groups) > 0 {
		return false
	}
	if s.groups != nil {
		s.groups = nil
		close(s.full)
	}
	return true
}

// Cancel makes WriteTo return an error, if it has not yet returned. No Step may
// follow.
func (s *Snapshot) Cancel() { close(s.cancel) }

// WriteTo writes the snapshot and returns when that is done, for which Step has
// to be called until it returns true, or with the first error.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	b := blockWriter{w: w}
	if b.begin(&s.header, s.notes); b.err != nil {
		return b.n, b.err
	}
	for range min(copies, int(s.total)) {
		s.free <- s.newCopied()
	}
	for {
		select {
		case <-s.cancel:
			return b.n, errors.New("the snapshot was given up")
		case c, more := <-s.full:
			if !more {
				b.end(s.total)
				return b.n, b.err
			}
			b.group(c.name, &c.state)
			s.free <- c
			if b.err != nil {
				return b.n, b.err
			}
		}
	}
}

// take copies g and returns about how many bytes that were.
func (c *copied) take(g *group) int {
	c.name = g.name
	to, from := &c.state, &g.state
	m, w := to.model, to.window
	*to = *from
	to.model = m
	n := to.model.CopyFrom(&from.model)
	w.copyFrom(&from.window)
	to.window = w
	if g.fitting {
		to.nextRefit = to.records // the forest that is being fitted is not in the snapshot
	}
	return n + len(row{})*w.len()
}

// WriteSnapshot writes a snapshot of the detector as it is, at once.
func (d *Detector) WriteSnapshot(w io.Writer, software string, saved time.Time) error {
	s := d.NewSnapshot(software, saved)
	b := blockWriter{w: w}
	b.begin(&s.header, s.notes)
	for _, g := range s.groups {
		if b.err == nil {
			b.group(g.name, &g.state)
		}
	}
	b.end(s.total)
	return b.err
}

// blockWriter writes blocks until the first error.
type blockWriter struct {
	w   io.Writer
	c   codec.Codec
	n   int64
	err error
}

func (b *blockWriter) write(p []byte) {
	if b.err == nil {
		var n int
		n, b.err = b.w.Write(p)
		b.n += int64(n)
	}
}

func (b *blockWriter) begin(h *header, notes []byte) {
	b.write(binary.LittleEndian.AppendUint16([]byte(magic), formatVersion))
	b.block(blockHeader, h.carry)
	if len(notes) > 0 {
		b.block(blockNotes, func(c *codec.Codec) { c.Bytes("notes", notes, MaxNotes) })
	}
}

func (b *blockWriter) group(name string, s *state) {
	b.block(blockGroup, func(c *codec.Codec) {
		c.Text("name", &name, maxGroupName)
		s.carry(c)
	})
}

func (b *blockWriter) end(groups uint32) {
	b.block(blockEnd, func(c *codec.Codec) { c.U32(&groups) })
}

func (b *blockWriter) block(kind byte, content func(*codec.Codec)) {
	c := &b.c
	c.B = append(c.B[:0], kind, 0, 0, 0, 0)
	content(c)
	size := len(c.B) - 5
	if size > maxBlock {
		b.err = fmt.Errorf("a block of %d bytes, at most %d can be read again", size, maxBlock)
	}
	binary.LittleEndian.PutUint32(c.B[1:], uint32(size))
	c.B = binary.LittleEndian.AppendUint32(c.B, crc32.Checksum(c.B, castagnoli))
	b.write(c.B)
}

// Restore makes the detector go on where the snapshot was taken: it gives the
// verdicts that the other one would have given. It returns when the snapshot was
// taken. The detector must be new. The error is a *DamagedError, a *DifferentError or that of the reader; the
// detector is as new then.
//
// Contamination, Warmup and the times of refits may differ from those of the
// snapshot; with another Contamination the threshold is set anew by the rows
// seen last. Groups beyond Max_Groups are left out, the least recently used
// first.
func (d *Detector) Restore(r io.Reader) (saved time.Time, err error) {
	if d.only != nil || len(d.groups) > 0 {
		return saved, errors.New("detector: Restore needs a new detector")
	}
	var groups []*group
	h, notes, err := readSnapshot(r, func(h *header) error { return d.accepts(h) }, func(name string, content *codec.Codec) {
		if name != "" && len(groups) > d.options.MaxGroups { // the one without a name comes on top
			content.B = nil
			return
		}
		g := d.newGroup(name)
		g.carry(content)
		groups = append(groups, g)
	})
	if err == nil {
		err = d.adopt(groups)
	}
	if err == nil {
		d.notes = notes
	}
	return time.Unix(0, h.saved), err
}

// accepts says why a model of that header is of no use here, if it is so.
func (d *Detector) accepts(h *header) error {
	if h.model != modelVersion {
		return &DifferentError{[]string{fmt.Sprintf("it was made by version %q with models of version %d, this is version %d", h.software, h.model, modelVersion)}}
	}
	var differ []string
	for _, own := range d.options.settings() {
		i := slices.IndexFunc(h.settings, func(s Setting) bool { return s.Name == own.Name })
		if i < 0 {
			if slices.Contains(d.options.Source, own) {
				continue
			}
			differ = append(differ, "it does not say its "+own.Name)
		} else if was := h.settings[i].Value; was != own.Value {
			differ = append(differ, fmt.Sprintf("%s was %s and is %s", own.Name, was, own.Value))
		}
	}
	if differ != nil {
		return &DifferentError{differ}
	}
	return nil
}

// adopt takes groups over, the most recently used first.
func (d *Detector) adopt(groups []*group) error {
	byHash := map[uint64]*group{}
	var only *group
	for _, g := range groups {
		if g.name == "" {
			if only != nil {
				return &DamagedError{"two groups have no name"}
			}
			only = g
			continue
		}
		if len(byHash) == d.options.MaxGroups {
			continue
		}
		g.hash = d.hash([]byte(g.name))
		if byHash[g.hash] != nil {
			return &DamagedError{"a group stands there twice"}
		}
		byHash[g.hash] = g
	}
	d.only, d.groups = only, byHash
	for _, g := range byHash {
		d.shareRoom(g)
	}
	for _, g := range slices.Backward(groups) {
		if g == only {
			d.fitIn(g)
		} else if byHash[g.hash] == g {
			d.fitIn(g)
			g.element = d.order.PushFront(g)
		}
	}
	return nil
}

// fitIn brings a group in line with the detector's options.
func (d *Detector) fitIn(g *group) {
	g.nextRefit = min(g.nextRefit, g.records+max(d.options.RefitRecords, d.options.Warmup))
	if g.forest == nil && g.records >= d.options.Warmup {
		g.nextRefit = g.records // it was being fitted, or Warmup is less than it was
	}
	if c := float32(d.options.Contamination); g.threshold.contamination != c {
		g.threshold.contamination = c
		d.resetThreshold(g)
	} else if g.sweep.len() > 0 && g.forest != nil {
		g.sweep.start(d.mix.points(g.forest, g.window.all()))
		g.sweep.follow(&g.threshold)
	}
}

// Inherit takes over all that old has learned, in memory, as Restore does from
// a snapshot. old is closed by it and must not be used again. The error is a
// *DifferentError.
func (d *Detector) Inherit(old *Detector) error {
	old.Close() // what is being fitted is finished, and found by collect
	if d.only != nil || len(d.groups) > 0 {
		return errors.New("detector: Inherit needs a new detector")
	}
	if err := d.accepts(&header{model: modelVersion, settings: old.options.settings()}); err != nil {
		return err
	}
	groups := old.byUse()
	old.only, old.groups = nil, nil
	old.order.Init()
	d.notes = old.notes
	return d.adopt(groups)
}

// readSnapshot reads blocks and calls group with the content of each group's,
// behind its name, to be read to its end.
func readSnapshot(r io.Reader, accept func(*header) error, group func(name string, content *codec.Codec)) (h header, notes []byte, err error) {
	b := blockReader{r: r}
	head := make([]byte, len(magic)+2)
	if err := b.read(head); err != nil {
		return h, nil, err
	}
	if string(head[:len(magic)]) != magic {
		return h, nil, &DamagedError{"it does not begin as a model does"}
	}
	if v := binary.LittleEndian.Uint16(head[len(magic):]); v != formatVersion {
		return h, nil, &DifferentError{[]string{fmt.Sprintf("it is written in format %d, this version reads %d", v, formatVersion)}}
	}
	first := true
	for groups := uint32(0); ; {
		kind, c, err := b.next()
		if err != nil {
			return h, nil, err
		}
		switch {
		case (kind == blockHeader) != first:
			c.Fail("its parts are out of order")
		case kind == blockHeader:
			first = false
			if h.carry(c); c.Err == nil {
				if err := accept(&h); err != nil {
					return h, nil, err
				}
			}
		case kind == blockNotes:
			if notes != nil || groups > 0 {
				c.Fail("its parts are out of order")
			}
			notes = slices.Clone(c.Bytes("notes", nil, MaxNotes))
		case kind == blockGroup:
			var name string
			if c.Text("name", &name, maxGroupName); c.Err == nil {
				groups++
				group(name, c)
			}
		case kind == blockEnd:
			var n uint32
			if c.U32(&n); c.Err == nil && n != groups {
				c.Fail("%d groups are there, %d were written", groups, n)
			}
		default:
			c.Fail("a part of the unknown kind %q", kind)
		}
		if c.Err == nil && len(c.B) > 0 {
			c.Fail("%d bytes too many", len(c.B))
		}
		if c.Err != nil {
			return h, nil, &DamagedError{c.Err.Error()}
		}
		if kind == blockEnd {
			if n, _ := r.Read(make([]byte, 1)); n > 0 {
				return h, nil, &DamagedError{"it goes on behind its end"}
			}
			return h, notes, nil
		}
	}
}

// blockReader reads blocks. It keeps the memory of one.
type blockReader struct {
	r       io.Reader
	content []byte
}

func (b *blockReader) read(p []byte) error {
	_, err := io.ReadFull(b.r, p)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return &DamagedError{"it is cut off"}
	}
	return err
}

func (b *blockReader) next() (kind byte, c *codec.Codec, err error) {
	var head [5]byte
	if err := b.read(head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.LittleEndian.Uint32(head[1:])
	if size > maxBlock {
		return 0, nil, &DamagedError{fmt.Sprintf("a part of %d bytes", size)}
	}
	// Memory grows with what is really there, not with what the size says.
	const step = 1 << 20
	b.content = append(b.content[:0], head[:]...)
	for want := len(head) + int(size) + 4; len(b.content) < want; {
		from := len(b.content)
		b.content = append(b.content, make([]byte, min(step, want-from))...)
		if err := b.read(b.content[from:]); err != nil {
			return 0, nil, err
		}
	}
	at := len(b.content) - 4
	if crc32.Checksum(b.content[:at], castagnoli) != binary.LittleEndian.Uint32(b.content[at:]) {
		return 0, nil, &DamagedError{"a checksum is wrong"}
	}
	return head[0], &codec.Codec{B: b.content[len(head):at], Reading: true}, nil
}
