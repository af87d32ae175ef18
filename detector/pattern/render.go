package pattern

// masked is how Append writes each kind.
var masked = [kinds]string{Number: "<num>", Time: "<time>", Address: "<ip>", ID: "<id>", Version: "<ver>", LevelWord: "<level>", Path: "<path>"}

// Append appends the pattern of line, which must be the line that was scanned
// last, to dst in a form for people: the text as it is, with <num>, <time>,
// <ip>, <id>, <ver>, <level> and <path> for what is masked. A number with a
// unit is followed by its base unit, <num>s, <num>B or <num>%, as far as it is
// one of Line.Numbers.
func (l *Line) Append(dst, line []byte) []byte {
	at, nn := 0, 0
	for i, t := range l.Tokens {
		dst = append(dst, line[at:t.Start]...)
		at = int(t.End)
		if t.Kind != Word {
			dst = append(dst, masked[t.Kind]...)
			if nn < len(l.Numbers) && int(l.Numbers[nn].Token) == i {
				dst = append(dst, l.Numbers[nn].Unit.Base()...)
				nn++
			}
			continue
		}
		word := line[t.Start:t.End]
		letters := len(word)
		for letters > 0 && class[word[letters-1]]&digit != 0 {
			letters--
		}
		dst = append(dst, word[:letters]...)
		if letters < len(word) {
			dst = append(dst, masked[Number]...)
		}
	}
	if !l.Truncated {
		dst = append(dst, line[at:]...)
	}
	return dst
}
