package detector

import (
	"github.com/flb-anomaly/flb-anomaly/detector/forest"
	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
)

// modelVersion stands for what the numbers in a model mean: the tokeniser's
// patterns and hashes, the features, their scales. A model of another version
// is not read. TestModelVersion fails when the meaning has changed and says
// what to do.
const modelVersion = 1

func (s *state) carry(c *codec.Codec) {
	s.model.Carry(c)
	s.window.carry(c)
	s.threshold.carry(c)
	codec.I64(c, &s.records)
	codec.I64(c, &s.nextRefit)
	codec.I64(c, &s.refitAt)
	codec.I64(c, &s.refitFrom)
	s.carryForest(c)
}

// maxForestBytes is above what the largest forest (forest.MaxNodes) takes.
const maxForestBytes = 32 << 20

func (s *state) carryForest(c *codec.Codec) {
	var b []byte
	if !c.Reading && s.forest != nil {
		b, _ = s.forest.AppendBinary(nil)
	}
	if b = c.Bytes("forest", b, maxForestBytes); !c.Reading || c.Err != nil {
		return
	}
	s.forest = nil
	if len(b) == 0 {
		return
	}
	f := new(forest.Forest)
	if err := f.UnmarshalBinary(b); err != nil {
		c.Fail("%v", err)
	} else if f.Features() != int(model.Features) {
		c.Fail("a forest of %d features, %d are right", f.Features(), model.Features)
	} else {
		s.forest = f
	}
}

// row is an event's features, see model.Table.
type row = model.Row
