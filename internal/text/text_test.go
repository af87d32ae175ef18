package text

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"routine", 7, "routine"},
		{"routine", 3, "rou"},
		{"routine", 0, ""},
		{"日本語", 6, "日本"},
		{"日本語", 7, "日本"},
		{"日本語", 8, "日本"},
		{"日本語", 2, ""},
		{"a😀", 4, "a"},
		{"a\x80\x80\x80\x80\x80", 4, "a\x80\x80\x80"},           // no character is as long
		{"\x80\x80\x80\x80\x80\x80", 5, "\x80\x80\x80\x80\x80"}, // no character begins there
	} {
		if got := Cut([]byte(c.text), c.n); string(got) != c.want {
			t.Errorf("%q to %d bytes: %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"a\tb", 10, "a\tb"},
		{"a\x1b[31mb\x00\xff\n", 20, `a\x1b[31mb\x00\xff\n`},
		{"ä\u202e", 20, `ä\u202e`},
		{"\x8f a'b\"c \u00a0", 20, `\x8f a'b"c \u00a0`},
		{"routine", 7, "routine"},
		{"routine", 6, "routin …"},
		{"", 5, ""},
		{"日本語", 7, "日本 …"},
	} {
		if got := Printable([]byte(c.text), c.limit); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	if got, want := PrintableLines("a\x1b\nb\n"), "a\\x1b\nb\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for text, want := range map[string]string{"ä\xffb": "ä\uFFFDb", "": "", "日本": "日本", "\xe6\x97": "\uFFFD\uFFFD"} {
		if got := Valid([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// The order of scores survives, and near 0 and 1 more of their digits.
func TestAppendScore(t *testing.T) {
	for score, want := range map[float64]string{
		0: "0.000000000", 0.5: "0.500000", 0.0625: "0.062500", 0.01: "0.010000", 0.99: "0.990000", 0.999999: "0.999999000",
		0.0000001: "0.000000100", 1: "1", 0.99999999999: "1", math.Nextafter(0.99, 0): "0.990000",
		0.123456: "0.123456", 0.1234565: "0.123457", 0.987654: "0.987654", 0.009876543: "0.009876543", 0.123456789: "0.123457",
		-0.5: "-0.5", 1.25: "1.25", math.Inf(1): "+Inf",
	} {
		if got := string(AppendScore(nil, score)); got != want {
			t.Errorf("%v: %s, want %s", score, got, want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	scores := make([]float64, 10_000)
	for i := range scores {
		scores[i] = math.Pow(rng.Float64(), float64(1+i%4))
		if i%2 == 0 {
			scores[i] = 1 - scores[i]
		}
	}
	slices.Sort(scores)
	before := 0.0
	for _, score := range scores {
		got, err := strconv.ParseFloat(string(AppendScore(nil, score)), 64)
		if err != nil || math.Abs(got-score) > 5.1e-7 || got < before {
			t.Fatalf("%v became %v, after %v: %v", score, got, before, err)
		}
		if got != Score(score) {
			t.Fatalf("%v is written as %v and rounded to %v", score, got, Score(score))
		}
		before = got
	}
}

func TestAppendTime(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	times := []time.Duration{0, 1, time.Millisecond, -1, time.Second - 1, math.MaxInt64, math.MinInt64, 951782400 * time.Second, 1772438401250 * time.Millisecond}
	for range 10_000 {
		times = append(times, time.Duration(rng.Uint64()))
	}
	for _, at := range times {
		want := time.Unix(0, int64(at)).UTC().Format("2006-01-02T15:04:05.000Z")
		if got := string(AppendTime([]byte("at "), at)); got != "at "+want {
			t.Errorf("%d: %s, want %s", at, got, want)
		}
	}
}

// TestAppendJSON writes what is no control character as it is, and the others in the
// way that is usual.
func TestAppendJSON(t *testing.T) {
	for text, want := range map[string]string{
		"":                      `""`,
		"plain, {text}: ~ä日😀":   `"plain, {text}: ~ä日😀"`,
		`a"b\c/d`:               `"a\"b\\c/d"`,
		"a\nb\rc\td":            `"a\nb\rc\td"`,
		"\x00\x01\x1f\x7f\x1bA": `"\u0000\u0001\u001f\u007f\u001bA"`,
		"a\xffb\xe2\x80c":       "\"a\uFFFDb\uFFFD\uFFFDc\"",
		"\uFFFD":                "\"\uFFFD\"",
	} {
		if got := string(AppendJSON([]byte("x:"), []byte(text))); got != "x:"+want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestAppendCSV quotes what needs it, and nothing else.
func TestAppendCSV(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"a plain; text":   "a plain; text",
		"a,b":             `"a,b"`,
		`a "b"`:           `"a ""b"""`,
		"ä":               `"ä"`,
		"a\nb":            "\"a\nb\"",
		"a\x00b\xffc":     "\"a\uFFFDb\uFFFDc\"",
		"=1+1":            "'=1+1",
		"+1":              "'+1",
		"-1":              "'-1",
		"@SUM(A1)":        "'@SUM(A1)",
		"\tx":             "\"'\tx\"",
		"\rx":             "\"'\rx\"",
		`=HYPERLINK("x")`: `"'=HYPERLINK(""x"")"`,
		"1=1":             "1=1",
		"a,=":             `"a,="`,
		"~\x7f":           "~\x7f",
	} {
		if got := string(AppendCSV([]byte("x,"), []byte(text))); got != "x,"+want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestID(t *testing.T) {
	for hash, want := range map[uint64]string{
		0: "0000000000", 1: "0000000001", 31: "000000000z", 32: "0000000010", 0x3ffffffffffff: "zzzzzzzzzz",
		1 << 45: "1000000000", 1 << 50: "0000000000", math.MaxUint64: "zzzzzzzzzz", 0b01010_10010_10011_10100: "000000ajkm",
	} {
		got := ID(hash)
		if got != want {
			t.Errorf("%#x: %s, want %s", hash, got, want)
		}
		if back, ok := ParseID(got); !ok || back != hash&IDBits {
			t.Errorf("%s is read as %#x, %v; it is of %#x", got, back, ok, hash)
		}
	}
	if got := AppendID([]byte("id "), 5); string(got) != "id 0000000005" {
		t.Errorf("%s", got)
	}
	for _, s := range []string{"", "000000000", "00000000000", "000000000o", "000000000l", "000000000Z", "00000 0000", "000000000\xff"} {
		if hash, ok := ParseID(s); ok {
			t.Errorf("%q is taken for an id of %#x", s, hash)
		}
	}
}

func FuzzAppendJSON(f *testing.F) {
	for _, c := range []string{"\"", "\\", "\x1f", "\x7f", "\xff", "\n"} { // at each place of 8 bytes
		for i := range 9 {
			f.Add([]byte("00000000"[:min(i, 8)] + c + "000000000"))
		}
		f.Add([]byte("0000000" + c))
	}
	f.Add([]byte("a\"\\\n\x00\x7f\xffé\xe2\x80"))
	f.Fuzz(func(t *testing.T, s []byte) {
		got := AppendJSON(nil, s)
		var text string
		if err := json.Unmarshal(got, &text); err != nil || !utf8.Valid(got) {
			t.Fatalf("%q became %q: %v", s, got, err)
		}
		var want strings.Builder
		for _, r := range string(s) { // an invalid byte is U+FFFD each
			want.WriteRune(r)
		}
		if text != want.String() {
			t.Errorf("%q is read as %q, want %q", s, text, want.String())
		}
	})
}

func FuzzAppendCSV(f *testing.F) {
	f.Add([]byte("=a\",\r\n\x00\xff"))
	f.Fuzz(func(t *testing.T, s []byte) {
		got := AppendCSV(nil, s)
		rows, err := csv.NewReader(bytes.NewReader(append(append([]byte("x,"), got...), ",x\r\n"...))).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 3 {
			t.Fatalf("%q became %q: %q, %v", s, got, rows, err)
		}
		if v := rows[0][1]; v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
			t.Errorf("%q is a formula", v)
		}
	})
}

// What is written to a terminal obeys nobody but us.
func FuzzPrintable(f *testing.F) {
	f.Add([]byte("\x1b]0;owned\x07\u202e"))
	f.Fuzz(func(t *testing.T, s []byte) {
		for _, r := range Printable(s, 100) {
			if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 || r == '\u202e' {
				t.Errorf("%q is shown as %q", s, Printable(s, 100))
			}
		}
	})
}

func TestEnds(t *testing.T) {
	for _, c := range []struct{ b, begin, end string }{
		{"", "", ""},
		{"short", "short", ""},
		{"0123456789", "0123456789", ""},
		{"https://shop/cart", "https", "/cart"},
		{"could not reach it", "could not ", ""},
		{"éééééééé", "éé", "éé"},
		{"\xff\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", "\xff\x80\x80\x80\x80", "\x80\x80\x80\x80\x80"},
	} {
		if begin, end := Ends([]byte(c.b), 10); string(begin) != c.begin || string(end) != c.end {
			t.Errorf("%q: %q and %q, want %q and %q", c.b, begin, end, c.begin, c.end)
		}
	}
}
