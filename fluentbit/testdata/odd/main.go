// A filter for the tests of package fluentbit: it does, on demand, what a
// filter should never do.
package main

// char filter_odd_plugin[256];
// char filter_twin_plugin[256];
// char filter_forgotten_plugin[256];
import "C"

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/flb-anomaly/flb-anomaly/fluentbit"
)

func init() {
	odd := fluentbit.Plugin{
		Name:        "odd",
		Description: "Does odd things on demand",
		Options: []fluentbit.Option{
			{Name: "Do", Type: fluentbit.String, Default: "copy", Help: "What to do with each chunk."},
			{Name: "Start", Type: fluentbit.String, Help: "What to do at the start."},
			{Name: "Stop", Type: fluentbit.String, Help: "What to do at the end."},
			{Name: "Word", Type: fluentbit.String, Multiple: true, Help: "May be given more than once."},
			{Name: "Number", Type: fluentbit.Int, Default: "42", Help: "A number."},
			{Name: "Share", Type: fluentbit.Double, Default: "0.5", Help: "A share."},
			{Name: "Flag", Type: fluentbit.Bool, Default: "true", Help: "On or off."},
			{Name: "Limit", Type: fluentbit.Size, Default: "2M", Help: "A size."},
			{Name: "Every", Type: fluentbit.Time, Default: "10m", Help: "A time."},
		},
		New: start,
	}
	fluentbit.Register(odd)
	odd.Name, odd.Description = "twin", "A second filter in the same shared object"
	fluentbit.Register(odd)
}

type odd struct {
	*fluentbit.Instance
	do      string
	stop    string
	chunks  *fluentbit.Counter
	bytes   *fluentbit.Gauge
	calls   int
	busy    bool
	lastTag string
}

func start(i *fluentbit.Instance) (fluentbit.Filter, error) {
	do, _ := i.Value("do")
	begin, _ := i.Value("Start")
	stop, _ := i.Value("Stop")
	log := i.Logger()
	switch begin {
	case "refuse":
		return nil, errors.New(`option Start has the value "refuse": it is refused, as it says`)
	case "panic":
		var none map[string]int
		none["x"] = 1
	case "nothing":
		return nil, nil
	case "log":
		log.Debug("for debuggers")
		log.Info("percent %s %n, line\nfeed, NUL \x00, escape \x1b[31m, bad \xff", "key", "two words", "n", 7)
		log.With("a", 1).WithGroup("g").With("b", 2).Warn("grouped", slog.Group("h", "c", 3), "e", errors.New("an error"))
		log.Error(strings.Repeat("long ", 2000))
	case "background":
		i.Go(func() { panic("in the background") })
		i.Go(func() {
			time.Sleep(50 * time.Millisecond)
			log.Info("logged in the background")
		})
	}
	if begin == "chatter" {
		i.Go(func() {
			for range 10_000 {
				log.Info("goes on after the end")
				time.Sleep(time.Millisecond)
			}
		})
	}
	number, set := i.Value("NUMBER")
	log.Info("options", "do", do, "words", fmt.Sprintf("%q", i.Values("word")), "number", number, "set", set)
	o := &odd{
		Instance: i, do: do, stop: stop,
		chunks: i.Counter("chunks_total", "Chunks seen.", "how", do),
		bytes:  i.Gauge("chunk_bytes", "Size of the last chunk."),
	}
	i.CounterFunc("calls_total", "Calls of Filter.", func() uint64 { return uint64(o.calls) })
	i.GaugeFunc("busy", "1 during a call.", func() float64 {
		if o.do == "bad metric" {
			panic("in a metric")
		}
		log.Debug("a metric is read")
		return 0
	})
	return o, nil
}

func (o *odd) Filter(tag string, chunk, dst []byte) ([]byte, bool, error) {
	if o.busy {
		panic("two calls at once")
	}
	o.busy = true
	defer func() { o.busy = false }()
	o.calls++
	o.chunks.Inc()
	o.bytes.Set(float64(len(chunk)))
	switch o.do {
	case "copy":
		return append(dst, chunk...), true, nil
	case "own": // memory of Go's
		return append([]byte(nil), chunk...), true, nil
	case "chunk": // the chunk itself
		return chunk, true, nil
	case "twice": // more than there is room for, at first
		return append(append(dst, chunk...), chunk...), true, nil
	case "offset": // not at the start of dst
		dst = append(append(dst, "junk"...), chunk...)
		return dst[4:], true, nil
	case "drop":
		return nil, true, nil
	case "same", "bad metric":
		return nil, false, nil
	case "error":
		return append(dst, "rubbish"...), true, fmt.Errorf("error in call %d", o.calls)
	case "panic":
		panic(fmt.Sprintf("call %d\nof %s", o.calls, tag))
	case "nil once":
		if o.calls > 1 {
			return nil, false, nil
		}
		fallthrough
	case "nil":
		var p *odd
		p.calls = 1
	case "index":
		_ = append(dst, chunk[len(chunk)])
	case "deep":
		return append(dst, chunk...), deep(20000) > 0, nil
	case "slow":
		time.Sleep(100 * time.Millisecond)
		return append(dst, chunk...), true, nil
	case "log":
		o.Logger().Info("a chunk", "tag", tag, "bytes", len(chunk), "call", o.calls)
		return nil, false, nil
	case "flood":
		for n := range 1000 {
			o.Logger().Info("flood", "n", n)
		}
		return nil, false, nil
	}
	return nil, false, nil
}

// deep needs a stack of several megabytes: of Go's, which grow.
//
//go:noinline
func deep(n int) int {
	var pad [256]byte
	pad[n%256] = 1
	if n == 0 {
		return int(pad[0])
	}
	return deep(n-1) + int(pad[n%256])
}

func (o *odd) Close() error {
	switch o.stop {
	case "panic":
		panic("while closing")
	case "error":
		return errors.New("would not close")
	case "mark":
		return os.WriteFile(os.Getenv("ODD_MARK"), fmt.Appendf(nil, "%s closed after %d chunks\n", o.Name(), o.calls), 0o644)
	}
	o.Logger().Info("closed", "chunks", o.calls)
	return nil
}

func main() {}
