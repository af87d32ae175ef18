package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/judge/modelfile"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

func newTrain() *cobra.Command {
	var output string
	var flags *detectorFlags
	command := &cobra.Command{
		Use:   "train [FILE...] -o MODEL",
		Short: "Make a model from old logs for the filter to start from",
		Long: `Learn from the files, in their order, and write the model.

The filter starts from it when it lies in the directory that Model_Path names,
in a file named after the filter's instance: its Alias, or the name that Fluent
Bit gives it, and .model behind that. It then judges from its first record on.
The options Seed, Trees, Sample_Size and Window must be those of the filter.

FILE is a log of plain text or JSON lines, or what 'journalctl -o export' writes,
as it is or compressed with gzip, zstd, xz or bzip2, in UTF-8 or UTF-16; - is the
standard input, which is also read when no file is named. The messages must look
as the filter will see them: for a log that the filter gets parsed, give JSON
lines.

A model holds words of the log's messages and the names of groups, and no line
as it came. It is readable by its owner only.`,
		Example: `  flb-anomaly train app.log.2.gz app.log.1 -o /var/lib/flb-anomaly/app.model`,
		RunE: func(command *cobra.Command, args []string) error {
			if output == "" {
				return usageError{errors.New("--output is missing: the file for the model, such as app.model")}
			}
			files, err := orStdin(command, args)
			if err != nil {
				return err
			}
			return runTrain(command, files, output, flags)
		},
	}
	f := command.Flags()
	f.SortFlags = false
	f.StringVarP(&output, "output", "o", "", "file for the model")
	flags = addDetectorFlags(command)
	return command
}

func runTrain(command *cobra.Command, files []string, output string, flags *detectorFlags) error {
	settings, err := flags.settings()
	if err != nil {
		return err
	}
	if err := scan.OnceStdin(files); err != nil {
		return usageError{err}
	}
	if err := checkOutput(output, files); err != nil {
		return usageError{err}
	}
	// Hours of learning must not end at a directory that cannot be written.
	if err := modelfile.Probe(output); err != nil {
		return err
	}
	settings.Detector.Synchronous = true
	settings.Detector.Source = nil // a file's lines stand for a filter's records, wherever those have their text
	d, err := detector.New(settings.Detector)
	if err != nil {
		return err
	}
	defer d.Close()
	s := &scanner{options: scan.Options{Settings: settings}, stdin: command.InOrStdin(), stderr: command.ErrOrStderr()}
	var lines int64
	for _, name := range files {
		n, err := s.learn(command.Context(), d, name)
		if err != nil {
			return err // a model of half the files is not what was asked for
		}
		lines += n
	}
	if lines == 0 {
		return errors.New("there is no line to learn from, and no model is written")
	}
	var size written
	err = modelfile.Write(output, func(w io.Writer) error {
		return d.WriteSnapshot(io.MultiWriter(w, &size), buildVersion(), time.Now())
	})
	if err != nil {
		return err
	}
	stats := d.Stats()
	fmt.Fprintf(command.OutOrStdout(), "%s learned, %s, %s bytes in %s\n", count(lines, "line"), count(int64(stats.Groups), "group"), thousands(int64(size)), output)
	made := settingsOf(&settings.Detector)
	fmt.Fprint(command.OutOrStdout(), "made with ")
	for _, s := range made {
		fmt.Fprintf(command.OutOrStdout(), "%s %s, ", s.Name, s.Value)
	}
	fmt.Fprintln(command.OutOrStdout(), fits(made))
	if stats.Judged == 0 {
		fmt.Fprintf(command.ErrOrStderr(), "flb-anomaly: fewer than --warmup lines were learned: the filter will go on learning before it judges\n")
	}
	return nil
}

// checkOutput refuses an output that is one of the inputs, or that exists and is no
// model: "-o *.log" would replace a log.
func checkOutput(output string, files []string) error {
	info, err := os.Stat(output)
	if err != nil || !info.Mode().IsRegular() {
		return nil // what is wrong with it, the probe says
	}
	for _, name := range files {
		if in, err := os.Stat(name); err == nil && os.SameFile(info, in) {
			return fmt.Errorf("--output has the value %q, which is one of the inputs; a file of its own is right", output)
		}
	}
	f, err := os.Open(output)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 32)
	n, _ := io.ReadFull(f, head)
	if n > 0 && !detector.IsSnapshot(head[:n]) {
		return fmt.Errorf("--output has the value %q, a file that is there and is no model; it is not replaced", output)
	}
	return nil
}

// learn passes one file through the detector.
func (s *scanner) learn(ctx context.Context, d *detector.Detector, name string) (int64, error) {
	in, err := scan.Open(ctx, s.stdin, name)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	bar := newBar(s.stderr, name, in.Size)
	defer bar.clear()
	o := s.options
	o.Live, o.Wait, o.Modified, o.Progress = in.Live, in.Wait, in.Modified, func(read int64) {
		if bar.due() {
			bar.draw(read)
		}
	}
	result, err := scan.Learn(ctx, d, in.ReadCloser, o)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", display(name), err)
	}
	s.hint(name, &result)
	return result.Lines, nil
}

// written counts bytes.
type written int64

func (w *written) Write(p []byte) (int, error) {
	*w += written(len(p))
	return len(p), nil
}
