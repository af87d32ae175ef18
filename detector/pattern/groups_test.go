package pattern

import "testing"

func TestGroupedNumbers(t *testing.T) {
	s := NewScanner(7)
	for _, c := range []struct {
		line string
		want []float64
	}{
		{"took 7,340,032ms", []float64{7340.032}},
		{"took 7,340 ms", []float64{7.34}},
		{"rows=1,204,773 done", []float64{1204773}},
		{"(1,204 of 2,310 rows)", []float64{1204, 2310}},
		{"paid €3.417,25 now", []float64{3417.25}},
		{"paid 3.417,25 € now", []float64{3417.25}},
		{"paid 1.003.417,00 kr", []float64{1003417}},
		{"CHF 1'003'417.50", []float64{1003417.5}},
		{"CHF 1’003.50 due", []float64{1003.5}},
		{"₹98,12,400.25 due", []float64{9812400.25}},
		{"solde 1\u202f003\u202f417,50 €", []float64{1003417.5}},
		{"solde 1\u00a0003,5 €", []float64{1003.5}},
		{"seen 9_812_400 keys", []float64{9812400}},
		{"at 21,5 °C", []float64{21.5}},
		{"at -4,25 bar", []float64{-4.25}},
		{"at -1’003.50 bar", []float64{-1003.5}},
		{"sum 1’003.50 (1’004.50) =2’000.50 \"3’000.00\"", []float64{1003.5, 1004.5, 2000.5, 3000}},
		{"load 3,5%", []float64{3.5}},

		{"ids [204,305,404] gone", []float64{204, 305, 404}},
		{"ports 80,443 open", []float64{80443}}, // who can tell?
		{"cores 1,2,3 idle", []float64{1, 2, 3}},
		{"pair 12,5", []float64{12, 5}},
		{"list 1,23,4567", []float64{1, 23, 4567}},
		{"csv,204,305", []float64{204, 305}},
		{"0,204 of it", []float64{0, 204}},
	} {
		l := scan(s, c.line)
		var got []float64
		for _, n := range l.Numbers {
			got = append(got, n.Value)
		}
		if len(got) != len(c.want) {
			t.Errorf("%q has the numbers %v, want %v", c.line, got, c.want)
			continue
		}
		for i := range got {
			if d := got[i] - c.want[i]; d > 1e-6 || d < -1e-6 {
				t.Errorf("%q has the numbers %v, want %v", c.line, got, c.want)
			}
		}
	}
	for _, line := range []string{"x 1.204.773 x", "x 10.1.2.3 x"} {
		if l := scan(s, line); len(l.Numbers) == 1 && l.Tokens[1].Kind == Number {
			t.Errorf("%q is taken for a number", line)
		}
	}
}

func TestCodeBehindSlash(t *testing.T) {
	s := NewScanner(7)
	if l := scan(s, "CACHE_HIT/206 x"); len(l.Numbers) != 1 || l.Numbers[0].Value != 206 {
		t.Errorf("no number in %v", l.Tokens)
	}
	for _, line := range []string{"HTTP/2 x", "agent/2.11 x"} {
		if l := scan(s, line); len(l.Numbers) != 0 {
			t.Errorf("%q has numbers", line)
		}
	}
}
