package model

// Anomaly is the kind of an anomaly: what about the event is strange most. The
// list is closed, so that routes and dashboards can be made of it.
type Anomaly string

// The kinds of anomaly.
const (
	NewPattern  Anomaly = "new"      // a statement that was never seen before
	RarePattern Anomaly = "rare"     // a statement, or words in it, that were seen seldom
	Returned    Anomaly = "returned" // a statement that was silent for much longer than usual
	OffRate     Anomaly = "rate"     // a statement that comes far more often than usual, or less
	OffLevel    Anomaly = "level"    // a level that is unusual for the statement
	OffNumber   Anomaly = "number"   // a number that is far from the usual ones in its place
	OffCategory Anomaly = "category" // a value, or values together, in a place of few values
	OffFields   Anomaly = "field"    // a field that is new or missing
	OddText     Anomaly = "text"     // characters or a length that are unusual there
	CutOff      Anomaly = "cut"      // a message that ends where it usually goes on
)

// Anomalies are all kinds of anomaly.
var Anomalies = []Anomaly{NewPattern, RarePattern, Returned, OffRate, OffLevel, OffNumber, OffCategory, OffFields, OddText, CutOff}

// Anomaly returns the kind by the event's strongest feature. Rare words in a
// statement that was never seen are a new statement; one that comes back after a
// silence far beyond its gaps, or on another day, has returned, and is rare no more than
// that.
func (o *Observation) Anomaly() Anomaly {
	first, _ := o.strongest()
	kind := o.info(first).Kind
	switch {
	case o.relapsed(first), first == featTrouble && o.silent.is:
		kind = Returned
	case kind == OddText && o.again:
		kind = Returned
	case kind != RarePattern:
	case o.isNew():
		kind = NewPattern
	case o.away > returned, o.again:
		kind = Returned
	}
	return kind
}

// ByValue reports whether a value is what came back, or comes too often: the other events of its message
// are as usual. It says so of Returned and OffRate; the kinds of what a message says tell by themselves.
func (o *Observation) ByValue() bool {
	first, _ := o.strongest()
	return o.relapsed(first) || first == featTrouble && o.silent.is && o.silent.value >= 0 || first == featBurst && o.surged()
}

// strongest returns the two strongest of the features that can be the reason, the
// stronger first. What all words say together counts for half: any other says more
// clearly what is strange.
func (o *Observation) strongest() (first, second Feature) {
	// Each is ranked by its points, then by its place: what is more is the stronger.
	const places = 256
	one, two := -1, -1
	for _, f := range reasons {
		points := int(o.Row[f])
		if f == featSequence {
			points /= 2
		}
		rank := points*places + places - 1 - int(f)
		one, two = max(one, rank), max(two, min(one, rank))
	}
	return Feature(places - 1 - one%places), Feature(places - 1 - two%places)
}

// reasons are the features that can be the reason.
var reasons = func() (all []Feature) {
	for f := range Features {
		if Table[f].phrase != nil {
			all = append(all, f)
		}
	}
	return all
}()
