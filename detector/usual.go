package detector

import "github.com/flb-anomaly/flb-anomaly/detector/model"

// Usual returns what is known of the field of a name where the event belongs that
// was looked at last, by Observe, Learn or Judge. It is false for a field that no
// record had.
func (d *Detector) Usual(name []byte) (model.FieldContents, bool) {
	if d.stats.Records == 0 {
		return model.FieldContents{}, false
	}
	return d.seen.Usual(name)
}
