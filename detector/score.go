package detector

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/forest"
	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/internal/halflife"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// mix is how the features and the forest are put together.
type mix struct {
	// weights are the features' weights beside each other: all 1, but in the
	// ablation, which turns them off one by one.
	weights [model.Features]float32

	// forest is how many points the forest's score of 1 is worth beside the
	// features' own.
	forest float32
}

func usualMix() mix {
	m := mix{forest: forestPoints}
	for i := range m.weights {
		m.weights[i] = 1
	}
	return m
}

// forestPoints: see mix.forest. A routine row has a forest's score of about 0.4
// and adds 2 points, the strangest rows one of 0.8 and add 4.
const forestPoints = 4.7

const (
	// norm is the exponent with which the features' points are put together:
	// between their sum (1) and the largest alone (infinity).
	norm = 2.6

	// scale is the number of points at which the score is 0.5, and the
	// threshold of Contamination auto in a calm log.
	scale = model.Strange
)

// strangeness puts a row's features together into points: the norm of the
// single features, which says how far out the strangest are, and what the
// forest adds, which knows what is unusual together.
func (m *mix) strangeness(f *forest.Forest, r *row) float32 {
	if f == nil {
		return m.alone(r)
	}
	return m.add(m.alone(r), f.Score(r))
}

func (m *mix) alone(r *row) float32 {
	var sum float32
	for i := model.Feature(0); i < model.Features; i++ {
		sum += powers[r[i]] * m.weights[i]
	}
	return float32(math.Pow(float64(sum), 1/norm))
}

func (m *mix) add(points float32, score float64) float32 { return points + m.forest*float32(score) }

// points returns the strangeness of many rows, in ascending order.
func (m *mix) points(f *forest.Forest, rows []row) []float32 {
	points := make([]float32, 0, len(rows))
	var scores [256]float64
	for len(rows) > 0 {
		n := min(len(scores), len(rows))
		if f != nil {
			f.ScoreAll(rows[:n], scores[:n])
		}
		for i := range rows[:n] {
			p := m.alone(&rows[i])
			if f != nil {
				p = m.add(p, scores[i])
			}
			points = append(points, p)
		}
		rows = rows[n:]
	}
	slices.Sort(points)
	return points
}

var powers = func() (t [256]float32) {
	for i := range t {
		t[i] = float32(math.Pow(float64(i)/model.PerPoint, norm))
	}
	return t
}()

// What its author calls routine is flagged as anything else is, but ranks behind what
// he calls a failure or gives no level: of the points beyond the threshold, this part
// counts.
const (
	infoPart  = 0.5
	debugPart = 0.3
)

// partOf returns the part of the points beyond the threshold that counts at a level.
func partOf(l pattern.Level) float32 {
	switch {
	case l == pattern.LevelNone || l >= pattern.LevelWarn:
		return 1
	case l <= pattern.LevelDebug:
		return debugPart
	}
	return infoPart
}

// whole returns the points of which only a part beyond the threshold counted.
func whole(points, part float32) float32 {
	if points <= scale {
		return points
	}
	return scale + (points-scale)/part
}

// score maps points onto (0, 1).
func score(points float32) float64 { return 1 - math.Exp2(-float64(points)/scale) }

// memo remembers the scores of rows under one forest. Routine rows are few
// and come again and again: it answers for 19 of 20 records, in 10 ns where
// the forest takes 350.
type memo struct {
	sets  [][2]memoEntry // in each, the one asked for last comes first
	shift int            // of a hash, to be the index of one
}

// A memo has 2^memoBits sets where one model judges all events, and is smaller where
// there may be many: of rows that it has forgotten there are a fifth more then.
const (
	memoBits      = 11
	groupMemoBits = 8
)

func newMemo(bits int) memo { return memo{make([][2]memoEntry, 1<<bits), 64 - bits} }

// A row is hashed eight features at a time: this does not compile if some are
// left over.
var _ [0]struct{} = [len(row{}) % 8]struct{}{}

type memoEntry struct {
	row    row
	points float32
	used   bool
	score  float64
}

// strangeness returns a row's points and its score.
func (m *memo) strangeness(x *mix, f *forest.Forest, r *row) (float32, float64) {
	var h uint64
	for i := 0; i < len(r); i += 8 {
		h = bits.RotateLeft64(h, 31) ^ binary.LittleEndian.Uint64(r[i:i+8])
		h *= 0x9e3779b97f4a7c15
	}
	set := &m.sets[h>>m.shift]
	e := &set[0]
	if e.row != *r || !e.used {
		set[0], set[1] = set[1], set[0]
		if e.row != *r || !e.used {
			p := x.strangeness(f, r)
			*e = memoEntry{*r, p, true, score(p)}
		}
	}
	return e.points, e.score
}

func (m *memo) forget() { clear(m.sets) }

// threshold decides from how many points on a record is flagged.
type threshold struct {
	contamination float32               // 0 = auto
	points        float32               // in force
	share         share                 // of a contamination
	extra         [model.Storms]float32 // auto: for flags in quick succession, by the kind of storm
	now           time.Duration         // auto: of the last record that had one; 0 = none had
	ranks         *ranks                // of all that will be judged; nil = not known
}

const (
	// Each flag raises the bar by floodStep, which halves every floodHalfLife records
	// and every floodTime of theirs: in a storm of strange lines only the strangest
	// go on being flagged, and the next day it is over, however few lines came. Five
	// flags raise it as far as it goes: what is strange enough is flagged in any storm.
	floodStep     = 0.5
	floodMost     = 5 * floodStep
	floodHalfLife = 40
	floodTime     = 24 * time.Hour
	floodMoment   = floodTime >> 25 // 2.6 ms, in which all of a float32 is left

	// floodOther is the part of the bar that holds for lines of another kind than the
	// storm's: an error among new lines of a deploy, a login among errors.
	floodOther = 0.5
)

var floodDecay = float32(math.Exp2(-1.0 / floodHalfLife))

// start sets the threshold by the points of the rows learned from, in ascending
// order.
func (t *threshold) start(points []float32) {
	t.points = scale
	if t.contamination > 0 {
		t.share.start(t.contamination, points)
		t.points = t.share.points()
	}
}

// reaches reports whether so many points may be an anomaly. It learns nothing.
func (t *threshold) reaches(points float32) bool {
	if t.ranks != nil {
		return t.ranks.among(points)
	}
	if t.contamination > 0 {
		return t.share.reaches(t.contamination, points)
	}
	return points >= scale
}

// flag reports whether so many points are an anomaly, and learns. What only goes on
// is none under auto, and raises no bar: nobody is told of it. A given contamination is a
// share, whatever it is of. Where a part of the points beyond the threshold counts, so does
// that part of the bar.
func (t *threshold) flag(points, part float32, now time.Duration, storm int, goesOn bool) bool {
	if t.ranks != nil {
		return t.ranks.take(points)
	}
	if t.contamination > 0 {
		flag := t.share.flag(t.contamination, points)
		t.points = t.share.points()
		return flag
	}
	bar := float32(0)
	if t.sink(now) {
		bar = t.bar(storm)
	}
	t.points = scale + bar
	if goesOn || points < scale+part*bar {
		return false
	}
	t.extra[storm] = min(bar+floodStep, floodMost)
	t.points = scale + t.extra[storm]
	return true
}

// bar returns by how many points the bar is raised for a line of the kind.
func (t *threshold) bar(storm int) float32 {
	most := t.extra[0]
	for _, extra := range t.extra[1:] {
		most = max(most, extra)
	}
	return max(t.extra[storm], floodOther*most)
}

// sink lets the bar come down by a record, and reports whether it is raised at all.
func (t *threshold) sink(now time.Duration) bool {
	passed := now - t.now
	if t.now == 0 || now == 0 {
		passed = 0
	}
	if now > 0 {
		t.now = now
	}
	if t.extra == [model.Storms]float32{} {
		return false
	}
	f := floodDecay
	if passed > floodMoment {
		f *= float32(halflife.Left(min(float64(passed)/float64(floodTime), forgotten)))
	}
	for i := range t.extra {
		if t.extra[i] *= f; t.extra[i] < floodLeast {
			t.extra[i] = 0
		}
	}
	return true
}

// forgotten is after how many half-lives nothing is left of a float32.
const forgotten = 200

// floodLeast are so few points that they are none.
const floodLeast = 1e-3

func (t *threshold) carry(c *codec.Codec) {
	c.F32(&t.contamination)
	c.F32(&t.points)
	t.share.carry(c)
	c.F32s(t.extra[:])
	codec.I64(c, &t.now)
}
