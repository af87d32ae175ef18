package model

// The name of a pod, of a session, of a release has a part that is made up for each one:
// worker-1726218ff-f8nbc, conn-4930678, v2.31.5. One more of those is no news where one of
// them stood before.

const (
	longSerial   = 5 // digits from which on a number by itself counts as made up
	leastSuffix  = 4 // letters without a vowel that do, behind such a part
	longSuffix   = 8 // and behind any: no word has so many, and a pod's name may have no digit
	leastNamed   = 3 // letters that are a name
	mostBlanks   = 3 // in a name: pgAdmin 4 - CONN:4930678
	leastCounter = 3 // digits from which on a number beside a name may be one of a counter
	ofVersion    = 3 // numbers with dots between them that are a version: of an address there are four
	serialNumber = 1 // stands for a number, or what is made up, in the hash
)

const (
	// madeUpKnown is how many values that differ by what is made up for each one are a series.
	madeUpKnown = 1

	// seriesKnown is the same for those that differ by a shorter number alone
	// (session-2165.scope, settlement-312): of a code or a place fewer are there.
	seriesKnown = firmValue
)

// serial returns a hash of a value without its numbers and without its parts that are made
// up for each one, and how many such values must have stood there for one more to be no
// news; 0 = it is one of none. Parts are of letters and digits. One is made up if letters
// stand behind its digits or if it is a long number, and so is one without a vowel behind
// those, and a version. What has letters before few digits alone may be a code or a place:
// E310, node-7.
func serial(value []byte) (shape uint64, least uint32) {
	shape = nameSeed
	named, made, counted, before, numbers, blanks := false, false, false, byte(0), 0, 0
	for rest := value[:min(len(value), maxValue)]; len(rest) > 0; {
		part, digits, behind, vowels := partOf(rest)
		if len(part) == 0 {
			if before = rest[0]; before == ' ' {
				if blanks++; blanks > mostBlanks { // a sentence is no name
					return 0, 0
				}
			}
			shape = mix64(shape, uint64(before))
			rest = rest[1:]
			continue
		}
		if rest = rest[len(part):]; before != '.' {
			numbers = 0
		}
		letters := len(part) - digits
		if digits > 0 && letters <= 1 && !behind { // 31, v2
			numbers++
		} else {
			numbers = 0
		}
		switch {
		case behind || letters == 0 && digits >= longSerial:
			made = true
			shape = mix64(shape, serialNumber)
		case digits == 0 && before == '-' && !vowels && (letters >= longSuffix || made && letters >= leastSuffix):
			made = true
			shape = mix64(shape, serialNumber)
		case numbers > 0:
			if last := len(rest) < 2 || rest[0] != '.' || fold[rest[1]] != digit; last && numbers == ofVersion {
				made, named = true, true
			}
			counted = counted || letters == 0 && digits >= leastCounter
			shape = mix64(shape, serialNumber)
		default:
			named = named || letters >= leastNamed
			shape = hashBytes(shape, part)
		}
	}
	switch {
	case named && made:
		return shape, madeUpKnown
	case named && counted:
		return shape, seriesKnown
	}
	return 0, 0
}

// partOf returns the letters and digits that b begins with, how many are digits, whether
// letters stand behind digits, and whether there are vowels.
func partOf(b []byte) (part []byte, digits int, behind, vowels bool) {
	for i, c := range b {
		switch k := fold[c]; {
		case k > beyondASCII:
			return b[:i], digits, behind, vowels
		case k == digit:
			digits++
		default:
			behind = behind || digits > 0
			vowels = vowels || 1<<k&vowelsOf != 0
		}
	}
	return b, digits, behind, vowels
}

// vowelsOf has a bit for each vowel, by fold.
const vowelsOf = 1<<('a'-'a') | 1<<('e'-'a') | 1<<('i'-'a') | 1<<('o'-'a') | 1<<('u'-'a') | 1<<('y'-'a')

// knowsLike reports whether others than a text that came so many times have stood in its
// field that are like it, see likeKey.
func (fs *fields) knowsLike(s *seenField, f *Field, count uint32) bool {
	key, least, ok := likeKey(s, f)
	n := uint32(fs.values.find(key).n)
	if !ok || n < least+min(1, count) {
		return false
	}
	// Of the Internet each has an address of its own, where the field had as many as half of the times.
	return s.scope != public || n >= uint32(fs.values.find(uint32(partHash(s.hash^partSeeds[origin], internet))).n)/2
}

// likeKey is where in fields.values it is counted how many texts stood in its field that differ
// from this one by what is made up alone, or by what a network hands out, and how many make one
// more no news. It is not ok if there can be none.
func likeKey(s *seenField, f *Field) (key, least uint32, ok bool) {
	shape, least := s.serial(f)
	if ok = least > 0; !ok && s.part == whole && f.Kind == Text {
		if shape, ok = network(f.Value); s.scope == public {
			shape, ok = ofInternet, true
		}
		least = networkKnown
	}
	return uint32(mix64(s.hash, shape)), least, ok
}

// ofInternet stands for the shape of all public addresses.
const ofInternet = 0x2545f4914f6cdd1d

// serial is serial of what stands in a field.
func (s *seenField) serial(f *Field) (shape uint64, least uint32) {
	if s.part != whole || f.Kind != Text {
		return 0, 0
	}
	return serial(f.Value)
}
