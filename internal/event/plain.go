package event

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// plains remembers shapes of texts of no form: what a program writes again and again
// with other numbers need not be tried for each form anew.
type plains [1 << plainBits]pattern.Shape

// plainBits is for 1024 shapes in 8 KB. Another shape takes a place that is taken.
const plainBits = 10

func (p *plains) at(s pattern.Shape) *pattern.Shape { return &p[s>>(64-plainBits)] }

func (p *plains) has(s pattern.Shape) bool { return s != 0 && *p.at(s) == s }

// add takes in the shape of a text of such marks that no form has. That must hold for
// all texts of the shape, whatever their digits are: where what is looked at are the
// values of digits (in quotes, in JSON, in columns, in a table's header), nothing is
// remembered.
func (p *plains) add(s pattern.Shape, text []byte, m pattern.Marks) {
	if s == 0 || m&(pattern.QuoteMark|pattern.ControlMark) != 0 || text[0] == '{' || text[0] == '#' || text[len(text)-1] == '}' ||
		m&pattern.CommaMark != 0 && bytes.Count(text, comma) >= leastCommas {
		return
	}
	*p.at(s) = s
}

var comma = []byte(",")
