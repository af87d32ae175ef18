package options

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// TestRanges: the least and the most that an option allows are taken as they are, and
// what lies beyond them is refused.
func TestRanges(t *testing.T) {
	const day = 24 * time.Hour
	integer := func(of func(*Output) int) func(*Output) string {
		return func(o *Output) string { return fmt.Sprint(of(o)) }
	}
	span := func(of func(*Output) time.Duration) func(*Output) string {
		return func(o *Output) string { return of(o).String() }
	}
	number := func(of func(*Output) float64) func(*Output) string {
		return func(o *Output) string { return fmt.Sprint(of(o)) }
	}
	for _, c := range []struct {
		option  string
		refused []string
		taken   map[string]string // what becomes of it
		with    given             // what else must be given
		of      func(*Output) string
	}{
		{"Warmup", []string{"31", "1000001"}, map[string]string{"32": "32", "1000000": "1000000"}, nil, integer(func(o *Output) int { return o.Detector.Warmup })},
		{"Window", []string{"255", "1000001"}, map[string]string{"256": "256", "1000000": "1000000"}, nil, integer(func(o *Output) int { return o.Detector.Window })},
		{"Trees", []string{"0", "1001"}, map[string]string{"1": "1", "1000": "1000"}, nil, integer(func(o *Output) int { return o.Detector.Trees })},
		{"Sample_Size", []string{"7", "4097"}, map[string]string{"8": "8", "4096": "4096"}, given{"Trees": {"1"}}, integer(func(o *Output) int { return o.Detector.SampleSize })},
		{"Refit_Interval", []string{"0.9", "-1", "604801", "7.1d"}, map[string]string{"0": "0s", "0d": "0s", "1": "1s", "7d": (7 * day).String()}, nil,
			span(func(o *Output) time.Duration { return o.Detector.RefitInterval })},
		{"Refit_Records", []string{"255", "1000000001"}, map[string]string{"256": "256", "1000000000": "1000000000"}, nil, integer(func(o *Output) int { return o.Detector.RefitRecords })},
		{"Max_Groups", []string{"0", "10001"}, map[string]string{"1": "1", "10000": "10000"}, nil, integer(func(o *Output) int { return o.Detector.MaxGroups })},
		{"Incident_Gap", []string{"0", "0.9", "604801"}, map[string]string{"1": "1s", "7d": (7 * day).String()}, nil, span(func(o *Output) time.Duration { return o.IncidentGap })},
		{"Save_Interval", []string{"0.9", "604801"}, map[string]string{"0": "0s", "1": "1s", "7d": (7 * day).String()}, nil, span(func(o *Output) time.Duration { return o.SaveInterval })},
		{"Seed", []string{"-1", "2147483648", "0x1"}, map[string]string{"0": "0", "2147483647": "2147483647"}, nil,
			func(o *Output) string { return fmt.Sprint(o.Detector.Seed) }},
		{"Contamination", []string{"0", "0.5", "-0.1"}, map[string]string{"auto": "0", "AUTO": "0", "0.0001": "0.0001", "0.4999": "0.4999"}, nil,
			number(func(o *Output) float64 { return o.Detector.Contamination })},
		{"Keep_Share", []string{"-0.1", "1.1", "NaN", "half"}, map[string]string{"0": "0", "0.001": "0.001", "1": "1"}, given{"Keep": {"anomalies"}},
			number(func(o *Output) float64 { return o.KeepShare })},
		{"Key_Prefix", []string{"a:b", "a/b", "a`b", "a{b", "a[b", "ä", "a^b"}, map[string]string{
			"a": "a", "z": "z", "A": "A", "Z": "Z", "0": "0", "9": "9", "_-.@": "_-.@", strings.Repeat("x", 64): strings.Repeat("x", 64),
		}, nil, func(o *Output) string { return o.KeyPrefix }},
		{"Forward_Port", []string{"0", "65536"}, map[string]string{"1": "1", "65535": "65535"}, nil, integer(func(o *Output) int { return o.Forward.Port })},
		{"Forward_Timeout", []string{"0", "0.9", "301"}, map[string]string{"1": "1s", "5m": "5m0s"}, nil, span(func(o *Output) time.Duration { return o.Forward.Timeout })},
		{"Forward_Ack_Timeout", []string{"0", "0.9", "601"}, map[string]string{"1": "1s", "10m": "10m0s"}, nil, span(func(o *Output) time.Duration { return o.Forward.AckTimeout })},
		{"Tag_Prefix", []string{"", strings.Repeat("x", 129)}, map[string]string{"x": "x", strings.Repeat("x", 128): strings.Repeat("x", 128)}, nil,
			func(o *Output) string { return o.Forward.TagPrefix }},
		{"Forward_Host", []string{"", "a b", "a\tb", "a/b", "a:1"}, map[string]string{"a.b": "a.b", "::1": "::1", "[::1]": "::1", "10.0.0.1": "10.0.0.1"}, nil,
			func(o *Output) string { return o.Forward.Host }},
		{"Model_Path", []string{"a\x00"}, map[string]string{"": "", "/var/lib/x": "/var/lib/x"}, nil, func(o *Output) string { return o.ModelPath }},
		{"Ignore_File", []string{"a\x00"}, map[string]string{"": "", "/etc/x": "/etc/x"}, nil, func(o *Output) string { return o.IgnoreFile }},
		{"Only_Anomalies", []string{"", "1", "onn"}, map[string]string{"on": "true", "True": "true", "YES": "true", "off": "false", "False": "false", "NO": "false"}, nil,
			func(o *Output) string { return fmt.Sprint(o.OnlyAnomalies) }},
		{"Fields", []string{"", "none,a", "a,NONE", "$a"}, map[string]string{"a": "[a]", "auto": "[]", strings.Repeat("a", 128): "[" + strings.Repeat("a", 128) + "]"}, nil,
			func(o *Output) string { return fmt.Sprint(o.LookAt.Only) }},
		{"Fields_Exclude", []string{"auto", strings.Repeat("a,", 64) + "a", strings.Repeat("a", 129)},
			map[string]string{"": "[]", "a , b": "[a b]", strings.Repeat("a,", 63) + "a": "[" + strings.Repeat("a ", 63) + "a]"}, nil,
			func(o *Output) string { return fmt.Sprint(o.LookAt.Without) }},
	} {
		with := func(value string) given {
			values := given{c.option: {value}}
			for name, v := range c.with {
				values[name] = v
			}
			return values
		}
		for value, want := range c.taken {
			o, err := ParseOutput(with(value).values)
			if got := c.of(&o); err != nil || got != want {
				t.Errorf("%s %q is taken for %s, want %s; %v", c.option, value, got, want, err)
			}
		}
		for _, value := range c.refused {
			_, err := ParseOutput(with(value).values)
			e, ok := err.(*Error)
			if !ok || e.Option.Name != c.option || !strings.Contains(e.Error(), "; allowed: "+e.Option.Range) {
				t.Errorf("%s %q: %v", c.option, value, err)
			}
		}
	}
}

// TestAValueTakesThePlaceOfAnother in settings that have one.
func TestAValueTakesThePlaceOfAnother(t *testing.T) {
	other := map[string]string{
		"Fields": "none", "Contamination": "0.1", "Refit_Interval": "1h", "Save_Interval": "1h", "Annotate_Fields": "template", "Keep": "anomalies",
		"Fields_Exclude": "a", "Warmup": "100", "Seed": "7", "Key_Prefix": "x", "Value_Type": "bool", "Annotate": "anomalies", "Log_Key": "a",
	}
	for i := range rows {
		o := &rows[i]
		for _, value := range []string{o.Default, "0"} {
			var fresh, used Settings
			if o.Multiple || other[o.Name] == "" || o.set(&fresh, value) != nil {
				continue
			}
			if err := o.set(&used, other[o.Name]); err != nil {
				t.Fatalf("%s %s: %v", o.Name, other[o.Name], err)
			}
			if reflect.DeepEqual(fresh, used) {
				t.Fatalf("%s %s and %s are the same", o.Name, value, other[o.Name])
			}
			if err := o.set(&used, value); err != nil || !reflect.DeepEqual(fresh, used) {
				t.Errorf("%s: %s behind %s is %+v, alone %+v; %v", o.Name, value, other[o.Name], used, fresh, err)
			}
		}
	}
}

// TestAnnotateFields takes its words in any order and case, and nothing else.
func TestAnnotateFields(t *testing.T) {
	for value, want := range map[string]Added{
		"none":             {},
		"None":             {},
		"score":            {Score: true},
		"reason":           {Reason: true},
		"kind":             {Kind: true},
		"pattern":          {Pattern: true},
		"template":         {Template: true},
		"incident":         {Incident: true},
		"nth":              {Nth: true},
		" NTH , score,nth": {Score: true, Nth: true},
	} {
		s, err := Parse(given{"Annotate_Fields": {value}}.values)
		if err != nil || s.Added != want {
			t.Errorf("%q: %+v, want %+v; %v", value, s.Added, want, err)
		}
	}
	if got, want := Defaults().Added, (Added{Score: true, Reason: true, Pattern: true, Kind: true, Incident: true, Nth: true}); got != want {
		t.Errorf("by default %+v, want %+v", got, want)
	}
	for value, want := range map[string]string{"": `"" is none of the words`, "score,none": `"none" is none of the words`, "score,,nth": `"" is none`, "tag": `"tag" is none`} {
		if _, err := Parse(given{"Annotate_Fields": {value}}.values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", value, err, want)
		}
	}
}

// TestNamesOfFields that a record gets.
func TestNamesOfFields(t *testing.T) {
	s, err := Parse(given{"Key_Prefix": {"odd"}}.values)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"odd", "odd_score", "odd_reason", "odd_kind", "odd_pattern", "odd_template", "odd_incident", "odd_nth"}
	if got := s.Fields(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestAModelKnowsItsSource: what was read from the records, in a text of bounded length.
func TestAModelKnowsItsSource(t *testing.T) {
	long := strings.Repeat("a", 200)
	longer, other := long+"a", long+"b"
	short := func(s string) string {
		return fmt.Sprintf("%s… (%x)", strings.Repeat("a", 100), text.Digest([]byte(s)))
	}
	for _, c := range []struct {
		given given
		want  [5]string // Log_Key, Level_Key, Group_By, Fields, Fields_Exclude
	}{
		{given{}, [5]string{"not set", "not set", "not set", "not set", "not set"}},
		{given{"Log_Key": {"a"}, "Level_Key": {"b"}, "Group_By": {"c"}, "Fields": {"d,e"}, "Fields_Exclude": {"f, g"}}, [5]string{"a", "b", "c", "d,e", "f,g"}},
		{given{"Fields": {"none"}}, [5]string{"not set", "not set", "not set", "none", "not set"}},
		{given{"Log_Key": {long}, "Level_Key": {longer}, "Group_By": {other}}, [5]string{long, short(longer), short(other), "not set", "not set"}},
	} {
		s, err := Parse(c.given.values)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]detector.Setting, 5)
		for i, name := range []string{"Log_Key", "Level_Key", "Group_By", "Fields", "Fields_Exclude"} {
			want[i] = detector.Setting{Name: name, Value: c.want[i]}
		}
		if !reflect.DeepEqual(s.Detector.Source, want) {
			t.Errorf("%.100v: %v, want %v", c.given, s.Detector.Source, want)
		}
	}
}

// TestThisHost: what no prefix may be left out for.
func TestThisHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "a.localhost": true, "A.LocalHost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"0.0.0.0": true, "::": true,
		"localhost.example.com": false, "mylocalhost": false, "128.0.0.1": false, "::2": false, "example.com": false, "": false,
	} {
		if got := loopback(host); got != want {
			t.Errorf("%s: %v, want %v", host, got, want)
		}
	}
}

// TestAddr is that of a host, of an address of either kind.
func TestAddr(t *testing.T) {
	for host, want := range map[string]string{"logs.example.com": "logs.example.com:24224", "10.0.0.1": "10.0.0.1:24224", "fe80::1": "[fe80::1]:24224"} {
		if got := (&Forward{Host: host, Port: 24224}).Addr(); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

// TestTimesAsFluentBitWritesThem, in either case.
func TestTimesAsFluentBitWritesThem(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"0": 0, "1": time.Second, "2s": 2 * time.Second, "2S": 2 * time.Second, "3m": 3 * time.Minute, "3M": 3 * time.Minute,
		"4h": 4 * time.Hour, "4H": 4 * time.Hour, "5d": 120 * time.Hour, "5D": 120 * time.Hour, "0.5h": 30 * time.Minute, "-1": -time.Second,
		"1e300": 1<<63 - 1, "-1e300d": 1<<63 - 1, "NaN": 1<<63 - 1, "Inf": 1<<63 - 1,
	} {
		if got, err := duration(value); err != nil || got != want {
			t.Errorf("%s: %v, want %v; %v", value, got, want, err)
		}
	}
	for _, value := range []string{"", "s", "1w", "1 s", "1hs", "ten"} {
		if got, err := duration(value); err == nil {
			t.Errorf("%q is taken for %v", value, got)
		}
	}
}
