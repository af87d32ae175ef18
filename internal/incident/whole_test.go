package incident

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestWholeWords: a word is found where it is no part of a longer one.
func TestWholeWords(t *testing.T) {
	for _, c := range []struct {
		line, word string
		from, want int
	}{
		{"full", "full", 0, 0},
		{"a full", "full", 0, 2},
		{"full a", "full", 0, 0},
		{"full", "full", 1, -1},
		{"full full", "full", 1, 5},
		{"careful: full", "full", 0, 9},
		{"fullfull full", "full", 0, 9},
		{"afull fulla", "full", 0, -1},
		{"zfull fullz", "full", 0, -1},
		{"Afull fullA", "full", 0, -1},
		{"Zfull fullZ", "full", 0, -1},
		{"0full full0", "full", 0, -1},
		{"9full full9", "full", 0, -1},
		{"_full full_", "full", 0, -1},
		{"äfull fullä", "full", 0, -1},
		{"\x80full full\x80", "full", 0, -1},
		{"`full", "full", 0, 1}, // the neighbours of letters and digits are none
		{"{full", "full", 0, 1},
		{"@full", "full", 0, 1},
		{"[full", "full", 0, 1},
		{"/full", "full", 0, 1},
		{":full", "full", 0, 1},
		{"\x7ffull", "full", 0, 1},
		{"a/x", "/x", 0, 1}, // a word that begins with no letter is joined to none
		{"x/a", "x/", 0, 0},
		{"none of it", "full", 0, -1},
		{"line", "", 0, -1},
	} {
		if got := whole(c.line, c.word, c.from); got != c.want {
			t.Errorf("%q in %q from %d on: %d, want %d", c.word, c.line, c.from, got, c.want)
		}
	}
}

// TestMarksOfEachKindOfPhrase, where the line has what the phrase speaks of and where
// it has not, or has it elsewhere too.
func TestMarksOfEachKindOfPhrase(t *testing.T) {
	for _, c := range []struct{ line, phrase, want string }{
		{"WARN or warn", "level WARN is unusual for this message", "WARN"},
		{"it warned", "level WARN is unusual for this message", ""},
		{"7 of 17", "number 17 far above the usual 3", "17"},
		{"no such thing", "number 17 far above the usual 3", ""},
		{"took=1.5 s, size=-17 kB", `number -17000 of "size" far below the usual 5`, "-17 kB"},
		{"17 came, size unknown", `number 17 of "size" far above the usual 5`, ""},
		{"17 came", `number 17 of "size" far above the usual 5`, ""},
		{"rate=1.2e-5", `number 0.000012 of "rate" far below the usual 5`, "1.2e-5"},
		{"503 code=503", "code 503 never seen, usually 200", "503"},
		{"503 code=200", "code 503 never seen, usually 200", "503"}, // not behind its name, and yet there
		{"code=200", "code 503 never seen, usually 200", ""},
		{"a=1 shard=3 replica=9", "replica (of a pair) 9 and shard (of a pair) 3 never came together", "3 9"},
		{`host=a path=a`, `unusual characters in host "a": "a" in 0 of 5`, "a"},
		{"first second first", `unusual words "first" and "first"`, "first first"},
		{"second first", `unusual words "first" and "second"`, "first"}, // not in its order
		{"refirsted", `unusual word "first"`, "first"},                  // no whole word, and yet there
		{"disk refulled", `unusual words "disk" and "full"`, "disk full"},
		{"a first b", `unusual word "first`, ""}, // the quote is not closed
	} {
		var got []string
		for _, m := range Marks(c.line, c.phrase) {
			got = append(got, c.line[m[0]:m[1]])
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q, %s: %q is marked, want %q", c.line, c.phrase, s, c.want)
		}
	}
	// Marks that overlap are one, those beside each other are two.
	if got := Marks("disk full", `unusual word "disk f"; unusual word "full"; unusual word "disk"`); !slices.Equal(got, [][2]int{{0, 9}}) {
		t.Errorf("overlapping: %v", got)
	}
	if got := Marks("disk full", `unusual word "disk"; unusual word " full"`); !slices.Equal(got, [][2]int{{0, 4}, {4, 9}}) {
		t.Errorf("beside each other: %v", got)
	}
}

// TestHash is that of FNV-1a, so that ids are the same everywhere.
func TestHash(t *testing.T) {
	for _, s := range []string{"", "a", "web", "a longer name of a group"} {
		h := fnv.New64a()
		h.Write([]byte(s))
		if got := hash([]byte(s)); got != h.Sum64() {
			t.Errorf("%q: %#x, want %#x", s, got, h.Sum64())
		}
	}
}

// TestWhatWasToldFirstIsForgottenFirst when too much was told.
func TestWhatWasToldFirstIsForgottenFirst(t *testing.T) {
	tr := New(0)
	for i := range maxTold { // two at a time, and the first ones last
		flag(tr, start+time.Duration(maxTold-i/2)*time.Millisecond, "", uint64(i))
	}
	order := slices.SortedFunc(maps.Keys(tr.told), func(a, b uint64) int {
		return cmp.Or(cmp.Compare(tr.told[a].at, tr.told[b].at), cmp.Compare(a, b))
	})
	for i := range 10 {
		before := maps.Clone(tr.told)
		flag(tr, start+time.Minute, "", uint64(maxTold+i))
		if len(tr.told) != maxTold {
			t.Fatalf("%d patterns are held", len(tr.told))
		}
		for key := range before {
			if _, held := tr.told[key]; !held && key != order[i] {
				t.Errorf("%d. to be forgotten is one that was told at %v, want the one of %v", i+1, before[key].at, before[order[i]].at)
			}
		}
	}
	// One that is told again takes nobody's place.
	before := slices.Sorted(maps.Keys(tr.told))
	flag(tr, start+time.Minute, "", maxTold+9)
	if after := slices.Sorted(maps.Keys(tr.told)); !slices.Equal(before, after) {
		t.Error("a pattern that was told again made another one be forgotten")
	}
}

// TestWhatGoesOnIsOfItsGroup, though the incidents of two groups began at the same time.
func TestWhatGoesOnIsOfItsGroup(t *testing.T) {
	tr := New(0)
	web, _ := flagAs(tr, start, "web", 1, 0.6)
	db, _ := flagAs(tr, start, "db", 1, 0.6)
	if id, nth := flagAs(tr, start+time.Hour, "web", 1, 0.6); id != web || nth != 2 {
		t.Errorf("%s, number %d, want %s", id, nth, web)
	}
	if id, nth := flagAs(tr, start+time.Hour, "db", 1, 0.6); id != db || nth != 2 {
		t.Errorf("%s, number %d, want %s", id, nth, db)
	}
}

// TestMaxBytes is what the largest state takes, but for the two counts, which are small.
func TestMaxBytes(t *testing.T) {
	tr := New(0)
	tr.records, tr.now = math.MaxUint64, math.MaxInt64
	for range maxOpen {
		tr.open = append(tr.open, open{first: math.MaxInt64, last: math.MaxInt64, opened: math.MaxInt64, n: math.MaxUint64})
	}
	for key := range uint64(maxTold) {
		tr.told[key] = told{at: math.MaxInt64, lone: math.MaxInt64, opened: math.MaxInt64}
	}
	b, err := tr.AppendBinary(nil)
	if err != nil || len(b) > MaxBytes || len(b) < MaxBytes-2*binary.MaxVarintLen64 {
		t.Errorf("the largest state takes %d bytes, of at most %d; %v", len(b), MaxBytes, err)
	}
}

// TestAStateThatCannotBe is refused, and one at its bounds is not.
func TestAStateThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(tr *Tracker, o *open, k *told)
		bad   bool
	}{
		{"as it is", func(tr *Tracker, o *open, k *told) {}, false},
		{"without a time", func(tr *Tracker, o *open, k *told) { tr.now = 0 }, false},
		{"a time before 1970", func(tr *Tracker, o *open, k *told) { tr.now = -1 }, true},
		{"from the first moment on", func(tr *Tracker, o *open, k *told) { o.first = 0 }, false},
		{"before the first moment", func(tr *Tracker, o *open, k *told) { o.first = -1 }, true},
		{"opened with its first", func(tr *Tracker, o *open, k *told) { o.opened = o.first }, false},
		{"opened before its first", func(tr *Tracker, o *open, k *told) { o.opened = o.first - 1 }, true},
		{"opened with its last", func(tr *Tracker, o *open, k *told) { o.last = o.opened }, false},
		{"opened after its last", func(tr *Tracker, o *open, k *told) { o.last = o.opened - 1 }, true},
		{"to the last moment", func(tr *Tracker, o *open, k *told) { o.last = maxTime }, false},
		{"beyond the last moment", func(tr *Tracker, o *open, k *told) { o.last = maxTime + 1 }, true},
		{"that weighs too little to be counted", func(tr *Tracker, o *open, k *told) { o.halves, o.n = 1, 0 }, false},
		{"that weighs too little and is counted", func(tr *Tracker, o *open, k *told) { o.halves = 1 }, true},
		{"that weighs more than enough", func(tr *Tracker, o *open, k *told) { o.halves = enough + 1 }, true},
		{"of no records", func(tr *Tracker, o *open, k *told) { o.n = 0 }, true},
		{"told at the first moment", func(tr *Tracker, o *open, k *told) { k.at, k.lone, k.opened = 0, 0, 0 }, false},
		{"told before it", func(tr *Tracker, o *open, k *told) { k.at = -1 }, true},
		{"alone before it", func(tr *Tracker, o *open, k *told) { k.lone = -1 }, true},
		{"opened before it", func(tr *Tracker, o *open, k *told) { k.opened = -1 }, true},
		{"told at the last moment", func(tr *Tracker, o *open, k *told) { k.at, k.lone, k.opened = maxTime, maxTime, maxTime }, false},
		{"told after it", func(tr *Tracker, o *open, k *told) { k.at = maxTime + 1 }, true},
		{"alone after it", func(tr *Tracker, o *open, k *told) { k.lone = maxTime + 1 }, true},
		{"opened after it", func(tr *Tracker, o *open, k *told) { k.opened = maxTime + 1 }, true},
		{"a score of 0", func(tr *Tracker, o *open, k *told) { k.score = 0 }, false},
		{"a score of 1", func(tr *Tracker, o *open, k *told) { k.score = 1 }, false},
		{"a score below 0", func(tr *Tracker, o *open, k *told) { k.score = -0.1 }, true},
		{"a score above 1", func(tr *Tracker, o *open, k *told) { k.score = 1.1 }, true},
		{"no score", func(tr *Tracker, o *open, k *told) { k.score = math.NaN() }, true},
		{"as many incidents as are held", func(tr *Tracker, o *open, k *told) { tr.open = slices.Repeat(tr.open, maxOpen) }, false},
		{"more incidents than are held", func(tr *Tracker, o *open, k *told) { tr.open = slices.Repeat(tr.open, maxOpen+1) }, true},
		{"as many patterns as are held", func(tr *Tracker, o *open, k *told) {
			for key := range uint64(maxTold - 1) {
				tr.told[key] = *k
			}
		}, false},
		{"more patterns than are held", func(tr *Tracker, o *open, k *told) {
			for key := range uint64(maxTold) {
				tr.told[key] = *k
			}
		}, true},
	} {
		const key = math.MaxUint64
		at := int64(start)
		tr := New(0)
		tr.records, tr.now = 7, start
		k := told{at: at, score: 0.6, lone: at, opened: at, timed: true}
		tr.open = []open{{first: at, opened: at + 1, last: at + 2, timed: true, halves: enough, n: 3}}
		c.spoil(tr, &tr.open[0], &k)
		tr.told[key] = k
		b, _ := tr.AppendBinary(nil)
		heir := New(0)
		before, _ := heir.AppendBinary(nil)
		err := heir.UnmarshalBinary(b)
		if (err != nil) != c.bad {
			t.Errorf("%s: %v", c.name, err)
		}
		want := b
		if c.bad {
			want = before
		}
		if got, _ := heir.AppendBinary(nil); !bytes.Equal(got, want) {
			t.Errorf("%s: it has become another state", c.name)
		}
	}
	// A state of another version says so.
	b, _ := New(0).AppendBinary(nil)
	b[0]++
	if err := New(0).UnmarshalBinary(b); err == nil || err.Error() != "incidents of version 3, this version reads 2" {
		t.Errorf("%v", err)
	}
	if err := New(0).UnmarshalBinary(nil); err != errDamaged {
		t.Errorf("of no bytes: %v", err)
	}
	// What AppendBinary never writes: a truth that is neither, and a pattern twice.
	tr := New(0)
	flag(tr, start, "", 1)
	flag(tr, start, "", 2)
	b, _ = tr.AppendBinary(nil)
	times := 0
	for i, c := range b {
		if c > 1 || i == 0 {
			continue
		}
		spoilt := slices.Clone(b)
		spoilt[i] = 2
		heir := New(0)
		if heir.UnmarshalBinary(spoilt) != nil {
			continue
		}
		times++
		if again, _ := heir.AppendBinary(nil); !bytes.Equal(again, spoilt) {
			t.Errorf("with 2 in byte %d: it is taken for another state", i)
		}
	}
	if times == 0 {
		t.Error("no byte of a number can be another one")
	}
	const size = 25 + 9 + 1 + 9 // of a pattern: at, lone and opened take 9, 1 and 9 bytes
	copy(b[len(b)-size:len(b)-size+8], b[len(b)-2*size:])
	if err := New(0).UnmarshalBinary(b); err != errDamaged {
		t.Errorf("with a pattern twice: %v", err)
	}
}

// teller tells a Teller of lines, each a millisecond behind the other unless at says so.
type teller struct {
	*Teller
	number int64
}

func (t *teller) tell(at time.Duration, incident string, v detector.Verdict) *Story {
	t.number++
	l := Line{Number: t.number, Time: at, Group: []byte("web"), Text: []byte("text"), Verdict: &v, Template: func() string { return "template" }}
	if v.Anomaly {
		l.Incident = []byte(incident)
		if v.Weight == detector.Whole {
			l.Nth = 1
		}
	}
	return t.Line(&l)
}

// TestAStory of lines that come in any order.
func TestAStory(t *testing.T) {
	tl := teller{Teller: NewTeller(0)}
	odd := func(pattern uint64, score float64, kind detector.AnomalyKind, level pattern.Level, w detector.Weight) detector.Verdict {
		return detector.Verdict{Judged: true, Anomaly: true, Pattern: pattern, Score: score, Kind: kind, Level: level, Weight: w, Reason: []byte("reason")}
	}
	s := tl.tell(start, "a", odd(1, 0.6, detector.OffNumber, pattern.LevelInfo, detector.None))
	if s == nil || !s.Quiet || s.ID != "a" || s.Group != "web" || s.From != 1 || s.To != 1 || s.First != start || s.Last != start {
		t.Fatalf("after its first line: %+v", s)
	}
	tl.tell(start-time.Minute, "a", odd(2, 0.9, detector.NewPattern, pattern.LevelError, detector.Whole))
	tl.tell(start+time.Minute, "a", odd(3, 0.7, detector.NewPattern, pattern.LevelWarn, detector.None))
	tl.tell(start, "a", odd(1, 0.65, detector.OffNumber, pattern.LevelInfo, detector.None))
	tl.tell(start, "a", odd(1, 0.5, detector.NewPattern, pattern.LevelInfo, detector.None))
	if tl.tell(start, "a", detector.Verdict{Judged: true, Pattern: 1}) != nil {
		t.Error("a usual line of a pattern of which a number was strange is one of the story")
	}
	if tl.tell(start, "a", detector.Verdict{Judged: true, Pattern: 3}) != s {
		t.Error("a line of a new pattern is none of the story")
	}
	list := tl.Stories()
	if len(list) != 1 {
		t.Fatalf("%d stories", len(list))
	}
	got := list[0]
	if got.Quiet || got.First != start-time.Minute || got.Last != start+time.Minute || got.Took() != 2*time.Minute || got.From != 1 || got.To != 5 ||
		got.Flagged != 5 || got.Lines != 6 || got.Level != pattern.LevelError || got.Score != 0.9 || got.More != 0 {
		t.Errorf("%+v", got)
	}
	if want := []Count{{"new", 3}, {"number", 2}}; !slices.Equal(got.Kinds, want) {
		t.Errorf("kinds %v, want %v", got.Kinds, want)
	}
	type said struct {
		line, flagged, lines int64
		score                float64
	}
	var patterns []said
	for _, p := range got.Patterns {
		patterns = append(patterns, said{p.Line, p.Flagged, p.Lines, p.Score})
		if p.Text != "template" || p.Sample != "text" || p.Reason != "reason" {
			t.Errorf("%+v", p)
		}
	}
	if want := []said{{2, 1, 1, 0.9}, {3, 1, 2, 0.7}, {1, 3, 3, 0.65}}; !slices.Equal(patterns, want) {
		t.Errorf("patterns %v, want %v", patterns, want)
	}
	// What is told later changes nothing of what was given out.
	tl.tell(start, "a", odd(2, 0.95, detector.OffNumber, pattern.LevelFatal, detector.None))
	if got.Score != 0.9 || got.Kinds[1].Times != 2 || got.Patterns[0].Lines != 1 {
		t.Errorf("it has changed: %+v", got)
	}
}

// TestLinesOfAPatternThatWasNew are the incident's until it is over: a gap after its
// last flagged line, or as many records where there are no times.
func TestLinesOfAPatternThatWasNew(t *testing.T) {
	flagged := func(kind detector.AnomalyKind) detector.Verdict {
		return detector.Verdict{Judged: true, Anomaly: true, Pattern: 1, Score: 0.6, Kind: kind}
	}
	usual := detector.Verdict{Judged: true, Pattern: 1}
	const gap = time.Minute
	for _, c := range []struct {
		kind detector.AnomalyKind
		at   time.Duration
		part bool
	}{
		{detector.NewPattern, gap, true},
		{detector.NewPattern, gap + 1, false},
		{detector.RarePattern, gap, true},
		{detector.Returned, gap, true},
		{detector.OffRate, gap, true},
		{detector.OffNumber, gap, false},
		{detector.OddText, gap, false},
	} {
		tl := teller{Teller: NewTeller(gap)}
		s := tl.tell(start, "a", flagged(c.kind))
		if got := tl.tell(start+c.at, "", usual); (got == s) != c.part {
			t.Errorf("%s, %v later: part of the incident: %v, want %v", c.kind, c.at, got == s, c.part)
		}
		if !c.part && tl.tell(start, "", usual) == s {
			t.Errorf("%s: an incident that was over goes on", c.kind)
		}
	}
	for between, part := range map[int64]bool{gapRecords: true, gapRecords + 1: false} {
		tl := teller{Teller: NewTeller(gap)}
		s := tl.tell(0, "a", flagged(detector.NewPattern))
		tl.number += between - 1
		if got := tl.tell(0, "", usual); (got == s) != part {
			t.Errorf("%d lines later: part of the incident: %v, want %v", between, got == s, part)
		}
	}
	tl := teller{Teller: NewTeller(0)}
	s := tl.tell(start, "a", flagged(detector.NewPattern))
	if tl.tell(start+DefaultGap, "", usual) != s || tl.tell(start+DefaultGap+1, "", usual) == s {
		t.Error("a gap of 0 is not the default")
	}
}

// TestStoriesThatAreLeftOut are the quiet ones first, then those with the lowest scores;
// of two that are the same the one that began later.
func TestStoriesThatAreLeftOut(t *testing.T) {
	tl := NewTeller(0)
	for n := range maxStories + 1 {
		v := detector.Verdict{Anomaly: true, Pattern: uint64(n), Kind: detector.NewPattern, Score: 0.5}
		l := Line{Number: int64(n), Verdict: &v, Incident: []byte{byte(n >> 16), byte(n >> 8), byte(n)}, Nth: 1, Template: func() string { return "" }}
		switch {
		case n%4 == 0:
			v.Score, l.Nth = 0.9, 0 // quiet
		case n%4 == 1:
			v.Score = 0.6
		}
		tl.Line(&l)
	}
	list := tl.Stories()
	if len(list) != maxStories/2 || tl.Left != maxStories/2+1 {
		t.Fatalf("%d stories are held, %d left out", len(list), tl.Left)
	}
	strange, last := 0, int64(0)
	for _, s := range list {
		switch {
		case s.Quiet:
			t.Errorf("a quiet one is held: %+v", s)
		case s.Score == 0.6:
			strange++
		default:
			last = max(last, s.From)
		}
	}
	if want := maxStories / 4; strange != want {
		t.Errorf("%d of the %d strangest are held", strange, want)
	}
	if want := int64(maxStories/2 - 1); last != want {
		t.Errorf("the last one of the others is %d, want %d", last, want)
	}
	if len(tl.fresh) > len(list)+1 { // and the one of the line that came last
		t.Errorf("%d patterns of %d stories are held", len(tl.fresh), len(list))
	}
}

// TestTop are the strangest, the quiet ones last.
func TestTop(t *testing.T) {
	list := []*Story{{ID: "a", Score: 0.5}, {ID: "b", Score: 0.9, Quiet: true}, {ID: "c", Score: 0.7}, {ID: "d", Score: 0.7}, {ID: "e", Score: 0.6, Quiet: true}}
	ids := func(list []*Story) string {
		var b strings.Builder
		for _, s := range list {
			b.WriteString(s.ID)
		}
		return b.String()
	}
	for top, want := range map[int]string{-1: "abcde", 0: "abcde", 1: "c", 2: "cd", 3: "cda", 4: "cdab", 5: "abcde", 6: "abcde"} {
		if got := ids(Top(list, top)); got != want {
			t.Errorf("%d of them: %s, want %s", top, got, want)
		}
	}
	if loud, quiet := Loud(list); ids(loud) != "acd" || ids(quiet) != "be" {
		t.Errorf("loud %s, quiet %s", ids(loud), ids(quiet))
	}
}

// TestStoriesAreInTheOrderOfTheirLines, and of their ids where they begin with the same
// one.
func TestStoriesAreInTheOrderOfTheirLines(t *testing.T) {
	tl := NewTeller(0)
	for _, c := range []struct {
		number int64
		id     string
	}{{3, "a"}, {2, "c"}, {2, "b"}, {1, "d"}} {
		tl.Line(&Line{Number: c.number, Verdict: &detector.Verdict{Anomaly: true}, Incident: []byte(c.id), Template: func() string { return "" }})
	}
	got := ""
	for _, s := range tl.Stories() {
		got += s.ID
	}
	if got != "dbca" {
		t.Errorf("%s", got)
	}
}
