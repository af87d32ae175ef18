package model

import "github.com/flb-anomaly/flb-anomaly/detector/forest"

// Feature is the index of a number in a Row.
type Feature int

// The features of an event, in the order of the table.
const (
	featRarity Feature = iota
	featWord
	featSequence
	featFailure
	featLevel
	featNumber
	featLength
	featOdd
	featEnd
	featBurst
	featTrouble
	featSeverity
	featValue
	featKey
	featText
	featPair

	Features // how many there are
)

// Info is what there is to know of a feature but how it is computed.
type Info struct {
	Name string  // short, lower case
	Says string  // what it says, a sentence or two
	When string  // of which events it is computed
	Most float32 // points, its upper end
	Kind Anomaly // of an event that it makes strange; empty where phrase is nil

	// phrase puts it into words for an event that it makes strange. nil: it never
	// is the reason by itself.
	phrase func(o *Observation, dst []byte) []byte
}

const (
	whenYoung = "young patterns"
	whenNew   = "new patterns"
	whenKnown = "known patterns"
	always    = "always"

	withFields = "records with fields"
)

// Table has a row for each feature. In each of them 0 is routine and larger is
// stranger; they are measured in points, about one for each bit of surprise, so
// that they can be compared with each other. A pattern is young until it was seen
// maturity times; only a young pattern's words are looked at, so that a routine
// line costs a lookup and a few comparisons.
//
// The row that the forest is fitted on, the explanation, what inspect shows, the
// table in docs/detector.md and the ablation come from here.
var Table = [Features]Info{
	featRarity: {
		Name: "rarity", Kind: RarePattern, When: always, Most: 8, phrase: phrasePattern,
		Says: "how seldom a pattern that was seen as few times as this one comes up among the last 300 or so records. Where something new is said all the time, something new is no news.",
	},
	featWord: {
		Name: "word", Kind: RarePattern, When: whenYoung, Most: 20, phrase: phraseWord,
		Says: "surprise of the most surprising word after the one and the two words before it",
	},
	featSequence: {
		Name: "sequence", Kind: RarePattern, When: whenYoung, Most: 20, phrase: phrasePattern,
		Says: "the surprise of the words on average, on a logarithmic scale: a long line is no stranger than a short one",
	},
	featFailure: {
		Name: "failure", Kind: RarePattern, When: whenYoung, Most: 25, phrase: phraseFailure,
		Says: "surprise of the most surprising word of failure, exceptions or refused authorisation; less in a line that is surprising otherwise, and in a log whose new lines often speak of failures. One that only repeats the level (error at ERROR) counts for what the level leaves.",
	},
	featLevel: {
		Name: "level", Kind: OffLevel, When: always, Most: most, phrase: phraseLevel,
		Says: "surprise of the level given the pattern; a level worse than usual weighs more",
	},
	featNumber: {
		Name: "number", Kind: OffNumber, When: "pattern known", Most: most, phrase: phraseNumber,
		Says: "how far, in octaves (factors of two), the strangest number is outside what this field of this pattern has shown. A 0 is no news but among many numbers of which none was less than 1 (15, where they are times), or, as is any number below 15, where it is several times as far below the others as these are from each other (0 of usually 1,500 to 2,500; a counter begins anew), the first fraction of a field that showed nothing but 0 neither, a time counts from a millisecond on, and a bare number in brackets is an identifier. Or how improbable it is that so many of its last numbers are twice as large, or half as large, as nearly all before them. Or by how much the record's own time is off those of the records around it, or how seldom one that always varies comes again and again.",
	},
	featLength: {
		Name: "length", Kind: OddText, When: always, Most: 24, phrase: phraseLength,
		Says: "how far the line's length is outside what this pattern (or, for a young one, this log) has shown; a new message that is shorter than all others by less than a quarter of an octave is as rare as they are",
	},
	featOdd: {
		Name: "odd", Kind: OddText, When: whenNew, Most: 20, phrase: phraseOdd,
		Says: "how much more surprising the pairs of characters are than those of other new lines, within words that were said before no more than usual, by itself and in standard deviations; or how improbable it is that characters beyond ASCII or control characters are strewn over the line, where this log has few",
	},
	featEnd: {
		Name: "end", Kind: CutOff, When: whenYoung, Most: 14, phrase: phraseEnd,
		Says: "surprise of the line's ending where it does: high for a line that is cut",
	},
	featBurst: {
		Name: "burst", Kind: OffRate, When: whenKnown, Most: 24, phrase: phraseBurst,
		Says: "how improbable the pattern's recent share of the records is, beyond what it has shown before (of one that grows by and by, beyond three times that: where it made up a fifth of the records once, none is); or how often the very same line, or a record that differs by numbers and identifiers alone, came in a row: nine times as often as ever flags it; or how improbable it is that so many of the last records have one value that hardly any had; or that so many come in a minute or two, of a message or with a value, where there never were half as many",
	},
	featTrouble: {
		Name: "trouble", Kind: RarePattern, When: always, Most: 18, phrase: phraseTrouble,
		Says: "how rare a line is by its rate, and lines as bad as this are, by their level and words of failure; more when it comes back after a silence; or what else was away five times as long as ever, as the rest went on",
	},
	featSeverity: {
		Name: "severity", When: always, Most: 4,
		Says: "the level by itself: WARN 1 to FATAL 4. It never flags a line alone.",
	},
	featValue: {
		Name: "value", Kind: OffCategory, When: withFields + ", identifiers or a version", Most: most, phrase: phraseValue,
		Says: "surprise of the strangest value: one that a field with few values never or hardly ever had, or one of another sort than usual there; a code of a failure weighs more, and is news again when it comes back on another day; a version older than the usual ones is no release as others are, nor is the first that is older than each before, of a message that came a few times; nor is what a field says that said the same each time, a few times in all (a setting). Where one value in ten is new, a new one is no news; nor is it much where there were more than 64. Or of an identifier that came before, where thousands in its place came once, and of a public address in a message where thousands were private, or the other way round.",
	},
	featKey: {
		Name: "key", Kind: OffFields, When: withFields, Most: most, phrase: phraseKey,
		Says: "a field that no record had so far, or one that is missing although records that have the others have it too. Where an object gets new fields again and again, one more is no news.",
	},
	featText: {
		Name: "text", Kind: OddText, When: withFields, Most: 20, phrase: phraseText,
		Says: "how far a new text is from the other new ones in its field, by the characters that stand in it and by its length",
	},
	featPair: {
		Name: "pair", Kind: OffCategory, When: withFields, Most: 16, phrase: phrasePair,
		Says: "two values that are routine each and never came together, although by their shares they would have; or a value that is not the one that follows from another (a cashier's shop), as it always did",
	},
}

// Row holds an event's features, in units of 1/PerPoint: what the forest is
// fitted on and scores. A byte holds 0 to 31.9 points.
type Row = forest.Row

// PerPoint is how many units of a Row a point has.
const PerPoint = 8

// Strange is the number of points from which on one feature alone makes a record
// an anomaly in a calm log: it is improbable as 1 in 2^14 records, about one of a
// day of a service that logs one each five seconds.
const Strange = 14

// most is as many points as a Row can hold.
const most = 255.0 / PerPoint

func (f Feature) set(r *Row, points float32) {
	switch {
	case !(points > 0):
		r[f] = 0
	case points >= most:
		r[f] = 255
	default:
		r[f] = uint8(points * PerPoint)
	}
}

// Points returns the feature's value in the row.
func (f Feature) Points(r *Row) float32 { return float32(r[f]) / PerPoint }
