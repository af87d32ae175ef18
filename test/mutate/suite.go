package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// quick is how long a test takes at most that is run before the others of its
// package: most mistakes are found by those.
const quick = 300 * time.Millisecond

// suite are the tests of one package, compiled with the mistakes in them.
type suite struct {
	dir, binary string
	env         []string
	parts       []part
}

// part are tests that run in one go.
type part struct {
	args      []string
	seen      map[int]bool  // the mistakes that they come by
	took, cpu time.Duration // without a mistake
}

// suites are what tests the mistakes of one package: one after the other, each built
// when it is first needed.
type suites struct {
	t        *trial
	switched *switched
	build    []func() (*suite, error)
	leftOut  sync.Map // tests that the switches are too slow for
}

// suites compiles mistakes of a package, into a folder.
func (t *trial) suites(dir, to string, list []*mistake) (*suites, error) {
	sw, err := switchable(dir, to, list)
	if err != nil {
		return nil, err
	}
	s := &suites{t: t, switched: sw}
	for i, args := range testsOf(dir) {
		s.build = append(s.build, sync.OnceValues(func() (*suite, error) { return s.suite(args, filepath.Join(to, fmt.Sprint(i))) }))
	}
	return s, nil
}

var verdict = regexp.MustCompile(`(?m)^--- (PASS|FAIL|SKIP): (\S+) \(([0-9.]+)s\)`)

// suite builds the tests that a go test would run, and finds out which take long and
// which mistakes they come by.
func (s *suites) suite(args []string, to string) (*suite, error) {
	short, skip := slices.Contains(args, "-short"), ""
	dir := args[0]
	if short {
		dir = args[1]
	}
	if i := slices.Index(args, "-skip"); i >= 0 {
		skip = args[i+1]
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return nil, err
	}
	u := &suite{dir: dir, binary: filepath.Join(to, "test"), env: []string{
		"GOFLAGS=" + strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+s.switched.overlay),
	}}
	if _, err := output("test", "-c", "-vet=off", "-overlay="+s.switched.overlay, "-o", u.binary, dir); err != nil {
		return nil, err
	}
	// All of them, to see which take long. Some may not bear the switches: those
	// that measure what is allocated, or compare with what another build has said.
	all := part{args: []string{"-test.v"}}
	if short {
		all.args = append(all.args, "-test.short")
	}
	var broken []string
	var slow, fast []string
	for range 5 {
		p := all
		p.args = append(slices.Clone(p.args), "-test.skip="+alternatives(skip, broken))
		out, err := s.t.runPart(u, &p, 0, "", 30*time.Minute)
		slow, fast = nil, nil
		failed := len(broken)
		for _, m := range verdict.FindAllStringSubmatch(string(out), -1) {
			seconds, _ := strconv.ParseFloat(m[3], 64)
			switch {
			case m[1] == "FAIL":
				broken = append(broken, m[2])
			case seconds > quick.Seconds():
				slow = append(slow, m[2])
			default:
				fast = append(fast, m[2])
			}
		}
		if err == nil {
			break
		}
		if len(broken) == failed {
			return nil, fmt.Errorf("the tests of %s fail without any mistake: %w\n%s", dir, err, out)
		}
	}
	for _, name := range broken {
		if _, said := s.leftOut.LoadOrStore(dir+" "+name, true); !said {
			fmt.Printf("left out, as it fails with the switches in: %s %s\n", dir, name)
		}
	}
	for i, names := range [][]string{fast, slow} {
		if len(names) == 0 {
			continue
		}
		p := part{args: []string{"-test.failfast", "-test.run=" + alternatives("", names)}}
		if short {
			p.args = append(p.args, "-test.short")
		}
		log := filepath.Join(to, fmt.Sprintf("seen%d", i))
		began := time.Now()
		if out, err := s.t.runPart(u, &p, -1, log, 30*time.Minute); err != nil {
			return nil, fmt.Errorf("the tests of %s fail without any mistake: %w\n%s", dir, err, out)
		}
		p.took, p.seen = time.Since(began), seen(log)
		u.parts = append(u.parts, p)
	}
	return u, nil
}

// alternatives is a regular expression for tests by their names, beside another one.
func alternatives(other string, names []string) string {
	if len(names) == 0 {
		return other
	}
	expr := "^(" + strings.Join(names, "|") + ")$"
	if other != "" {
		expr = other + "|" + expr
	}
	return expr
}

// try runs the tests with a mistake switched on.
func (s *suites) try(n int) (outcome, error) {
	for _, build := range s.build {
		u, err := build()
		if err != nil {
			return "", err
		}
		for i := range u.parts {
			p := &u.parts[i]
			if !p.seen[n] {
				continue
			}
			_, err := s.t.runPart(u, p, n, "", slower*p.took+grace)
			if s.t.ctx.Err() != nil {
				return "", s.t.ctx.Err()
			}
			if err != nil {
				return found, nil
			}
		}
	}
	return survived, nil
}

// runPart runs tests with a mistake switched on, or none for 0. What takes more of
// the processor than it could is ended: a mistake may make something endless.
func (t *trial) runPart(u *suite, p *part, n int, log string, limit time.Duration) ([]byte, error) {
	binary, err := filepath.Abs(u.binary)
	if err != nil {
		return nil, err
	}
	cpu := 1 << 20
	if n > 0 {
		cpu = int((slower*p.cpu+endless)/time.Second) + 1
	}
	ctx, cancel := context.WithTimeout(t.ctx, limit+grace)
	defer cancel()
	args := slices.Concat([]string{"-c", `ulimit -t "$0" && exec "$@"`, fmt.Sprint(cpu), binary, "-test.timeout=" + limit.String()}, p.args)
	cmd := exec.CommandContext(ctx, "sh", args...)
	cmd.Dir = u.dir
	cmd.Env = slices.Concat(os.Environ(), u.env, []string{fmt.Sprint("MUTANT=", n), "MUTANTS_SEEN=" + log})
	out, err := watch(cmd)
	if n < 0 && cmd.ProcessState != nil {
		p.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return out, err
}
