package detector

import "github.com/flb-anomaly/flb-anomaly/detector/forest"

// feature is the index of a number in a row. In each of them 0 is routine and
// larger is stranger; they are measured in points, about one for each bit of
// surprise, so that they can be compared with each other.
type feature int

// The features of an event. A pattern is young until it was seen maturity
// times; only a young pattern's words are looked at, so that a routine line
// costs a lookup and a few comparisons. What a feature costs beyond that stands
// with it; BenchmarkObserve has the sums, for a routine line and a new one.
const (
	// featRarity is how seldom a pattern that was seen as few times as this
	// one comes up: -log2 of the share of such records among the last few
	// hundred. 0 to 10. In a log in which something new is said all the
	// time, something new is no news.
	featRarity feature = iota

	// featWord is the surprise of the most surprising word in its place,
	// after the one and the two words before it. Young patterns only, 0 to
	// 20. The five features of words share one pass: five lookups in a table
	// for each token.
	featWord

	// featSequence grows with the logarithm of the surprise of all words
	// together. Young patterns only, 0 to 20.
	featSequence

	// featFailure grows with the logarithm of the surprise of one word: the
	// most surprising that speaks of failures, exceptions or refused
	// authorisation. It counts less in a line that is surprising otherwise, and
	// in a log whose new lines often speak of failures. Young patterns only, 0
	// to 25.
	featFailure

	// featNetwork grows with the logarithm of the surprise of the most
	// surprising word of connections, networks, latency and timeouts, at a
	// third of the weight. Young patterns only, 0 to 8.
	featNetwork

	// featLevel is the surprise of the level given the pattern, or for a new
	// pattern given the log. A level that is worse than usual weighs more.
	// 0 to 32.
	featLevel

	// featNumber grows with the logarithm of how far, in octaves, the
	// strangest number is outside what this field of this pattern has shown.
	// Numbers in brackets are identifiers and do not count. 0 to 32. A logarithm
	// and two comparisons for each number.
	featNumber

	// featLength is how far the line's length is outside what this pattern
	// or, for a young one, this log has shown. 0 to 24.
	featLength

	// featOdd is how much more surprising the line's pairs of characters are
	// than those of other new lines, by itself and in standard deviations. New
	// patterns only, 0 to 20. A lookup and a logarithm for each byte.
	featOdd

	// featEnd is the surprise of the line's ending where it does: high for a
	// line that is cut. Young patterns only, 0 to 14.
	featEnd

	// featBurst grows with the logarithm of how improbable the pattern's
	// recent share of the records is, beyond what it has shown before, or of
	// how often the very same line came in a row. 0 to 24.
	featBurst

	// featSeverity is the level by itself: 0 up to NOTICE, then 1 (WARN) to
	// 4 (FATAL). It never flags a line alone.
	featSeverity

	features
)

// row holds an event's features in points, in eighths of a point: what the
// forest is fitted on and scores. A byte holds 0 to 31.9 points.
type row = forest.Row

const perPoint = 8

func (f feature) set(r *row, points float32) {
	switch {
	case !(points > 0):
		r[f] = 0
	case points >= 255.0/perPoint:
		r[f] = 255
	default:
		r[f] = uint8(points * perPoint)
	}
}

func (f feature) points(r *row) float32 { return float32(r[f]) / perPoint }
