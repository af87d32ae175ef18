package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/report"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// TestChartOfAView counts what is flagged for each stop of the slider, draws what is at
// the one that is asked for, and by time alone leaves strays outside.
func TestChartOfAView(t *testing.T) {
	var made []line
	for i, sweep := range []uint32{0b001, 0b011, 0, 0b111, 0b100, 0} {
		made = append(made, line{time: 1_000_000 + int64(i)*1000, sweep: sweep, flags: judgedBit | uint8(pattern.LevelInfo)})
	}
	made[3].flags, made[5].flags = judgedBit|uint8(pattern.LevelError), uint8(pattern.LevelError)
	for range 300 {
		made = append(made, line{time: 1_010_000})
	}
	made = append(made, line{time: 1 << 41, sweep: 0b010, flags: judgedBit})
	v := patterned(t, made)
	type answer struct {
		From, Width, First, Last int64
		Outside                  *outside
		Lines, Flagged           [][]int32
		Total                    totals
	}
	for query, want := range map[string]struct {
		lines, judged  int64
		flagged        []int64 // by stop
		errors, drawn  int64   // of all lines; flagged ones that are drawn
		linesOfTheBins int64
		strays         int64
	}{
		"x=line":                       {307, 6, []int64{3, 3, 2, 0}, 2, 3, 307, 0},
		"x=line&stop=1":                {307, 6, []int64{3, 3, 2, 0}, 2, 3, 307, 0},
		"x=line&stop=2":                {307, 6, []int64{3, 3, 2, 0}, 2, 2, 307, 0},
		"x=time":                       {307, 6, []int64{3, 3, 2, 0}, 2, 3, 306, 1},
		"x=time&stop=1":                {307, 6, []int64{3, 3, 2, 0}, 2, 2, 306, 1},
		"x=line&levels=error":          {2, 1, []int64{1, 1, 1, 0}, 2, 1, 2, 0},
		"x=line&axis=line&from=2&to=5": {307, 6, []int64{3, 3, 2, 0}, 2, 2, 3, 0},
	} {
		var a answer
		asked(t, v, "/chart?bins=20&"+query, &a)
		count := func(bins [][]int32) (n int64) {
			for _, b := range bins {
				n += int64(total(b))
			}
			return n
		}
		strays := int64(0)
		if a.Outside != nil {
			strays = a.Outside.Before + a.Outside.After
		}
		if a.Total.Lines != want.lines || a.Total.Judged != want.judged || !slices.Equal(a.Total.Flagged[:4], want.flagged) || a.Total.EachLevel[pattern.LevelError] != want.errors {
			t.Errorf("%s: in all %+v, want %+v", query, a.Total, want)
		}
		// 307 lines in 20 bins, or the four of a range; nearly all times within 10 s.
		width := int64(20)
		if strings.Contains(query, "axis=line") {
			width = 1
		} else if strings.Contains(query, "x=time") {
			width = 1000
		}
		if a.Width != width || len(a.Lines[0]) > 21 {
			t.Errorf("%s: %d bins from %d on, %d wide, want %d", query, len(a.Lines[0]), a.From, a.Width, width)
		}
		if count(a.Lines) != want.linesOfTheBins || count(a.Flagged) != want.drawn || strays != want.strays {
			t.Errorf("%s: %d lines, %d flagged, %d outside; want %+v", query, count(a.Lines), count(a.Flagged), strays, want)
		}
	}
}

// TestPatternsAtAStop: what is flagged of a pattern is what is at that stop of the slider.
func TestPatternsAtAStop(t *testing.T) {
	v := patterned(t, []line{{sweep: 0b001}, {sweep: 0b011}, {sweep: 0b010}, {sweep: 0b110}, {pattern: 1, sweep: 0b100}})
	for stop, want := range []string{"2 0", "3 0", "1 1", "0 0"} {
		var a struct{ Patterns []struct{ Flagged int64 } }
		asked(t, v, fmt.Sprintf("/patterns?x=line&sort=first&stop=%d", stop), &a)
		if got := fmt.Sprint(a.Patterns[0].Flagged, a.Patterns[1].Flagged); got != want {
			t.Errorf("stop %d: %s are flagged, want %s", stop, got, want)
		}
	}
	for n, want := range map[int]int{-1: 0, 0: 0, 1: 1, 2: 2, 3: 2} {
		var a struct {
			Total    int
			Patterns []patternRow
		}
		if asked(t, v, fmt.Sprintf("/patterns?x=line&n=%d", n), &a); a.Total != 2 || len(a.Patterns) != want {
			t.Errorf("of %d that are wanted %d come, of %d", n, len(a.Patterns), a.Total)
		}
	}
}

// TestSeekFromAHiddenLine goes to the next flagged one behind it, and before it, and not
// to the one after that.
func TestSeekFromAHiddenLine(t *testing.T) {
	v := patterned(t, []line{{sweep: 1}, {sweep: 1}, {pattern: 1, sweep: 1}, {sweep: 1}, {}, {sweep: 1}})
	for query, want := range map[string]int64{"line=3": 4, "line=3&back=1": 2, "line=2": 4, "line=4": 6, "line=4&back=1": 2, "line=5&back=1": 4} {
		var found struct{ Line int64 }
		if asked(t, v, "/seek?hide="+text.ID(2)+"&"+query, &found); found.Line != want {
			t.Errorf("%s: line %d, want %d", query, found.Line, want)
		}
	}
}

// TestPatternsByEitherName: a filter names patterns by their ids on records or by their
// numbers, as many as it likes.
func TestPatternsByEitherName(t *testing.T) {
	v := patterned(t, []line{{}, {pattern: 1}, {pattern: 2}, {pattern: 3}})
	id := text.ID
	number := func(i uint16) string { return fmt.Sprintf("%x", v.patterns.id(i)) }
	for names, want := range map[string][]bool{
		id(1):                    {true, false, false, false},
		id(1) + "," + id(3):      {true, false, true, false},
		id(4) + "," + number(1):  {false, true, false, true},
		number(1) + "," + id(4):  {false, true, false, true},
		id(77) + "," + number(0): {true, false, false, false},
	} {
		if got, err := v.patternSet(names); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", names, got, err, want)
		}
	}
}

// TestSearchEndsWithTheLastLine: what is written behind it is no line yet, and what is
// found there is in none.
func TestSearchEndsWithTheLastLine(t *testing.T) {
	v := written(t, "one apple\ntwo pears\nthree apples, a pear\n")
	v.patterns.index(1, &detector.Event{Message: []byte("one apple")}, 0)
	if _, err := io.WriteString(v.text, "four plums and a pear"); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]int{"apple": 2, "pear": 2, "plum": 0, "e": 3} {
		var a struct{ Total int }
		if asked(t, v, "/rows?q="+q, &a); a.Total != want {
			t.Errorf("%s is in %d lines, want %d", q, a.Total, want)
		}
	}
}

// TestAPatternOfAnIncidentIsTold by the line in which it came first, the only one too.
func TestAPatternOfAnIncidentIsTold(t *testing.T) {
	v := patterned(t, []line{
		{time: 1000}, {time: 2000, pattern: 1, sweep: 1, score: billion, flags: judgedBit | uint8(pattern.LevelError)},
		{time: 3000, pattern: 2, sweep: 1, score: billion, flags: judgedBit | uint8(pattern.LevelError)},
	})
	f, err := v.parseFilter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := v.stories(t.Context(), f, func(_ *telling, _ *snapshot, list []*incident.Story) error {
		for _, s := range list {
			for _, p := range s.Patterns {
				got = append(got, strings.TrimSpace(fmt.Sprint(p.Line, " ", p.Sample, ", ", p.Text)))
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2 line of b, line of b", "3 line of c, line of c"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestPatternOfFieldsAlone is told by them.
func TestPatternOfFieldsAlone(t *testing.T) {
	v := table(t, nil)
	ev := detector.Event{Fields: []detector.Field{{Name: []byte("user"), Value: []byte("ann"), Kind: detector.Text}, {Name: []byte("code"), Value: []byte("7"), Kind: detector.Number}}}
	i := v.patterns.index(1, &ev, 0)
	if got := v.patterns.describe(i).Text; !strings.Contains(got, "user=ann") || !strings.Contains(got, "code=7") {
		t.Errorf("%q", got)
	}
	ev.Fields = ev.Fields[:1]
	if got := v.patterns.describe(v.patterns.index(2, &ev, 1)); got.Text != "user=ann" || got.Sample != "user=ann" {
		t.Errorf("one field: %+v", got)
	}
	// One with a message is told by that.
	ev.Message = []byte("request 17 served")
	if got := v.patterns.describe(v.patterns.index(3, &ev, 2)); got.Text != "request <num> served" || got.Sample != "request 17 served" {
		t.Errorf("with a message: %+v", got)
	}
	// And said to go on where more of it stands than is kept.
	long := strings.Repeat("word ", sampleSize)[:sampleSize-1] + "s"
	for i, message := range []string{long, long + "s"} {
		got := v.patterns.describe(v.patterns.index(uint64(4+i), &detector.Event{Message: []byte(message)}, 3+i))
		if got.Text != long+strings.Repeat(" …", i) || got.Sample != long {
			t.Errorf("of %d bytes: %q", len(message), got.Text)
		}
	}
}

// TestSettingsOfAView are those that were given, but for the one that the slider chooses.
func TestSettingsOfAView(t *testing.T) {
	v := table(t, nil)
	v.given = map[string][]string{"Contamination": {"0.1"}, "Warmup": {"64"}, "Ignore": {"^a", "^b"}}
	got := v.about().Options
	if len(got) != 2 || !slices.Equal(got["Warmup"], []string{"64"}) || !slices.Equal(got["Ignore"], []string{"^a", "^b"}) {
		t.Errorf("%v", got)
	}
}

// TestReportIsAPage in HTML, with its head, which says what a browser may do with it.
func TestReportIsAPage(t *testing.T) {
	v := patterned(t, []line{{time: 1000}, {time: 2000, pattern: 1, sweep: 1, score: billion, flags: judgedBit | uint8(pattern.LevelError)}})
	r := httptest.NewRequest("GET", "http://127.0.0.1/api/views/"+v.id+"/report?format=html", nil)
	w := httptest.NewRecorder()
	v.server.Handler().ServeHTTP(w, r)
	if body := w.Body.String(); w.Code != http.StatusOK || !strings.HasPrefix(body, report.HTMLHead) || !strings.Contains(body, "line of b") {
		t.Errorf("%d %.300s", w.Code, body)
	}
}

// TestReportSaysOfWhat it is: how many lines of what time, and how many are flagged. Of a
// log that is gone it says so.
func TestReportSaysOfWhat(t *testing.T) {
	flagged := func(at int64) line {
		return line{time: at, pattern: 1, sweep: 1, score: billion, flags: judgedBit | timedBit | uint8(pattern.LevelError)}
	}
	v := patterned(t, []line{{time: 1_055_000, flags: timedBit}, flagged(1_060_000), flagged(1_061_000), {time: 1_066_000, flags: timedBit}})
	ask := func() (int, string) {
		w := httptest.NewRecorder()
		v.server.Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/api/views/"+v.id+"/report?format=markdown", nil))
		return w.Code, w.Body.String()
	}
	if code, body := ask(); code != http.StatusOK || !strings.Contains(body, "4 lines, 2 flagged, 1 incident") || !strings.Contains(body, `1970\-01\-01 00:17:35 to 1970\-01\-01 00:17:46 UTC`) {
		t.Errorf("%d %s", code, body)
	}
	v.told.all = nil
	v.text.release()
	if code, body := ask(); code != http.StatusBadRequest || !strings.Contains(body, "closed") {
		t.Errorf("its text is gone: %d %s", code, body)
	}
	w := httptest.NewRecorder()
	if v.server.Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/api/views/"+v.id+"/incidents", nil)); w.Code == http.StatusOK {
		t.Errorf("its incidents: %d %s", w.Code, w.Body)
	}
}

// TestLinesOfAnIncident are those of it that the other parts of a filter mean, of the
// lines that were there when they were looked for.
func TestLinesOfAnIncident(t *testing.T) {
	flagged := func(p uint16) line {
		return line{time: 1000, pattern: p, sweep: 1, score: billion, flags: judgedBit | uint8(pattern.LevelError)}
	}
	v := patterned(t, []line{flagged(0), flagged(1), flagged(0), flagged(1)})
	var a incidentsAnswer
	if asked(t, v, "/incidents", &a); len(a.Incidents) != 1 {
		t.Fatalf("%+v", a)
	}
	parse := func(query string) *filter {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		f, err := v.parseFilter(q)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	of := "incident=" + a.Incidents[0].ID
	for query, want := range map[string][]uint32{
		of: {0, 1, 2, 3}, of + "&q=of+b": {1, 3}, of + "&q=of+b&exclude=1": {0, 2}, of + "&q=of+c": nil, of + "&q=of+c&exclude=1": {0, 1, 2, 3}, of + "x": nil,
	} {
		_, c, err := v.choose(t.Context(), parse(query))
		if err != nil || !slices.Equal(c.lines, want) || c.n != len(want) {
			t.Errorf("%s: %d lines %v, %v; want %v", query, c.n, c.lines, err, want)
		}
	}
	early := v.lines.snapshot()
	early.n = 2
	if _, c, err := v.chooseIncident(t.Context(), parse(of), early, nil); err != nil || !slices.Equal(c.lines, []uint32{0, 1}) {
		t.Errorf("of the first two lines: %v, %v", c.lines, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v.told.all = nil
	if _, _, err := v.choose(ctx, parse(of)); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
}

// TestFewSelectionsAreRemembered, however many are asked for: each may have as many lines
// as the log.
func TestFewSelectionsAreRemembered(t *testing.T) {
	v := patterned(t, []line{{flags: uint8(pattern.LevelError)}, {flags: uint8(pattern.LevelError)}})
	for i := range 40 {
		var a rowsAnswer
		asked(t, v, fmt.Sprintf("/rows?levels=error&q=line&axis=line&from=1&to=%d", i+1), &a)
		asked(t, v, fmt.Sprintf("/rows?q=line%d", i), &a)
	}
	for stop := range 5 {
		var a incidentsAnswer
		asked(t, v, fmt.Sprintf("/incidents?stop=%d", stop), &a)
	}
	if n := len(v.told.all); n > 2 {
		t.Errorf("the incidents at %d stops are remembered", n)
	}
	held := 0
	for _, s := range slices.Concat(v.asked.all, v.asked.hits) {
		held += len(s.lines)
	}
	if all, hits := len(v.asked.all), len(v.asked.hits); all > 5 || hits > 2 || held > 7*2 {
		t.Errorf("%d selections and %d searches are remembered, of %d lines", all, hits, held)
	}
}

// TestUsualInWords is what is known of a field: its values where they are few, else how
// many there are.
func TestUsualInWords(t *testing.T) {
	k := &known{fields: map[string]*model.FieldContents{
		"few":    {Name: "few", Kind: model.Category, Share: 1, Distinct: 3, Usual: []model.UsualValue{{Text: "a", Share: 0.5}, {Text: "b", Share: 0.25}}},
		"many":   {Name: "many", Kind: model.Category, Share: 1, Distinct: 700},
		"seldom": {Name: "seldom", Kind: model.Words, Share: 0.02},
		"tenth":  {Name: "tenth", Kind: model.Words, Share: 0.1},
	}}
	for name, want := range map[string]string{"few": "a (50 %), b (25 %), 1 other", "many": "700 different values", "seldom": "words; in 2 % of the records", "tenth": "words", "none": "not known"} {
		if _, got := k.usual(name, nil); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestNumbersOfAMessage are told beside its fields, whatever was shown before.
func TestNumbersOfAMessage(t *testing.T) {
	v := patterned(t, []line{{pattern: 0}})
	hash := v.patterns.hash(0)
	v.learned.Store(&knowledge{"": {patterns: map[uint64]*model.PatternContents{hash: {Numbers: []model.Range{{Low: 1, High: 5}, {Low: 10, High: 90}}}}}})
	rows := v.fields([]byte("request 3 took 4711"), &line{pattern: 0}, "")
	if len(rows) != 2 || rows[0].Value != "3" || rows[0].Usual != "1 to 5" || rows[1].Value != "4711" || rows[1].Usual != "10 to 90" {
		t.Errorf("%+v", rows)
	}
}

// TestIgnoreFileOfAView says what it is, and of each entry what it is of.
func TestIgnoreFileOfAView(t *testing.T) {
	v := patterned(t, []line{{pattern: 0}, {pattern: 1}, {pattern: 2}})
	w := httptest.NewRecorder()
	v.server.Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/api/views/"+v.id+"/ignore?hide="+v.patternID(1), nil))
	lines := strings.Split(w.Body.String(), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "# What is normal") || lines[1] != "# 1 of 3 lines of a.log, such as: line of b" || lines[2] != "pattern:0000000002" || lines[3] != "" {
		t.Errorf("%d %q", w.Code, lines)
	}
}

// TestFieldsThatAreCompared are listed up to a number, and those beyond it are counted.
func TestFieldsThatAreCompared(t *testing.T) {
	const shapes, each, listed = 5, 42, 200
	v := table(t, nil)
	for range 100 {
		v.lines.add(&line{})
	}
	for n := range shapes {
		var ev detector.Event
		for f := range each {
			ev.Fields = append(ev.Fields, detector.Field{Name: fmt.Appendf(nil, "field %d of %d", f, n)})
		}
		for range 50 {
			v.lines.add(&line{shape: v.shapes.index(&ev)})
		}
	}
	v.lines.publish()
	before, after := &filter{axis: byLine, from: 1, to: 101}, &filter{axis: byLine, from: 101, to: 100 + 50*shapes + 1}
	var a comparedFields
	if err := a.compare(t.Context(), v, v, before, after); err != nil {
		t.Fatal(err)
	}
	if len(a.New) != listed || a.More != shapes*each-listed || len(a.Gone)+len(a.Changed)+a.Same != 0 {
		t.Errorf("%d new, %d more, %d gone, %d changed, %d the same", len(a.New), a.More, len(a.Gone), len(a.Changed), a.Same)
	}
}

// TestForgottenIncidents: only the lines of those that are told stay.
func TestForgottenIncidents(t *testing.T) {
	v := patterned(t, []line{{time: 1000, sweep: 1, score: billion, flags: judgedBit | uint8(pattern.LevelError)}})
	var a incidentsAnswer
	if asked(t, v, "/incidents", &a); len(a.Incidents) != 1 {
		t.Fatalf("%+v", a)
	}
	told := v.told.all[0]
	told.lines["gone"] = []uint32{0}
	told.forget()
	if len(told.lines) != 1 || len(told.lines[a.Incidents[0].ID]) != 1 {
		t.Errorf("%v", told.lines)
	}
}

// TestLinesThatGoOn are those that are longer than what is asked for, or than what is
// looked at of any.
func TestLinesThatGoOn(t *testing.T) {
	const text = "short\r\nlonger than that\ncut\n"
	v := table(t, []line{{offset: 0}, {offset: 7}, {offset: 24, flags: cutBit}})
	if _, err := io.WriteString(v.text, text); err != nil {
		t.Fatal(err)
	}
	snap := v.lines.snapshot()
	for i, want := range []struct {
		text string
		cut  bool
	}{{"short", false}, {"longer tha", true}, {"cut", true}} {
		got, cut, err := v.lineText([]byte("> "), &snap, i, 10)
		if err != nil || string(got) != "> "+want.text || cut != want.cut {
			t.Errorf("line %d: %q, cut %v, %v; want %q, %v", i+1, got, cut, err, want.text, want.cut)
		}
	}
}
