// Command generate writes the example log of package shoplog.
//
//	go run ./examples/generate -seed 1 -lines 4000 -incidents > examples/shop.log
//	go run ./examples/generate -seed 1 -lines 4000 -incidents -notes   (the table in examples/README.md)
//	go run ./examples/generate -seed 7 -lines 200000 > healthy.log
//	go run ./examples/generate -seed 7 -lines 200000 -release-at 100000 > drift.log
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if err != flag.ErrHelp {
			fmt.Fprintln(os.Stderr, "generate:", err)
		}
		os.Exit(2)
	}
}

func run(args []string, out io.Writer) error {
	var o shoplog.Options
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.Uint64Var(&o.Seed, "seed", 1, "the same seed makes the same lines")
	flags.IntVar(&o.Lines, "lines", 4000, "number of lines")
	flags.BoolVar(&o.Incidents, "incidents", false, "let eight things go wrong")
	flags.IntVar(&o.ReleaseAt, "release-at", 0, "from this line on a new release words a third of the messages anew; 0 = never")
	start := flags.String("start", "", "time of the first line, RFC 3339 (default 2026-03-02T08:00:00Z)")
	notes := flags.Bool("notes", false, "write a table of the incidents instead of the log")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: there are only flags", flags.Arg(0))
	}
	if o.Lines < 1 {
		return fmt.Errorf("-lines is %d: at least 1 is right", o.Lines)
	}
	if *start != "" {
		t, err := time.Parse(time.RFC3339, *start)
		if err != nil {
			return fmt.Errorf("-start is %q: a time such as 2026-03-02T08:00:00Z is right", *start)
		}
		o.Start = t.UTC()
	}
	w := bufio.NewWriterSize(out, 1<<16)
	if *notes {
		shoplog.WriteNotes(w, o)
	} else {
		g := shoplog.New(o)
		for range o.Lines {
			w.WriteString(g.Next().Line)
			w.WriteByte('\n')
		}
	}
	return w.Flush()
}
