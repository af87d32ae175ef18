package pattern

import "testing"

// TestIdentifiersOfDigits has hexadecimal identifiers that look like numbers, and
// numbers that do not look like ones.
func TestIdentifiersOfDigits(t *testing.T) {
	s, l := NewScanner(1), new(Workspace)
	for text, want := range map[string]string{
		"span 6141307d done":                "span <id> done",
		"span 61413b done":                  "span <id> done",
		"waited 30d":                        "waited <num>s",
		"read 4096b":                        "read <num>B",
		"Station 9550.4e51.287c Associated": "Station <ip> Associated",
		"Station ffca.2478.5262 Associated": "Station <ip> Associated",
		"Station 7673.be77.506d Associated": "Station <ip> Associated",
		"Station c545.600d.3d1d Associated": "Station <ip> Associated",
		"version 1234.5678.9":               "version <ver>",
		"total=$9,812,400.00 paid":          "total=$<num> paid",
		"total \u20ac1,250,000 paid":        "total \u20ac<num> paid",
		"answers 1,2,3":                     "answers <num>,<num>,<num>",

		"imap(j.fox)<153738><yFhT+qSkjZXxg/A>: in=74":  "imap(j.fox)<<num>><<id>>: in=<num>",
		"session=<9/hhqFkyQwyrffA> closed":             "session=<<id>> closed",
		"session=<+QKeBm/pzBNSRwA> closed":             "session=<<id>> closed",
		"session=<+7KeBm/pzBNSRwA> closed":             "session=<<id>> closed",
		"session=</rQsrKBoroQdZmA> closed":             "session=<<id>> closed",
		"session=</7+srKBoroQdZmA> closed":             "session=<<id>> closed",
		"session=<0+Ar01hauqC00PA> closed":             "session=<<id>> closed",
		"session=<JRqcPbSFDewEyKA> closed":             "session=<<id>> closed",
		"session=<7oK9xzLaSkdgpAbbbQ==> closed":        "session=<<id>> closed",
		"no end, session=<PLSETjKNdBuWxuA closed":      "no end, session=<PLSETjKNdBuWxuA closed",
		"<StackTrace> in <ApplicationListener/Worker>": "<StackTrace> in <ApplicationListener/Worker>",
		"user=<>, msgid=<request-received> <INTERNAL>": "user=<>, msgid=<request-received> <INTERNAL>",
	} {
		if s.Scan([]byte(text), l); string(l.Append(nil, []byte(text))) != want {
			t.Errorf("%q has the pattern %q, want %q", text, l.Append(nil, []byte(text)), want)
		}
	}
	for text, want := range map[string]float64{"total=$9,812,400.00": 9812400, "total \u20ac1,250,000": 1250000} {
		if s.Scan([]byte(text), l); len(l.Numbers) != 1 || l.Numbers[0].Value != want {
			t.Errorf("%q has the numbers %v, want %v", text, l.Numbers, want)
		}
	}
}
