package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/judge/modelfile"
)

func newMerge() *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "merge MODEL... -o MODEL",
		Short: "Add up what several models have learned",
		Long: `Add up models of logs of one kind and write the sum: of the nodes of a fleet, so
that a new node starts with what the others know; of several days.

The models of the same group are added up: how often each pattern, word, level,
field and value came, the ranges of numbers and lengths, and how often there is
something new. The forest is fitted anew, to the most recent rows of all.

What cannot be added begins anew or is taken from the model whose log ends last:
bursts that are under way, what was flagged last, incidents. How many different
values two models have in common is an estimate. A message of which one model
found out that a place in it varies, and another one did not, keeps the ranges of
its numbers from the first model that has it.

All must be made with the same Seed, Trees, Sample_Size and Window, and by filters
that take the message and the level from the same fields. A model holds words of
the log's messages and the names of groups; the sum is readable by its owner only.`,
		Example: `  flb-anomaly merge node-*.model -o fleet.model
  flb-anomaly merge monday.model tuesday.model -o /var/lib/flb-anomaly/app.model`,
		Args: usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(command *cobra.Command, args []string) error {
			if output == "" {
				return usageError{errors.New("--output is missing: the file for the sum, such as fleet.model")}
			}
			return runMerge(command, args, output)
		},
	}
	command.Flags().StringVarP(&output, "output", "o", "", "file for the sum")
	return command
}

func runMerge(command *cobra.Command, files []string, output string) error {
	if err := checkOutput(output, files); err != nil {
		return usageError{err}
	}
	var m detector.Merger
	for _, name := range files {
		err := modelfile.Read(name, m.Add)
		if _, named := errors.AsType[*fs.PathError](err); named {
			return err
		}
		if err != nil {
			return fmt.Errorf("%s: %w", display(name), err)
		}
	}
	var size written
	var of detector.Merged
	err := modelfile.Write(output, func(w io.Writer) (err error) {
		of, err = m.WriteTo(io.MultiWriter(w, &size), buildVersion(), time.Now())
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(command.OutOrStdout(), "%s, %s learned, %s, %s, %s bytes in %s\n", count(int64(len(files)), "model"),
		count(int64(of.Records), "record"), count(int64(of.Groups), "group"), count(int64(of.Patterns), "pattern"), thousands(int64(size)), output)
	fmt.Fprintln(command.OutOrStdout(), "Not added, and begun anew: incidents, bursts under way and what was flagged last.")
	return nil
}
