package detector

import (
	"fmt"

	"github.com/flb-anomaly/flb-anomaly/detector/model"
)

// Ablate turns features off by name, and the forest ("forest") or all single
// features ("tails").
func (d *Detector) Ablate(names ...string) {
	for _, name := range names {
		switch name {
		case "forest":
			d.mix.forest = 0
		case "tails":
			d.mix.weights = [model.Features]float32{}
			d.mix.forest = 40 // alone, its score from 0.35 on must reach the threshold
		default:
			d.mix.weights[featureNamed(name)] = 0
		}
	}
}

func featureNamed(name string) model.Feature {
	for f := range model.Features {
		if model.Table[f].Name == name {
			return f
		}
	}
	panic(fmt.Sprintf("no feature has the name %q", name))
}

// ObserveSaying is Observe, and shows what was judged before it is learned from.
func (d *Detector) ObserveSaying(ev *Event, v *Verdict, say func(*model.Observation)) {
	g := d.look(ev, v)
	if g.ready(&d.options) {
		d.verdict(g, ev, v, true)
		say(&d.seen)
	}
	d.learn(g, ev)
}
