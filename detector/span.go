package detector

// span is the usual range of a quantity, on a scale of octaves.
type span struct{ lo, hi octaves }

// beyond returns how far x is outside the range, in octaves; less where the
// range is wide, and where it rests on few values. Values below it count for
// a quarter and for 3 octaves at the most: a zero is seldom news.
func (s span) beyond(x octaves, seen float32) float32 {
	var d float32
	switch {
	case x > s.hi:
		d = (x - s.hi).float()
	case x < s.lo:
		d = min(3, (s.lo-x).float()*0.25)
	default:
		return 0
	}
	return d / (1 + 0.25*(s.hi-s.lo).float()) * seen / (seen + 10)
}

// learn widens the range towards x: all the way for the first values, a tenth
// of the way later, so that what repeats becomes normal within some ten
// records and a single outlier hides no second one. Inside the range both
// ends come nearer, by one part in 4096, so that it forgets.
func (s *span) learn(x octaves, seen float32) {
	part := max(0.1, 1/(1+0.2*seen))
	switch {
	case x > s.hi:
		s.hi += max(1, octaves(float32(x-s.hi)*part))
	case x < s.lo:
		s.lo -= max(1, octaves(float32(s.lo-x)*part))
	}
}
