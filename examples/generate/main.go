// Command generate writes the example log of package shoplog.
//
//	go run ./examples/generate -seed 1 -lines 4000 -incidents > examples/shop.log
//	go run ./examples/generate -seed 1 -lines 4000 -incidents -notes   (the table in examples/README.md)
//	go run ./examples/generate -seed 7 -lines 200000 > healthy.log
//	go run ./examples/generate -seed 7 -lines 200000 -release-at 100000 > drift.log
//
// It can also play the shop itself, as docker/compose.yml has it: without end,
// twenty times as fast as life, with an incident every few minutes.
//
//	go run ./examples/generate -incidents -start now -speed 20 -loop -json -to 127.0.0.1:5170
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && ctx.Err() == nil {
		if err != flag.ErrHelp {
			fmt.Fprintln(os.Stderr, "generate:", err)
		}
		os.Exit(2)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o shoplog.Options
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.Uint64Var(&o.Seed, "seed", 1, "the same seed makes the same lines")
	flags.IntVar(&o.Lines, "lines", 4000, "number of lines")
	flags.BoolVar(&o.Incidents, "incidents", false, "let eight things go wrong")
	flags.BoolVar(&o.Daily, "daily", false, "let eight things go wrong each day")
	flags.IntVar(&o.ReleaseAt, "release-at", 0, "from this line on a new release rewords a third of the messages; 0 = never")
	start := flags.String("start", "", "time of the first line, RFC 3339 or now (default 2026-03-02T08:00:00Z)")
	notes := flags.Bool("notes", false, "write a table of the incidents instead of the log")
	speed := flags.Float64("speed", 0, "let time pass between the lines, so many times as fast as in the log; 0 = write them at once")
	loop := flags.Bool("loop", false, "begin another stream of as many lines, with the next seed, when one has ended")
	asJSON := flags.Bool("json", false, "write JSON objects with service, level (where there is one) and log")
	to := flags.String("to", "", "send the lines to this host:port over TCP, which is waited for, instead of writing them")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: there are only flags", flags.Arg(0))
	}
	if o.Lines < 1 {
		return fmt.Errorf("-lines is %d: at least 1 is right", o.Lines)
	}
	if *speed < 0 {
		return fmt.Errorf("-speed is %g: 0 or more is right", *speed)
	}
	switch *start {
	case "":
	case "now":
		o.Start = time.Now().UTC()
	default:
		t, err := time.Parse(time.RFC3339, *start)
		if err != nil {
			return fmt.Errorf("-start is %q: now, or a time such as 2026-03-02T08:00:00Z, is right", *start)
		}
		o.Start = t.UTC()
	}
	if *notes {
		return shoplog.WriteNotes(out, o)
	}
	if *to != "" {
		c := &connection{ctx: ctx, address: *to}
		defer c.Close()
		out = c
	}
	w := bufio.NewWriterSize(out, 1<<16)
	for {
		last, err := stream(ctx, w, o, *speed, *asJSON)
		if err != nil || !*loop {
			return err
		}
		o.Seed, o.Start = o.Seed+1, last
	}
}

// stream writes one stream and returns the time of its last line.
func stream(ctx context.Context, w *bufio.Writer, o shoplog.Options, speed float64, asJSON bool) (last time.Time, err error) {
	g := shoplog.New(o)
	objects := json.NewEncoder(w) // ends each with a newline
	objects.SetEscapeHTML(false)
	begun := time.Now()
	for n := range o.Lines {
		r := g.Next()
		if n == 0 {
			o.Start = r.Time
		}
		if speed > 0 {
			due := begun.Add(time.Duration(float64(r.Time.Sub(o.Start)) / speed))
			if wait := time.Until(due); wait > 0 {
				// What is due has been said before the silence.
				if err := w.Flush(); err != nil {
					return last, err
				}
				select {
				case <-ctx.Done():
					return last, ctx.Err()
				case <-time.After(wait):
				}
			}
		}
		// The buffer keeps an error, and returns it from then on.
		if asJSON {
			err = objects.Encode(object{r.Service, r.Level, r.Line})
		} else {
			w.WriteString(r.Line)
			err = w.WriteByte('\n')
		}
		if err != nil {
			return last, err
		}
		last = r.Time
	}
	return last, w.Flush()
}

// object is a line as a service's log arrives where containers run.
type object struct {
	Service string `json:"service"`
	Level   string `json:"level,omitempty"`
	Log     string `json:"log"`
}
