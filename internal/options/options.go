// Package options is the one table of the filter's options: name, type,
// default, range and help stand here once. The option list that Fluent Bit
// shows and checks, the command's flags and the table in docs/options.md all
// come from it.
package options

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/event/names"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// Type is the type of an option's value, by Fluent Bit's own names.
type Type string

// The types that the table uses.
const (
	String Type = "string"
	Int    Type = "int"
	Bool   Type = "bool" // on, off, true, false, yes, no
	Double Type = "double"
	Time   Type = "time" // seconds, or a number with s, m, h or d
)

// Option is one row of the table.
type Option struct {
	Name     string // as in a Fluent Bit configuration; matched without regard to case
	Type     Type
	Default  string // in the form a user would write it
	Range    string // what is allowed, in words
	Help     string
	Multiple bool // may be given more than once

	// Records is true for an option about the record that leaves the
	// filter, or about the filter's life in Fluent Bit; the command, which
	// judges files, has no flag for it.
	Records bool
}

// row is an option and what it sets in settings of type S.
type row[S any] struct {
	Option
	set func(*S, string) error
}

// listed are the options of rows.
func listed[S any](rows []row[S]) []Option {
	list := make([]Option, len(rows))
	for i := range rows {
		list[i] = rows[i].Option
	}
	return list
}

// Flag is the option's name as a flag of the command: Refit_Interval is
// refit-interval.
func (o *Option) Flag() string {
	return strings.ReplaceAll(strings.ToLower(o.Name), "_", "-")
}

// Annotate says which records get the anomaly fields.
type Annotate string

// Keep says which records leave the filter.
type Keep string

// ValueType is the type of the anomaly field's value.
type ValueType string

// The enumerated values.
const (
	AnnotateAll       Annotate = "all"
	AnnotateAnomalies Annotate = "anomalies"

	KeepAll       Keep = "all"
	KeepAnomalies Keep = "anomalies"

	ValueString ValueType = "string"
	ValueBool   ValueType = "bool"
)

// Settings are the options of one instance, checked.
type Settings struct {
	Detector  detector.Options
	LogKey    string // record accessor; empty = the usual names
	LevelKey  string // record accessor; empty = the usual names, then the message itself
	GroupBy   string // record accessor; empty = one model
	LookAt    LookAt
	KeyPrefix string
	Annotate  Annotate
	Added     Added
	ValueType ValueType
	Keep      Keep
	KeepShare float64 // share of normal records kept when Keep is anomalies

	IgnoreFile  string        // empty = none
	IncidentGap time.Duration // between flagged records of one incident

	ModelPath    string        // directory of saved models; empty = none are saved
	SaveInterval time.Duration // between saves; 0 = on exit only

	// OnlyAnomalies drops whatever is not flagged, records without a verdict too.
	// An option of the output: what a filter drops, nobody else gets.
	OnlyAnomalies bool
}

// Added are the fields that records get beside the tag.
type Added struct{ Score, Reason, Pattern, Kind, Incident, Nth, Template bool }

// added are the words of Annotate_Fields, which are the ends of the fields' names,
// in the order in which they are written.
var added = []struct {
	name string
	of   func(*Added) *bool
}{
	{"score", func(a *Added) *bool { return &a.Score }},
	{"reason", func(a *Added) *bool { return &a.Reason }},
	{"kind", func(a *Added) *bool { return &a.Kind }},
	{"pattern", func(a *Added) *bool { return &a.Pattern }},
	{"template", func(a *Added) *bool { return &a.Template }},
	{"incident", func(a *Added) *bool { return &a.Incident }},
	{"nth", func(a *Added) *bool { return &a.Nth }},
}

// LookAt says which of a record's fields are looked at, beside the message, the
// level, the time and the group. The zero LookAt is that of Fields auto.
type LookAt struct {
	None    bool
	Only    []string // names, with * and ? as in a shell; nil = all that are usual
	Without []string // the same, of those not to look at
}

// Table lists the options of the filter and of the output, in the order in which
// documentation shows them.
var Table = listed(rows)

var rows = []row[Settings]{
	{Option{Name: "Log_Key", Type: String, Default: "", Range: "a key or a record accessor",
		Help: "Field with the message. Default: the first of " + names.Begin(names.MessageNames()) + " that says something."},
		accessorInto(func(s *Settings) *string { return &s.LogKey })},
	{Option{Name: "Level_Key", Type: String, Default: "", Range: "a key or a record accessor",
		Help: "Field with the level. Default: the first of " + names.Begin(names.LevelNames()) + " that says one, else the level that stands in the message."},
		accessorInto(func(s *Settings) *string { return &s.LevelKey })},
	{Option{Name: "Fields", Type: String, Default: "auto", Range: "auto, none, or names divided by commas; * and ? as in a shell, a nested field as log.level",
		Help: "Fields to judge by beside the message. auto takes all but what Fluent Bit, Kubernetes and Docker add. A name stands for all that is below it."},
		setFields},
	{Option{Name: "Fields_Exclude", Type: String, Default: "", Range: "names divided by commas, as in Fields",
		Help: "Fields not to judge by, such as request_id,user.*."},
		setFieldsExclude},
	{Option{Name: "Contamination", Type: String, Default: "auto", Range: "auto, or above 0 and below 0.5",
		Help: "Share of recent records to flag. auto flags only what stands clear of the recent scores, on a healthy stream next to nothing."},
		setContamination},
	{Option{Name: "Warmup", Type: Int, Default: "256", Range: "32 to 1000000",
		Help: "Records that a model learns from before it judges. Until then records pass without a score."},
		intInto(32, 1_000_000, func(s *Settings) *int { return &s.Detector.Warmup })},
	{Option{Name: "Window", Type: Int, Default: "4096", Range: "256 to 1000000",
		Help: "Recent records that a refit draws its samples from."},
		intInto(256, 1_000_000, func(s *Settings) *int { return &s.Detector.Window })},
	{Option{Name: "Trees", Type: Int, Default: "100", Range: "1 to 1000",
		Help: "Trees of the isolation forest."},
		intInto(1, 1000, func(s *Settings) *int { return &s.Detector.Trees })},
	{Option{Name: "Sample_Size", Type: Int, Default: "256", Range: "8 to 4096",
		Help: "Records that each tree is grown from."},
		intInto(8, 4096, func(s *Settings) *int { return &s.Detector.SampleSize })},
	{Option{Name: "Refit_Interval", Type: Time, Default: "10m", Range: "0 (never by time) or 1s to 7d",
		Help: "Longest time between refits of the model, by the records' own time."},
		intervalInto(func(s *Settings) *time.Duration { return &s.Detector.RefitInterval })},
	{Option{Name: "Refit_Records", Type: Int, Default: "50000", Range: "256 to 1000000000",
		Help: "Most records between refits of the model. A young model is refitted more often."},
		intInto(256, 1_000_000_000, func(s *Settings) *int { return &s.Detector.RefitRecords })},
	{Option{Name: "Group_By", Type: String, Default: "", Range: "a key or a record accessor",
		Help: "Field whose values each get a model of their own, such as $kubernetes['labels']['app']."},
		accessorInto(func(s *Settings) *string { return &s.GroupBy })},
	{Option{Name: "Max_Groups", Type: Int, Default: "64", Range: "1 to 10000",
		Help: "Models held at once. The least recently used makes room for a new one."},
		intInto(1, 10_000, func(s *Settings) *int { return &s.Detector.MaxGroups })},
	{Option{Name: "Ignore", Type: String, Default: "", Range: "a regular expression (RE2), or pattern: and an id", Multiple: true,
		Help: "A record whose message, or whose fields as in method=GET code=200, match within 4096 bytes, or that has the pattern, is scored but never flagged, and moves no threshold. May be given more than once."},
		setIgnore},
	{Option{Name: "Ignore_File", Type: String, Default: "", Range: "a file with what Ignore takes in each line; # begins a comment",
		Help: "More to ignore. The file is read again when it has changed, within seconds and without a restart; one with a wrong line is named in the log and changes nothing."},
		setIgnoreFile},
	{Option{Name: "Incident_Gap", Type: Time, Default: "5m", Range: "1s to 7d",
		Help: "Flagged records of a group that are no further apart, by the records' own time, are one incident."},
		timeInto(time.Second, 7*24*time.Hour, func(s *Settings) *time.Duration { return &s.IncidentGap })},
	{Option{Name: "Seed", Type: Int, Default: "1", Range: "0 to 2147483647",
		Help: "Seed of the forest's sampling: the same records, options and seed give the same verdicts."},
		setSeed},
	{Option{Name: "Key_Prefix", Type: String, Default: "anomaly", Range: "1 to 64 bytes of letters, digits, _ - . @", Records: true,
		Help: "Name of the tag field; the others, such as PREFIX_score, begin with it. None may be a field that is read."},
		setPrefix},
	{Option{Name: "Annotate", Type: String, Default: "all", Range: "all or anomalies", Records: true,
		Help: "Records that get the fields: all, or only those that are flagged."},
		oneOf(func(s *Settings) *Annotate { return &s.Annotate }, AnnotateAll, AnnotateAnomalies)},
	{Option{Name: "Annotate_Fields", Type: String, Default: "score,reason,pattern,kind,incident,nth", Range: "none, or words divided by commas: score, reason, pattern, kind, incident, nth, template", Records: true,
		Help: "Fields beside the tag. Each record that is judged has the score, and a flagged one the others: why, the pattern's id, what is strange most, the incident's id, which of its records this is (1 is the one to call somebody for, 0 one before that), the pattern as text."},
		setAdded},
	{Option{Name: "Value_Type", Type: String, Default: "string", Range: "string or bool", Records: true,
		Help: "Type of the tag field. rewrite_tag and grep match strings only."},
		oneOf(func(s *Settings) *ValueType { return &s.ValueType }, ValueString, ValueBool)},
	{Option{Name: "Keep", Type: String, Default: "all", Range: "all or anomalies", Records: true,
		Help: "Records that leave the filter: all, or only those that are flagged (and those not yet judged)."},
		oneOf(func(s *Settings) *Keep { return &s.Keep }, KeepAll, KeepAnomalies)},
	{Option{Name: "Keep_Share", Type: Double, Default: "0", Range: "0 to 1", Records: true,
		Help: "With Keep anomalies: share of the normal records that are kept all the same, evenly spread."},
		setShare},
	{Option{Name: "Model_Path", Type: String, Default: "", Range: "a directory", Records: true,
		Help: "Directory in which the models are saved, in a file named after the instance (set an Alias), and from which they start. Default: models are kept over a hot reload, not over a restart."},
		setModelPath},
	{Option{Name: "Save_Interval", Type: Time, Default: "5m", Range: "0 (on exit only) or 1s to 7d", Records: true,
		Help: "With Model_Path: time between saves. Models are saved on exit and before a hot reload in any case."},
		intervalInto(func(s *Settings) *time.Duration { return &s.SaveInterval })},
}

// Error is a wrong value, or wrong values together, of an option.
type Error struct {
	Option  *Option
	Problem string // the value, what is wrong with it and what would be right
}

func (e *Error) Error() string { return "option " + e.Option.Name + " " + e.Problem }

func wrong(name, format string, args ...any) *Error {
	for _, table := range [][]Option{Table, OutputTable} {
		for i := range table {
			if table[i].Name == name {
				return &Error{&table[i], fmt.Sprintf(format, args...)}
			}
		}
	}
	panic("options: no option " + name)
}

// Parse checks the values given for each option and fills in defaults.
// values returns what the user gave for an option, in order, nothing when it
// was not set. The error is an *Error, which names the option, the value and
// what would be right.
func Parse(values func(name string) []string) (Settings, error) {
	var s Settings
	if err := parse(&s, rows, values); err != nil {
		return s, err
	}
	if s.Detector.SampleSize > s.Detector.Window {
		return s, wrong("Sample_Size", "has the value %d: it is larger than Window (%d); allowed: at most Window", s.Detector.SampleSize, s.Detector.Window)
	}
	if err := s.checkAffordable(); err != nil {
		return s, err
	}
	if s.KeepShare > 0 && s.Keep != KeepAnomalies {
		return s, wrong("Keep_Share", "has the value %q: it needs Keep anomalies, and Keep is %s", strconv.FormatFloat(s.KeepShare, 'g', -1, 64), s.Keep)
	}
	s.Detector.Source = []detector.Setting{source("Log_Key", s.LogKey), source("Level_Key", s.LevelKey), source("Group_By", s.GroupBy),
		source("Fields", s.LookAt.fields()), source("Fields_Exclude", strings.Join(s.LookAt.Without, ","))}
	return s, s.checkPrefix()
}

// fields are the option Fields in one form; empty for auto.
func (l *LookAt) fields() string {
	if l.None {
		return "none"
	}
	return strings.Join(l.Only, ",")
}

// source is what a saved model says of one of the fields. Its text has a limit
// there, and long accessors that differ must not look the same.
func source(option, accessor string) detector.Setting {
	switch {
	case accessor == "":
		accessor = "not set"
	case len(accessor) > 200:
		accessor = fmt.Sprintf("%s… (%x)", accessor[:100], text.Digest([]byte(accessor)))
	}
	return detector.Setting{Name: option, Value: accessor}
}

// Fields are the names of the fields that records may get, the tag's first: none
// of them is taken from a record as it comes.
func (s *Settings) Fields() []string {
	list := []string{s.KeyPrefix}
	for _, a := range added {
		list = append(list, s.Field(a.name))
	}
	return list
}

// Field is the name of the field of a word of Annotate_Fields.
func (s *Settings) Field(word string) string { return s.KeyPrefix + "_" + word }

// checkPrefix refuses fields that would take the place of what is read: the
// message would be lost.
func (s *Settings) checkPrefix() error {
	for _, f := range s.Fields() {
		if names.Says(f) {
			return wrong("Key_Prefix", "has the value %q: the field %s would take the place of a message's or level's usual one; allowed: another word", s.KeyPrefix, f)
		}
		for _, o := range []struct{ name, accessor string }{{"Log_Key", s.LogKey}, {"Level_Key", s.LevelKey}, {"Group_By", s.GroupBy}} {
			if o.accessor == "" {
				continue
			}
			if a, err := record.ParseAccessor(o.accessor); err == nil && a.First() == f {
				return wrong("Key_Prefix", "has the value %q: the field %s would take the place of the one that %s names; allowed: another word", s.KeyPrefix, f, o.name)
			}
		}
	}
	return nil
}

// parse sets what rows stand for.
func parse[S any](s *S, rows []row[S], values func(name string) []string) error {
	for i := range rows {
		o := &rows[i]
		given := values(o.Name)
		if len(given) > 1 && !o.Multiple {
			return wrong(o.Name, "is given %d times: once is right", len(given))
		}
		if len(given) == 0 {
			if o.Multiple {
				continue
			}
			given = []string{o.Default}
		}
		for _, v := range given {
			v = strings.TrimSpace(v)
			if err := o.set(s, v); err != nil {
				return wrong(o.Name, "has the value %q: %v; allowed: %s", v, err, o.Range)
			}
		}
	}
	return nil
}

// Defaults are the settings of a filter for which no option is set.
func Defaults() Settings {
	s, err := Parse(func(string) []string { return nil })
	if err != nil {
		panic("options: the table's own defaults are refused: " + err.Error())
	}
	return s
}

func intInto[S any](least, most int, field func(*S) *int) func(*S, string) error {
	return func(s *S, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil {
			return fmt.Errorf("not a whole number")
		}
		if n < least || n > most {
			return fmt.Errorf("out of range")
		}
		*field(s) = n
		return nil
	}
}

// accessorInto checks that the value is a key or a record accessor.
func accessorInto(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		if v != "" {
			if _, err := record.ParseAccessor(v); err != nil {
				return err
			}
		}
		*field(s) = v
		return nil
	}
}

func oneOf[T ~string](field func(*Settings) *T, allowed ...T) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		for _, a := range allowed {
			if strings.EqualFold(v, string(a)) {
				*field(s) = a
				return nil
			}
		}
		return fmt.Errorf("not one of the allowed words")
	}
}

func setContamination(s *Settings, v string) error {
	if strings.EqualFold(v, "auto") {
		s.Detector.Contamination = 0
		return nil
	}
	c, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return fmt.Errorf("neither auto nor a number")
	}
	if !(c > 0 && c < 0.5) {
		return fmt.Errorf("out of range")
	}
	s.Detector.Contamination = c
	return nil
}

// intervalInto takes 0, or one second to seven days.
func intervalInto(field func(*Settings) *time.Duration) func(*Settings, string) error {
	within := timeInto(time.Second, 7*24*time.Hour, field)
	return func(s *Settings, v string) error {
		if d, err := duration(v); err == nil && d == 0 {
			*field(s) = 0
			return nil
		}
		return within(s, v)
	}
}

// duration reads a time as Fluent Bit writes it. What no Duration holds
// becomes the largest one, which every range refuses.
func duration(v string) (time.Duration, error) {
	unit := time.Second
	number := v
	if n := len(v); n > 0 {
		switch v[n-1] {
		case 's', 'S':
			number = v[:n-1]
		case 'm', 'M':
			unit, number = time.Minute, v[:n-1]
		case 'h', 'H':
			unit, number = time.Hour, v[:n-1]
		case 'd', 'D':
			unit, number = 24*time.Hour, v[:n-1]
		}
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, fmt.Errorf("not a time such as 90, 90s, 10m or 2h")
	}
	if d := f * float64(unit); math.Abs(d) < math.MaxInt64 {
		return time.Duration(d), nil
	}
	return math.MaxInt64, nil
}

func setModelPath(s *Settings, v string) error {
	if strings.ContainsRune(v, 0) {
		return fmt.Errorf("a NUL in the name of a directory")
	}
	s.ModelPath = v
	return nil
}

func setIgnore(s *Settings, v string) error {
	if v == "" {
		return fmt.Errorf("an empty expression would match every message")
	}
	if _, err := detector.NewIgnore([]string{v}); err != nil {
		return err
	}
	s.Detector.Ignore = append(s.Detector.Ignore, v)
	return nil
}

func setIgnoreFile(s *Settings, v string) error {
	if strings.ContainsRune(v, 0) {
		return fmt.Errorf("a NUL in the name of a file")
	}
	s.IgnoreFile = v
	return nil
}

func setAdded(s *Settings, v string) error {
	s.Added = Added{}
	if strings.EqualFold(v, "none") {
		return nil
	}
words:
	for _, word := range strings.Split(v, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		for _, a := range added {
			if a.name == word {
				*a.of(&s.Added) = true
				continue words
			}
		}
		return fmt.Errorf("%q is none of the words", word)
	}
	return nil
}

func setFields(s *Settings, v string) (err error) {
	s.LookAt.None, s.LookAt.Only = strings.EqualFold(v, "none"), nil
	switch {
	case s.LookAt.None || strings.EqualFold(v, "auto"):
		return nil
	case v == "":
		return fmt.Errorf("empty")
	}
	s.LookAt.Only, err = nameList(v)
	return err
}

func setFieldsExclude(s *Settings, v string) (err error) {
	s.LookAt.Without, err = nameList(v)
	return err
}

// nameList reads names that are divided by commas.
func nameList(v string) ([]string, error) {
	if v == "" {
		return nil, nil
	}
	var list []string
	for _, name := range strings.Split(v, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
			return nil, fmt.Errorf("an empty name between commas")
		case strings.EqualFold(name, "auto"), strings.EqualFold(name, "none"):
			return nil, fmt.Errorf("the word %s stands alone", name)
		case name[0] == '$':
			return nil, fmt.Errorf("%s is a record accessor: a nested field is written log.level here", name)
		case len(name) > 128:
			return nil, fmt.Errorf("a name of %d bytes: fields have names of at most 128", len(name))
		}
		list = append(list, name)
	}
	if len(list) > 64 {
		return nil, fmt.Errorf("%d names: at most 64 are right", len(list))
	}
	return list, nil
}

func setSeed(s *Settings, v string) error {
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		return fmt.Errorf("not a whole number in range")
	}
	s.Detector.Seed = n
	return nil
}

func setPrefix(s *Settings, v string) error {
	if len(v) == 0 || len(v) > 64 {
		return fmt.Errorf("%d bytes long", len(v))
	}
	for _, c := range []byte(v) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("_-.@", rune(c)) {
			return fmt.Errorf("the character %q is not allowed", c)
		}
	}
	s.KeyPrefix = v
	return nil
}

func setShare(s *Settings, v string) error {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return fmt.Errorf("not a number")
	}
	if !(f >= 0 && f <= 1) {
		return fmt.Errorf("out of range")
	}
	s.KeepShare = f
	return nil
}
