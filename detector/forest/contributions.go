package forest

// Contributions sets out[j] to feature j's share in the row's score; out must
// have a place for each feature, and the row one value, or it panics. It does
// not allocate.
//
// In each tree the row's path starts with an expected length of c(psi). A split
// that leaves it in a node of m of n rows changes that to one step more plus
// c(m) less c(n), and the change is credited to the split's feature. Averaged
// over the trees and divided by c(psi), the shares add up to 1 - E(h)/c(psi) =
// 1 + log2(Score(row)): above zero for a feature that isolates the row sooner
// than an ordinary one, below zero for one in which the row lies deep among the
// others.
func (f *Forest) Contributions(row []float64, out []float64) {
	f.check(row)
	f.check(out)
	clear(out)
	for t := range f.trees {
		sizes := f.sizes[t*2*f.stride:]
		i := 1
		for range f.levels {
			feature, threshold, ok := f.split(t, i)
			if !ok {
				break
			}
			n := sizes[i]
			i *= 2
			if f.key(row[feature]) > threshold {
				i++
			}
			out[feature] += float64(int(f.means[n]) - int(f.means[sizes[i]]) - lengthUnit)
		}
	}
	for j := range out {
		out[j] *= f.scale
	}
}

// ContributionsRow is Contributions of a row of bytes. It panics if the forest
// has more features than a Row.
func (f *Forest) ContributionsRow(r *Row, out []float64) {
	var row [MaxFeatures]float64
	for i, v := range r {
		row[i] = float64(v)
	}
	f.Contributions(row[:f.features], out)
}
