package model

import "github.com/flb-anomaly/flb-anomaly/detector/internal/codec"

// spell is what comes again and again of late. What comes is worth some bits each time, its
// odds, and each record of something else takes some away (the cumulative sum of Page 1954).
// It is over where it is worth none.
type spell struct {
	begun   uint32 // the record at which it began
	n       uint16 // that came since
	most    uint16 // bits at its highest
	largest uint16 // of the largest so far, fading by half with each ageing
}

const (
	// spellOne is one in how many records what comes again and again may come otherwise,
	// at most.
	spellOne = 32

	// spellBits is from how many bits on a spell is told: those of a burst that is.
	spellBits = 36

	// spellAgain is how many times as much as the largest so far one must be worth beside
	// that, so that one that goes on is told more and more seldom.
	spellAgain = 2
)

// odds are what it is worth that something comes, and what it takes away that it does not, in
// bits: by how likely that is where it comes as often as once in some records, beside where it
// comes as ever.
type odds struct{ gain, loss float32 }

// oddsOf are the odds of what came once in ever records, at least, and comes once in now.
func oddsOf(ever, now float64) odds {
	return odds{log2(ever / now), log2((1 - 1/ever) / (1 - 1/now))}
}

// sum is the spell with one more at a record: of how many records it is, how many of them
// came, and what that is worth in bits. Where it is over, it begins there.
func (s *spell) sum(record uint32, p odds) (records, n uint32, bits float32) {
	records, n = record-s.begun+1, uint32(s.n)+1
	if bits = float32(n)*p.gain - max(0, float32(records)-float32(n))*p.loss; n == 1 || bits <= p.gain {
		return 1, 1, p.gain
	}
	return records, n, bits
}

// over reports whether it is, before a record.
func (s *spell) over(record uint32, p odds) bool {
	_, n, _ := s.sum(record, p)
	return n == 1
}

// points are those of one more at a record, if it is to be told from so many bits on.
func (s *spell) points(record uint32, p odds, from float32) float32 {
	_, _, bits := s.sum(record, p)
	bits -= spellAgain * float32(s.largest)
	if bits < from {
		return 0
	}
	return burstPoints(bits)
}

// goOn takes one more in, at a record, and reports whether the spell goes on; else it begins.
// What was told of it is usual from then on, and all of it once it is over.
func (s *spell) goOn(record uint32, p odds, told bool) bool {
	_, n, bits := s.sum(record, p)
	if n == 1 {
		s.largest = max(s.largest, s.most)
		s.begun, s.most = record, 0
	}
	s.n = uint16(min(n, mostRun))
	s.most = max(s.most, uint16(min(bits, mostRun)))
	if told {
		s.largest = max(s.largest, s.most)
	}
	return n > 1
}

// merge takes in what was usual in another log. None goes on: it is of the records of one.
func (s *spell) merge(o spell) {
	*s = spell{largest: max(s.largest, s.most, o.largest, o.most)}
}

func (o *odds) carry(c *codec.Codec) {
	c.F32(&o.gain)
	c.F32(&o.loss)
}

func (s *spell) carry(c *codec.Codec) {
	c.U32(&s.begun)
	c.U16(&s.n)
	c.U16(&s.most)
	c.U16(&s.largest)
}
