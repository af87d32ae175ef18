package timestamp

// notations are how a text begins that is a date and a time of day: 0 stands for a
// digit, a for a letter, - for what stands between the parts of a date, T for what
// stands before the time.
var notations = [...]string{
	"0000-00-00T00:00",
	"00-00-0000T00:00",
	"00-aaa-0000T00:00",
	"aaa, 00 aaa 0000 00:00",
}

// shortest and longest are the sizes of such texts, in bytes.
const (
	shortest = len("0000-00-00T00:00")
	longest  = 48
)

// Whole reports whether a text is wholly a date and a time of day: 2026-03-02T08:49:01.021Z,
// 02/Mar/2026:08:49:01 +0000, Mon, 02 Mar 2026 08:49:01 GMT.
func Whole(text []byte) bool {
	return len(text) >= shortest && len(text) <= longest && class[text[0]]&begins != 0 && (text[2] <= '9' || text[3] == ',') && whole(text)
}

// Begins reports whether a text that Whole is true for may begin with a byte.
func Begins(c byte) bool { return class[c]&begins != 0 }

// whole is Whole for a text that may be one by its size and its beginning.
func whole(text []byte) bool {
	for _, n := range notations {
		if written(text, n) {
			for _, c := range text[len(n):] {
				if c < ' ' || c > 'Z' { // seconds, a zone
					return false
				}
			}
			return true
		}
	}
	return false
}

func written(text []byte, notation string) bool {
	if len(text) < len(notation) {
		return false
	}
	for i, c := range []byte(notation) {
		b := text[i]
		switch c {
		case '0':
			if class[b]&digit == 0 {
				return false
			}
		case 'a':
			if class[b]&letter == 0 {
				return false
			}
		case '-':
			if b != '-' && b != '/' && b != '.' && b != ' ' {
				return false
			}
		case 'T':
			if b != 'T' && b != 't' && b != ' ' && b != '_' && b != ':' {
				return false
			}
		default:
			if b != c {
				return false
			}
		}
	}
	return true
}
