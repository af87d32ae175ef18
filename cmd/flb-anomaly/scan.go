package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// errAnomaly is how --fail-on-anomaly reaches the exit status.
var errAnomaly = errors.New("anomalies were found")

// formats are what scan can write.
var formats = []string{"table", "jsonl", "csv", "json", "markdown", "html"}

type scanFlags struct {
	format        string
	mode          string
	text          bool
	failOnAnomaly bool
	color         string
	baseline      string
	model         string
	follow        bool
	recursive     bool
	list          *listFlags
	narrow        *narrowFlags
	gap           time.Duration // of incidents, of the detector's options
	detector      *detectorFlags
}

func newScan() *cobra.Command {
	var f scanFlags
	command := &cobra.Command{
		Use:   "scan [FILE...]",
		Short: "Find the unusual lines of log files",
		Long: `Judge each line of the files and show what is unusual.

FILE is a log of plain text or JSON lines, or what 'journalctl -o export' writes
(a line is a record then), as it is or compressed with gzip, zstd, xz or bzip2,
in UTF-8 or UTF-16. What containerd, Docker, docker-compose, 'kubectl logs
--prefix', syslog, GitHub Actions and GitLab CI put before a line is taken off; a
header '#Fields: …' (IIS, CloudFront, Zeek) names the fields of lines behind it.
- is the standard input, which is also read when no file is named. Each file has a
model of its own: lines of another file do not count. To judge rotated files as
one log, join them:

  zcat -f app.log.2.gz app.log.1 app.log | flb-anomaly scan

Lines of a pipe are judged as they come; Ctrl-C ends it with the summary. So are
those of files with --follow, also of what takes the place of one that is rotated,
and behind a cut. With several, each line says its file. With --recursive, the files
of folders are followed, also new ones, but for what rotation left there: app.log.1
and app.log-20260302.gz beside app.log.

What is shown can be narrowed (--level, --grep, --since, --until), widened
(--context) and ranked (--top); all is learned from.

A line is judged by the lines before it (--mode stream), as Fluent Bit would
have, so the first ones (--warmup) only teach; or by all others of the file
(--mode batch). Batch mode reads its input more than once, so standard input is first
copied to a temporary file (at most 8 GiB). The same file and flags give the
same verdicts.

With --model, a line is judged by what 'flb-anomaly train' or a running filter
has learned and by the lines before it, as the filter would go on; the model's
file stays as it is.

With --baseline, a line is judged by what is known from another log or from a
model, and nothing is learned. The table then also lists the patterns and fields
that are new, gone, or come far more or less often. What a build is stopped for
(--fail-on-anomaly) is an unusual line at level ERROR or worse that it has not got
over: most of what the baseline still had to say does not come behind it, or it says
that a process exited with a code other than 0.

Lines of a stack trace and others that plainly continue the line before are one
record with it, which is flagged in its first line.

In a JSON line, the message, the level and the time are found by the usual
names of their fields; --log-key, --level-key and --group-by name others. Any
other line is a message as a whole.

Formats:
  table  the incidents: flagged lines that are near in time (--incident-gap)
         are one, with when, how many lines, the worst level, the kinds, and
         the strangest line with the reason; those that nobody would be
         called for are only counted (--all); then a summary. --lines shows
         the flagged lines one by one, as a pipe does while they come,
         --explain with their fields and what is usual in each
  json   the incidents as data, an object for each file
  markdown, html
         a report of the incidents for a ticket, the page in one file
  jsonl  a JSON object for every line: line (its number, from 1), anomaly,
         anomaly_score (null while the model learns, and of a line that
         continues a record), record (of such a line, the number of the first
         one); when flagged also
         anomaly_reason, anomaly_kind, anomaly_pattern, anomaly_incident and
         anomaly_nth, which docs/incidents.md explains; with several files,
         file; with --text, anomaly_pattern of every line, and text
  csv    all of these as a table for spreadsheets; a value that a spreadsheet
         would take for a formula gets an apostrophe in front

Exit status: 0 all went well; 1 an input could not be read or the output not
written; 2 a flag or an argument is wrong; 3 with --fail-on-anomaly, a line is
flagged (with --mode batch one at level ERROR or worse: each log has lines that
come once), or with --baseline, there is one to stop for; 130 interrupted.`,
		Example: `  flb-anomaly scan app.log
  flb-anomaly scan --format jsonl --text app.log.gz | jq 'select(.anomaly)'
  flb-anomaly scan -f -C 2 --level warn app.log
  kubectl logs -f deploy/shop | flb-anomaly scan
  flb-anomaly scan --baseline last-good.log --fail-on-anomaly build.log`,
		RunE: func(command *cobra.Command, args []string) error {
			if f.recursive && len(args) == 0 {
				args = []string{"."}
			}
			files, err := orStdin(command, args)
			if err != nil {
				return err
			}
			return runScan(command, files, &f)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.format, "format", "o", "table", "what is written: table, jsonl, csv, json, markdown or html")
	flags.StringVarP(&f.mode, "mode", "m", string(scan.Stream), "what a line is judged by: stream (the lines before it) or batch (the whole file)")
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on with what is written to the files, also when they are rotated; Ctrl-C ends it with the summary")
	flags.BoolVarP(&f.recursive, "recursive", "r", false, "judge the files in folders, too; without a FILE those of this folder. Hidden ones are left out, and what is no log")
	flags.BoolVar(&f.text, "text", false, "with jsonl: add pattern, time, level and the line itself as text, invalid UTF-8 replaced")
	flags.BoolVar(&f.failOnAnomaly, "fail-on-anomaly", false, "exit with status 3 when a line is flagged; with --mode batch, one at level ERROR or worse; with --baseline, such a one that the log has not got over")
	flags.StringVar(&f.color, "color", "auto", "color the table: auto (on a terminal, unless NO_COLOR is set), always or never")
	complete(command, "format", formats...)
	complete(command, "mode", string(scan.Stream), string(scan.Batch))
	complete(command, "color", "auto", "always", "never")
	flags.StringVar(&f.baseline, "baseline", "", "a log, such as that of the last good build, or a model: lines are judged by what is known from there, and what is new, gone and changed is listed")
	flags.StringVar(&f.model, "model", "", modelUsage)
	f.list = addListFlags(command)
	f.narrow = addNarrowFlags(command)
	f.detector = addDetectorFlags(command)
	return command
}

func runScan(command *cobra.Command, files []string, f *scanFlags) error {
	model, err := readModel(f.model, f.detector)
	if err != nil {
		return err
	}
	settings, err := f.detector.settings()
	if err != nil {
		return err
	}
	if err := f.check(files); err != nil {
		return usageError{err}
	}
	f.gap = settings.IncidentGap
	out := &output{to: command.OutOrStdout(), buf: make([]byte, 0, outputSize)}
	judging := scan.Options{Settings: settings, Mode: scan.Mode(f.mode), Model: model, Baseline: baseline(command.Context(), command.InOrStdin(), f.baseline)}
	if f.follow {
		names, folders := files, []string(nil)
		if f.recursive {
			names, folders = split(files)
		}
		s := &followers{options: judging, flags: f, stdin: command.InOrStdin(), stderr: command.ErrOrStderr(), out: out}
		return s.follow(command.Context(), names, folders)
	}
	var walked map[string]bool
	if f.recursive {
		if files, walked, err = walk(files); err != nil {
			return err
		}
	}
	w := newWriter(f, out, len(files) > 1)
	narrow := &narrowWriter{writer: w, flags: f.narrow}
	if f.mode == string(scan.Batch) {
		narrow.stops = pattern.LevelError
	}
	s := &scanner{
		options: judging,
		stdin:   command.InOrStdin(),
		stderr:  command.ErrOrStderr(),
		out:     out,
		writer:  narrow,
	}
	if err := w.begin(); err != nil {
		return err
	}
	failed, stop := 0, false
	for _, name := range files {
		result, err := s.file(command.Context(), name)
		stop = stop || result.Compared != nil && result.Compared.Stop != nil
		if err != nil {
			// What is judged so far is written, in whole lines.
			if err := out.flush(); err != nil {
				return err
			}
			if len(files) == 1 || command.Context().Err() != nil {
				return err
			}
			// As other tools do: the other files are still worth a look. That a folder
			// has others than logs in it is no failure.
			if _, noLog := errors.AsType[*scan.Problem](err); !noLog || !walked[name] {
				failed++
			}
			fmt.Fprintf(s.stderr, "flb-anomaly: %s\n", text.PrintableLines(err.Error()))
		}
	}
	if err := out.flush(); err != nil {
		return err
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %d files could not be read to their end", failed, len(files))
	case f.failOnAnomaly && (stop || f.baseline == "" && narrow.stop):
		return errAnomaly
	}
	return nil
}

func (f *scanFlags) check(files []string) error {
	word := func(flag, value string, allowed ...string) error {
		for _, a := range allowed {
			if value == a {
				return nil
			}
		}
		return fmt.Errorf("--%s has the value %q; allowed: %s", flag, value, strings.Join(allowed, ", "))
	}
	if err := scan.OnceStdin(files); err != nil {
		return err
	}
	if f.text && f.format != "jsonl" {
		return errors.New("--text goes with --format jsonl: a table shows the text of the flagged lines, and csv of all lines, anyway")
	}
	if f.list.top > 0 && (f.narrow.before > 0 || f.narrow.after > 0 || f.narrow.around > 0) {
		return errors.New("--top goes without --context: lines by score stand beside no others")
	}
	return errors.Join(
		word("format", f.format, formats...),
		f.list.check(f.format),
		f.narrow.check(f.format, time.Now()),
		f.checkFollow(),
		f.checkBaseline(),
		f.checkModel(),
		word("mode", f.mode, string(scan.Stream), string(scan.Batch)),
		word("color", f.color, "auto", "always", "never"),
	)
}

func (f *scanFlags) checkFollow() error {
	switch {
	case !f.follow:
		return nil
	case f.mode == string(scan.Batch):
		return errors.New("--follow goes with --mode stream: a file that grows has no end to judge it by")
	case f.format == "json" || f.format == "markdown" || f.format == "html" || f.list.top > 0:
		return errors.New("--follow goes with the formats table, jsonl and csv, and without --top: what is ranked or reported has an end")
	}
	return nil
}

// orStdin are the files that are named, or the standard input, where that is
// more than a keyboard.
func orStdin(command *cobra.Command, files []string) ([]string, error) {
	if len(files) > 0 {
		return files, nil
	}
	if f, ok := command.InOrStdin().(*os.File); ok {
		if info, err := f.Stat(); err != nil || info.Mode()&fs.ModeCharDevice != 0 {
			return nil, usageError{fmt.Errorf("no file is named, and nothing comes from the standard input: '%s app.log' reads a file, 'kubectl logs deploy/shop | %s' a pipe", command.CommandPath(), command.CommandPath())}
		}
	}
	return []string{scan.Stdin}, nil
}

// scanner judges the files of one call, one after the other.
type scanner struct {
	options scan.Options
	stdin   io.Reader
	stderr  io.Writer
	out     *output
	writer  writer
}

func (s *scanner) file(ctx context.Context, name string) (scan.Result, error) {
	in, err := scan.Open(ctx, s.stdin, name)
	if err != nil {
		return scan.Result{}, err
	}
	defer in.Close()
	o, size := s.options, in.Size
	size *= int64(o.Passes())
	bar := newBar(s.stderr, name, size)
	o.Live, o.Wait, o.Modified = in.Live, in.Wait, in.Modified
	o.Progress = func(read int64) {
		// Lines wait for a full buffer unless somebody may be looking on: then a
		// line must be seen before the next one is waited for.
		due := bar.due()
		if due || in.Live {
			s.out.flush()
		}
		if due {
			bar.draw(read)
		}
	}
	if isTerminal(s.out.to) {
		s.out.before = bar.clear
		defer func() { s.out.before = nil }()
	}
	if w, ok := s.writer.(*narrowWriter); ok {
		if l, ok := w.writer.(*listWriter); ok {
			l.live = in.Live
		}
	}
	if err := s.writer.file(name); err != nil {
		return scan.Result{}, err
	}
	result, err := scan.Run(ctx, in.ReadCloser, o, s.writer.line)
	bar.clear()
	if err != nil {
		if s.out.err != nil {
			return result, err
		}
		interrupted := ctx.Err() != nil
		if result.Lines > 0 && (in.Live || !interrupted) {
			// Ctrl-C is how one ends a live stream, and a file that is cut off has lines up to
			// there: what there was is summed up.
			if err := s.writer.end(&result); err != nil {
				return result, err
			}
		}
		if interrupted {
			return result, ctx.Err()
		}
		return result, fmt.Errorf("%s: %w", display(name), err)
	}
	if err := s.writer.end(&result); err != nil {
		return result, err
	}
	s.hint(name, &result)
	return result, nil
}

// hint says what is odd about an input and yet no error.
func (s *scanner) hint(name string, r *scan.Result) {
	if r.Array {
		fmt.Fprintf(s.stderr, "flb-anomaly: %s: %s\n", display(name), scan.ArrayHint)
	}
}

// display is the name of an input for people.
func display(name string) string {
	if name == scan.Stdin {
		return "standard input"
	}
	return text.Printable([]byte(name), len(name))
}
