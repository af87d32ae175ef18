package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestChanged: four times as often or as seldom, and four standard deviations away.
func TestChanged(t *testing.T) {
	for _, c := range []struct {
		now, usual float64
		want       bool
	}{
		{16, 4, true},
		{15, 4, false},
		{5, 1, false},  // five times, but 2.8 deviations
		{8, 32, true},  // a quarter, and 4.2 deviations
		{9, 32, false}, // more than a quarter
		{5, 24, false}, // 3.8 deviations
		{4, 24, true},  // just four
		{4, 0, true},   // just four of what never came
		{3, 0, false},  // 3 deviations
		{0, 15, false}, // 3.75 deviations
		{0, 24, true},  // 4.8
		{0, 0, false},  // neither came
		{100, 100, false},
	} {
		if got := Changed(c.now, c.usual); got != c.want {
			t.Errorf("%v now, %v usually: %v, want %v", c.now, c.usual, got, c.want)
		}
	}
}

// TestCompareFields by the share of the lines that have each, sorted by their names.
func TestCompareFields(t *testing.T) {
	before := FieldLines{Of: map[string]float64{"a": 100, "often": 10, "seldom": 100, "gone2": 1, "gone1": 5, "zero": 0}, Lines: 100}
	after := FieldLines{Of: map[string]float64{"a": 200, "often": 100, "seldom": 10, "new2": 1, "new1": 2, "zero": 7}, Lines: 200}
	fresh, gone, changed := CompareFields(&before, &after)
	if got, want := fmt.Sprint(fresh), "[{new1 0 2} {new2 0 1} {zero 0 7}]"; got != want {
		t.Errorf("new: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(gone), "[{gone1 5 0} {gone2 1 0}]"; got != want {
		t.Errorf("gone: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(changed), "[{often 10 100} {seldom 100 10}]"; got != want {
		t.Errorf("changed: %s, want %s", got, want)
	}
}

// TestFieldLines counts the lines that have fields, and as many names as are told apart.
func TestFieldLines(t *testing.T) {
	long := strings.Repeat("n", LongFieldName)
	f := FieldLines{Of: map[string]float64{}}
	event := func(names ...string) *detector.Event {
		ev := &detector.Event{}
		for _, name := range names {
			ev.Fields = append(ev.Fields, detector.Field{Name: []byte(name)})
		}
		return ev
	}
	f.add(event())
	f.add(event("a", "b"))
	f.add(event("a"))
	f.add(event(long+"x", long+"y"))
	if f.Lines != 3 || fmt.Sprint(f.Of) != fmt.Sprintf("map[a:2 b:1 %s:2]", long) {
		t.Errorf("%+v", f)
	}
	for n := range MaxFieldNames {
		f.add(event(fmt.Sprint("many", n)))
	}
	f.add(event("a"))
	if len(f.Of) != MaxFieldNames || f.Of["a"] != 3 || f.Of[fmt.Sprint("many", MaxFieldNames-4)] != 1 {
		t.Errorf("%d names, a %v times", len(f.Of), f.Of["a"])
	}
}

// TestWhatIsStoppedFor is the first unusual error behind the last one that the log has
// got over; one that is final is not got over.
func TestWhatIsStoppedFor(t *testing.T) {
	type line struct {
		pattern uint64
		error   string // its text, when it is an unusual error
	}
	for _, c := range []struct {
		name    string
		known   []int64 // first line of each pattern of the baseline, which are numbered from 1
		ordered bool
		log     []line
		want    string
	}{
		{"nothing strange", []int64{1, 2, 3}, true, []line{{1, ""}, {2, ""}}, ""},
		{"an error, and half of what was left", []int64{1, 2, 3}, true, []line{{1, ""}, {9, "lost"}, {2, ""}}, "lost"},
		{"an error, and more than half of it", []int64{1, 2, 3, 4}, true, []line{{1, ""}, {9, "lost"}, {2, ""}, {3, ""}}, ""},
		{"an error, and what had come", []int64{1, 2, 3}, true, []line{{1, ""}, {9, "lost"}, {1, ""}}, "lost"},
		{"an error at the end", []int64{1, 2}, true, []line{{1, ""}, {2, ""}, {9, "lost"}}, "lost"},
		{"an error where nothing was left, and it goes on", []int64{1, 2}, true, []line{{1, ""}, {2, ""}, {9, "lost"}, {1, ""}}, ""},
		{"an error where nothing was left, and unknown lines", []int64{1, 2}, true, []line{{1, ""}, {2, ""}, {9, "lost"}, {8, ""}}, "lost"},
		{"without an order", []int64{0, 0, 0}, false, []line{{9, "lost"}, {1, ""}, {2, ""}, {3, ""}}, "lost"},
		{"of two the first", []int64{1, 2}, true, []line{{9, "lost"}, {9, "again"}}, "lost"},
		{"of two the one behind what it has got over", []int64{1, 2, 3, 4}, true, []line{{1, ""}, {9, "lost"}, {2, ""}, {3, ""}, {4, ""}, {9, "again"}}, "again"},
		{"final, and all that was left", []int64{1, 2, 3}, true, []line{{1, ""}, {9, "exited with 2"}, {2, ""}, {3, ""}}, "exited with 2"},
		{"the first that is final", []int64{1, 2, 3}, true, []line{{9, "exit code 7"}, {2, ""}, {3, ""}, {9, "exit code 8"}, {1, ""}}, "exit code 7"},
	} {
		b := &Baseline{patterns: map[uint64]*Change{}, ordered: c.ordered, records: int64(len(c.known))}
		for i, first := range c.known {
			b.patterns[uint64(i+1)] = &Change{Before: 1, first: first}
		}
		cmp := newComparison(b)
		for i, l := range c.log {
			v := detector.Verdict{Pattern: l.pattern, Judged: true, Reason: []byte("reason")}
			if l.error != "" {
				v.Anomaly, v.Level = true, pattern.LevelError
			}
			cmp.record(&Line{Number: int64(i + 1), Text: []byte(l.error), Verdict: v})
		}
		cmp.finish()
		got := ""
		if cmp.Stop != nil {
			got = cmp.Stop.Text
			if cmp.Stop.Reason != "reason" || c.log[cmp.Stop.Line-1].error != got {
				t.Errorf("%s: %+v", c.name, cmp.Stop)
			}
		}
		if got != c.want {
			t.Errorf("%s: stopped for %q, want %q", c.name, got, c.want)
		}
	}
	for text, final := range map[string]bool{
		"exit code 1": true, "exited with 2": true, "Exit Status: 127": true, "process exits 3": true, "exit code 0": false, "exit code 10": true,
		"exiting 1": false, "texit 1": false, "exit 1": true, "exit " + strings.Repeat("x", 24) + "1": false, "exit" + strings.Repeat(".", 24) + "1": true,
	} {
		if exited.MatchString(text) != final {
			t.Errorf("%q is final: %v", text, !final)
		}
	}
}

// TestManyErrors: as many are held as there is room for, the last ones.
func TestManyErrors(t *testing.T) {
	cmp := newComparison(&Baseline{patterns: map[uint64]*Change{}, ordered: true})
	for n := range maxErrors + 1 {
		v := detector.Verdict{Anomaly: true, Level: pattern.LevelError}
		cmp.record(&Line{Number: int64(n + 1), Text: []byte(strings.Repeat("x", 401)), Verdict: v})
		if n+1 == maxErrors && len(cmp.errors) != maxErrors {
			t.Errorf("of %d errors %d are held", maxErrors, len(cmp.errors))
		}
	}
	if n := len(cmp.errors); n != maxErrors/2+1 || cmp.errors[0].Line != maxErrors/2+1 || cmp.errors[n-1].Line != maxErrors+1 {
		t.Errorf("%d errors are held, from line %d on", n, cmp.errors[0].Line)
	}
	if n := len(cmp.errors[0].Text); n != 400 {
		t.Errorf("%d bytes of a line are held", n)
	}
	warning := detector.Verdict{Anomaly: true, Level: pattern.LevelError - 1}
	usual := detector.Verdict{Level: pattern.LevelFatal}
	fatal := detector.Verdict{Anomaly: true, Level: pattern.LevelFatal}
	for _, c := range []struct {
		v    detector.Verdict
		held bool
	}{{warning, false}, {usual, false}, {fatal, true}} {
		cmp := newComparison(&Baseline{patterns: map[uint64]*Change{}})
		cmp.record(&Line{Number: 1, Verdict: c.v})
		if (len(cmp.errors) == 1) != c.held {
			t.Errorf("%+v is an error to stop for: %v", c.v, !c.held)
		}
	}
}

// TestChangesAreSorted: those with most lines first, then as they came.
func TestChangesAreSorted(t *testing.T) {
	b := &Baseline{patterns: map[uint64]*Change{
		1: {ID: "b", Before: 5}, 2: {ID: "a", Before: 5}, 3: {ID: "c", Before: 50}, 4: {ID: "d", Before: 100},
	}, records: 160}
	c := newComparison(b)
	numbers := map[uint64][]int64{11: {7, 8}, 12: {3, 9}, 13: {1, 2, 4}, 4: {5}}
	for pattern, list := range numbers {
		for _, n := range list {
			c.record(&Line{Number: n, Verdict: detector.Verdict{Pattern: pattern}})
		}
	}
	c.records = 160
	c.finish()
	var got []string
	for _, k := range c.New {
		got = append(got, fmt.Sprint(k.Line, "x", k.Now))
	}
	got = append(got, "gone")
	for _, k := range c.Gone {
		got = append(got, k.ID)
	}
	got = append(got, "changed")
	for _, k := range c.Changed {
		got = append(got, fmt.Sprint(k.ID, k.Before, k.Now))
	}
	if want := "1x3 3x2 7x2 gone c a b changed " + fmt.Sprint(detector.PatternID(4), 100.0, 1); strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestABaselineThatIsNone is an error that says so.
func TestABaselineThatIsNone(t *testing.T) {
	broken := errors.New("the disk is gone")
	for name, c := range map[string]struct {
		open func() (io.ReadCloser, error)
		want string
	}{
		"nothing":     {func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }, "the baseline: there is no line in it"},
		"not there":   {func() (io.ReadCloser, error) { return nil, broken }, "the baseline: the disk is gone"},
		"unreadable":  {func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(broken)), nil }, "the baseline: the disk is gone"},
		"binary":      {func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("\x7fELF\x02")), nil }, "the baseline: the input is a program, not a log"},
		"a cut model": {func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(cutModel(t))), nil }, "the baseline: "},
	} {
		o := Options{Settings: options.Defaults(), Baseline: &Baseline{Open: c.open}}
		if _, err := Run(t.Context(), strings.NewReader("a\n"), o, nothing); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	// It is opened again for a second look, which may fail as well.
	times := 0
	o := Options{Settings: options.Defaults(), Baseline: &Baseline{Open: func() (io.ReadCloser, error) {
		if times++; times > 1 {
			return nil, broken
		}
		return io.NopCloser(strings.NewReader("a\n")), nil
	}}}
	if _, err := Run(t.Context(), strings.NewReader("a\n"), o, nothing); err == nil || err.Error() != "the baseline: the disk is gone" {
		t.Errorf("gone behind the first look: %v", err)
	}
}

func cutModel(t *testing.T) string {
	t.Helper()
	s := options.Defaults().Detector
	s.Synchronous = true
	d, err := detector.New(s)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var model strings.Builder
	if err := d.WriteSnapshot(&model, "test", time.Now()); err != nil {
		t.Fatal(err)
	}
	return model.String()[:model.Len()-1]
}

// TestSpoolLimit is how much is kept of an input, to the byte.
func TestSpoolLimit(t *testing.T) {
	text := shop(500)
	for _, c := range []struct {
		limit int64
		ok    bool
	}{{0, true}, {int64(len(text)), true}, {int64(len(text)) - 1, false}} {
		o := Options{Settings: options.Defaults(), Mode: Batch, SpoolLimit: c.limit}
		n := 0
		_, err := Run(t.Context(), io.MultiReader(strings.NewReader(text)), o, func(*Line) error { n++; return nil })
		if (err == nil) != c.ok || (n == 500) != c.ok {
			t.Errorf("a limit of %d for %d bytes: %d lines, %v", c.limit, len(text), n, err)
		}
	}
}

// TestOneEndlessLine is no log, and two lines are one.
func TestOneEndlessLine(t *testing.T) {
	long := strings.Repeat("x", MaxLine)
	for _, c := range []struct {
		name, input string
		ok          bool
	}{
		{"longer than is read", long + "y", false},
		{"longer, with its end", long + "y\n", false},
		{"as long as is read", long, true},
		{"longer, and another one", long + "y\nb\n", true},
		{"another one first", "b\n" + long + "y", true},
	} {
		_, err := Run(t.Context(), strings.NewReader(c.input), Options{Settings: options.Defaults()}, nothing)
		if c.ok && err != nil || !c.ok && !errors.Is(err, errOneLine) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestResult is what a run is summed up to.
func TestResult(t *testing.T) {
	var r Result
	line := func(text string, at time.Duration, judged, anomaly bool) {
		r.count(&Line{Text: []byte(text), Event: detector.Event{Time: at}, Verdict: detector.Verdict{Judged: judged, Anomaly: anomaly}})
	}
	line("a", 0, false, false)
	if r.First != 0 || r.Last != 0 || r.Array {
		t.Errorf("%+v", r)
	}
	line("[{", 50, true, true)
	line("b", 20, true, false)
	line("c", 70, true, false)
	line("d", 0, true, false)
	if r.Lines != 5 || r.Judged != 4 || r.Flagged != 1 || r.First != 20 || r.Last != 70 || r.Array {
		t.Errorf("%+v", r)
	}
}

// TestLearnedIsTold after a thousand lines, after four times as many each time, and at
// the end.
func TestLearnedIsTold(t *testing.T) {
	for lines, want := range map[int][]int{500: {500}, 999: {999}, 1000: {1000, 1000}, 5000: {1000, 4000, 5000}} {
		var got []int
		o := Options{Settings: options.Defaults(), Learned: func(c *detector.Contents) { got = append(got, c.Groups[0].Records) }}
		if _, err := Run(t.Context(), strings.NewReader(strings.Repeat("2026-03-02 08:00:01 INFO ready\n", lines)), o, nothing); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %d lines: told after %v, want %v", lines, got, want)
		}
	}
}

// TestWideNULs tells UTF-16 by where its NULs are.
func TestWideNULs(t *testing.T) {
	for _, c := range []struct {
		name, head string
		want       int
	}{
		{"little end first", "a\x00b\x00", 1},
		{"big end first", "\x00a\x00b", 0},
		{"too short", "a\x00b", -1},
		{"text", "abcd", -1},
		{"nothing", "", -1},
		{"NULs alone", "\x00\x00\x00\x00", -1},
		{"two of ten", "a\x00b\x00cdefgh", -1},
		{"four of ten are not enough", "a\x00b\x00c\x00d\x00ef", -1},
		{"nine of twenty", strings.Repeat("a\x00", 9) + "bb", 1},
		{"one in twenty of the others", "\x00\x00" + strings.Repeat("a\x00", 19), -1},
		{"one in twenty-one of the others", "\x00\x00" + strings.Repeat("a\x00", 20), 1},
	} {
		if got := wideNULs([]byte(c.head)); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		head string
		want bool
	}{
		{"", false}, {"a", true}, {"\n", false}, {"\x00", true}, {"a\x00", true}, {"\x00a", true}, {"ab", false}, {"\x00\x00", false},
		{"a\x00b", true}, {"a\x00\x00", false}, {"a\x00b\x00", true}, {"a\x00bc", false}, {"\x00a\x00b", true}, {"\x00ab", false},
		{"a\x00b\x00cc", true}, {strings.Repeat("a\x00", 15) + "a", true}, {strings.Repeat("a\x00", 16), false},
	} {
		if got := maybeWide([]byte(c.head)); got != c.want {
			t.Errorf("%q may be UTF-16: %v, want %v", c.head, got, c.want)
		}
	}
}

// TestIsBinary: control characters make it, and NULs, colors and other encodings do not.
func TestIsBinary(t *testing.T) {
	times := strings.Repeat
	for _, c := range []struct {
		name, head string
		want       bool
	}{
		{"text", times("routine\n", 10), false},
		{"NULs", times("\x00", 100), false},
		{"NULs and text", times("\x00", 100) + "a", false},
		{"eight control characters", times("\x01", 8), false},
		{"nine of them", times("\x01", 9), true},
		{"deletes", times("\x7f", 9), true},
		{"one in ten", times("\x01aaaaaaaaa", 9), false},
		{"a little more", times("\x01aaaaaaaaa", 9) + "\x01", true},
		{"one in twenty", times("\x01"+times("a", 19), 9), false},
		{"one in twenty, and a quarter of it broken", times("\x01"+times("a", 14)+times("\xff", 5), 9), false},
		{"one in twenty, and more than a quarter of it broken", times("\x01"+times("a", 13)+times("\xff", 6), 9), true},
		{"one in twenty-five, and broken", times("\x01"+times("\xff", 24), 9), false},
		{"one in twenty, and characters that stand for broken ones", times("\x01"+times("\ufffd", 6)+"a", 9), false},
		{"tabs, line ends and colors", times("\t\r\n\x1b", 10), false},
		{"other languages", times("日", 10) + times("\x01", 9) + times("日", 21), false}, // each counts with its bytes
	} {
		if got := isBinary([]byte(c.head)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestNoLog: a tar archive is told by its mark, where there is one.
func TestNoLog(t *testing.T) {
	head := times257() + "ustar"
	if noLog([]byte(head)) != nil || noLog([]byte(head+"\x00")) != errTar || noLog([]byte("x"+head+"\x00")) != nil {
		t.Error("a tar archive is told by something else than its mark in the bytes from 257 on")
	}
	if noLog([]byte(strings.Repeat("\x01", 9))) != errBinary || noLog([]byte("ustar")) != nil {
		t.Error("what is binary is not told")
	}
}

func times257() string { return strings.Repeat("a", 257) }

// TestPeekAtALine: the next line's beginning is there as far as it has been read.
func TestPeekAtALine(t *testing.T) {
	r := NewLineReader(strings.NewReader("first\r\nsecond\n" + strings.Repeat("x", 2*peekSize) + "\nlast"))
	if r.Ready() {
		t.Error("a line is there that nobody has read")
	}
	if head, ok := r.Peek(); ok || len(head) > 0 {
		t.Errorf("%q, %v", head, ok)
	}
	if !r.Fill() || !r.Ready() {
		t.Error("nothing is there behind a read")
	}
	if head, ok := r.Peek(); !ok || string(head) != "first" {
		t.Errorf("%q, %v", head, ok)
	}
	for _, want := range []string{"second", strings.Repeat("x", peekSize)} {
		if !r.Next() {
			t.Fatal(r.Err())
		}
		if head, ok := r.Peek(); !ok || string(head) != want {
			t.Errorf("%q, %v; want %q", head, ok, want)
		}
	}
	r.Next()
	if head, ok := r.Peek(); ok || string(head) != "last" || r.Ready() {
		t.Errorf("%q, %v: a line whose end has not been read", head, ok)
	}
	if r.Fill() {
		t.Error("something came behind the end")
	}
	if !r.Next() || string(r.Line()) != "last" || r.Next() || r.Err() != nil {
		t.Errorf("%q, %v", r.Line(), r.Err())
	}
	if one := NewLineReader(iotest.OneByteReader(strings.NewReader("a"))); !one.Fill() || one.Fill() {
		t.Error("one byte is none, or two")
	}
	full := NewLineReader(strings.NewReader(strings.Repeat("x", 2*readSize)))
	full.Fill()
	if !full.Ready() {
		t.Error("as much as is read at once is there, and it is waited for more")
	}
}

// TestOpen tells what a log is before it is read.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "app.log")
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	if err := errors.Join(os.WriteFile(name, []byte("a\nb\n"), 0o600), os.Chtimes(name, at, at)); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		what, name string
		stdin      io.Reader
		size       int64
	}{
		{"a file", name, nil, 4},
		{"a file as the standard input", Stdin, file, 4},
		{"a pipe", Stdin, strings.NewReader("a\nb\n"), -1},
	} {
		in, err := Open(t.Context(), c.stdin, c.name)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		live := c.size < 0
		if in.Size != c.size || in.Live != live || (in.Wait != nil) != live || in.Modified.Equal(at) == live || in.Modified.IsZero() != live {
			t.Errorf("%s: %+v", c.what, in)
		}
		if got, err := io.ReadAll(in); string(got) != "a\nb\n" || err != nil {
			t.Errorf("%s: %q, %v", c.what, got, err)
		}
		in.Close()
	}
	for missing, want := range map[string]string{dir: dir + " is a directory: name the files in it", filepath.Join(dir, "none"): "open " + filepath.Join(dir, "none")} {
		if _, err := Open(t.Context(), nil, missing); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for names, ok := range map[string]bool{"a b": true, "- a": true, "a -": true, "- -": false, "- a -": false} {
		if err := OnceStdin(strings.Fields(names)); (err == nil) != ok {
			t.Errorf("%s: %v", names, err)
		}
	}
}

// TestAPatientInput gives what has come, waits no longer than it should, and ends with
// its context.
func TestAPatientInput(t *testing.T) {
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	in, err := Open(ctx, r, Stdin)
	if err != nil {
		t.Fatal(err)
	}
	if in.Wait(time.Millisecond) {
		t.Error("something came of nothing")
	}
	go io.WriteString(w, "abc")
	if !in.Wait(time.Hour) || !in.Wait(0) {
		t.Error("what has come is not there")
	}
	b := make([]byte, 2)
	for _, want := range []string{"ab", "c"} {
		if n, err := in.Read(b); err != nil || string(b[:n]) != want {
			t.Errorf("%q, %v, want %q", b[:n], err, want)
		}
	}
	broken := errors.New("broken")
	for range 5 { // more than there are buffers
		go io.WriteString(w, "xy")
		if n, err := io.ReadFull(in, b); err != nil || string(b[:n]) != "xy" {
			t.Errorf("%q, %v", b[:n], err)
		}
	}
	w.CloseWithError(broken)
	if !in.Wait(time.Hour) {
		t.Error("the end is waited for in vain")
	}
	if n, err := in.Read(b); n != 0 || err != broken {
		t.Errorf("%d bytes, %v", n, err)
	}
	in.Close()

	r, w = io.Pipe()
	in, _ = Open(ctx, r, Stdin)
	cancel()
	if !in.Wait(time.Hour) {
		t.Error("behind its context it is waited for")
	}
	if _, err := in.Read(b); err != context.Canceled {
		t.Errorf("behind its context: %v", err)
	}
	w.Close()
}

// TestLongRecordsAreCut: what is joined of one has its bounds, in lines and in bytes.
func TestLongRecordsAreCut(t *testing.T) {
	const lines, bytes = 1000, 40 << 10
	for _, c := range []struct {
		name, line  string
		least, most int // bytes that are joined
	}{
		{"in lines", "\tat a.B(C.java:1)", lines * 18, lines*18 + 64},
		{"in bytes", "\tat " + strings.Repeat("x", 1000), bytes, bytes + 1100},
	} {
		log := "2026-03-02 08:00:01 ERROR failed\n" + strings.Repeat(c.line+"\n", 3*lines)
		n, joined := 0, 0
		_, err := Run(t.Context(), strings.NewReader(log), Options{Settings: options.Defaults()}, func(l *Line) error {
			n++
			joined += len(l.Record)
			if l.First != 1 || l.Continues != (l.Number > 1) {
				t.Fatalf("%s: line %d is of the record at %d", c.name, l.Number, l.First)
			}
			return nil
		})
		if err != nil || n != 3*lines+1 || joined < c.least || joined > c.most {
			t.Errorf("%s: %d bytes are joined of %d lines, want %d to %d; %v", c.name, joined, n, c.least, c.most, err)
		}
	}
}

// TestEachLineCanEndARun, the lines of a record too, whether they have been joined or come
// behind those.
func TestEachLineCanEndARun(t *testing.T) {
	log := "2026-03-02 08:00:01 ERROR failed\n" + strings.Repeat("\tat a.B(C.java:1)\n", 1100) + "2026-03-02 08:00:02 INFO ready\n"
	full := errors.New("the disk is full")
	for _, last := range []int{1, 2, 1000, 1050, 1102} {
		for _, live := range []bool{false, true} {
			n := 0
			_, err := Run(t.Context(), strings.NewReader(log), Options{Settings: options.Defaults(), Live: live}, func(*Line) error {
				if n++; n == last {
					return full
				}
				return nil
			})
			if err != full || n != last {
				t.Errorf("live %v: %d lines, want %d; %v", live, n, last, err)
			}
		}
	}
}

// TestBeginningWithAModel: a stream goes on from what a filter has learned, of whichever
// fields that read its records; what is no model ends the run.
func TestBeginningWithAModel(t *testing.T) {
	s := options.Defaults().Detector
	s.Synchronous, s.Source = true, []detector.Setting{{Name: "Log_Key", Value: "message"}}
	d, err := detector.New(s)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := Learn(t.Context(), d, strings.NewReader(shop(1000)), Options{Settings: options.Defaults()}); err != nil {
		t.Fatal(err)
	}
	var model strings.Builder
	if err := d.WriteSnapshot(&model, "test", time.Now()); err != nil {
		t.Fatal(err)
	}
	o := Options{Settings: options.Defaults(), Model: []byte(model.String())}
	r, err := Run(t.Context(), strings.NewReader(shop(100)), o, nothing)
	if err != nil || r.Judged != 100 {
		t.Errorf("%d of 100 lines are judged by a model; %v", r.Judged, err)
	}
	o.Mode = Batch // which has a model of its own
	with, err := Run(t.Context(), strings.NewReader(shop(100)), o, nothing)
	if err != nil {
		t.Fatal(err)
	}
	without, err := Run(t.Context(), strings.NewReader(shop(100)), Options{Settings: options.Defaults(), Mode: Batch}, nothing)
	if err != nil || with != without {
		t.Errorf("%+v, without a model %+v; %v", with, without, err)
	}
	o.Mode, o.Model = Stream, o.Model[:100]
	if _, err := Run(t.Context(), strings.NewReader(shop(100)), o, nothing); err == nil {
		t.Error("a cut model: no error")
	}
}

// TestPatternIDs are the same under any seed, those of events without a message the hash.
func TestPatternIDs(t *testing.T) {
	p, again := NewPatterns(), NewPatterns()
	message := &detector.Event{Message: []byte("user 7 logged in"), Fields: []detector.Field{{}}}
	id := p.ID(1, message)
	if id == 0 || id == 1 || again.ID(2, &detector.Event{Message: []byte("user 8 logged in")}) != id {
		t.Errorf("the id %x is not that of the pattern", id)
	}
	if p.ID(1, &detector.Event{Message: []byte("something else")}) != id {
		t.Error("a hash has two ids")
	}
	if got := p.ID(7, &detector.Event{Fields: []detector.Field{{}}}); got != 7 {
		t.Errorf("without a message: %x", got)
	}
	if got := p.ID(8, &detector.Event{}); got != p.Scan(nil).Hash || got == 8 {
		t.Errorf("of an empty event: %x", got)
	}
	for n := range uint64(MaxPatterns) {
		id := p.ID(100+n, message)
		if room := n < MaxPatterns-3; (id != 0) != room { // two are known already, and one is kept free
			t.Fatalf("pattern %d has the id %x", n, id)
		}
	}
}

// TestFollowedThroughRotations: each file that takes the place of the one before is read
// from its start, one that is read under another name only from its end, and of those
// that were read before no more than one stays open.
func TestFollowedThroughRotations(t *testing.T) {
	name := filepath.Join(t.TempDir(), "app.log")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(name, "one\nbroken")
	var files Followed
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := file.Stat()
	f := &follower{ctx: t.Context(), all: &files, name: name, file: file}
	files.keep(f, info)
	read := func(want string) {
		t.Helper()
		got := ""
		for p := make([]byte, 7); len(got) < len(want); {
			n, err := f.Read(p)
			if err != nil {
				t.Fatal(err)
			}
			got += string(p[:n])
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	read("one\nbroken")
	old := []*os.File{f.file}
	for i, text := range []string{"two\n", "three\n", "four\n"} {
		if err := os.Rename(name, fmt.Sprint(name, ".", i)); err != nil {
			t.Fatal(err)
		}
		write(name, text)
		if i == 0 { // the line whose end has not come ends here
			text = "\n" + text
		}
		read(text)
		old = append(old, f.file)
	}
	for i, o := range old {
		_, err := o.Stat()
		if open := err == nil; open != (i >= len(old)-2) {
			t.Errorf("file %d of %d is open: %v", i+1, len(old), open)
		}
	}
	if n := len(files.open); n != 1 {
		t.Errorf("%d files are said to be followed", n)
	}
	// Emptied, it begins anew; a line that was within is broken.
	write(name, "x")
	read("x")
	if err := os.Truncate(name, 0); err != nil {
		t.Fatal(err)
	}
	read("\n")
	if err := os.WriteFile(name, []byte("y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read("y\n")
	// What another one reads is at its end.
	other := name + ".other"
	write(other, "read by another one\n")
	its, err := os.Open(other)
	if err != nil {
		t.Fatal(err)
	}
	defer its.Close()
	its2, _ := its.Stat()
	files.keep(&follower{}, its2)
	if err := os.Rename(other, name); err != nil {
		t.Fatal(err)
	}
	a, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	done := make(chan struct{})
	go func() {
		for { // until it is seen that the name has another file
			files.mu.Lock()
			changed := os.SameFile(files.open[f][0], its2)
			files.mu.Unlock()
			if changed {
				break
			}
			time.Sleep(time.Millisecond)
		}
		a.WriteString("more\n")
		close(done)
	}()
	read("more\n")
	<-done
	if !files.has(its2, f) || files.has(info, nil) {
		t.Error("what is followed is not known")
	}
	f.Close()
	if len(files.open) != 1 {
		t.Error("what is closed is still followed")
	}
}

// TestFollowedWaitsForAnother: a name that has no file for a while is not at its end.
func TestFollowedWaitsForAnother(t *testing.T) {
	name := filepath.Join(t.TempDir(), "app.log")
	if err := os.WriteFile(name, []byte("one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	var files Followed
	f := &follower{ctx: t.Context(), all: &files, name: name, file: file, gone: time.Hour}
	p := make([]byte, 9)
	if n, err := f.Read(p); err != nil || string(p[:n]) != "one\n" {
		t.Fatalf("%q, %v", p[:n], err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(followEvery/2, func() {
		// In one step: what is seen is whole.
		if err := errors.Join(os.WriteFile(name+".new", []byte("two\n"), 0o600), os.Rename(name+".new", name)); err != nil {
			t.Error(err)
		}
	})
	if n, err := f.Read(p); err != nil || string(p[:n]) != "two\n" {
		t.Errorf("%q, %v", p[:n], err)
	}
	if !f.away.IsZero() {
		t.Error("the name is said to have no file")
	}
}

// TestClone stays what it was when the line is another one, and has a text for its pattern.
func TestClone(t *testing.T) {
	message, group := []byte("request 7 served"), []byte("web")
	l := &Line{
		Number: 3, Text: message, Record: message, Incident: []byte("n3-abcde"), Nth: 2,
		Event:   detector.Event{Time: time.Second, Level: pattern.LevelWarn, Transport: pattern.LevelInfo, Group: group, Message: message, Fields: []detector.Field{{Name: message}}},
		Verdict: detector.Verdict{Score: 0.5, Reason: []byte("why")},
	}
	c := l.Clone()
	for _, b := range [][]byte{message, group, l.Incident, l.Verdict.Reason} {
		for i := range b {
			b[i] = 'x'
		}
	}
	if string(c.Text) != "request 7 served" || c.Record != nil || string(c.Incident) != "n3-abcde" || string(c.Verdict.Reason) != "why" || c.Number != 3 || c.Nth != 2 || c.Verdict.Score != 0.5 {
		t.Errorf("%+v", c)
	}
	if e := c.Event; e.Time != time.Second || e.Level != pattern.LevelWarn || e.Transport != pattern.LevelInfo || string(e.Group) != "web" || e.Message != nil || e.Fields != nil {
		t.Errorf("%+v", e)
	}
	if got := c.Template(); got != "request 7 served" {
		t.Errorf("a line whose pattern is not known is shown as %q", got)
	}
	c.Text = []byte(strings.Repeat("é", 201))
	if got := c.Template(); got != strings.Repeat("é", 200) {
		t.Errorf("%d bytes of a line are shown for its pattern", len(got))
	}
	var templates []string
	_, err := Run(t.Context(), strings.NewReader("2026-03-02T08:00:00Z\nrequest 7 served\n{}\n"), Options{Settings: options.Defaults()}, func(l *Line) error {
		templates = append(templates, l.Template())
		return nil
	})
	if want := []string{"<time>", "request <num> served", "{}"}; err != nil || !slices.Equal(templates, want) {
		t.Errorf("%q, want %q; %v", templates, want, err)
	}
}
