package pattern

// Numbers in groups, as the languages of the world write them: 9,812,400.50,
// 9.812.400,50, 9'812'400.50, 98,12,400, 9_812_400, and 9 812 400,50 with a space that
// does not break. What is joined by commas may be a list as well: then it stands in
// brackets, or its parts are no groups.

// maxGroups is the most groups of a number, of which the largest float64 that is exact
// has six.
const maxGroups = 8

// groupJoin returns the size of what joins the groups of a number at b[0], 0 for none.
func groupJoin(b []byte) int {
	switch b[0] {
	case ',', '.', '\'', '_':
		return 1
	case 0xc2:
		if b[1] == 0xa0 { // no-break space
			return 2
		}
	case 0xe2:
		if b[1] == 0x80 && (b[2] == 0xaf || b[2] == 0x89 || b[2] == 0x99) { // narrow and thin spaces, ’
			return 3
		}
	}
	return 0
}

// mayBeGrouped says what may stand before a number in groups or with a decimal comma.
// The bytes of UTF-8 may too: €.
var mayBeGrouped = func() (t [256]bool) {
	for _, c := range "\x00 \t\"'`=([{<>|:$+-~#*" {
		t[c] = true
	}
	for c := 0x80; c < 0x100; c++ {
		t[c] = true
	}
	return t
}()

// grouped reads on behind the digits b[i:j], the Number p: groups or a decimal comma.
// The next run starts at edge k.
func (s *Scanner) grouped(l *Workspace, p *piece, k, i, j int, negative bool) bool {
	b := l.text[before:]
	join := groupJoin(b[j:])
	if join == 0 || class[b[j+join]]&digit == 0 {
		return false
	}
	prev, prev2 := l.text[before+i-1], l.text[before+i-2]
	if !mayBeGrouped[prev] || prev == '-' && !negative || prev == ':' && class[prev2]&digit != 0 {
		return false
	}
	end, value := l.groups(i, j, join)
	if end == 0 && b[j] == ',' {
		end, value = l.decimalComma(i, j)
	}
	if end == 0 || b[j] == ',' && (prev == '(' || prev == '[' || prev == '{') && (b[end] == ')' || b[end] == ']' || b[end] == '}' || b[end] == ',') {
		return false
	}
	unit, to := UnitNone, end
	for class[b[to]]&letter != 0 && b[to] < 0x80 && to-end <= maxUnit {
		to++
	}
	if to > end {
		if unit = unitOf(b[end:to]); unit == UnitNone || class[b[to]]&alnum != 0 {
			return false
		}
	}
	p.kind, p.hash, p.value, p.end = Number, s.kinds[Number], value, end
	l.rest.loose = true
	for l.start(k) < end {
		k += 2
	}
	switch {
	case unit != UnitNone:
		s.inUnit(p, to, unit)
	case b[end] == '%':
		p.end, p.unit = end+1, UnitPercent
		p.hash += uint32(dimShare)
	case b[end] == ' ':
		s.spacedUnit(l, p, k)
	}
	p.sign(negative)
	return true
}

// groups reads the number in groups that begins with the digits b[i:j] and goes on with
// a join of so many bytes, and its fraction. It returns 0 when that is not what stands
// there.
func (l *Workspace) groups(i, j, join int) (end int, value float64) {
	b := l.text[before:]
	if j-i > 3 {
		return 0, 0
	}
	// The first group decides mostly: three digits, or two of India.
	if first := b[j+join:]; class[first[1]]&digit == 0 || b[j] != ',' && class[first[2]]&digit == 0 || class[first[2]]&class[first[3]]&digit != 0 {
		return 0, 0
	}
	value, end = l.value(i, j), j
	var pairs, n int
	for ; n < maxGroups && string(b[end:end+join]) == string(b[j:j+join]); n++ {
		from := end + join
		to := from
		for class[b[to]]&digit != 0 && to-from < 4 {
			to++
		}
		switch to - from {
		case 3:
			value = value*1000 + l.value(from, to)
		case 2: // of India, where only the last has three
			value = value*100 + l.value(from, to)
			pairs++
		default:
			return 0, 0
		}
		if end = to; to-from == 3 && pairs > 0 {
			n++
			break
		}
	}
	if n == 0 || pairs > 0 && (pairs != n-1 || b[j] != ',') || string(b[end:end+join]) == string(b[j:j+join]) && class[b[end+join]]&digit != 0 {
		return 0, 0
	}
	point := byte('.')
	if b[j] == '.' || b[j] >= 0x80 && b[j+2] != 0x99 {
		point = ','
	}
	if b[end] != point || class[b[end+1]]&digit == 0 {
		if b[j] == '.' || l.zero(i) { // a version
			return 0, 0
		}
		return end, finite(value)
	}
	from := end + 1
	for end = from; class[b[end]]&digit != 0; {
		end++
	}
	if b[end] == point && class[b[end+1]]&digit != 0 || l.zero(i) {
		return 0, 0
	}
	places := min(end-from, 15)
	return end, finite(value + l.value(from, from+places)/pow10[places])
}

// zero reports whether the digit at i, with which groups begin, is 0: then they are none.
func (l *Workspace) zero(i int) bool {
	l.rest.loose = true
	return l.text[before+i] == '0'
}

// decimalComma reads a number of one or two decimals behind the comma at j, which has
// words behind it: 21,5 °C, 234,56 EUR.
func (l *Workspace) decimalComma(i, j int) (end int, value float64) {
	b := l.text[before:]
	for end = j + 1; class[b[end]]&digit != 0; {
		end++
	}
	if end-j > 3 || b[end] != '%' && b[end] < 0x80 && (b[end] != ' ' || class[b[end+1]]&letter == 0) {
		return 0, 0
	}
	return end, l.value(i, j) + l.value(j+1, end)/pow10[end-j-1]
}
