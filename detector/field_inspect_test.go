package detector_test

import (
	"bytes"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
)

// A model says of each field what stands in it, as it follows from what stood there.
func TestInspectFields(t *testing.T) {
	w := watch(t, shopLog(24), 8000)
	w.see(changed("degraded", "true"))
	inspect := func() *detector.GroupContents {
		c, err := detector.Inspect(bytes.NewReader(snapshot(t, w.detector)))
		if err != nil {
			t.Fatal(err)
		}
		return &c.Groups[0]
	}
	g := inspect()
	fields := map[string]model.FieldContents{}
	for i, f := range g.Fields {
		if i > 0 && f.Records > g.Fields[i-1].Records {
			t.Errorf("%s, of %d records, stands behind one of %d", f.Name, f.Records, g.Fields[i-1].Records)
		}
		name := f.Name
		if f.Part != "" {
			name += " " + f.Part
		}
		fields[name] = f
	}
	for name, want := range map[string]struct {
		kind        model.FieldKind
		from, to    float64 // share of records that have it
		first       string  // of its usual values
		low, high   float64
		usualAtMost float64 // share of the first one
	}{
		"trace":            {kind: model.Identifier, from: 0.99, to: 1},
		"host":             {kind: model.Category, from: 0.99, to: 1, usualAtMost: 0.4},
		"method":           {kind: model.Category, from: 0.35, to: 0.45, first: "GET", usualAtMost: 0.7},
		"status":           {kind: model.Code, from: 0.35, to: 0.45, first: "200", usualAtMost: 0.93},
		"exit_status":      {kind: model.Code, from: 0.02, to: 0.04, first: "0", usualAtMost: 0.95},
		"duration_ms":      {kind: model.Quantity, from: 0.35, to: 0.45, low: 12, high: 80},
		"user":             {kind: model.Identifier, from: 0.45, to: 0.6},
		"route":            {kind: model.Category, from: 0.35, to: 0.45, usualAtMost: 0.25},
		"route first part": {kind: model.Category, from: 0.35, to: 0.45},
		"degraded":         {kind: model.Young, from: 0, to: 0.001, first: "true", usualAtMost: 1},
	} {
		f, ok := fields[name]
		if !ok {
			t.Errorf("%s is not there", name)
			continue
		}
		if f.Kind != want.kind || f.Share < want.from || f.Share > want.to {
			t.Errorf("%s is %s in %.3f of the records: %s in %.3f to %.3f wanted", name, f.Kind, f.Share, want.kind, want.from, want.to)
		}
		if want.first != "" && (len(f.Usual) == 0 || f.Usual[0].Text != want.first) || want.usualAtMost > 0 && (len(f.Usual) == 0 || f.Usual[0].Share > want.usualAtMost) {
			t.Errorf("%s is usually %v: %q wanted, of at most %.2f", name, f.Usual, want.first, want.usualAtMost)
		}
		if (f.Numbers != nil) != (want.high > 0) {
			t.Errorf("%s has the range %v", name, f.Numbers)
		} else if r := f.Numbers; r != nil && (r.Low < want.low/1.5 || r.Low > want.low*1.5 || r.High < want.high/1.5 || r.High > want.high*1.5) {
			t.Errorf("%s is %v to %v, %v to %v wanted", name, r.Low, r.High, want.low, want.high)
		}
	}
	for _, name := range []string{"message", "level"} { // these are shown as such
		if _, ok := fields[name]; ok {
			t.Errorf("%s is among the fields", name)
		}
	}
	for _, p := range g.Patterns {
		if p.Text != "query finished" {
			continue
		}
		for i, name := range []string{"rows", "took_ms"} {
			if len(p.Fields) != 2 || p.Fields[i].Name != name || p.Fields[i].High > 400 {
				t.Errorf("the fields of %q have the ranges %v, those of rows and took_ms wanted", p.Text, p.Fields)
			}
		}
	}
}
