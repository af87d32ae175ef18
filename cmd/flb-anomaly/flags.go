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
