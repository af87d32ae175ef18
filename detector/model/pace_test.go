package model

import (
	"math"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

const hour = time.Hour

// TestBadness is that of a line by its level and its words.
func TestBadness(t *testing.T) {
	for _, c := range []struct {
		level pattern.Level
		words bool
		want  badness
	}{
		{pattern.LevelNone, false, 0}, {pattern.LevelInfo, false, 0}, {pattern.LevelNotice, false, 0}, {pattern.LevelWarn, false, 1}, {pattern.LevelError, false, 3},
		{pattern.LevelCritical, false, 4}, {pattern.LevelFatal, false, 4}, {pattern.LevelNone, true, 2}, {pattern.LevelDebug, true, 2}, {pattern.LevelWarn, true, 2},
		{pattern.LevelError, true, 4}, {pattern.LevelFatal, true, 4},
	} {
		class := wordClass(0)
		if c.words {
			class = classFailure
		}
		if got := badnessOf(c.level, class); got != c.want {
			t.Errorf("%s, words of failure: %v: %d, want %d", c.level, c.words, got, c.want)
		}
	}
	for bad, want := range []int{0, 1, 1, 2, 2} {
		if got := (&Observation{bad: badness(bad)}).Storm(); got != want {
			t.Errorf("badness %d belongs to storm %d, want %d", bad, got, want)
		}
	}
}

// TestComesAgain: what was told comes back on another day, until its pauses are usual.
func TestComesAgain(t *testing.T) {
	const now, records = 100 * hour, 10_000
	for _, c := range []struct {
		name string
		st   statement
		want bool
	}{
		{"after half a day", statement{last: records - longRecords, habit: habit{told: 1, time: now - 12*hour}}, true},
		{"too soon", statement{last: records - longRecords, habit: habit{told: 1, time: now - 12*hour + 1}}, false},
		{"after too few records", statement{last: records - longRecords + 1, habit: habit{told: 1, time: now - 24*hour}}, false},
		{"that was not told", statement{habit: habit{time: now - 24*hour}}, false},
		{"without a time", statement{habit: habit{told: 1}}, false},
		{"that came back seven times", statement{habit: habit{told: 1, time: now - 24*hour, times: 7.9}}, true},
		{"that came back eight times", statement{habit: habit{told: 1, time: now - 24*hour, times: 8}}, false},
		{"once on the same day", statement{habit: habit{told: 1, time: now - 24*hour, soon: 1.9}}, true},
		{"twice on the same day", statement{habit: habit{told: 1, time: now - 24*hour, soon: 2}}, false},
		{"while the log rested", statement{habit: habit{told: 1, time: now - 24*hour, paused: -13 * hour}}, false},
	} {
		m := New()
		m.records, m.clock.now = records, now
		if got := m.comesAgain(&Observation{Time: now}, &c.st); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	m := New()
	if m.comesAgain(&Observation{Time: now}, nil) {
		t.Error("what is new comes again")
	}
}

// TestQuietFor: an episode is over after so many records, and after ten minutes where there
// are times.
func TestQuietFor(t *testing.T) {
	const now, records = 100 * hour, 10_000
	for _, c := range []struct {
		name string
		last uint32
		at   time.Duration // of the statement's last record
		now  time.Duration
		want bool
	}{
		{"after ten minutes", records - quietRecords, now - 10*time.Minute, now, true},
		{"before that", records - quietRecords, now - 10*time.Minute + 1, now, false},
		{"after too few records", records - quietRecords + 1, now - hour, now, false},
		{"a record without a time", records - quietRecords, now, 0, true},
		{"a statement without a time", records - quietRecords, 0, now, true},
	} {
		m := New()
		m.records, m.clock.now = records, now
		if got := m.quietFor(&Observation{Time: c.now}, &statement{last: c.last, habit: habit{time: c.at}}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestRested: nothing is away for less than a minute, where times say how long it was.
func TestRested(t *testing.T) {
	const now = 100 * hour
	for _, c := range []struct {
		name string
		at   time.Duration // of the statement's last record
		now  time.Duration
		want bool
	}{
		{"after a minute", now - time.Minute, now, true},
		{"before that", now - time.Minute + 1, now, false},
		{"a record that is late", now + hour, now, true},
		{"a record without a time", now - 1, 0, true},
		{"a statement without a time", 0, now, true},
	} {
		m := New()
		m.clock.now = now
		if got := m.rested(&Observation{Time: c.now}, &habit{time: c.at}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestUsed: the log is used to a statement that was said for half of the time, by records
// and by time, and not to what comes in clumps.
func TestUsed(t *testing.T) {
	const records = 10_000
	for _, c := range []struct {
		name  string
		since uint32
		from  time.Duration // of the log, which is 100 hours old
		gaps  gaps
		want  float32
	}{
		{"from the beginning", 0, 0, gaps{}, 1},
		{"for half of it", records / 2, 0, gaps{}, 1},
		{"for three eighths", records * 5 / 8, 0, gaps{}, 0.5},
		{"for a quarter", records * 3 / 4, 0, gaps{}, 0},
		{"for less", records * 7 / 8, 0, gaps{}, 0},
		{"for a quarter of the time", 0, 75 * hour, gaps{}, 0},
		{"for three eighths of the time", 0, 625 * hour / 10, gaps{}, 0.5},
		{"in clumps", 0, 0, gaps{n: 3, variance: 25}, 0},
		{"nearly in clumps", 0, 0, gaps{n: 3, variance: 16}, 0.5},
		{"evenly", 0, 0, gaps{n: 3, variance: 9}, 1},
		{"in clumps, as far as two pauses tell", 0, 0, gaps{n: 2, variance: 25}, 1},
	} {
		m := New()
		m.records, m.clock.now = records, 101*hour
		m.habits.begin, m.habits.now = hour, 101*hour
		st := &statement{habit: habit{since: c.since, from: hour + c.from, gaps: c.gaps}}
		if got := m.used(st); math.Abs(float64(got-c.want)) > 0.01 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	m := New()
	m.records = 1000
	if got := m.used(&statement{}); got != 1 { // half of what is long enough
		t.Errorf("of a log of 1000 records: %v", got)
	}
	m.records = 500
	if got := m.used(&statement{}); got != 0 {
		t.Errorf("of a log of 500 records: %v", got)
	}
	if m.used(nil) != 0 {
		t.Error("it is used to what is new")
	}
}

// TestTheFirstTimeMayBeWrong: of a log whose first records are of another year, as a date without one
// may be, what came all along is as old as the log.
func TestTheFirstTimeMayBeWrong(t *testing.T) {
	const year, records = 365 * 24 * hour, 3000
	m, st, now := New(), statement{}, 20*year
	for i := range records {
		at := now + time.Duration(i)*time.Minute
		if i < 5 {
			at += year
		}
		m.clock.tick(at)
		m.learnHabit(&Observation{model: &m, Time: at}, &st)
		st.seen++
		m.records++
	}
	if h := &m.habits; h.young() || h.now-h.begin > (records+1)*time.Minute {
		t.Errorf("it begins at %v and is at %v", h.begin-now, h.now-now)
	}
	if got := m.used(&st); got != 1 {
		t.Errorf("the log is used to it by %v", got)
	}
}

// TestClock: which time a record counts as.
func TestClock(t *testing.T) {
	const now = 1000 * hour
	for _, c := range []struct {
		name  string
		clock clock
		time  time.Duration
		want  time.Duration
	}{
		{"the first time", clock{}, now, now},
		{"none yet", clock{}, 0, 0},
		{"its own", clock{now: now}, now + hour, now + hour},
		{"an earlier one", clock{now: now}, now - hour, now - hour},
		{"none", clock{now: now}, 0, now},
		{"none for long", clock{now: now, alone: timeless}, 0, 0},
		{"none for nearly as long", clock{now: now, alone: timeless - 1}, 0, now},
		{"a day later", clock{now: now}, now + 24*hour, now + 24*hour},
		{"more than a day later", clock{now: now}, now + 24*hour + 1, now},
		{"more than a day earlier", clock{now: now}, now - 24*hour - 1, now},
		{"the second that is far off", clock{now: now, doubts: 1}, now + 99*hour, now},
		{"the third", clock{now: now, doubts: 2}, now + 99*hour, now + 99*hour},
	} {
		if got := c.clock.guard(c.time); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	// Three in a row that are far off are right, one or two are not.
	k := clock{now: now}
	k.tick(now + 99*hour)
	k.tick(now + 99*hour)
	k.tick(now)
	if k.now != now || k.doubts != 0 {
		t.Errorf("after two that are far off it is %v", k.now)
	}
	for range 3 {
		k.tick(now - 99*hour)
	}
	if k.now != now-99*hour || k.paused != -99*hour {
		t.Errorf("after three from before it is %v, paused for %v", k.now, k.paused)
	}
	// It goes in whole seconds; what is left counts next time. Time does not run backwards.
	k = clock{now: now}
	for _, c := range []struct{ at, want time.Duration }{{700 * time.Millisecond, 0}, {1400 * time.Millisecond, time.Second}, {900 * time.Millisecond, time.Second}, {5 * time.Second, 5 * time.Second}} {
		if k.tick(now + c.at); k.now != now+c.want {
			t.Errorf("%v later it is %v later", c.at, k.now-now)
		}
	}
	// Records without a time.
	k = clock{now: now}
	for range timeless - 1 {
		k.tick(0)
	}
	if k.stopped() {
		t.Error("it has stopped too soon")
	}
	if k.tick(0); !k.stopped() {
		t.Error("it has not stopped")
	}
	if k.tick(0); k.alone != timeless {
		t.Errorf("%d records without a time are counted", k.alone)
	}
	if k.tick(now); k.stopped() {
		t.Error("it does not go on")
	}
	// The pace halves with so many seconds, and is taken into the usual one.
	k = clock{now: now, pace: 100, usual: 50}
	if k.lull() != 1 {
		t.Errorf("records come %v times slower, and come faster", k.lull())
	}
	k.tick(now + paceSeconds*time.Second)
	if want := float32(51); math.Abs(float64(k.pace-want)) > 0.01 || math.Abs(float64(k.usual-(50+1.0/clockHorizon))) > 1e-3 {
		t.Errorf("the pace is %v, the usual one %v", k.pace, k.usual)
	}
	k = clock{pace: 5, usual: 50}
	if k.lull() != 10 {
		t.Errorf("records come %v times slower, want 10", k.lull())
	}
	if got, want := (&clock{usual: paceSeconds / math.Ln2}).perSecond(), float32(1); math.Abs(float64(got-want)) > 1e-6 {
		t.Errorf("%v records in a second", got)
	}
}

// TestPause: how much of a silence the log itself said nothing, beyond what is usual.
func TestPause(t *testing.T) {
	const now = 1000 * hour
	hourOctaves := gapOctaves(hour)
	for _, c := range []struct {
		name  string
		clock clock
		at    time.Duration
		want  time.Duration
	}{
		{"none known", clock{}, now, 0},
		{"ten minutes", clock{now: now}, now + 10*time.Minute, 0},
		{"more", clock{now: now}, now + 15*time.Minute, 5 * time.Minute},
		{"back in time", clock{now: now}, now - hour, 0},
		{"an hour, which is usual", clock{now: now, gaps: gaps{n: 9, mean: hourOctaves + 0.1}}, now + hour, 0},
	} {
		if got := c.clock.pause(c.at); got > c.want+time.Minute/2 || got < c.want-time.Minute/2 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	long := clock{now: now, gaps: gaps{n: 9, mean: hourOctaves, variance: 1}} // two deviations are two octaves
	if got := long.pause(now + 8*hour); got < 3*hour || got > 5*hour {
		t.Errorf("of eight hours where four are usual: %v", got)
	}
	// A statement is silent for as long as the log goes on.
	m := New()
	m.clock.now, m.clock.paused = now, 3*hour
	for _, c := range []struct {
		p    habit
		want time.Duration
	}{{habit{time: now - 5*hour, paused: hour}, 3 * hour}, {habit{time: now - 5*hour, paused: 3 * hour}, 5 * hour}, {habit{time: now + hour}, 0}} {
		if got := m.silence(&Observation{Time: now}, &c.p); got != c.want {
			t.Errorf("%+v: silent for %v, want %v", c.p, got, c.want)
		}
	}
}

// TestRunNames name one run of a process or one end of a connection.
func TestRunNames(t *testing.T) {
	for name, want := range map[string]bool{
		"pid": true, "PID": true, "ppid": true, "tid": true, "thread": true, "ExecutionProcessID": true, "request.remote_port": true, "client_port": true, "srcport": true, "threadid": true,
		"thread_name": true, "threadName": true, "process.thread_name": true, "thread_count": false,
		"pids": false, "id": false, "port": false, "user_id": false, "process": false, "threadids": false, "": false, "status": false,
	} {
		if got := NewName([]byte(name)).run; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, c := range []struct {
		f    Field
		want bool
	}{
		{Field{Kind: Number, Value: []byte("7")}, true}, {Field{Kind: Text, Value: []byte("0x7bc")}, true}, {Field{Kind: Text, Value: []byte("0X7BC")}, true},
		{Field{Kind: Text, Value: []byte("0x")}, false}, {Field{Kind: Text, Value: []byte("7")}, false}, {Field{Kind: Text, Value: []byte("exec-14")}, true}, {Field{Kind: Text, Value: []byte("main")}, false}, {Field{Kind: Text, Value: []byte("0ym")}, false},
		{Field{Kind: Text}, false}, {Field{Kind: Time, Value: []byte("2026-03-02")}, false},
	} {
		if got := numbered(&c.f); got != c.want {
			t.Errorf("%q is a number: %v", c.f.Value, got)
		}
	}
}

// TestMergedParts: of what two logs have counted, shares and bounds.
func TestMergedParts(t *testing.T) {
	g := merger{a: 300, b: 100, records: 400}
	for horizon, want := range map[uint32]float32{math.MaxUint32: 0.25, 100: 0.5, 150: 0.4} {
		if got := g.share(horizon); math.Abs(float64(got-want)) > 1e-6 {
			t.Errorf("over %d: a share of %v, want %v", horizon, got, want)
		}
	}
	if got := (&merger{a: 5}).share(10); got != 0 {
		t.Errorf("of a log of nothing: %v", got)
	}
	for _, c := range []struct{ at, of, want uint32 }{{0, 300, 0}, {150, 300, 200}, {300, 300, 400}, {50, 100, 200}, {7, 0, 0}} {
		if got := g.begun(c.at, c.of); got != c.want {
			t.Errorf("at %d of %d: at %d of both, want %d", c.at, c.of, got, c.want)
		}
	}
	for _, c := range []struct{ at, of, want uint32 }{{300, 300, 400}, {290, 300, 390}, {0, 300, 100}, {0, 500, 0}} {
		if got := g.ago(c.at, c.of); got != c.want {
			t.Errorf("%d of %d: as far back as %d of both, want %d", c.at, c.of, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b  uint32
		fresh float32
		want  uint32
	}{{10, 4, 0, 10}, {10, 4, 1, 14}, {4, 10, 0.5, 12}, {10, 4, 7, 14}, {10, 4, -1, 10}, {math.MaxUint32 - 1, 4, 1, math.MaxUint32}} {
		if got := union(c.a, c.b, c.fresh); got != c.want {
			t.Errorf("%d and %d, a share of %v new: %d, want %d", c.a, c.b, c.fresh, got, c.want)
		}
	}
	if meanOf(4, 8, 0.25) != 5 {
		t.Error("a mean is another one")
	}
	// Letters: counts have room, means are by the lines.
	m, o := letters{mean: 4, spread: 1, open: 0, lines: 30}, letters{mean: 8, spread: 3, open: 1, lines: 10}
	m.pairs[0], o.pairs[0], m.pairs[1], o.firsts[3] = math.MaxUint16, 3, 7, 9
	m.merge(&o)
	if m.mean != 5 || m.spread != 1.5 || m.open != 0.25 || m.lines != 40 || m.pairs[0] != math.MaxUint16/2+1 || m.pairs[1] != 3 {
		t.Errorf("%v lines of %v bits, %v, %v open; pairs %d, %d", m.lines, m.mean, m.spread, m.open, m.pairs[0], m.pairs[1])
	}
	m = letters{lines: 100}
	if m.merge(&letters{lines: 90}); m.lines != 100 {
		t.Errorf("%v lines count, at most 100", m.lines)
	}
	m = letters{mean: 3}
	if m.merge(&letters{}); m.lines != 0 || m.mean != 3 {
		t.Errorf("with nothing: %v lines of %v bits", m.lines, m.mean)
	}
}

// TestRoom: each of the tables that grow has half of its room, or a quarter.
func TestRoom(t *testing.T) {
	for halvings := range 3 {
		m := New()
		m.SetRoom(halvings)
		got := []int{m.statements.limit, m.general.counts.limit, m.language.grams.limit, m.fields.values.limit, m.fields.shapes.limit, m.fields.pairs.limit}
		for i, whole := range []int{maxStatements, countsLimit, gramLimit, valueLimit, shapeLimit, pairLimit} {
			if got[i] != whole>>halvings {
				t.Errorf("halved %d times, table %d has room for %d of %d", halvings, i, got[i], whole)
			}
		}
	}
}

// TestPass counts a record that is not learned from; news is what was learned.
func TestPass(t *testing.T) {
	for _, c := range []struct {
		learned bool
		known   *statement
		want    float32
	}{{false, nil, 0.5}, {true, nil, 0.5 + 0.5/calmHorizon}, {true, &statement{}, 0.5 - 0.5/calmHorizon}, {false, &statement{}, 0.5}} {
		m := New()
		m.news, m.records, m.passed = 0.5, 7, 3
		m.Pass(&Observation{Learned: c.learned, known: c.known})
		if math.Abs(float64(m.news-c.want)) > 1e-7 || m.records != 8 || m.passed != 4 {
			t.Errorf("learned: %v, known: %v: news %v, want %v; %d records, %d passed", c.learned, c.known != nil, m.news, c.want, m.records, m.passed)
		}
	}
}

// TestHarmlessGoesOn: what says nothing bad is news with its first line, told or not, and
// then on another day; trouble is as long as it was not told.
func TestHarmlessGoesOn(t *testing.T) {
	const now = 100 * hour
	for _, c := range []struct {
		name string
		bad  badness
		st   statement
		row  Row
		want bool
	}{
		{"harmless, a second time", 0, statement{seen: 1, habit: habit{time: now - hour}}, Row{featWord: 20 * PerPoint}, true},
		{"harmless, told, a second time", 0, statement{seen: 1, habit: habit{time: now - hour, told: 1}}, Row{featWord: 20 * PerPoint}, true},
		{"harmless, on another day", 0, statement{seen: 1, habit: habit{time: now - 12*hour}}, Row{featWord: 20 * PerPoint}, false},
		{"harmless, of a strange length", 0, statement{seen: 1, habit: habit{time: now - hour}}, Row{featWord: 20 * PerPoint, featLength: 7 * PerPoint}, false},
		{"a warning, a second time", 1, statement{seen: 1, habit: habit{time: now - hour}}, Row{featWord: 20 * PerPoint}, false},
		{"a warning, told, a second time", 1, statement{seen: 1, habit: habit{time: now - hour, told: 1}}, Row{featWord: 20 * PerPoint}, true},
		{"a failure, told, a second time", 2, statement{seen: 1, habit: habit{time: now - hour, told: 1}}, Row{featWord: 20 * PerPoint}, false},
	} {
		m := New()
		m.records, m.clock.now = 10_000, now
		o := Observation{model: &m, known: &c.st, Line: new(pattern.Line), Time: now, bad: c.bad, Row: c.row}
		if got := o.GoesOn(); got != c.want {
			t.Errorf("%s: it goes on: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestRepeats: the same line, word for word, says nothing new for a moment.
func TestRepeats(t *testing.T) {
	const now, records = 100 * hour, 10_000
	for _, c := range []struct {
		name string
		st   statement
		time time.Duration
		row  Row
		want bool
	}{
		{"at once", statement{seen: 1, all: 7, last: records - 1, habit: habit{told: 1, time: now - time.Second}}, now, Row{featFailure: 20 * PerPoint}, true},
		{"after 20 records", statement{seen: 1, all: 7, last: records - momentAgo, habit: habit{told: 1, time: now}}, now, Row{featFailure: 20 * PerPoint}, true},
		{"after 21 records", statement{seen: 1, all: 7, last: records - momentAgo - 1, habit: habit{told: 1, time: now}}, now, Row{featFailure: 20 * PerPoint}, false},
		{"after ten minutes", statement{seen: 1, all: 7, last: records - 1, habit: habit{told: 1, time: now - quietTime}}, now, Row{featFailure: 20 * PerPoint}, false},
		{"without a time", statement{seen: 1, all: 7, last: records - 1, habit: habit{told: 1}}, 0, Row{featFailure: 20 * PerPoint}, true},
		{"in other words", statement{seen: 1, all: 8, last: records - 1, habit: habit{told: 1, time: now}}, now, Row{featFailure: 20 * PerPoint}, false},
		{"not told", statement{seen: 1, all: 7, last: records - 1, habit: habit{time: now}}, now, Row{featFailure: 20 * PerPoint}, false},
		{"at another level", statement{seen: 1, all: 7, last: records - 1, habit: habit{told: 1, time: now}}, now, Row{featFailure: 20 * PerPoint, featLevel: 9 * PerPoint}, false},
		{"a fourth time", statement{seen: 3, all: 7, last: records - 1, habit: habit{told: 1, time: now}}, now, Row{featFailure: 20 * PerPoint}, false},
	} {
		m := New()
		m.records, m.clock.now = records, now
		o := Observation{model: &m, known: &c.st, Line: new(pattern.Line), Time: c.time, all: 7, bad: 2, Row: c.row}
		if got := o.GoesOn(); got != c.want {
			t.Errorf("%s: it goes on: %v, want %v", c.name, got, c.want)
		}
	}
}
