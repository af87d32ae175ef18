package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/flb-anomaly/flb-anomaly/internal/ignore"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// detectorFlags are the options of the detector as flags, one for each row of
// options.Table that is not about records alone.
type detectorFlags struct {
	values map[string]*optionValue // by the option's name
}

// addDetectorFlags gives a command a flag for each option.
func addDetectorFlags(command *cobra.Command) *detectorFlags {
	f := &detectorFlags{values: map[string]*optionValue{}}
	for i := range options.Table {
		o := &options.Table[i]
		if o.Records {
			continue
		}
		v := &optionValue{option: o}
		f.values[o.Name] = v
		flag := command.Flags().VarPF(v, o.Flag(), "", optionUsage(o))
		flag.DefValue = o.Default
		if o.Name == "Contamination" {
			complete(command, o.Flag(), o.Default)
		} else {
			complete(command, o.Flag())
		}
	}
	return f
}

// complete makes shells complete a flag's value to these words, or to none,
// rather than to the names of files.
func complete(command *cobra.Command, flag string, words ...string) {
	if err := command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// settings checks what was given. The error names the flag, the value and what
// would be right.
func (f *detectorFlags) settings() (options.Settings, error) {
	s, err := options.Parse(func(name string) []string {
		if v := f.values[name]; v != nil {
			return v.given
		}
		return nil
	})
	var wrong *options.Error
	if errors.As(err, &wrong) {
		return s, usageError{fmt.Errorf("--%s %s", wrong.Option.Flag(), wrong.Problem)}
	}
	if err == nil && s.IgnoreFile != "" {
		var more []string
		if more, err = ignore.Entries(s.IgnoreFile); err != nil {
			return s, fmt.Errorf("--ignore-file: %w", err)
		}
		s.Detector.Ignore = append(s.Detector.Ignore, more...)
	}
	return s, err
}

// optionUsage is the table's help and range; pflag adds the default.
func optionUsage(o *options.Option) string {
	// Help may say the default in words where it is no value; that reads well
	// after the range too.
	return strings.TrimSuffix(o.Help, ".") + " (" + o.Range + ")"
}

// optionValue keeps what was given for an option; options.Parse checks it, so
// that a flag, a configuration and a page give the same errors.
type optionValue struct {
	option *options.Option
	given  []string
}

var _ pflag.Value = (*optionValue)(nil)

func (v *optionValue) Set(s string) error {
	v.given = append(v.given, s)
	return nil
}

func (v *optionValue) String() string { return strings.Join(v.given, ", ") }

func (v *optionValue) Type() string {
	switch v.option.Type {
	case options.String:
		return "string"
	case options.Time:
		return "time"
	case options.Int:
		return "int"
	default:
		return "number"
	}
}

// flagError says what is wrong with a flag as the other errors do.
func flagError(flags *pflag.FlagSet, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if near := nearFlag(flags, unknown.GetSpecifiedName()); near != "" {
			return fmt.Errorf("%w: is --%s meant?", err, near)
		}
		return err
	}
	wrong, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	right := map[string]string{"int": "a whole number", "duration": "a time such as 90s or 5m", "bool": "true or false"}[wrong.GetFlag().Value.Type()]
	if right == "" {
		return err
	}
	return fmt.Errorf("--%s has the value %q; %s is right", wrong.GetFlag().Name, wrong.GetValue(), right)
}

// nearFlag is the flag that differs from a name in two letters at most, empty where
// there is none.
func nearFlag(flags *pflag.FlagSet, name string) (near string) {
	const most = 2
	best := most + 1
	flags.VisitAll(func(f *pflag.Flag) {
		if d := distance(name, f.Name); !f.Hidden && d < best && d < len(f.Name)-1 {
			best, near = d, f.Name
		}
	})
	return near
}

// distance is how many letters of a are to be changed, added or taken out to make b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
