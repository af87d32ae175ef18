package forest

// Contributions sets out[j] to feature j's share in the row's score; out must
// have room for all features.
//
// In each tree the row's path starts with an expected length of c(psi). A split
// that leaves it in a node of m of n rows changes that to one step more plus
// c(m) less c(n), and the change is credited to the split's feature. Averaged
// over the trees and divided by c(psi), the shares add up to 1 - E(h)/c(psi) =
// 1 + log2(Score(row)): above zero for a feature that isolates the row sooner
// than an ordinary one, below zero for one in which the row lies deep among the
// others.
func (f *Forest) Contributions(row []float64, out []float64) {
	row, out = row[:f.features:f.features], out[:f.features]
	clear(out)
	c := f.means[f.psi]
	if c == 0 {
		return
	}
	for t := range f.trees {
		sizes := f.sizes[t*2*f.stride:]
		i := 1
		for range f.height {
			feature, threshold, ok := f.split(t, i)
			if !ok {
				break
			}
			n := sizes[i]
			i *= 2
			if f.key(row[feature]) > threshold {
				i++
			}
			out[feature] += f.means[n] - f.means[sizes[i]] - 1
		}
	}
	for j := range out {
		out[j] /= c * float64(f.trees)
	}
}

// ContributionsRow is Contributions of a row of bytes.
func (f *Forest) ContributionsRow(r *Row, out []float64) {
	var row [MaxFeatures]float64
	for i, v := range r {
		row[i] = float64(v)
	}
	f.Contributions(row[:], out)
}
