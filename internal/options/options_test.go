package options

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// given is what a user wrote.
type given map[string][]string

func (g given) values(name string) []string { return g[name] }

func TestDefaults(t *testing.T) {
	s := Defaults()
	d := s.Detector
	if d.Contamination != 0 || d.Warmup != 256 || d.Window != 4096 || d.Trees != 100 || d.SampleSize != 256 ||
		d.RefitInterval != 10*time.Minute || d.RefitRecords != 50_000 || d.MaxGroups != 64 || d.Seed != 1 || len(d.Ignore) != 0 {
		t.Errorf("detector: %+v", d)
	}
	if s.LogKey != "" || s.LevelKey != "" || s.GroupBy != "" || s.KeyPrefix != "anomaly" || s.Annotate != AnnotateAll ||
		s.ValueType != ValueString || s.Keep != KeepAll || s.KeepShare != 0 || s.ModelPath != "" || s.SaveInterval != 5*time.Minute {
		t.Errorf("records: %+v", s)
	}
}

func TestParse(t *testing.T) {
	s, err := Parse(given{
		"Log_Key": {"$log['text']"}, "Level_Key": {" lvl "}, "Contamination": {"0.02"}, "Warmup": {"1000"},
		"Refit_Interval": {"2h"}, "Ignore": {"^health", "a|b"}, "Seed": {"0"}, "Key_Prefix": {"x.y-z_@1"},
		"Annotate": {"Anomalies"}, "Value_Type": {"BOOL"}, "Keep": {"anomalies"}, "Keep_Share": {"0.25"},
	}.values)
	if err != nil {
		t.Fatal(err)
	}
	d := s.Detector
	if s.LogKey != "$log['text']" || s.LevelKey != "lvl" || d.Contamination != 0.02 || d.Warmup != 1000 || d.RefitInterval != 2*time.Hour ||
		!slices.Equal(d.Ignore, []string{"^health", "a|b"}) || d.Seed != 0 || s.KeyPrefix != "x.y-z_@1" ||
		s.Annotate != AnnotateAnomalies || s.ValueType != ValueBool || s.Keep != KeepAnomalies || s.KeepShare != 0.25 {
		t.Errorf("%+v", s)
	}
}

func TestParseFields(t *testing.T) {
	for value, want := range map[string]LookAt{
		"auto": {}, "NONE": {None: true}, "status": {Only: []string{"status"}}, " status , http.* ": {Only: []string{"status", "http.*"}},
	} {
		s, err := Parse(given{"Fields": {value}, "Fields_Exclude": {"a, b?"}}.values)
		if want.Without = []string{"a", "b?"}; err != nil || !reflect.DeepEqual(s.LookAt, want) {
			t.Errorf("%s: %+v, %v; want %+v", value, s.LookAt, err, want)
		}
	}
	s, err := Parse(given{"Fields": {"a,b"}}.values)
	if want := (detector.Setting{Name: "Fields", Value: "a,b"}); err != nil || !slices.Contains(s.Detector.Source, want) {
		t.Errorf("a model does not say which fields it was made of: %v", s.Detector.Source)
	}
	if d := Defaults(); !reflect.DeepEqual(d.LookAt, LookAt{}) {
		t.Errorf("by default: %+v", d.LookAt)
	}
}

func TestParseInterval(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"0": 0, "90": 90 * time.Second, "90s": 90 * time.Second, "1.5m": 90 * time.Second, "10M": 10 * time.Minute, "2h": 2 * time.Hour, "7d": 168 * time.Hour,
	} {
		s, err := Parse(given{"Refit_Interval": {value}}.values)
		if err != nil || s.Detector.RefitInterval != want {
			t.Errorf("%s: %v, %v; want %v", value, s.Detector.RefitInterval, err, want)
		}
	}
}

// An error names the option, the value and what would be right.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		given  given
		option string
		want   string
	}{
		{given{"Contamination": {"0.5"}}, "Contamination", `option Contamination has the value "0.5": out of range; allowed: auto, or above 0 and below 0.5`},
		{given{"Contamination": {"0"}}, "Contamination", "out of range"},
		{given{"Contamination": {"NaN"}}, "Contamination", "out of range"},
		{given{"Contamination": {"some"}}, "Contamination", "neither auto nor a number"},
		{given{"Warmup": {"31"}}, "Warmup", `option Warmup has the value "31": out of range; allowed: 32 to 1000000`},
		{given{"Warmup": {"1e3"}}, "Warmup", "not a whole number"},
		{given{"Warmup": {""}}, "Warmup", "not a whole number"},
		{given{"Warmup": {"100", "200"}}, "Warmup", "option Warmup is given 2 times: once is right"},
		{given{"Window": {"255"}}, "Window", "out of range"},
		{given{"Trees": {"0"}}, "Trees", "out of range"},
		{given{"Sample_Size": {"4097"}}, "Sample_Size", "out of range"},
		{given{"Sample_Size": {"512"}, "Window": {"256"}}, "Sample_Size", "larger than Window (256)"},
		{given{"Refit_Interval": {"0.5"}}, "Refit_Interval", "out of range"},
		{given{"Refit_Interval": {"8d"}}, "Refit_Interval", "out of range"},
		{given{"Refit_Interval": {"-1m"}}, "Refit_Interval", "out of range"},
		{given{"Refit_Interval": {"soon"}}, "Refit_Interval", "not a time such as 90, 90s, 10m or 2h"},
		{given{"Refit_Interval": {"NaN"}}, "Refit_Interval", "out of range"},
		{given{"Refit_Records": {"10"}}, "Refit_Records", "out of range"},
		{given{"Max_Groups": {"0"}}, "Max_Groups", "out of range"},
		{given{"Log_Key": {"$log["}}, "Log_Key", `option Log_Key has the value "$log["`},
		{given{"Level_Key": {"$"}}, "Level_Key", `option Level_Key has the value "$"`},
		{given{"Group_By": {"$a['b"}}, "Group_By", "the quote is not closed"},
		{given{"Ignore": {"("}}, "Ignore", `option Ignore has the value "("`},
		{given{"Ignore": {"a", ""}}, "Ignore", "would match every message"},
		{given{"Seed": {"-1"}}, "Seed", "not a whole number in range"},
		{given{"Seed": {"2147483648"}}, "Seed", "not a whole number in range"},
		{given{"Key_Prefix": {""}}, "Key_Prefix", "0 bytes long"},
		{given{"Key_Prefix": {strings.Repeat("x", 65)}}, "Key_Prefix", "65 bytes long"},
		{given{"Key_Prefix": {"a b"}}, "Key_Prefix", "the character ' ' is not allowed"},
		{given{"Key_Prefix": {"log"}}, "Key_Prefix", `option Key_Prefix has the value "log": the field log would take the place of a message's or level's usual one`},
		{given{"Key_Prefix": {"severity"}}, "Key_Prefix", "the field severity would take the place"},
		{given{"Key_Prefix": {"x"}, "Log_Key": {"x_score"}}, "Key_Prefix", "the field x_score would take the place of the one that Log_Key names"},
		{given{"Key_Prefix": {"level"}}, "Key_Prefix", "would take the place of a message's or level's usual one"},
		{given{"Key_Prefix": {"Short_Message"}}, "Key_Prefix", "would take the place of a message's or level's usual one"},
		{given{"Fields": {""}}, "Fields", `option Fields has the value "": empty; allowed: auto, none, or names`},
		{given{"Fields": {"a,auto"}}, "Fields", "the word auto stands alone"},
		{given{"Fields": {"a,,b"}}, "Fields", "an empty name between commas"},
		{given{"Fields": {"$a['b']"}}, "Fields", "is a record accessor: a nested field is written"},
		{given{"Fields_Exclude": {strings.Repeat("a", 129)}}, "Fields_Exclude", "a name of 129 bytes: fields have names of at most 128"},
		{given{"Fields_Exclude": {strings.Repeat("a,", 64) + "a"}}, "Fields_Exclude", "65 names: at most 64 are right"},
		{given{"Key_Prefix": {"x"}, "Level_Key": {"$x['level']"}}, "Key_Prefix", "the field x would take the place of the one that Level_Key names"},
		{given{"Group_By": {"$anomaly_reason[0]"}}, "Key_Prefix", "the field anomaly_reason would take the place of the one that Group_By names"},
		{given{"Annotate": {"some"}}, "Annotate", "allowed: all or anomalies"},
		{given{"Value_Type": {"int"}}, "Value_Type", "allowed: string or bool"},
		{given{"Keep": {"none"}}, "Keep", "allowed: all or anomalies"},
		{given{"Keep_Share": {"2"}, "Keep": {"anomalies"}}, "Keep_Share", "out of range"},
		{given{"Save_Interval": {"8d"}}, "Save_Interval", "out of range"},
		{given{"Model_Path": {"a\x00b"}}, "Model_Path", "a NUL in the name"},
		{given{"Keep_Share": {"0.5"}}, "Keep_Share", "it needs Keep anomalies, and Keep is all"},
	} {
		_, err := Parse(c.given.values)
		var e *Error
		if !errors.As(err, &e) || e.Option.Name != c.option || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.given, err, c.want)
		}
	}
}

// What the table says of itself is so: defaults are accepted, names are
// unique, and every row has the words that documentation is made of.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for i := range Table {
		o := &Table[i]
		if seen[strings.ToLower(o.Name)] {
			t.Errorf("%s stands in the table twice", o.Name)
		}
		seen[strings.ToLower(o.Name)] = true
		if o.Help == "" || o.Range == "" || o.Type == "" || !strings.HasSuffix(o.Help, ".") {
			t.Errorf("%s: %+v", o.Name, o)
		}
		if o.Flag() != strings.ToLower(strings.ReplaceAll(o.Name, "_", "-")) {
			t.Errorf("%s is the flag %s", o.Name, o.Flag())
		}
		if o.Multiple {
			continue
		}
		if _, err := Parse(given{o.Name: {o.Default}}.values); err != nil {
			t.Errorf("the default is refused: %v", err)
		}
	}
}

// FuzzParse gives any text to any option: an *Error that names it, or settings
// that are accepted when they are given again.
func FuzzParse(f *testing.F) {
	for i := range Table {
		f.Add(i, Table[i].Default, "")
	}
	for _, v := range []string{"0.1", "1e999", "-0", "NaN", "10m", "0x10", "7d", "auto ", "$a['b'][0]", "(", "a**", "\x00", "\xff", "ALL", "1_000"} {
		for i := range Table {
			f.Add(i, v, v)
		}
	}
	f.Fuzz(func(t *testing.T, i int, v, w string) {
		o := &Table[uint(i)%uint(len(Table))]
		values := given{o.Name: {v}}
		if w != "" {
			values[o.Name] = append(values[o.Name], w)
		}
		s, err := Parse(values.values)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), e.Option.Name) {
				t.Fatalf("%q: %v", values, err)
			}
			return
		}
		d := s.Detector
		if d.Warmup < 32 || d.Window < 256 || d.Trees < 1 || d.SampleSize < 8 || d.SampleSize > d.Window || d.RefitInterval < 0 || d.RefitRecords < 256 ||
			d.MaxGroups < 1 || !(d.Contamination >= 0 && d.Contamination < 0.5) || !(s.KeepShare >= 0 && s.KeepShare <= 1) || len(s.KeyPrefix) == 0 || s.SaveInterval < 0 {
			t.Fatalf("%q: %+v", values, s)
		}
	})
}
