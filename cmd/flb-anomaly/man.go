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
	roff := strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`).Replace
	section := func(name string, text ...string) {
		fmt.Fprintf(&b, ".SH %s\n", name)
		for i, t := range text {
			if i > 0 {
				b.WriteString(".PP\n")
			}
			b.WriteString(roff(t) + "\n")
		}
	}
	fmt.Fprintf(&b, ".TH \"FLB\\-FILTER_ANOMALY\" \"7\" \"%s\" \"flb\\-anomaly\" \"flb\\-anomaly\"\n", date.Format("Jan 2006"))
	section("NAME", "flb-filter_anomaly - tag unusual log records in Fluent Bit")
	section("SYNOPSIS")
	b.WriteString(".nf\n[PLUGINS]\n    Path /usr/lib/flb\\-anomaly/flb\\-filter_anomaly.so\n\n[FILTER]\n    Name  anomaly\n    Match app.*\n.fi\n")
	p := options.Defaults().KeyPrefix
	section("DESCRIPTION",
		"This filter of Fluent Bit learns what is usual in a stream of records and tags what is not, without rules or training data. "+
			"Each record leaves it with the fields "+p+" (\"true\" or \"false\"), "+p+"_score (0 to 1, absent while the model learns) and, when flagged, "+p+"_reason.",
		"Until it has seen as many records as Warmup says, nothing is flagged.")
	section("OPTIONS", "Their names may be written in any case. Fluent Bit refuses a misspelt one.")
	for i := range options.Table {
		o := &options.Table[i]
		value := o.Range
		if o.Default != "" {
			value += "; default " + o.Default
		}
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n(%s)\n", roff(o.Name), roff(o.Help), roff(value))
	}
	section("FILES",
		"/usr/lib/flb-anomaly/flb-filter_anomaly.so: the filter, under the name that Fluent Bit expects.",
		"/etc/flb-anomaly: configurations that run as they stand.",
		"/usr/share/doc/flb-anomaly: the documentation.")
	section("SEE ALSO")
	b.WriteString("\\fBflb\\-anomaly\\fP(1)\n")
	return b.Bytes()
}
