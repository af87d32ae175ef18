package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// filter says which lines are meant.
type filter struct {
	stop    int            // of the slider: whose flags count
	only    bool           // flagged lines only
	levels  uint16         // a bit for each level; 0 = all
	text    []byte         // to be found in the line, ASCII letters in lower case; empty = anything
	regex   *regexp.Regexp // to be found in the line, instead of text
	without bool           // lines where it is not found are meant
	shown   []bool         // by the patterns' numbers; nil = all
	hidden  []bool
	hide    string // the same, as it was asked for

	incident string // its id; empty = any

	axis     axis // of the range
	from, to int64

	patterns string // as they were asked for
}

type axis string

const (
	byTime axis = "time" // Unix milliseconds, to excluded
	byLine axis = "line" // numbers from 1, to excluded
)

// maxQuery is the length of a text to search for.
const maxQuery = 1000

// maxIncidentID is above the length of an incident's id.
const maxIncidentID = 64

// parseRows reads what a table is asked for: what is filtered, from which row on, and how
// many rows, usual ones where that is not said.
func (v *view) parseRows(r *http.Request, usual int) (f *filter, at, n int, err error) {
	if f, err = v.parseFilter(r.URL.Query()); err != nil {
		return nil, 0, 0, err
	}
	if at, err = number(r, "at", 0); err != nil {
		return nil, 0, 0, err
	}
	n, err = number(r, "n", usual)
	return f, at, n, err
}

// parseFilter reads a filter from a query:
//
//	stop=N            which stop of the slider counts
//	only=1            flagged lines only
//	levels=warn,none  levels
//	q=TEXT            text in the line, ASCII letters in any case
//	regex=1           which is a regular expression (RE2), letters in any case
//	exclude=1         lines without it
//	pattern=HEX,HEX   only these patterns
//	hide=HEX,HEX      not these
//	incident=ID       the lines of an incident
//	axis=time|line    with from=N and to=N: a range, to excluded
func (v *view) parseFilter(q url.Values) (*filter, error) {
	f := &filter{only: q.Get("only") == "1"}
	var err error
	if s := q.Get("stop"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n >= len(v.server.stops) {
			return nil, fmt.Errorf("stop is %q: 0 to %d is right", s, len(v.server.stops)-1)
		}
		f.stop = n
	}
	for _, name := range split(q.Get("levels")) {
		l := slices.Index(levelNames[:], name)
		if l < 0 {
			return nil, fmt.Errorf("levels has the value %q; allowed: %s", name, strings.Join(levelNames[:], ", "))
		}
		f.levels |= 1 << l
	}
	if s := q.Get("q"); len(s) > maxQuery {
		return nil, fmt.Errorf("q is %d bytes long: at most %d are right", len(s), maxQuery)
	} else if s != "" {
		f.without = q.Get("exclude") == "1"
		if q.Get("regex") != "1" {
			f.text = lower([]byte(s))
		} else if f.regex, err = regexp.Compile("(?i)" + s); err != nil {
			return nil, fmt.Errorf("%q is no regular expression: %s", s, strings.Replace(err.Error(), "(?i)", "", 1))
		}
	}
	if s := q.Get("pattern"); s != "" {
		if f.shown, err = v.patternSet(s); err != nil {
			return nil, err
		}
	}
	if f.hide = q.Get("hide"); f.hide != "" {
		if f.hidden, err = v.patternSet(f.hide); err != nil {
			return nil, err
		}
	}
	if f.axis = axis(q.Get("axis")); f.axis != "" {
		if f.axis != byTime && f.axis != byLine {
			return nil, fmt.Errorf("axis has the value %q; allowed: time, line", f.axis)
		}
		var errs [2]error
		f.from, errs[0] = strconv.ParseInt(q.Get("from"), 10, 64)
		f.to, errs[1] = strconv.ParseInt(q.Get("to"), 10, 64)
		if errs[0] != nil || errs[1] != nil {
			return nil, fmt.Errorf("from and to are %q and %q: whole numbers are right", q.Get("from"), q.Get("to"))
		}
	}
	if f.incident = q.Get("incident"); len(f.incident) > maxIncidentID {
		return nil, fmt.Errorf("incident is %d bytes long: at most %d are right", len(f.incident), maxIncidentID)
	}
	f.patterns = q.Get("pattern") + "|" + q.Get("hide")
	return f, nil
}

// levelNames are the levels' names in the page's language, by their number.
var levelNames = func() [pattern.Levels]string {
	names := scan.LevelNames
	names[pattern.LevelNone] = "none"
	return names
}()

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func (v *view) patternSet(list string) ([]bool, error) {
	set := make([]bool, v.patterns.len())
	for _, h := range split(list) {
		if id, ok := text.ParseID(h); ok { // as records have it
			if i, ok := v.patterns.recorded(id); ok && int(i) < len(set) {
				set[i] = true
			}
			continue
		}
		id, err := strconv.ParseUint(h, 16, 64)
		if err != nil {
			return nil, fmt.Errorf("the pattern %q is neither an id of records nor a number in base 16", h)
		}
		if i, ok := v.patterns.number(id); ok && int(i) < len(set) {
			set[i] = true
		}
	}
	return set, nil
}

// everything reports whether no line is left out.
func (f *filter) everything() bool {
	return !f.only && f.levels == 0 && f.search() == "" && f.shown == nil && f.hidden == nil && f.axis == "" && f.incident == ""
}

// base is the filter without what the chart shows anyway: the range and
// whether a line is flagged.
func (f *filter) base() *filter {
	b := *f
	b.only, b.axis, b.from, b.to = false, "", 0, 0
	return &b
}

// key is the same for filters that mean the same lines.
func (f *filter) key() string {
	stop := f.stop
	if !f.only {
		stop = -1 // whatever is flagged
	}
	return fmt.Sprintf("%d|%d|%s|%d|%d|%s|%t|%s", stop, f.levels, f.axis, f.from, f.to, f.patterns, f.without, f.search())
}

// search is the same for filters that look for the same in a line, empty for
// those that look for nothing.
func (f *filter) search() string {
	switch {
	case f.regex != nil:
		return "/" + f.regex.String()
	case f.text != nil:
		return "=" + string(f.text)
	}
	return ""
}

// left are the lines of a range that a search leaves, by those where it found
// something.
func (f *filter) left(found []uint32, from, to int) iter.Seq[int] {
	return func(yield func(int) bool) {
		at, _ := slices.BinarySearch(found, uint32(from))
		found := found[at:]
		if f.search() != "" && !f.without {
			for _, i := range found {
				if int(i) >= to || !yield(int(i)) {
					return
				}
			}
			return
		}
		for i := from; i < to; i++ {
			if len(found) > 0 && int(found[0]) == i {
				found = found[1:]
			} else if !yield(i) {
				return
			}
		}
	}
}

// maxMarks is how many matches of a line are marked.
const maxMarks = 100

// marks are where the regular expression matches in a line that it means: from
// and to, in units of UTF-16, as the page counts.
func (f *filter) marks(text string) [][2]int {
	if f.regex == nil || f.without {
		return nil
	}
	var all [][2]int
	for _, m := range f.regex.FindAllStringIndex(text, maxMarks) {
		all = append(all, [2]int{m[0], m[1]})
	}
	return inUnits(text, all)
}

// inUnits turns places in bytes, ascending, into such in units of UTF-16.
func inUnits(text string, places [][2]int) [][2]int {
	at, n := 0, 0
	unit := func(to int) int {
		n += units(text[at:to])
		at = to
		return n
	}
	for i, p := range places {
		places[i] = [2]int{unit(p[0]), unit(p[1])}
	}
	return places
}

// units is the length of a text in units of UTF-16.
func units(text string) (n int) {
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// match reports whether line k of a chunk, the i-th of the log, is meant, its
// text aside.
func (f *filter) match(c *chunk, k, i int) bool {
	if f.only && c.sweep[k]>>f.stop&1 == 0 {
		return false
	}
	if f.levels != 0 && f.levels>>(c.flags[k]&levelMask)&1 == 0 {
		return false
	}
	switch f.axis {
	case byTime:
		if t := c.time[k]; t < f.from || t >= f.to {
			return false
		}
	case byLine:
		if n := int64(i) + 1; n < f.from || n >= f.to {
			return false
		}
	}
	p := int(c.pattern[k])
	if f.shown != nil && (p >= len(f.shown) || !f.shown[p]) {
		return false
	}
	return p >= len(f.hidden) || !f.hidden[p]
}

// selections remembers which lines the last filters meant: the table asks for
// one window after the other, while the log may still grow.
type selections struct {
	mu   sync.Mutex
	all  []*selection // the most recently used first
	hits []*selection // by text alone: what takes longest
}

const (
	keptSelections = 5
	keptHits       = 2
)

// selection is the lines that a filter means, ascending.
type selection struct {
	key   string
	mu    sync.Mutex
	lines []uint32
	seen  int // lines of the log that were looked at
}

func remember(list *[]*selection, key string, keep int) *selection {
	i := slices.IndexFunc(*list, func(s *selection) bool { return s.key == key })
	s := &selection{key: key}
	if i >= 0 {
		s = (*list)[i]
		*list = slices.Delete(*list, i, i+1)
	}
	*list = slices.Insert(*list, 0, s)
	*list = (*list)[:min(len(*list), keep)]
	return s
}

// chosen are the lines that a filter means, of those that a snapshot has.
type chosen struct {
	all   bool // every line; lines is nil
	n     int
	lines []uint32

	order    []uint32 // the same in another order; nil = none
	backward bool     // the last line comes first
}

// at is the index in the log of the i-th line that is meant.
func (c *chosen) at(i int) int {
	if c.order != nil {
		return int(c.order[i])
	}
	if c.backward {
		i = c.n - 1 - i
	}
	if c.all {
		return i
	}
	return int(c.lines[i])
}

// search is where the log's line i stands among them, or would: with the first that is
// behind it. In another order a line that is not among them stands at the end.
func (c *chosen) search(i int) int {
	if c.order != nil {
		if at := slices.Index(c.order, uint32(i)); at >= 0 {
			return at
		}
		return c.n
	}
	if c.backward {
		forward := *c
		forward.backward = false
		at := forward.search(i)
		if at < c.n && forward.at(at) == i {
			at++
		}
		return c.n - at
	}
	if c.all {
		return min(i, c.n)
	}
	at, _ := slices.BinarySearch(c.lines, uint32(i))
	return at
}

// choose finds the lines that a filter means.
func (v *view) choose(ctx context.Context, f *filter) (snapshot, chosen, error) {
	if f.everything() {
		snap := v.lines.snapshot()
		return snap, chosen{all: true, n: snap.n}, nil
	}
	v.asked.mu.Lock()
	s := remember(&v.asked.all, f.key(), keptSelections)
	var hits *selection
	if f.search() != "" {
		hits = remember(&v.asked.hits, f.search(), keptHits)
	}
	v.asked.mu.Unlock()

	var found []uint32
	var snap snapshot
	if hits != nil {
		hits.mu.Lock()
		snap = v.lines.snapshot()
		err := v.find(ctx, &snap, hits, f)
		found = hits.lines
		hits.mu.Unlock()
		if err != nil {
			return snap, chosen{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if hits == nil {
		snap = v.lines.snapshot()
	}
	if f.incident != "" {
		return v.chooseIncident(ctx, f, snap, found)
	}
	for i := range f.left(found, s.seen, snap.n) {
		if c, k := snap.at(i); f.match(c, k, i) {
			s.lines = append(s.lines, uint32(i))
		}
	}
	s.seen = max(s.seen, snap.n)
	// Another request may have gone further, in a log that grows.
	n, _ := slices.BinarySearch(s.lines, uint32(snap.n))
	return snap, chosen{n: n, lines: s.lines[:n]}, nil
}

// find goes on with a search up to the end of a snapshot.
func (v *view) find(ctx context.Context, snap *snapshot, s *selection, f *filter) error {
	const block = 1 << 20
	buf := make([]byte, 0, block+64<<10)
	for s.seen < snap.n {
		if err := ctx.Err(); err != nil {
			return err
		}
		// Whole lines of about a block; one that is longer alone.
		first, end := s.seen, s.seen+1
		start := snap.line(first).offset
		for end < snap.n && snap.line(end).offset-start < block {
			end++
		}
		stop := int64(-1)
		if end < snap.n {
			stop = snap.line(end).offset
		}
		var err error
		// The last line of a log that grows may have more behind it: only up
		// to what was written is read, and up to its end looked at.
		if buf, err = v.text.slice(buf[:0], start, stop, 4*block); err != nil && err != io.EOF {
			return err
		}
		if f.regex != nil {
			for i := first; i < end; i++ {
				line, _, _ := bytes.Cut(buf[min(snap.line(i).offset-start, int64(len(buf))):], []byte{'\n'})
				if f.regex.Match(bytes.TrimSuffix(line, []byte{'\r'})) {
					s.lines = append(s.lines, uint32(i))
				}
			}
			s.seen = end
			continue
		}
		lower(buf)
		for i, at := first, 0; ; {
			hit := bytes.Index(buf[at:], f.text)
			if hit < 0 {
				break
			}
			at += hit
			// The line that the hit is in: the last that begins before it.
			for i+1 < end && snap.line(i+1).offset-start <= int64(at) {
				i++
			}
			if i == end-1 && bytes.IndexByte(buf[min(snap.line(i).offset-start, int64(len(buf))):at], '\n') >= 0 {
				break // behind the last line
			}
			s.lines = append(s.lines, uint32(i))
			if i+1 >= end {
				break
			}
			at = int(snap.line(i+1).offset - start)
			i++
		}
		s.seen = end
	}
	return nil
}

// lower makes ASCII letters lower case, in place.
func lower(b []byte) []byte {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}
