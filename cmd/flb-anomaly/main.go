// Command flb-anomaly runs the detector of the Fluent Bit filter on files.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// Exit statuses, the same for every command.
const (
	statusOK          = 0
	statusError       = 1   // an input could not be read, an output not written
	statusUsage       = 2   // a wrong flag, value or argument
	statusAnomaly     = 3   // with --fail-on-anomaly: something was flagged
	statusInterrupted = 130 // Ctrl-C, as shells have it
)

// version is set by the linker for a release; else the build's own is shown.
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// execute runs the command line and returns the exit status.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	var usage usageError
	switch {
	case err == nil:
		return statusOK
	case errors.Is(err, errAnomaly):
		return statusAnomaly
	case errors.Is(err, syscall.EPIPE):
		return statusError // the reader has gone, as head does: nobody is there to be told
	case ctx.Err() != nil:
		return statusInterrupted
	case errors.As(err, &usage) || command == root:
		fmt.Fprintf(stderr, "flb-anomaly: %s\nRun '%s --help' for usage.\n", text.PrintableLines(err.Error()), command.CommandPath())
		return statusUsage
	default:
		fmt.Fprintf(stderr, "flb-anomaly: %s\n", text.PrintableLines(err.Error()))
		return statusError
	}
}

// newRoot is the command with all its commands; each stands in its own file.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "flb-anomaly",
		Short: "Unsupervised anomaly detection for logs",
		Long: `flb-anomaly finds the lines of a log that are unlike the others, without rules,
labels or training data. It is the detector of the Fluent Bit filter "anomaly",
for files.`,
		Version:       buildVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(command *cobra.Command, err error) error { return usageError{flagError(command.Flags(), err)} })
	root.AddCommand(newScan(), newReport(), newTrain(), newMerge(), newInspect(), newServe(), newMan())
	return root
}

// usageError is an error in how the command was called.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// usageArgs makes the errors of a check of the arguments usage errors.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if err := check(command, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
