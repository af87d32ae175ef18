package options

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/forest"
)

// TestAffordable: values that are right one by one are refused where they are too
// much together, with what would be right, which then is.
func TestAffordable(t *testing.T) {
	group := []string{"app"}
	many := make([]string, 700)
	for i := range many {
		many[i] = fmt.Sprintf("^an expression of %d letters and numbers", i)
	}
	for _, c := range []struct {
		given  given
		option string // that is refused; empty = none
		want   string
		right  given // what the error says to be right
	}{
		{given: given{}},
		{given: given{"Trees": {"1000"}}},
		{given: given{"Trees": {"1000"}, "Sample_Size": {"8"}}},
		{given: given{"Sample_Size": {"2048"}}},
		{given: given{"Window": {"1000000"}}},
		{given: given{"Max_Groups": {"10000"}, "Group_By": group}},
		{given: given{"Max_Groups": {"10000"}, "Window": {"1000000"}}}, // there are no groups
		{given: given{"Max_Groups": {"500"}, "Window": {"1000000"}, "Group_By": group}},
		{given{"Trees": {"1000"}, "Sample_Size": {"4096"}}, "Trees",
			`option Trees has the value 1000: with Sample_Size 4096 each new record would have to walk through a forest of 4096000 rows, and hold up Fluent Bit; allowed: at most 64 trees of that size, or Sample_Size at most 256`,
			given{"Trees": {"64"}, "Sample_Size": {"4096"}}},
		{given{"Trees": {"1000"}, "Sample_Size": {"257"}}, "Trees", "at most 512 trees of that size, or Sample_Size at most 256", given{"Trees": {"1000"}, "Sample_Size": {"256"}}},
		{given{"Trees": {"513"}, "Sample_Size": {"512"}}, "Trees", "at most 512 trees", given{"Trees": {"512"}, "Sample_Size": {"512"}}},
		{given{"Trees": {"101"}, "Window": {"1000000"}}, "Window", "option Window has the value 1000000: with 101 Trees a threshold would begin with 101 million walks through a tree; allowed: at most 990099",
			given{"Trees": {"101"}, "Window": {"990099"}}},
		{given{"Max_Groups": {"1000"}, "Window": {"1000000"}, "Group_By": group}, "Max_Groups",
			"option Max_Groups has the value 1000: with Group_By, Window 1000000, Trees 100 and Sample_Size 256 so many models take 15.5 GiB, without what hostile text adds; allowed: at most 514, or a smaller Window",
			given{"Max_Groups": {"514"}, "Window": {"1000000"}, "Group_By": group}},
		{given{"Max_Groups": {"515"}, "Window": {"1000000"}, "Group_By": group}, "Max_Groups", "at most 514", nil},
		{given: given{"Max_Groups": {"8191"}, "Window": {"32672"}, "Trees": {"1"}, "Group_By": group}}, // 8 GiB to the byte
		{given{"Max_Groups": {"8192"}, "Window": {"32672"}, "Trees": {"1"}, "Group_By": group}, "Max_Groups", "take 8.0 GiB, without what hostile text adds; allowed: at most 8191", nil},
		{given{"Ignore": many}, "Ignore", "option Ignore is given 700 times: ", given{"Ignore": many[:400]}},
		{given{"Ignore": {`(\pL{1,100}x){1,9}`, `(\pL{1,500}x){1,2}`, strings.Repeat("(ab|cd)?", 4000)}}, "Ignore", "steps together, and at most 20000 are right", nil},
	} {
		_, err := Parse(c.given.values)
		var e *Error
		switch {
		case c.option == "" && err != nil:
			t.Errorf("%.200v: %v", c.given, err)
		case c.option != "" && (!errors.As(err, &e) || e.Option.Name != c.option || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%.200v: %v, want %q", c.given, err, c.want)
		}
		if c.right != nil {
			if _, err := Parse(c.right.values); err != nil {
				t.Errorf("what is said to be right, %.200v, is refused: %v", c.right, err)
			}
		}
	}
}

// TestMemoryIsThatOfTheDetector: what is counted is what the detector has.
func TestMemoryIsThatOfTheDetector(t *testing.T) {
	if n := int(reflect.TypeFor[forest.Row]().Size()); n != rowSize {
		t.Errorf("a row has %d bytes", n)
	}
	s := Defaults()
	if want := int64(usualModel + 4096*16 + 100*256*6); s.Memory() != want {
		t.Errorf("a model of the defaults is taken for %d bytes, want %d", s.Memory(), want)
	}
	s.GroupBy = "app"
	if want := 65 * int64(usualModel+4096*16+100*256*6); s.Memory() != want {
		t.Errorf("65 of them are taken for %d bytes, want %d", s.Memory(), want)
	}
	for sample, want := range map[int]int{8: 256, 256: 256, 257: 512, 512: 512, 4096: 4096} {
		if got := treeSize(sample); got != want {
			t.Errorf("a tree of %d rows has room for %d, want %d", sample, got, want)
		}
	}
	// The largest forest that is affordable is one that can be made and saved.
	for trees, sample := range map[int]int{1000: 256, 64: 4096} {
		rows := make([]forest.Row, 5000)
		for i := range rows {
			for k := range rows[i] {
				rows[i][k] = byte(i * (k + 7) >> 3)
			}
		}
		f, err := forest.Fit(rows, forest.MaxFeatures, forest.Options{Trees: trees, SampleSize: sample, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		b, err := f.AppendBinary(nil)
		if err != nil || len(b) > trees*sample*nodeSize {
			t.Errorf("a forest of %d trees of %d: %d bytes, %v", trees, sample, len(b), err)
		}
	}
	if _, err := detector.New(s.Detector); err != nil {
		t.Error(err)
	}
}
