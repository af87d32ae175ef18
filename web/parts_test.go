package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// table is a view of lines that are made by hand.
func table(t testing.TB, made []line) *view {
	t.Helper()
	s, err := New(Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	v, err := s.newView(viewSpec{name: "a.log", mode: scan.Stream})
	if err != nil {
		t.Fatal(err)
	}
	for i := range made {
		v.lines.add(&made[i])
	}
	v.lines.publish()
	return v
}

// written is a view of a text, of which all lines are there.
func written(t testing.TB, text string) *view {
	t.Helper()
	var made []line
	offset := 0
	for l := range strings.Lines(text) {
		made = append(made, line{offset: int64(offset)})
		offset += len(l)
	}
	v := table(t, made)
	if _, err := io.WriteString(v.text, text); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestBinWidth is the smallest that people count by with which there are no more bins
// than are wanted.
func TestBinWidth(t *testing.T) {
	const second, week = 1000, 7 * 24 * 3600 * 1000
	for _, c := range []struct {
		axis axis
		span int64
		bins int
		want int64
	}{
		{byLine, 0, 10, 1}, {byLine, 1, 10, 1}, {byLine, 10, 10, 1}, {byLine, 11, 10, 2}, {byLine, 20, 10, 2}, {byLine, 21, 10, 5}, {byLine, 50, 10, 5},
		{byLine, 51, 10, 10}, {byLine, 101, 10, 20}, {byLine, 1_000_001, 1, 2_000_000}, {byLine, 4_000_001, 1, 5_000_000},
		{byTime, 0, 10, 1}, {byTime, 10 * second, 10, second}, {byTime, 10*second + 1, 10, 2 * second}, {byTime, 160 * second, 10, 30 * second},
		{byTime, 10 * week, 10, week}, {byTime, 10*week + 1, 10, 2 * week}, {byTime, 30 * week, 10, 3 * week}, {byTime, 31 * week, 10, 4 * week},
	} {
		if got := binWidth(c.axis, c.span, c.bins); got != c.want {
			t.Errorf("%d by %s in %d bins: %d wide, want %d", c.span, c.axis, c.bins, got, c.want)
		}
	}
	hour := time.Hour
	all := []time.Duration{
		1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8, 2e8, 5e8, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour, 48 * hour, 7 * 24 * hour, 14 * 24 * hour,
	}
	for i, w := range all[:len(all)-1] {
		span := 100 * w.Milliseconds()
		if this, next := binWidth(byTime, span, 100), binWidth(byTime, span+1, 100); this != w.Milliseconds() || next != all[i+1].Milliseconds() {
			t.Errorf("%d ms in 100 bins: %d wide, and of 1 ms more %d; want %v and %v", span, this, next, w, all[i+1])
		}
	}
}

// TestBinsOfATimeline: the first place lies in the first bin, the last in the last, all
// others in between, about as many in each; what lies outside is not counted.
func TestBinsOfATimeline(t *testing.T) {
	for _, last := range []int64{1, 2, 59, 60, 61, 120, 6000} {
		s := newStoryScale(1, last)
		before := 0
		for at := int64(1); at <= last; at++ {
			bin := s.bin(at)
			if want := int((at - 1) * storyBins / last); bin < before || bin-want > 1 || want-bin > 1 || at == 1 && bin != 0 || last >= storyBins && at == last && bin != storyBins-1 {
				t.Fatalf("%d of %d lies in bin %d", at, last, bin)
			}
			before = bin
		}
	}
	v := table(t, []line{{time: 100}, {time: 200}, {time: 300}, {time: 1000}})
	snap := v.lines.snapshot()
	got := bins(&snap, []uint32{0, 1, 2, 3}, byTime, 200, 400)
	if sum := slices.Clone(got); got[0] != 1 || got[int(100*storyBins/201)] != 1 || total(sum) != 2 || len(got) != storyBins {
		t.Errorf("%v", got)
	}
	if got := bins(&snap, []uint32{0, 1, 3}, byLine, 1, 4); got[0] != 1 || got[storyBins/4] != 1 || got[3*storyBins/4] != 1 || total(got) != 3 {
		t.Errorf("%v", got)
	}
}

func total(list []int32) (n int32) {
	for _, k := range list {
		n += k
	}
	return n
}

// TestExtent: the times of nearly all lines make it, whatever a few say.
func TestExtent(t *testing.T) {
	at := func(times ...int64) (made []line) {
		for _, t := range times {
			made = append(made, line{time: t})
		}
		return made
	}
	var many []int64
	for n := range int64(1000) {
		many = append(many, 1_000_000+n*100)
	}
	for _, c := range []struct {
		name  string
		times []int64
		want  extent
	}{
		{"nothing", nil, extent{}},
		{"no time", []int64{0, 0}, extent{}},
		{"one", []int64{0, 500, 0}, extent{First: 500, Last: 500, Least: 500, Most: 500}},
		{"two", []int64{900, 500}, extent{First: 500, Last: 900, Least: 500, Most: 900}},
		{"three, one of them far away", []int64{5000, 5001, 20_000}, extent{First: 5000, Last: 5001, After: 1, Least: 5000, Most: 20_000}},
		{"three, as far away as may be", []int64{5000, 5001, 5001 + 9000}, extent{First: 5000, Last: 14_001, Least: 5000, Most: 14_001}},
		{"many", many, extent{First: 1_000_000, Last: 1_099_900, Least: 1_000_000, Most: 1_099_900}},
		{"many, and as many of another time as may be strays", append(slices.Clone(many), 5, 6, 7, 8, 9, 10, 11, 12), extent{First: 1_000_000, Last: 1_099_900, Before: 8, Least: 5, Most: 1_099_900}},
		{"many, and a few of another time", append(slices.Clone(many), 5, 7, 1<<40), extent{First: 1_000_000, Last: 1_099_900, Before: 2, After: 1, Least: 5, Most: 1 << 40}},
	} {
		v := table(t, at(c.times...))
		snap := v.lines.snapshot()
		if got := v.times(&snap); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if first, last := v.extent(&snap, byTime); first != c.want.First || last != c.want.Last {
			t.Errorf("%s: from %d to %d", c.name, first, last)
		}
		if first, last := v.extent(&snap, byLine); first != 1 || last != int64(len(c.times)) {
			t.Errorf("%s: lines %d to %d", c.name, first, last)
		}
	}
	// It is looked at again when there are more lines.
	v := table(t, at(500))
	snap := v.lines.snapshot()
	v.times(&snap)
	v.lines.add(&line{time: 900})
	v.lines.publish()
	snap = v.lines.snapshot()
	if got := v.times(&snap); got.Last != 900 {
		t.Errorf("it ends at %d though more lines came", got.Last)
	}
}

// TestLinesOfManyChunks: each line is read as it was written, and readers see what is
// published alone.
func TestLinesOfManyChunks(t *testing.T) {
	made := func(i int) line {
		n := uint32(i)
		return line{int64(i), int64(i) * 2, score(n * 3), n * 5, n * 7, uint16(n), uint16(n * 11), uint16(n * 13), uint8(n), uint8(n * 17)}
	}
	var table lines
	if s := table.snapshot(); s.n != 0 || table.len() != 0 {
		t.Errorf("an empty one has %d lines", s.n)
	}
	const n = 2*chunkLines + 5
	for i := range n {
		l := made(i)
		table.add(&l)
		if i == chunkLines {
			table.publish()
		}
	}
	if s := table.snapshot(); s.n != chunkLines+1 {
		t.Errorf("%d lines are published", s.n)
	}
	table.publish()
	s := table.snapshot()
	for i := range n {
		if got := s.line(i); got != made(i) {
			t.Fatalf("line %d is %+v, want %+v", i, got, made(i))
		}
	}
	// The first line of each record, asked for in order, some of them skipped.
	v := lines{}
	for i := range n {
		l := line{}
		if i%1000 >= 10 && i > 10 {
			l.flags = restBit
		}
		v.add(&l)
	}
	v.publish()
	s = v.snapshot()
	for _, step := range []int{1, 7, 999, 5000} {
		r := records{snap: &s}
		for i := 0; i < n; i += step {
			want := i
			if i%1000 >= 10 && i > 10 {
				want = i - i%1000 + 9
				if i < 1000 {
					want = 10
				}
			}
			if got := r.firstOf(i); got != want {
				t.Fatalf("the record of line %d begins with %d, want %d", i, got, want)
			}
		}
	}
}

// TestScoresAndKinds are kept without a loss.
func TestScoresAndKinds(t *testing.T) {
	for _, s := range []float64{0, 0.123456, 0.5, 0.999999999, 0.000000001, 1} {
		if got := newScore(s).float(); math.Abs(got-s) > 1e-12 {
			t.Errorf("%v is kept as %v", s, got)
		}
	}
	for _, kind := range append(slices.Clone(detector.AnomalyKinds), "") {
		for _, w := range []detector.Weight{detector.Whole, detector.Half, detector.None} {
			if k := newKind(kind, w); kindName(k) != string(kind) || weightOf(k) != w {
				t.Errorf("%q of weight %d is kept as %q of %d", kind, w, kindName(k), weightOf(k))
			}
		}
	}
	if newKind("unheard of", detector.Whole) != newKind("", detector.Whole) {
		t.Error("a kind that is none is one")
	}
}

// TestOrders: of all lines, of some, the last first and in another order, where a line
// stands and where it would.
func TestOrders(t *testing.T) {
	for _, c := range []struct {
		name   string
		of     chosen
		list   []int
		places map[int]int // by line
	}{
		{"all", chosen{all: true, n: 3}, []int{0, 1, 2}, map[int]int{0: 0, 2: 2, 3: 3, 9: 3}},
		{"some", chosen{n: 3, lines: []uint32{1, 4, 6}}, []int{1, 4, 6}, map[int]int{0: 0, 1: 0, 2: 1, 4: 1, 5: 2, 6: 2, 7: 3}},
		{"all, backward", chosen{all: true, n: 3, backward: true}, []int{2, 1, 0}, map[int]int{2: 0, 1: 1, 0: 2, 3: 0}},
		{"some, backward", chosen{n: 3, lines: []uint32{1, 4, 6}, backward: true}, []int{6, 4, 1}, map[int]int{7: 0, 6: 0, 5: 1, 4: 1, 2: 2, 1: 2, 0: 3}},
		{"in another order", chosen{n: 3, lines: []uint32{1, 4, 6}, order: []uint32{4, 6, 1}}, []int{4, 6, 1}, map[int]int{4: 0, 6: 1, 1: 2, 2: 3, 0: 3}},
	} {
		for i, want := range c.list {
			if got := c.of.at(i); got != want {
				t.Errorf("%s: the %d. is line %d, want %d", c.name, i, got, want)
			}
		}
		for i, want := range c.places {
			if got := c.of.search(i); got != want {
				t.Errorf("%s: line %d stands at %d, want %d", c.name, i, got, want)
			}
		}
	}
	v := table(t, []line{{time: 5, score: 3}, {time: 4, score: 9}, {time: 5, score: 9}, {time: 1, score: 1}})
	snap := v.lines.snapshot()
	for sort, want := range map[string][]int{"": {0, 1, 2, 3}, byNewest: {3, 2, 1, 0}, byScore: {1, 2, 0, 3}, byClock: {3, 1, 0, 2}, byLatest: {2, 0, 1, 3}} {
		c := v.arrange(&snap, chosen{all: true, n: 4}, &filter{}, sort)
		for i, w := range want {
			if got := c.at(i); got != w {
				t.Errorf("sorted by %q, the %d. is line %d, want %d", sort, i, got, w)
			}
		}
		if err := checkSort(sort); err != nil {
			t.Error(err)
		}
	}
	// It is sorted again for another filter, and for more lines.
	if c := v.arrange(&snap, chosen{n: 2, lines: []uint32{0, 3}}, &filter{levels: 1}, byScore); c.at(0) != 0 || c.at(1) != 3 {
		t.Errorf("of another filter, the first is %d", c.at(0))
	}
	if err := checkSort("size"); err == nil || !strings.Contains(err.Error(), `sort has the value "size"; allowed: newest`) {
		t.Errorf("%v", err)
	}
}

// TestMatch says of each part of a filter which lines it leaves out.
func TestMatch(t *testing.T) {
	var c chunk
	c.sweep[0], c.flags[0], c.time[0], c.pattern[0] = 0b100, uint8(pattern.LevelWarn)|judgedBit|timedBit, 1000, 2
	const number = 50 // the line's, from 1
	for _, x := range []struct {
		name string
		f    filter
		want bool
	}{
		{"nothing is left out", filter{}, true},
		{"flagged", filter{only: true, stop: 2}, true},
		{"not flagged at that stop", filter{only: true, stop: 1}, false},
		{"flagged or not", filter{stop: 1}, true},
		{"its level", filter{levels: 1 << pattern.LevelWarn}, true},
		{"other levels", filter{levels: ^uint16(1 << pattern.LevelWarn)}, false},
		{"from its time on", filter{axis: byTime, from: 1000, to: 1001}, true},
		{"before its time", filter{axis: byTime, from: 0, to: 1000}, false},
		{"after its time", filter{axis: byTime, from: 1001, to: 2000}, false},
		{"from its number on", filter{axis: byLine, from: number, to: number + 1}, true},
		{"before its number", filter{axis: byLine, from: 1, to: number}, false},
		{"after its number", filter{axis: byLine, from: number + 1, to: 100}, false},
		{"its pattern", filter{shown: []bool{false, false, true}}, true},
		{"another pattern", filter{shown: []bool{true, true, false}}, false},
		{"patterns that were known before its own", filter{shown: []bool{true, true}}, false},
		{"without its pattern", filter{hidden: []bool{false, false, true}}, false},
		{"without another", filter{hidden: []bool{true, true, false}}, true},
		{"without those that were known before", filter{hidden: []bool{true, true}}, true},
	} {
		if got := x.f.match(&c, 0, number-1); got != x.want {
			t.Errorf("%s: %v", x.name, got)
		}
	}
	narrow := map[string]filter{
		"levels": {levels: 1}, "text": {text: []byte("x")}, "patterns": {shown: []bool{}}, "range": {axis: byLine}, "incident": {incident: "x"},
	}
	for name, f := range narrow {
		if f.everything() || !f.narrows() {
			t.Errorf("%s leave nothing out", name)
		}
	}
	for name, f := range map[string]filter{"flagged": {only: true}, "hidden": {hidden: []bool{}}} {
		if f.everything() || f.narrows() {
			t.Errorf("%s: it narrows the flagged lines, or leaves nothing out", name)
		}
	}
	if f := (filter{stop: 3}); !f.everything() || f.narrows() {
		t.Error("a filter of nothing leaves something out")
	}
	// The chart shows what the range and the flags leave out.
	f := filter{only: true, axis: byTime, from: 1, to: 2, levels: 4, stop: 2}
	if b := f.base(); b.only || b.axis != "" || b.from != 0 || b.to != 0 || b.levels != 4 || b.stop != 2 || !f.only {
		t.Errorf("%+v", b)
	}
	// Filters that mean the same lines are the same, others are not.
	keys := map[string]string{}
	for name, query := range map[string]string{
		"none": "", "stop": "only=1&stop=1", "another stop": "only=1&stop=2", "level": "levels=warn", "range": "axis=time&from=1&to=2", "another range": "axis=time&from=1&to=3",
		"later": "axis=time&from=2&to=3", "lines": "axis=line&from=1&to=2", "text": "q=a", "another text": "q=b", "expression": "q=a&regex=1", "without": "q=a&exclude=1",
	} {
		q, _ := url.ParseQuery(query)
		f, err := (&view{server: &Server{stops: make([]float64, 5)}}).parseFilter(q)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := keys[f.key()]; ok {
			t.Errorf("%s and %s are the same", name, other)
		}
		keys[f.key()] = name
	}
	if a, b := (&filter{stop: 1}).key(), (&filter{stop: 2}).key(); a != b {
		t.Error("where flags do not count, the stop does")
	}
}

// TestLeft are the lines that a search leaves, with what it found or without.
func TestLeft(t *testing.T) {
	found := []uint32{1, 4, 5, 8}
	for _, c := range []struct {
		f        filter
		from, to int
		want     string
	}{
		{filter{}, 2, 5, "[2 3 4]"},
		{filter{text: []byte("x")}, 0, 10, "[1 4 5 8]"},
		{filter{text: []byte("x")}, 2, 8, "[4 5]"},
		{filter{text: []byte("x")}, 1, 9, "[1 4 5 8]"},
		{filter{text: []byte("x"), without: true}, 0, 10, "[0 2 3 6 7 9]"},
		{filter{text: []byte("x"), without: true}, 4, 9, "[6 7]"},
	} {
		list := found
		if c.f.text == nil {
			list = nil
		}
		if got := fmt.Sprint(slices.Collect(c.f.left(list, c.from, c.to))); got != c.want {
			t.Errorf("%+v from %d to %d: %s, want %s", c.f, c.from, c.to, got, c.want)
		}
		for i := range c.f.left(list, c.from, c.to) { // who has seen enough goes
			_ = i
			break
		}
	}
}

// TestSearch finds each line once that has the words, in any case, and no other.
func TestSearch(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	for _, c := range []struct {
		name, text, query string
		want              string
	}{
		{"each line", "aa\naa\naa", "q=a", "[0 1 2]"},
		{"each line, whole", "aa\naa\naa\n", "q=aa", "[0 1 2]"},
		{"in any case", "a ERROR b\nan error\nA erroR", "q=Error", "[0 1 2]"},
		{"the last two", "x\nb\nb", "q=b", "[1 2]"},
		{"the first", "b\nx\nx\n", "q=b", "[0]"},
		{"the last", "x\nx\nb\n", "q=b", "[2]"},
		{"several times in a line", "bbb b\nx\nb b", "q=b", "[0 2]"},
		{"none", "a\nb\n", "q=c", "[]"},
		{"not over the end of a line", "ab\ncd\n", "q=bc", "[]"},
		{"not with the end of a line", "ab\r\ncd\r\n", "q=b%0D", "[0]"},
		{"empty lines", "\n\na\n\na\n", "q=a", "[2 4]"},
		{"beyond a block", "a\n" + long + "\nb a\n" + long + "a\nlast a", "q=a", "[0 2 3 4]"},
		{"an expression", "took 12 ms\ntook 9 ms\ntook x ms\r\nTOOK 7 MS", "q=took%20%5Cd%2B%20ms%24&regex=1", "[0 1 3]"},
		{"an expression beyond a block", "a\n" + long + "\nb a\n" + long + "a\nlast a", "q=a%24&regex=1", "[0 2 3 4]"},
		{"without", "a\nb\na", "q=a&exclude=1", "[1]"},
		{"of letters alone", "[A]\n{A}\n@A`\n", "q=%5Ba%5D", "[0]"},
	} {
		v := written(t, c.text)
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		f, err := v.parseFilter(q)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time it is remembered
			_, got, err := v.choose(t.Context(), f)
			if err != nil || fmt.Sprint(append([]uint32{}, got.lines...)) != c.want || got.n != len(got.lines) {
				t.Errorf("%s: %v, %v; want %s", c.name, got, err, c.want)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		f.text, f.regex = []byte("other"), nil
		if _, _, err := v.choose(ctx, f); err != context.Canceled {
			t.Errorf("%s: %v when nobody waits", c.name, err)
		}
	}
	if got := string(lower([]byte("AZaz@[`{09Ä"))); got != "azaz@[`{09Ä" {
		t.Errorf("%q", got)
	}
}

// TestParseFilterRefuses with what would be right.
func TestParseFilterRefuses(t *testing.T) {
	v := table(t, nil)
	last := len(v.server.stops) - 1
	for query, want := range map[string]string{
		"stop=-1":                              fmt.Sprintf(`stop is "-1": 0 to %d is right`, last),
		fmt.Sprint("stop=", last+1):            fmt.Sprintf(`stop is "%d": 0 to %d is right`, last+1, last),
		"stop=x":                               `stop is "x"`,
		"levels=warn,loud":                     `levels has the value "loud"; allowed: none, trace, debug, info`,
		"q=" + strings.Repeat("x", maxQuery+1): "q is 1001 bytes long: at most 1000 are right",
		"q=(&regex=1":                          `"(" is no regular expression: error parsing regexp: missing closing ): ` + "`(`",
		"pattern=xyz":                          `the pattern "xyz" is neither an id of records nor a number in base 16`,
		"hide=xyz":                             `the pattern "xyz" is neither`,
		"axis=size":                            `axis has the value "size"; allowed: time, line`,
		"axis=line&from=1":                     `from and to are "1" and "": whole numbers are right`,
		"axis=line&from=a&to=2":                `from and to are "a" and "2"`,
		"incident=" + strings.Repeat("x", 65):  "incident is 65 bytes long: at most 64 are right",
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.parseFilter(q); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.30s: %v, want %s", query, err, want)
		}
	}
	for _, query := range []string{fmt.Sprint("stop=", last), "q=" + strings.Repeat("x", maxQuery), "incident=" + strings.Repeat("x", 64), "levels=none,fatal", "stop="} {
		q, _ := url.ParseQuery(query)
		if _, err := v.parseFilter(q); err != nil {
			t.Errorf("%.30s: %v", query, err)
		}
	}
}

// TestUnits: the page counts in UTF-16.
func TestUnits(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "ä": 1, "日本": 2, "😀": 2, "a😀b": 4} {
		if got := units(text); got != want {
			t.Errorf("%q has %d units, want %d", text, got, want)
		}
	}
	if got := inUnits("a😀bä!", [][2]int{{0, 1}, {1, 5}, {6, 8}}); fmt.Sprint(got) != "[[0 1] [1 3] [4 5]]" {
		t.Errorf("%v", got)
	}
	f, err := table(t, nil).parseFilter(url.Values{"q": {"b+"}, "regex": {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.marks("😀bb a B"); fmt.Sprint(got) != "[[2 4] [7 8]]" {
		t.Errorf("%v", got)
	}
	if got := f.marks(strings.Repeat("b ", 200)); len(got) != maxMarks {
		t.Errorf("%d matches are marked", len(got))
	}
	if f.without = true; f.marks("b") != nil {
		t.Error("what is not wanted is marked")
	}
	if (&filter{text: []byte("b")}).marks("b") != nil {
		t.Error("plain text is marked")
	}
}

// TestRemember keeps those that were asked for last.
func TestRemember(t *testing.T) {
	var list []*selection
	a := remember(&list, "a", 2)
	remember(&list, "b", 2)
	if remember(&list, "a", 2) != a || len(list) != 2 || list[0] != a {
		t.Error("what was asked for is forgotten")
	}
	remember(&list, "c", 2)
	if len(list) != 2 || list[0].key != "c" || list[1] != a {
		t.Error("what was asked for longest ago is not what goes")
	}
	if remember(&list, "b", 2) == nil || list[1].key != "c" {
		t.Error("b is not made anew")
	}
}

// TestSpool: what is written can be read, as far as it goes and no further.
func TestSpool(t *testing.T) {
	s, err := newSpool()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"hello", " ", "world"} {
		if n, err := io.WriteString(s, part); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	for _, c := range []struct {
		start, end int64
		limit      int
		want       string
	}{
		{0, -1, 100, "hello world"}, {0, 5, 100, "hello"}, {6, -1, 100, "world"}, {6, -1, 3, "wor"}, {0, 0, 100, ""}, {5, 5, 9, ""}, {5, 3, 9, ""}, {0, 5, 0, ""},
		{6, 100, 100, "world"}, {50, -1, 9, ""}, {0, 1, 1, "h"},
	} {
		if got, err := s.slice([]byte("x:"), c.start, c.end, c.limit); string(got) != "x:"+c.want || err != nil {
			t.Errorf("from %d to %d, at most %d: %q, %v; want %q", c.start, c.end, c.limit, got, err, c.want)
		}
	}
	if all, err := io.ReadAll(s.text()); string(all) != "hello world" || err != nil {
		t.Errorf("%q, %v", all, err)
	}
	if !s.share() {
		t.Error("it cannot be shared")
	}
	s.release()
	if _, err := s.slice(nil, 0, -1, 9); err != nil {
		t.Errorf("it is closed though somebody uses it: %v", err)
	}
	s.release()
	if s.share() {
		t.Error("it is shared when nobody has it")
	}
	if _, err := s.slice(nil, 0, -1, 9); !errors.Is(err, os.ErrClosed) {
		t.Errorf("it is not closed: %v", err)
	}
	if n, err := io.WriteString(s, "more"); n != 0 || err == nil || !strings.HasPrefix(err.Error(), "the temporary file of the log cannot be written: ") {
		t.Errorf("%d bytes are written, %v", n, err)
	}
	if s.size.Load() != 11 {
		t.Errorf("it has %d bytes", s.size.Load())
	}
}

// TestGroupNames numbers the groups, and holds no more than it has numbers for.
func TestGroupNames(t *testing.T) {
	var g groupNames
	if g.index(nil) != 0 || g.name(0) != nil {
		t.Error("no group is one")
	}
	for n := range math.MaxUint16 {
		name := fmt.Appendf(nil, "group %d", n)
		i := g.index(name)
		if int(i) != n+1 || string(g.name(i)) != string(name) || g.index(name) != i {
			t.Fatalf("%s has the number %d, which is of %s", name, i, g.name(i))
		}
	}
	if i := g.index([]byte("one too many")); i != math.MaxUint16 || len(g.names) != math.MaxUint16 {
		t.Errorf("one too many has the number %d of %d", i, len(g.names))
	}
	if string(g.name(math.MaxUint16)) != "group 65534" {
		t.Error("one too many has taken the place of the last")
	}
}

// TestZoneOf reads how far a time is ahead of UTC.
func TestZoneOf(t *testing.T) {
	for line, want := range map[string]int{
		"2026-03-02T08:00:00+01:00 x": 60, "2026-03-02T08:00:00.123+0530 x": 330, "2026-03-02 08:00:00,5 -0800": -480, "2026-03-02T08:00:00-03:30 x": -210,
		"2026-03-02T08:00:00Z": 0, "2026-03-02T08:00:00": 0, "08:00:00 +14:00 x": 840, "08:00:00 +15:00 x": 0, "08:00:00 +01:60 x": 0, "08:00:00 +01:59 x": 119,
		"+01:00": 0, "08:00:00+01:000": 0, "": 0,
		strings.Repeat("x", 1024-14) + "08:00:00+01:00": 60, strings.Repeat("x", 1024-13) + "08:00:00+01:00 x": 0,
	} {
		if got := zoneOf([]byte(line)); got != want {
			t.Errorf("%.40q: %d minutes, want %d", line, got, want)
		}
	}
	// The first of the first lines with a time that says so.
	for _, c := range []struct {
		lines []string
		want  int
	}{
		{[]string{"x", "08:00:00 x", "08:00:00+01:00", "08:00:00+02:00"}, 60},
		{append(slices.Repeat([]string{"08:00:00 x"}, 99), "08:00:00+01:00"), 60},
		{append(slices.Repeat([]string{"08:00:00 x"}, 100), "08:00:00+01:00"), 0},
	} {
		v := table(t, nil)
		v.counted = state{Flagged: make([]int64, len(v.server.stops)), Levels: make([]int64, pattern.Levels)}
		for _, text := range c.lines {
			l := &scan.Line{Text: []byte(text)}
			l.Event.Message = l.Text
			if text != "x" {
				l.Event.Time = time.Second
			}
			v.add(l, 1000)
		}
		if v.counted.Zone != c.want {
			t.Errorf("of %d lines: %d minutes, want %d", len(c.lines), v.counted.Zone, c.want)
		}
	}
}

// TestAddKeepsWhatIsKnown of a line.
func TestAddKeepsWhatIsKnown(t *testing.T) {
	v := table(t, nil)
	v.counted = state{Flagged: make([]int64, len(v.server.stops)), Levels: make([]int64, pattern.Levels)}
	reason := strings.Repeat("strange ", 100) // longer than what is read at once
	l := &scan.Line{Offset: 77, Text: []byte("x"), Cut: true, Continues: true}
	l.Event = detector.Event{Message: []byte("x"), Group: []byte("web"), Time: time.Second}
	l.Verdict = detector.Verdict{Judged: true, Score: 0.5, Level: pattern.LevelError, Sweep: 0b101, Kind: detector.OffNumber, Weight: detector.Half, Pattern: 9}
	v.add(l, 1000) // of which no reason is told
	l2 := *l
	l2.Cut, l2.Continues, l2.Event.Time, l2.Verdict = false, false, 0, detector.Verdict{Pattern: 10}
	v.add(&l2, 1000)
	v.publish()
	snap := v.lines.snapshot()
	if got, want := snap.line(0), (line{offset: 77, time: 1000, score: billion / 2, sweep: 0b101, pattern: 0, group: 1, flags: uint8(pattern.LevelError) | judgedBit | timedBit | restBit | cutBit, kind: newKind(detector.OffNumber, detector.Half)}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := snap.line(1), (line{offset: 77, time: 1000, pattern: 1, group: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if c := v.status(); c.Lines != 2 || c.Judged != 1 || c.Timed != 1 || c.Cut != 1 || c.Flagged[0] != 1 || c.Flagged[1] != 0 || c.Flagged[2] != 1 || c.Levels[pattern.LevelError] != 1 || c.Levels[0] != 1 || c.Patterns != 2 {
		t.Errorf("%+v", c)
	}
	// Reasons are read back as they were, short and long, and none for 0.
	for _, text := range []string{"short", reason, strings.Repeat("x", 250), strings.Repeat("x", 251)} {
		at := v.reasons.size.Load()
		v.pending = append(v.pending[:0], byte(len(text)), byte(len(text)>>8), 0, 0, 0, 0x3f) // 0.5
		v.pending = append(v.pending, text...)
		if _, err := v.reasons.Write(v.pending); err != nil {
			t.Fatal(err)
		}
		if got, bar := v.reason(uint32(at) + 1); got != text || bar != 0.5 {
			t.Errorf("%.20q of %d bytes, flagged from %v; want %.20q of %d", got, len(got), bar, text, len(text))
		}
	}
	for _, place := range []uint32{0, uint32(v.reasons.size.Load()) + 1, uint32(v.reasons.size.Load()) - 3} {
		if got, bar := v.reason(place); got != "" || bar != 0 {
			t.Errorf("at %d: %q, %v", place, got, bar)
		}
	}
}

// TestLimitedReader takes as much as is allowed, to the byte.
func TestLimitedReader(t *testing.T) {
	for size, ok := range map[int]bool{0: true, 1<<20 - 1: true, 1 << 20: true, 1<<20 + 1: false} {
		_, err := io.Copy(io.Discard, &limitedReader{strings.NewReader(strings.Repeat("x", size)), 1 << 20, 1 << 20})
		if ok && err != nil || !ok && (err == nil || err.Error() != "The log is larger than the limit of 1.0 MiB (decompressed). Show a part of it, or start the page with a higher --max-size.") {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	for n, want := range map[int64]string{0: "0 KiB", 1: "1 KiB", 1024: "1 KiB", 1025: "2 KiB", 1<<20 - 1: "1024 KiB", 1 << 20: "1.0 MiB", 3 << 19: "1.5 MiB", 1<<30 - 1: "1024.0 MiB", 1 << 30: "1.0 GiB"} {
		if got := sizeText(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for err, want := range map[error]string{
		&problem{"Something."}:             "Something.",
		context.Canceled:                   "The scan was stopped. What is shown is the part before that.",
		io.ErrUnexpectedEOF:                "The upload broke off. What is shown is the part that came.",
		fmt.Errorf("x: %w", os.ErrInvalid): "The log cannot be read: x: invalid argument.",
	} {
		if got := message(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
	// What comes behind the end of a view is not counted.
	v := table(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	v.ctx = ctx
	r := &countedReader{iotest.OneByteReader(strings.NewReader("abc")), &v.got, v}
	b := make([]byte, 9)
	if n, err := r.Read(b); n != 1 || err != nil || v.got.Load() != 1 {
		t.Errorf("%d, %v, %d", n, err, v.got.Load())
	}
	cancel()
	if n, err := r.Read(b); n != 0 || err != context.Canceled || v.got.Load() != 1 {
		t.Errorf("%d, %v, %d", n, err, v.got.Load())
	}
}

// TestStops are those of the slider, with one more where it begins.
func TestStops(t *testing.T) {
	for contamination, want := range map[float64]int{0: 0, 0.0001: 1, 0.001: 4, 0.3: len(sliderStops), 0.0003: 3, 0.4: len(sliderStops) + 1} {
		stops, start := stopsWith(contamination)
		if start != want || stops[start] != contamination || !slices.IsSorted(stops) || stops[0] != 0 {
			t.Errorf("%v stands at %d of %v, want %d", contamination, start, stops, want)
		}
		for _, s := range sliderStops {
			if !slices.Contains(stops, s) {
				t.Errorf("with %v the stop %v is missing", contamination, s)
			}
		}
	}
}

// TestKnownHosts are addresses of this machine and names that are its own.
func TestKnownHosts(t *testing.T) {
	hosts := func(listen string, names ...string) *Server {
		s, err := New(Config{Listen: listen, Hosts: names})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	here, all, named := hosts("127.0.0.1:8080"), hosts(":8080"), hosts("Logs.example.com:80", "Other.Example.com")
	for _, c := range []struct {
		s    *Server
		host string
		want bool
	}{
		{here, "127.0.0.1:8080", true}, {here, "127.0.0.1", true}, {here, "[::1]:8080", true}, {here, "[::1]", true}, {here, "localhost", true}, {here, "LOCALHOST:1", true}, {here, "localhost.:1", true},
		{here, "10.0.0.1:8080", false}, {here, "evil.example.com", false}, {here, "localhost.evil.com", false}, {here, "", false},
		{all, "10.0.0.1:8080", true}, {all, "127.0.0.1:8080", true}, {all, "evil.example.com", false},
		{named, "logs.example.com", true}, {named, "LOGS.example.com:80", true}, {named, "other.example.com", true}, {named, "third.example.com", false}, {named, "10.0.0.1", true},
	} {
		if got := c.s.knownHost(c.host); got != c.want {
			t.Errorf("%s as %q: %v", c.s.config.Listen, c.host, got)
		}
	}
	if _, err := New(Config{Listen: "nowhere"}); err == nil || !strings.HasPrefix(err.Error(), `the address to listen on is "nowhere": `) {
		t.Errorf("%v", err)
	}
	for _, c := range []struct {
		method, site, origin string
		want                 bool
	}{
		{"GET", "", "", true}, {"GET", "same-origin", "", true}, {"POST", "same-origin", "", true}, {"GET", "none", "", true}, {"POST", "none", "", false}, {"DELETE", "none", "", false},
		{"GET", "same-site", "", false}, {"GET", "cross-site", "", false}, {"GET", "anything", "", false},
		{"GET", "", "http://host:80", true}, {"GET", "", "HTTP://HOST:80", true}, {"GET", "", "http://host:81", false}, {"GET", "", "null", false}, {"GET", "", "http://%", false}, {"GET", "cross-site", "http://host:80", false},
	} {
		r := httptest.NewRequest(c.method, "http://host:80/", nil)
		r.Header.Set("Sec-Fetch-Site", c.site)
		r.Header.Set("Origin", c.origin)
		if got := sameOrigin(r); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if got := quoteShort(strings.Repeat("x", 81) + "\x1b"); got != `"`+strings.Repeat("x", 80)+` …"` {
		t.Errorf("%s", got)
	}
}

// TestFileNames of downloads have no path and no surprises.
func TestFileNames(t *testing.T) {
	for log, want := range map[string]string{
		"shop.log": "shop", "/var/log/shop.log.gz": "shop", `C:\logs\shop.log`: "shop", "a.zst": "a", "a.xz": "a", "a.bz2": "a", "app.log.1": "app.log", "größe 7.txt": "größe-7",
		"": "log", "...": "log", "-.log": "log", "..": "log", "a/b": "b", "a\x00b": "a-b", "a_b-c": "a_b-c",
	} {
		if got := fileName(log); got != want {
			t.Errorf("%q: %q, want %q", log, got, want)
		}
	}
}

// TestCheckOptions refuses what is none of the page's, and too much of one.
func TestCheckOptions(t *testing.T) {
	many := func(n, size int) []string { return slices.Repeat([]string{strings.Repeat("x", size)}, n) }
	for _, c := range []struct {
		given map[string][]string
		want  string
	}{
		{nil, ""}, {map[string][]string{"Warmup": {"100"}}, ""}, {map[string][]string{"Ignore": many(200, 2048)}, ""},
		{map[string][]string{"Ignore": many(201, 1)}, "option Ignore has 201 values: at most 200 are right"},
		{map[string][]string{"Ignore": many(1, 2049)}, "option Ignore has a value of 2049 bytes: at most 2048 are right"},
		{map[string][]string{"Ignore_File": {"x"}}, `there is no option "Ignore_File"`},
		{map[string][]string{"Key_Prefix": {"x"}}, `there is no option "Key_Prefix"`},
		{map[string][]string{"warmup": {"100"}}, `there is no option "warmup"`},
	} {
		err := checkOptions(c.given)
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%.50v: %v, want %s", c.given, err, c.want)
		}
	}
}

// TestRequestsAreRefused with a status and a sentence.
func TestRequestsAreRefused(t *testing.T) {
	v := written(t, "a\nb\n")
	for i := range 2 {
		v.patterns.index(uint64(i+1), &detector.Event{Message: []byte("a")}, i)
	}
	ask := func(method, path, body string) (int, string) {
		r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		w := httptest.NewRecorder()
		v.server.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	at := "/api/views/" + v.id
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", at + "/report?format=pdf", "", 400, `format has the value \"pdf\"; allowed: html, markdown`},
		{"GET", at + "/report?format=html&stop=x", "", 400, `stop is \"x\"`},
		{"GET", at + "/report?format=html&before.view=x", "", 400, "This log is not here any more"},
		{"GET", at + "/report?format=html&before.stop=1&before.levels=loud", "", 400, `levels has the value`},
		{"GET", "/api/views/x/report?format=html", "", 404, "This log is not here any more"},
		{"GET", "/api/views/x/rows", "", 404, "This log is not here any more"},
		{"GET", "/api/views/x/export?format=csv", "", 404, "This log is not here any more"},
		{"GET", "/api/views/x/ignore", "", 404, "This log is not here any more"},
		{"GET", at + "/export?format=xls", "", 400, `format has the value \"xls\"; allowed: csv, jsonl`},
		{"GET", at + "/export?format=csv&stop=x", "", 400, `stop is \"x\"`},
		{"GET", at + "/ignore?hide=xyz", "", 400, "is neither an id of records"},
		{"GET", at + "/rows?at=x", "", 400, `at is \"x\": a whole number is right`},
		{"GET", at + "/rows?n=x", "", 400, `n is \"x\"`},
		{"GET", at + "/rows?sort=x", "", 400, "sort has the value"},
		{"GET", at + "/line?line=0", "", 400, "there is no line 0"},
		{"GET", at + "/line?line=3", "", 400, "there is no line 3"},
		{"GET", at + "/line?line=x", "", 400, `line is \"x\"`},
		{"GET", at + "/line?around=x", "", 400, `around is \"x\"`},
		{"GET", at + "/line?sort=x", "", 400, "sort has the value"},
		{"GET", at + "/seek?line=x", "", 400, `line is \"x\"`},
		{"GET", at + "/seek?sort=x", "", 400, "sort has the value"},
		{"GET", at + "/chart?x=size", "", 400, `x has the value \"size\"; allowed: time, line`},
		{"GET", at + "/chart?x=line&bins=x", "", 400, `bins is \"x\"`},
		{"GET", at + "/patterns?sort=x", "", 400, "sort has the value"},
		{"GET", at + "/patterns?at=x", "", 400, `at is \"x\"`},
		{"GET", at + "/patterns?n=x", "", 400, `n is \"x\"`},
		{"GET", at + "/incidents?at=x", "", 400, `at is \"x\"`},
		{"GET", at + "/incidents?n=x", "", 400, `n is \"x\"`},
		{"GET", at + "/compare?before.view=x", "", 400, "This log is not here any more"},
		{"GET", at + "/compare?before.levels=loud", "", 400, "levels has the value"},
		{"POST", "/api/views", "{", 400, "the request is no JSON"},
		{"POST", "/api/views", `{"mode":"slow"}`, 400, `mode has the value \"slow\"; allowed: stream, batch`},
		{"POST", "/api/views", `{"options":{"x":["y"]}}`, 400, `there is no option \"x\"`},
		{"POST", "/api/views", `{"options":{"Warmup":["1"]}}`, 422, `"option":"Warmup"`},
		{"POST", "/api/views", fmt.Sprintf(`{"size":%d}`, DefaultMaxSize+1), 413, "The log is larger than the limit of 1.0 GiB"},
		{"POST", "/api/views", `{"of":"x"}`, 404, "This log is not here any more"},
		{"POST", "/api/views", fmt.Sprintf(`{"of":%q}`, v.id), 409, "The log is still being read"},
		{"POST", at + "/normal", `{"pattern":"1","normal":true}`, 409, "the page was started without --ignore-file"},
		{"POST", at + "/normal", `{`, 400, "the request is no JSON"},
		{"POST", "/api/views/x/normal", `{}`, 404, "This log is not here any more"},
		{"PUT", "/api/views/x/text", "", 404, "This log is not here any more"},
	} {
		if status, said := ask(c.method, c.path, c.body); status != c.status || !strings.Contains(said, c.want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.path, c.body, status, said, c.status, c.want)
		}
	}
	for _, path := range []string{"/api/views", at + "/normal"} {
		r := httptest.NewRequest("POST", "http://127.0.0.1"+path, strings.NewReader("{}"))
		r.Header.Set("Content-Type", "text/plain")
		w := httptest.NewRecorder()
		if v.server.Handler().ServeHTTP(w, r); w.Code != http.StatusUnsupportedMediaType {
			t.Errorf("a form of another page: %d", w.Code)
		}
	}
	// When a file was written to last is taken from who sends it, if it is known.
	for given, want := range map[int64]time.Time{0: {}, -5: {}, 1: time.UnixMilli(1), 1772438400000: time.UnixMilli(1772438400000)} {
		status, said := ask("POST", "/api/views", fmt.Sprintf(`{"name":"b.log","size":7,"modified":%d}`, given))
		if status != http.StatusCreated {
			t.Fatal(status, said)
		}
		v.server.mu.Lock()
		for _, o := range v.server.views {
			if o.name == "b.log" && !o.modified.Equal(want) {
				t.Errorf("%d: written to at %v, want %v", given, o.modified, want)
			}
			if o.name == "b.log" && o.size.Load() != 7 {
				t.Errorf("%d bytes are expected", o.size.Load())
			}
		}
		for id, o := range v.server.views {
			if o.name == "b.log" {
				o.close()
				delete(v.server.views, id)
			}
		}
		v.server.mu.Unlock()
	}
}

// TestDisplay: the message first, without what the row has, then the fields, those that
// the reason speaks of before the others.
func TestDisplay(t *testing.T) {
	v := table(t, nil)
	for _, c := range []struct {
		line           string
		timed, leveled bool
		reason         string
		want           string
		message        int
	}{
		{"plain text", true, true, "", "plain text", 10},
		{"2026-03-02 08:00:00 ERROR it failed", true, true, "", "it failed", 9},
		{"2026-03-02 08:00:00 ERROR it failed", true, false, "", "ERROR it failed", 15},
		{"2026-03-02 08:00:00 ERROR it failed", false, true, "", "2026-03-02 08:00:00 ERROR it failed", 35},
		{"2026-03-02 08:00:00 UTC [ERROR]: it failed", true, true, "", "it failed", 9},
		{"2026-03-02 08:00:00 shop ERROR", true, true, "", "shop ERROR", 10},
		{"ERROR", true, true, "", "ERROR", 5},
		{`{"msg":"it failed","code":7,"path":"a b","none":null,"empty":""}`, true, true, "", `it failed code=7 path="a b" none=null empty=""`, 9},
		{`{"msg":"it failed","code":7,"path":"/x"}`, true, true, `path "/x" never seen`, `it failed path=/x code=7`, 9},
		{`{"code":500,"path":"/cart","method":"GET","ms":12}`, true, true, "", `GET /cart 500 ms=12`, 13},
		{`{"code":500,"path":"/cart","ms":12}`, true, true, "", `code=500 path=/cart ms=12`, 25},
	} {
		got, message := v.display([]byte(c.line), c.timed, c.leveled, c.reason)
		if string(got) != c.want || message != c.message {
			t.Errorf("%s: %q, of which %d are the message; want %q, %d", c.line, got, message, c.want, c.message)
		}
	}
}

// TestShapes numbers sets of fields, whatever their order, and no more than it may.
func TestShapes(t *testing.T) {
	var s shapes
	s.init()
	event := func(names ...string) *detector.Event {
		ev := &detector.Event{}
		for _, n := range names {
			ev.Fields = append(ev.Fields, detector.Field{Name: []byte(n)})
		}
		return ev
	}
	long := strings.Repeat("n", scan.LongFieldName)
	for _, c := range []struct {
		ev   *detector.Event
		want uint16
	}{{event(), 0}, {event("a", "b"), 1}, {event("b", "a"), 1}, {event("a"), 2}, {event("b"), 3}, {event("a", "b"), 1}, {event(long + "x"), 4}, {event(long + "y"), 5}} {
		if got := s.index(c.ev); got != c.want {
			t.Errorf("%v has the number %d, want %d", c.ev.Fields, got, c.want)
		}
	}
	if want := [][]uint16{nil, {0, 1}, {0}, {1}, {2}, {2}}; !reflect.DeepEqual(s.all, want) || !slices.Equal(s.names, []string{"a", "b", long}) {
		t.Errorf("%v of %v, want %v", s.all, s.names, want)
	}
	for n := range maxShapes {
		got := s.index(event(fmt.Sprint("many", n)))
		if want := uint16(n + 6); want < maxShapes && got != want || want >= maxShapes && got != 0 {
			t.Fatalf("the %d. has the number %d", n, got)
		}
	}
	if len(s.names) != scan.MaxFieldNames || len(s.all) != maxShapes || s.index(event("b", "a")) != 1 {
		t.Errorf("%d names, %d sets", len(s.names), len(s.all))
	}
}

// TestInWords are figures as the page says them.
func TestInWords(t *testing.T) {
	for share, want := range map[float64]string{1: "100 %", 0.5: "50 %", 0.01: "1 %", 0.014: "1 %", 0.0099: "0.99 %", 0.0001: "0.01 %", 0.00009: "< 0.01 %", 0: "< 0.01 %"} {
		if got := percent(share); got != want {
			t.Errorf("%v: %s, want %s", share, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0", 12: "12", 0.12345: "0.123", 999: "999", 999.4: "999", 999.5: "1,000", 1234567: "1,234,567", 1e15: "1e+15", -5: "-5", -12345: "-1.23e+04"} {
		if got := short(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	if got := worst(&patternRow{Levels: [pattern.Levels]int64{pattern.LevelNone: 9, pattern.LevelInfo: 3, pattern.LevelWarn: 1}}); got != uint8(pattern.LevelWarn) {
		t.Errorf("the worst level is %d", got)
	}
	if got := worst(&patternRow{}); got != 0 {
		t.Errorf("of no lines the worst level is %d", got)
	}
}

// asked is what a view answers, as the page gets it.
func asked(t *testing.T, v *view, question string, to any) {
	t.Helper()
	r := httptest.NewRequest("GET", "http://127.0.0.1/api/views/"+v.id+question, nil)
	w := httptest.NewRecorder()
	if v.server.Handler().ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", question, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), to); err != nil {
		t.Fatal(err)
	}
}

// patterned is a view of lines of the given patterns, one after the other.
func patterned(t *testing.T, lines []line) *view {
	t.Helper()
	var text strings.Builder
	for i := range lines {
		lines[i].offset = int64(text.Len())
		fmt.Fprintf(&text, "line of %c\n", 'a'+lines[i].pattern)
	}
	v := table(t, lines)
	if _, err := io.WriteString(v.text, text.String()); err != nil {
		t.Fatal(err)
	}
	for i, l := range lines {
		v.patterns.index(uint64(l.pattern)+1, &detector.Event{Message: fmt.Appendf(nil, "line of %c", 'a'+l.pattern)}, i)
	}
	return v
}

// TestPatternsOfAView are counted, sorted and laid along the log, whichever of them are
// asked for.
func TestPatternsOfAView(t *testing.T) {
	flagged := func(pattern uint16, s score, level pattern.Level) line {
		return line{pattern: pattern, score: s, sweep: 1, flags: judgedBit | uint8(level)}
	}
	usual := func(pattern uint16, s score) line { return line{pattern: pattern, score: s, flags: judgedBit} }
	v := patterned(t, []line{
		usual(0, billion/10), flagged(1, billion*9/10, pattern.LevelError), usual(0, billion/5), {pattern: 2}, usual(2, billion/2), usual(0, 0),
		flagged(1, billion*7/10, pattern.LevelWarn), flagged(3, billion*8/10, 0), usual(2, billion*95/100), {pattern: 0},
	})
	type answer struct {
		Total    int
		Patterns []struct {
			Text                  string
			Lines, Count, Flagged int64
			Mean, Max             float64
			First, Last           int64
			New                   bool
			Bins                  []int32
			Levels                [pattern.Levels]int64
		}
	}
	order := func(query string) string {
		var a answer
		asked(t, v, "/patterns?x=line&"+query, &a)
		got := ""
		for _, p := range a.Patterns {
			got += p.Text[len(p.Text)-1:]
			if int64(total(p.Bins)) != p.Count || p.Lines < p.Count {
				t.Errorf("%s: %s has %d lines, and %d along the log", query, p.Text, p.Count, total(p.Bins))
			}
		}
		return fmt.Sprint(got, " of ", a.Total)
	}
	for query, want := range map[string]string{
		"": "bdca of 4", "sort=strange": "cbda of 4", "sort=count": "acbd of 4", "sort=rare": "dbca of 4", "sort=first": "abcd of 4", "sort=newest": "dcba of 4", "sort=last": "acdb of 4", "sort=gone": "bdca of 4",
		"n=1": "b of 4", "at=1&n=2": "dc of 4", "at=3": "a of 4", "at=4": " of 4", "at=-1&n=1": "b of 4", "only=1": "bd of 2", "axis=line&from=4&to=7": "ca of 2",
		"sort=last&n=1": "a of 4",
	} {
		if got := order(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	var a answer
	asked(t, v, "/patterns?x=line", &a)
	if b := a.Patterns[0]; b.Count != 2 || b.Flagged != 2 || b.Mean != 0.8 || b.Max != 0.9 || b.First != 2 || b.Last != 7 || b.New || b.Levels[pattern.LevelError] != 1 || b.Levels[pattern.LevelWarn] != 1 {
		t.Errorf("%+v", b)
	}
	if c := a.Patterns[2]; c.Count != 3 || c.Mean != 0.725 || c.Max != 0.95 { // one of them was not judged
		t.Errorf("%+v", c)
	}
	// One that comes in the last tenth for the first time is new.
	v = patterned(t, append(slices.Repeat([]line{usual(0, 0)}, 95), usual(1, 0), usual(0, 0), line{pattern: 2}, usual(0, 0), usual(0, 0)))
	asked(t, v, "/patterns?x=line&sort=first", &a)
	if len(a.Patterns) != 3 || a.Patterns[0].New || !a.Patterns[1].New || a.Patterns[2].New {
		t.Errorf("%+v", a.Patterns)
	}
	// The next flagged line, from before the first on where no line is named.
	v = patterned(t, []line{flagged(0, 1, 0), usual(0, 1), flagged(0, 1, 0)})
	for query, want := range map[string]int64{"": 1, "?line=0": 1, "?line=1": 3, "?line=2": 3, "?line=3": -1, "?line=3&back=1": 1, "?line=1&back=1": -1, "?line=9&back=1": 3} {
		var found struct{ Line int64 }
		if asked(t, v, "/seek"+query, &found); found.Line != want {
			t.Errorf("seek%s: line %d, want %d", query, found.Line, want)
		}
	}
	// A chart tells none, debug, info, warn and error apart.
	for l := range pattern.Levels {
		want := map[pattern.Level]int{pattern.LevelNone: 0, pattern.LevelTrace: 1, pattern.LevelDebug: 1, pattern.LevelInfo: 2, pattern.LevelNotice: 2, pattern.LevelWarn: 3}
		if w, ok := want[pattern.Level(l)]; levelGroups[l] != w && ok || !ok && levelGroups[l] != 4 {
			t.Errorf("%s is in group %d", pattern.Level(l), levelGroups[l])
		}
	}
}

// TestCompareListsAreCut: as many are listed as there is room for, and the others counted.
func TestCompareListsAreCut(t *testing.T) {
	lines := func(from, n int) (made []line) {
		for i := range n {
			made = append(made, line{pattern: uint16(from + i)})
		}
		return made
	}
	v := table(t, append(lines(0, 210), lines(210, 205)...))
	for i := range 415 {
		name := fmt.Sprintf("%c%c", 'a'+i%26, 'a'+i/26)
		v.patterns.index(uint64(i+1), &detector.Event{Message: []byte("text of " + name), Fields: []detector.Field{{Name: []byte(name)}}}, i)
	}
	var a comparedAnswer
	asked(t, v, "/compare?axis=line&from=211&to=416&before.axis=line&before.from=1&before.to=211", &a)
	if len(a.New) != maxCompared || len(a.Gone) != maxCompared || a.More != 5+10 || a.Before != 210 || a.After != 205 || a.Same != 0 {
		t.Errorf("%d new, %d gone, %d more; %d and %d lines, %d the same", len(a.New), len(a.Gone), a.More, a.Before, a.After, a.Same)
	}
	for i := 1; i < maxCompared; i++ {
		if a.New[i].Line < a.New[i-1].Line {
			t.Fatalf("line %d behind %d", a.New[i].Line, a.New[i-1].Line)
		}
	}
	asked(t, v, "/compare?before.axis=line&before.from=1&before.to=1", &a)
	if a.Before != 0 || a.Same != 0 || len(a.Gone) != 0 {
		t.Errorf("with nothing: %+v", a)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f, g := &filter{text: []byte("x")}, &filter{}
	for _, c := range [][2]*filter{{f, g}, {g, f}} {
		if _, err := compare(ctx, v, v, c[0], c[1]); err != context.Canceled {
			t.Errorf("%v when nobody waits", err)
		}
		var fields comparedFields
		if err := fields.compare(ctx, v, v, c[0], c[1]); err != context.Canceled {
			t.Errorf("of the fields: %v when nobody waits", err)
		}
	}
}

// TestWhoTakesTheirPlace: a view that judges another's text again stands in its place, in
// the list too, and is kept as that was; who asks for the old one gets the new one.
func TestWhoTakesTheirPlace(t *testing.T) {
	v := table(t, nil)
	s := v.server
	made := func() *view {
		t.Helper()
		o, err := s.newView(viewSpec{name: "b.log", mode: scan.Stream})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	other, second, third := made(), made(), made()
	v.kept = true
	s.order = []string{other.id, v.id}
	s.replace(v, second)
	if v.kept || !second.kept || !slices.Equal(s.order, []string{other.id, second.id}) || s.view(v.id) != v {
		t.Errorf("kept: %v and %v, in the order %v", v.kept, second.kept, s.order)
	}
	s.drop(v.id)
	if s.view(v.id) != second {
		t.Error("who asks for the old one does not get the new one")
	}
	s.replace(second, third)
	s.drop(second.id)
	if s.view(v.id) != third || s.view(second.id) != third {
		t.Error("who asks for the oldest one does not get the newest")
	}
	s.drop(third.id)
	if s.view(v.id) != nil || s.view(third.id) != nil || len(s.successors) != 0 || !slices.Equal(s.order, []string{other.id}) {
		t.Errorf("of what is gone %v is known, and the order %v", s.successors, s.order)
	}
	// One that was not in the list is not kept.
	a, b := made(), made()
	if s.replace(a, b); b.kept || a.kept {
		t.Error("it is kept for taking a place")
	}
	if s.view("none") != nil {
		t.Error("there is a view of no name")
	}
	// The one that was not asked for the longest makes room, but for those in use.
	for i, o := range []*view{other, a, b} {
		o.fed.Store(true)
		o.used.Store(time.Now().UnixNano() + int64(i))
	}
	other.kept = true
	b.phase(scanning)
	s.mu.Lock()
	first, next := s.removeOldest(nil), s.removeOldest(nil)
	s.mu.Unlock()
	if !first || next || s.views[a.id] != nil || s.views[b.id] == nil || s.views[other.id] == nil {
		t.Errorf("room was made: %v, then %v", first, next)
	}
}
