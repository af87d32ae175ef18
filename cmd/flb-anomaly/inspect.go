package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/judge/modelfile"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

type inspectFlags struct {
	format   string
	patterns int
	group    string
}

func newInspect() *cobra.Command {
	var f inspectFlags
	command := &cobra.Command{
		Use:   "inspect MODEL",
		Short: "Show what a model has learned",
		Long: `Show what is in a model that the filter or 'flb-anomaly train' has saved: how
old it is, the options it was made with, and for each group the threshold, the
features' values among recent records, the patterns of messages with their
counts, levels, lengths and the usual ranges of their numbers (seconds and bytes
where they have such a unit), and the records' fields.

What a field is follows from what stood in it: a category (the same values again
and again), a code (the same few numbers), a quantity (a range), a time, words, or an
identifier (nearly always new, so that a new one is no news). Its usual values
are shown with the share of the records that have them.

What varies in a pattern is shown as <num>, <time>, <id> and the like. Of a long
pattern, a model keeps the first 96 bytes.`,
		Example: `  flb-anomaly inspect /var/lib/flb-anomaly/app.model
  flb-anomaly inspect --format json app.model | jq '.groups[].patterns[:10]'`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			return runInspect(command, args[0], &f)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.format, "format", "o", "table", "what is written: table or json")
	flags.IntVarP(&f.patterns, "patterns", "n", 20, "with table: patterns shown of each group, 0 = all")
	flags.StringVarP(&f.group, "group", "g", "", "only the group of this name")
	complete(command, "format", "table", "json")
	complete(command, "patterns")
	complete(command, "group")
	return command
}

func runInspect(command *cobra.Command, name string, f *inspectFlags) error {
	if f.format != "table" && f.format != "json" {
		return usageError{fmt.Errorf("--format has the value %q; allowed: table, json", f.format)}
	}
	if f.patterns < 0 {
		return usageError{fmt.Errorf("--patterns has the value %d; allowed: 0 (all) or more", f.patterns)}
	}
	var c *detector.Contents
	err := modelfile.Read(name, func(r io.Reader) (err error) {
		c, err = detector.Inspect(r)
		return err
	})
	if _, named := errors.AsType[*fs.PathError](err); named {
		return err
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if command.Flags().Changed("group") {
		var found []detector.GroupContents
		for _, g := range c.Groups {
			if g.Name == f.group {
				found = append(found, g)
			}
		}
		if c.Groups = found; found == nil {
			return fmt.Errorf("%s has no group of the name %q", name, f.group)
		}
	}
	if f.format == "json" {
		e := json.NewEncoder(command.OutOrStdout())
		e.SetEscapeHTML(false)
		return e.Encode(jsonContents(c))
	}
	out := &output{to: command.OutOrStdout()}
	w := inspection{out, time.Now()}
	w.file(name, c)
	for i := range c.Groups {
		w.group(&c.Groups[i], f.patterns)
	}
	return out.flush()
}

// inspection writes a model's contents for people.
type inspection struct {
	out *output
	now time.Time
}

func (w *inspection) printf(format string, args ...any) {
	w.out.buf = fmt.Appendf(w.out.buf, format, args...)
	w.out.full()
}

func (w *inspection) file(name string, c *detector.Contents) {
	w.printf("%s: %s, saved %s (%s ago) by version %s\n", display(name), count(int64(len(c.Groups)), "group"),
		c.Saved.UTC().Format(time.RFC3339), span(w.now.Sub(c.Saved).Round(time.Second)), text.Printable([]byte(c.Version), shownText))
	for i, s := range c.Settings {
		separator := ", "
		if i == 0 {
			separator = "made with "
		}
		w.printf("%s%s %s", separator, text.Printable([]byte(s.Name), shownText), text.Printable([]byte(s.Value), shownText))
	}
	w.printf("\n%s\n", fits(c.Settings))
}

func (w *inspection) group(g *detector.GroupContents, most int) {
	name := "events without a group"
	if g.Name != "" {
		name = "group " + text.Printable([]byte(g.Name), shownText)
	}
	w.printf("\n%s: %s learned, threshold %.4f, %s bytes\n", name, count(int64(g.Records), "record"), g.Threshold, thousands(int64(g.Bytes)))
	forest := "not fitted yet"
	if g.Trees > 0 {
		forest = count(int64(g.Trees), "tree")
	}
	w.printf("forest: %s; window: %s; words and sequences: %s\n", forest, count(int64(g.Rows), "row"), thousands(int64(g.Words)))
	if g.Latest != 0 {
		w.printf("latest event: %s\n", time.Unix(0, int64(g.Latest)).UTC().Format(time.RFC3339))
	}
	w.printf("levels: %s\n", levels(&g.Levels))

	w.printf("%14s  %8s  %8s  %8s\n", "feature", "rows > 0", "mean", "largest")
	for _, f := range g.Features {
		w.printf("%14s  %7.2f%%  %8.3f  %8.2f\n", f.Name, 100*f.Share, f.Mean, f.Largest)
	}
	if most == 0 || most > len(g.Patterns) {
		most = len(g.Patterns)
	}
	w.printf("%14s  %12s  %-10s  %s\n", "seen", "records ago", "id", "pattern")
	for _, p := range g.Patterns[:most] {
		w.printf("%14s  %12s  %s  %s\n", thousands(int64(p.Seen)), thousands(int64(p.Ago)), text.ID(p.Hash), text.Printable([]byte(p.Text), shownText))
		w.printf("%28s  %s; %s bytes", "", levels(&p.Levels), interval(p.Lengths))
		for i, n := range p.Numbers {
			separator := ", "
			if i == 0 {
				separator = "; numbers "
			}
			w.printf("%s%s", separator, interval(n))
		}
		w.printf("\n")
		for i, f := range p.Fields {
			separator := ", "
			if i == 0 {
				separator = fmt.Sprintf("%28s  fields ", "")
			}
			w.printf("%s%s %s", separator, text.Printable([]byte(f.Name), shownText), interval(f.Range))
		}
		if p.Fields != nil {
			w.printf("\n")
		}
	}
	if more := len(g.Patterns) - most; more > 0 {
		w.printf("%28s  and %s\n", "", count(int64(more), "other pattern"))
	}
	w.fields(g.Fields)
}

// fields writes what is known of fields.
func (w *inspection) fields(list []model.FieldContents) {
	if len(list) == 0 {
		return
	}
	w.printf("%14s  %12s  %s\n", "records", "kind", "field")
	for _, f := range list {
		name := text.Printable([]byte(f.Name), shownText)
		if f.Part != "" {
			name += " (" + f.Part + ")"
		}
		w.printf("%14s  %12s  %s", thousands(int64(f.Records)), f.Kind, name)
		switch {
		case f.Numbers != nil:
			w.printf(": %s", interval(*f.Numbers))
		case f.Usual != nil:
			for i, u := range f.Usual {
				separator := ", "
				if i == 0 {
					separator = ": "
				}
				w.printf("%s%s %s%%", separator, valueText(u.Text), share(u.Share))
			}
			if more := f.Distinct - len(f.Usual); more > 0 {
				w.printf(" and %s", count(int64(more), "other value"))
			}
		case f.Kind == model.Identifier: // how many there are is estimated
			w.printf(": nearly always another value")
		default:
			w.printf(": %s", count(int64(f.Distinct), "value"))
		}
		if f.Empty > 0 && f.Usual == nil {
			w.printf("; empty in %s%%", share(f.Empty))
		}
		w.printf("\n")
	}
}

// valueText is a value as it is shown; an empty one must be seen.
func valueText(v string) string {
	if v == "" {
		return `""`
	}
	return text.Printable([]byte(v), shownText)
}

func share(v float64) string { return fmt.Sprintf("%.3g", 100*v) }

// levels writes the shares of levels that there are.
func levels(counts *[pattern.Levels]float64) string {
	var total float64
	for _, n := range counts {
		total += n
	}
	var parts []string
	for l, n := range counts {
		if n <= 0 {
			continue
		}
		name := pattern.Level(l).String()
		if name == "" {
			name = "no level"
		}
		if n < total {
			name += fmt.Sprintf(" %.3g%%", 100*n/total)
		}
		parts = append(parts, name)
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// interval writes a usual range. Ranges are kept on a logarithmic scale: what is
// closer than that can tell is one number.
func interval(r model.Range) string {
	low, high := short(r.Low)+r.Unit, short(r.High)+r.Unit
	if low == high {
		return low
	}
	return low + " to " + high
}

// short is a number of three digits, or a large one in whole.
func short(v float64) string {
	if v >= 999.5 && v < 1e15 {
		return thousands(int64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// The JSON form has names in lower case and times in RFC 3339.
type (
	jsonModel struct {
		Saved    time.Time         `json:"saved"`
		Version  string            `json:"version"`
		Settings map[string]string `json:"settings"`
		Groups   []jsonGroup       `json:"groups"`
	}
	jsonGroup struct {
		Name      string             `json:"name"`
		Bytes     int                `json:"bytes"`
		Records   int                `json:"records"`
		Latest    *time.Time         `json:"latest_event"`
		Threshold float64            `json:"threshold"`
		Trees     int                `json:"trees"`
		Rows      int                `json:"window_rows"`
		Words     int                `json:"vocabulary"`
		Levels    map[string]float64 `json:"levels"`
		Features  []jsonFeature      `json:"features"`
		Patterns  []jsonPattern      `json:"patterns"`
		Fields    []jsonField        `json:"fields"`
	}
	jsonFeature struct {
		Name    string  `json:"name"`
		Share   float64 `json:"share_above_0"`
		Mean    float64 `json:"mean"`
		Largest float64 `json:"largest"`
	}
	jsonPattern struct {
		ID      string             `json:"pattern"` // as anomaly_pattern has it
		Text    string             `json:"text"`
		Seen    int                `json:"seen"`
		Recent  float64            `json:"recent"`
		Ago     int                `json:"records_ago"`
		Levels  map[string]float64 `json:"levels"`
		Lengths [2]float64         `json:"bytes"`
		Numbers [][2]float64       `json:"numbers"`

		Fields map[string][2]float64 `json:"fields"`
	}
	jsonField struct {
		Name    string      `json:"name"`
		Part    string      `json:"part,omitempty"`
		Records int         `json:"records"`
		Share   float64     `json:"share"`
		Kind    string      `json:"kind"`
		Values  int         `json:"values"`
		Empty   float64     `json:"empty"`
		Usual   []jsonUsual `json:"usual"`
		Numbers *[2]float64 `json:"numbers"`
	}
	jsonUsual struct {
		Value string  `json:"value"`
		Share float64 `json:"share"`
	}
)

func jsonContents(c *detector.Contents) jsonModel {
	m := jsonModel{Saved: c.Saved.UTC(), Version: c.Version, Settings: map[string]string{}, Groups: []jsonGroup{}}
	for _, s := range c.Settings {
		m.Settings[s.Name] = s.Value
	}
	for _, g := range c.Groups {
		j := jsonGroup{
			Name: g.Name, Bytes: g.Bytes, Records: g.Records, Threshold: g.Threshold, Trees: g.Trees, Rows: g.Rows, Words: g.Words,
			Levels: jsonLevels(&g.Levels), Patterns: []jsonPattern{}, Fields: []jsonField{},
		}
		if g.Latest != 0 {
			t := time.Unix(0, int64(g.Latest)).UTC()
			j.Latest = &t
		}
		for _, f := range g.Features {
			j.Features = append(j.Features, jsonFeature{f.Name, f.Share, f.Mean, f.Largest})
		}
		for _, p := range g.Patterns {
			jp := jsonPattern{text.ID(p.Hash), p.Text, p.Seen, p.Recent, p.Ago, jsonLevels(&p.Levels), [2]float64{p.Lengths.Low, p.Lengths.High}, [][2]float64{}, map[string][2]float64{}}
			for _, n := range p.Numbers {
				jp.Numbers = append(jp.Numbers, [2]float64{n.Low, n.High})
			}
			for _, f := range p.Fields {
				jp.Fields[f.Name] = [2]float64{f.Low, f.High}
			}
			j.Patterns = append(j.Patterns, jp)
		}
		for _, f := range g.Fields {
			jf := jsonField{f.Name, f.Part, f.Records, f.Share, string(f.Kind), f.Distinct, f.Empty, []jsonUsual{}, nil}
			for _, u := range f.Usual {
				jf.Usual = append(jf.Usual, jsonUsual{u.Text, u.Share})
			}
			if f.Numbers != nil {
				jf.Numbers = &[2]float64{f.Numbers.Low, f.Numbers.High}
			}
			j.Fields = append(j.Fields, jf)
		}
		m.Groups = append(m.Groups, j)
	}
	return m
}

func jsonLevels(counts *[pattern.Levels]float64) map[string]float64 {
	m := map[string]float64{}
	for l, n := range counts {
		if n > 0 {
			m[pattern.Level(l).String()] = n
		}
	}
	return m
}
