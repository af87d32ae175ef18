package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// newMan is the command that packages are made with: it is no part of daily
// use, and so of no help text.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIRECTORY",
		Short:  "Write the manual pages of all commands into a directory",
		Hidden: true,
		Args:   usageArgs(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			return writeMan(command.Root(), args[0])
		},
	}
}

// writeMan writes the pages of a command and of those below it, and the
// filter's. Their date is SOURCE_DATE_EPOCH where that is set, so that one commit
// makes the same bytes.
func writeMan(root *cobra.Command, dir string) error {
	date := time.Now()
	if s := os.Getenv("SOURCE_DATE_EPOCH"); s != "" {
		seconds, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
		}
		date = time.Unix(seconds, 0).UTC()
	}
	if err := writeCommands(root, dir, &date); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "flb-filter_anomaly.7"), filterPage(date), 0o644)
}

func writeCommands(command *cobra.Command, dir string, date *time.Time) error {
	// The foot would carry the day on which it was generated.
	command.DisableAutoGenTag = true
	for _, sub := range command.Commands() {
		// Completions come with the package; nobody need read how they are made.
		if sub.Name() == "completion" {
			sub.Hidden = true
		}
		if sub.IsAvailableCommand() {
			if err := writeCommands(sub, dir, date); err != nil {
				return err
			}
		}
	}
	// GenMan takes all text for Markdown.
	command.Long = markdown(command.Long)
	command.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = escape(f.Usage) })
	header := &doc.GenManHeader{Section: "1", Source: "flb-anomaly", Manual: "flb-anomaly", Date: date}
	var page bytes.Buffer
	if err := doc.GenMan(command, header, &page); err != nil {
		return err
	}
	name := strings.ReplaceAll(command.CommandPath(), " ", "-") + ".1"
	return os.WriteFile(filepath.Join(dir, name), page.Bytes(), 0o644)
}

// markdown makes Markdown of a help text: indented lines stay as they are.
func markdown(help string) string {
	var b strings.Builder
	indented := false
	for line := range strings.Lines(help) {
		if code := strings.HasPrefix(line, "  "); code != indented {
			b.WriteString("\n")
			indented = code
		}
		if indented {
			b.WriteString("  " + line)
		} else {
			b.WriteString(escape(line))
		}
	}
	return b.String()
}

// escape makes what Markdown would take for its own stand for itself.
func escape(text string) string {
	return regexp.MustCompile("[\\\\`*_\\[\\]<>~&]").ReplaceAllString(text, `\$0`)
}

// filterPage is the page of the filter: what a section of a configuration may
// have, from the table of options.
func filterPage(date time.Time) []byte {
	var b bytes.Buffer
	p := options.Defaults().KeyPrefix
	fmt.Fprintf(&b, `%% "FLB\-FILTER_ANOMALY" "7" "%s" "flb-anomaly" "flb-anomaly"
# NAME
flb-filter_anomaly \- tag unusual log records in Fluent Bit

# SYNOPSIS
~~~
[PLUGINS]
    Path /usr/lib/flb-anomaly/flb-filter_anomaly.so

[FILTER]
    Name  anomaly
    Match app.*
~~~

# DESCRIPTION
This filter of Fluent Bit learns what is usual in a stream of records and tags
what is not, without rules or training data. Each record leaves it with the
fields %s ("true" or "false"), %s (0 to 1, absent while the model learns)
and, when flagged, %s.

Until it has seen as many records as Warmup says, nothing is flagged.

# OPTIONS
Their names may be written in any case. Fluent Bit refuses a misspelt one.

`, date.Format("Jan 2006"), escape(p), escape(p+"_score"), escape(p+"_reason"))
	for i := range options.Table {
		o := &options.Table[i]
		value := o.Range
		if o.Default != "" {
			value += "; default " + o.Default
		}
		fmt.Fprintf(&b, "**%s**\n: %s\n    (%s)\n\n", escape(o.Name), escape(o.Help), escape(value))
	}
	b.WriteString(`# FILES
/usr/lib/flb-anomaly/flb-filter_anomaly.so
: the filter, under the name that Fluent Bit expects

/etc/flb-anomaly
: configurations that run as they stand

/usr/share/doc/flb-anomaly
: the documentation

# SEE ALSO
**flb-anomaly(1)**
`)
	return md2man.Render(b.Bytes())
}
