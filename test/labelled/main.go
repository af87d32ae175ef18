// Labelled measures flb-anomaly on real logs in which people have marked what is
// wrong: the passing and failing build logs of CiDiff (Hubner et al., "CiDiff",
// https://github.com/labri-progress/cidiff, data/breakages). Two people marked
// the lines of the error in each failing log. None of it is part of the project;
// "make labelled" fetches it.
//
//	go run ./test/labelled DIR [NAME…]
//
// It runs bin/flb-anomaly with its defaults on the builds in DIR, or on those named.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// statusStop is the exit status by which scan says that a build should stop.
const statusStop = 3

// shown is how many lines of a failing build somebody looks at.
const shown = 10

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "labelled:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: labelled DIR [NAME…]")
	}
	dir, names := args[0], args[1:]
	if len(names) == 0 {
		found, err := filepath.Glob(filepath.Join(dir, "*", "fail.log"))
		if err != nil || len(found) == 0 {
			return fmt.Errorf("no builds in %s: %v", dir, err)
		}
		for _, f := range found {
			names = append(names, filepath.Base(filepath.Dir(f)))
		}
	}
	var stopped, falsely, first, among int
	for _, name := range names {
		b, err := read(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		stop, err := guard(b.passed, b.failed)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		half := len(b.passed) / 2
		stopHealthy, err := guard(b.passed[:half], b.passed[half:])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		rank, err := b.rank()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("%-28s stops %-5v  its own second half stops %-5v  first marked line is number %d\n", name, stop, stopHealthy, rank)
		stopped += count(stop)
		falsely += count(stopHealthy)
		first += count(rank == 1)
		among += count(rank >= 1 && rank <= shown)
	}
	fmt.Printf("\n| of %d builds that failed | |\n| --- | --- |\n", len(names))
	fmt.Printf("| stopped, with the passing log as baseline | %d |\n", stopped)
	fmt.Printf("| stopped though healthy: the second half of the passing log, with its first as baseline | %d |\n", falsely)
	fmt.Printf("| the strangest line of the failing log is one that people marked | %d |\n", first)
	fmt.Printf("| one of the %d strangest is | %d |\n", shown, among)
	return nil
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// build is a job that passed once and failed once.
type build struct {
	passed, failed []string // the logs' lines as they are

	// As those who marked them count: a carriage return alone ends a line as well.
	pass, fail []string
	marked     map[int]bool // lines of fail, counted from 1, that a person marked as the error
}

func read(dir string) (b build, err error) {
	for _, f := range []struct {
		name           string
		lines, counted *[]string
	}{{"pass.log", &b.passed, &b.pass}, {"fail.log", &b.failed, &b.fail}} {
		text, err := os.ReadFile(filepath.Join(dir, f.name))
		if err != nil {
			return b, err
		}
		*f.lines = lines(string(text))
		*f.counted = lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)))
	}
	b.marked = map[int]bool{}
	for _, name := range []string{"groundtruth", "groundtruth2"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return b, err
		}
		for line := range strings.Lines(string(text)) {
			kind, at, _ := strings.Cut(strings.TrimSpace(line), " ")
			if kind != "E" {
				continue
			}
			from, to, isRange := strings.Cut(at, "-")
			if !isRange {
				to = from
			}
			a, err1 := strconv.Atoi(from)
			z, err2 := strconv.Atoi(to)
			if err := errors.Join(err1, err2); err != nil {
				return b, err
			}
			for n := a; n <= z; n++ {
				b.marked[n] = true
			}
		}
	}
	return b, nil
}

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// guard asks whether a build stops, by the baseline of another log.
func guard(baseline, log []string) (stop bool, err error) {
	dir, err := os.MkdirTemp("", "labelled")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	old, now := filepath.Join(dir, "baseline.log"), filepath.Join(dir, "build.log")
	if err := errors.Join(write(old, baseline), write(now, log)); err != nil {
		return false, err
	}
	out, err := exec.Command("bin/flb-anomaly", "scan", "--baseline", old, "--fail-on-anomaly", now).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == statusStop {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("%w\n%s", err, out)
	}
	return false, nil
}

// rank reads the passing log and the failing one behind it as one stream, and says
// at which place the first marked line comes among those of the failing log, the
// strangest first; 0 is none.
func (b *build) rank() (int, error) {
	dir, err := os.MkdirTemp("", "labelled")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	log := filepath.Join(dir, "both.log")
	if err := write(log, slices.Concat(b.pass, b.fail)); err != nil {
		return 0, err
	}
	out, err := exec.Command("bin/flb-anomaly", "scan", "--format", "jsonl", log).Output()
	if err != nil {
		return 0, err
	}
	type line struct {
		Line  int
		Score float64 `json:"anomaly_score"`
	}
	var failing []line
	for text := range bytes.Lines(out) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return 0, err
		}
		if l.Line > len(b.pass) {
			failing = append(failing, l)
		}
	}
	slices.SortStableFunc(failing, func(a, z line) int {
		switch {
		case a.Score > z.Score:
			return -1
		case a.Score < z.Score:
			return 1
		}
		return 0
	})
	for i, l := range failing {
		if b.marked[l.Line-len(b.pass)] {
			return i + 1, nil
		}
	}
	return 0, nil
}

func write(path string, lines []string) error {
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}
