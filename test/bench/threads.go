package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// repeats is how often the log is read for threads: Fluent Bit looks once a second whether
// it may end, and a run must take many of them.
const repeats = 5

// repeated writes the log so many times into one file.
func (b *bench) repeated(times int) (path string, err error) {
	path = filepath.Join(b.dir, "repeated.log")
	to, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	for range times {
		from, err := os.Open(b.log)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(to, from)
		if err = errors.Join(err, from.Close()); err != nil {
			return "", err
		}
	}
	return path, nil
}

// threads measures how much more two inputs judge than one, each in a thread of its
// own with the filter as its processor.
func (b *bench) threads() error {
	const what = "records a second, two threaded inputs with the filter as their processor"
	bin := fluentBit()
	if bin == "" {
		b.row(what, "not measured", noFluentBit)
		return nil
	}
	path, err := filepath.Abs(plugin)
	if err != nil {
		return err
	}
	log, err := b.repeated(repeats)
	if err != nil {
		return err
	}
	defer os.Remove(log)
	seconds := func(inputs int) (float64, error) {
		text := "service:\n  flush: 1\n  log_level: error\npipeline:\n  inputs:\n"
		for i := range inputs {
			text += fmt.Sprintf("    - name: tail\n      path: %s\n      tag: app.%d\n      read_from_head: on\n      exit_on_eof: on\n      threaded: on\n      mem_buf_limit: 1G\n      buffer_chunk_size: 512k\n      buffer_max_size: 1M\n      processors:\n        logs:\n          - name: anomaly\n", log, i)
		}
		text += "  outputs:\n    - name: 'null'\n      match: '*'\n"
		conf := filepath.Join(b.dir, "threads.yaml")
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			return 0, err
		}
		var took []float64
		for range b.rounds {
			start := time.Now()
			if _, err := measure(exec.Command(bin, "-e", path, "-c", conf)); err != nil {
				return 0, err
			}
			took = append(took, time.Since(start).Seconds())
		}
		return median(took), nil
	}
	one, err := seconds(1)
	if err != nil {
		return err
	}
	two, err := seconds(2)
	if err != nil {
		return err
	}
	lines := repeats * float64(b.lines)
	b.row(what, fmt.Sprintf("%.0f", 2*lines/two), fmt.Sprintf("one input %.0f (x %.2f)", lines/one, 2*one/two))
	return nil
}
