// Command mutate tests the tests: it plants one mistake at a time into the
// source, as a hand could slip (a condition negated, a statement left out, a
// constant doubled), and runs the tests of the package and of those that stand on
// it. A mistake that they do not see is a survivor: it is listed, and either a test
// is missing or the mistake is none (harmless.txt says why).
//
//	go run ./test/mutate -n 100 -seed 7 ./internal/judge ./record
//
// What is a matter of speed alone is left as it is: how long an array is, and what a
// make sets aside beside the length.
//
// Nothing in the source changes: the go command is shown the file with the mistake
// by an overlay, in GOFLAGS, so that what the tests build themselves has it too. Where
// it can be, all mistakes of a package are compiled at once and switched on one at a
// time (switch.go), and the quick tests are run before the slow ones.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// subjects are the packages that are tested in this way, and the tests that come
// after their own when those see nothing. A package's own tests run in short mode;
// with long they run whole too, for what needs the embedded host is skipped there.
var subjects = []struct {
	dir  string
	long bool
	then []string
}{
	{dir: "record", then: []string{"./internal/judge"}},
	{dir: "internal/event", then: []string{"./internal/judge"}},
	{dir: "internal/event/names", then: []string{"./internal/event", "./internal/options"}},
	{dir: "internal/event/timestamp", then: []string{"./internal/event", "./internal/scan"}},
	{dir: "internal/forward", then: []string{"./plugin/output"}},
	{dir: "internal/ignore", then: []string{"./internal/judge"}},
	{dir: "internal/incident", then: []string{"./internal/judge", "./internal/scan"}},
	{dir: "internal/judge", long: true},
	{dir: "internal/judge/modelfile", then: []string{"./internal/judge"}},
	{dir: "internal/options", then: []string{"./internal/judge", "./cmd/flb-anomaly"}},
	{dir: "internal/report", then: []string{"./cmd/flb-anomaly"}},
	{dir: "internal/scan", then: []string{"./cmd/flb-anomaly"}},
	{dir: "internal/store"},
	{dir: "internal/text", then: []string{"./internal/scan", "./cmd/flb-anomaly"}},
	{dir: "plugin", long: true},
	{dir: "plugin/output", long: true},
	{dir: "fluentbit", long: true},
	{dir: "detector", then: []string{"./detector/model", "./internal/judge"}},
	{dir: "detector/internal/halflife", then: []string{"./detector/model", "./detector"}},
	{dir: "detector/internal/codec", then: []string{"./detector"}},
	{dir: "detector/forest", then: []string{"./detector"}},
	{dir: "detector/model", then: []string{"./detector"}},
	{dir: "detector/model/words", then: []string{"./detector/model", "./detector"}},
	{dir: "detector/pattern", then: []string{"./detector/model", "./detector"}},
	{dir: "web", then: []string{"./cmd/flb-anomaly"}},
}

// skipped are tests that take long and see little else than others do, by a regular
// expression: of time, of memory, in a browser.
var skipped = map[string]string{
	"./detector": "^Test(Worst|RandomText|Smokescreen|TeachingAnAttack|Mimicry|FieldsHaveBoundedMemory|FieldsNoAllocations|FieldsAfterAFlood|RestoredAfterEvictionOfFields)",
	"./web":      "^Test(Browser|Screenshots)",
}

const (
	// memory is how much the tests of one mistake may hold, in bytes: one that
	// allocates without end is found, and must not take the machine along.
	memory = 4 << 30

	// slower is how many times as long as without a mistake the tests may take,
	// and grace what comes on top for building them.
	slower = 4
	grace  = time.Minute

	// endless comes on top of the processor's time that they take.
	endless = 5 * time.Second
)

// own leaves out the tests of what stands on a package.
var own bool

// outcome is what became of a mistake.
type outcome string

const (
	found    outcome = "found"
	survived outcome = "SURVIVED"
	harmless outcome = "harmless" // survived, and is said to be no mistake
	unfit    outcome = "unfit"    // does not compile
)

func main() {
	n := flag.Int("n", 150, "how many mistakes to plant beside those of planted.go, drawn by -seed from all; 0 = all")
	seed := flag.Uint64("seed", 1, "which to draw")
	only := flag.String("only", "", "plant those alone whose name matches this regular expression")
	again := flag.String("again", "", "plant those alone that SURVIVED in this output of an earlier run")
	since := flag.String("since", "", "plant into those lines alone that have changed since this commit")
	list := flag.Bool("list", false, "list the mistakes, plant none")
	flag.BoolVar(&own, "own", false, "run the tests of each package alone, and not those of what stands on it: quicker, and a survivor is none yet")
	jobs := flag.Int("j", 1, "how many to try at the same time")
	flag.Parse()
	adopt()
	if err := run(*n, *seed, *only, *again, *since, *list, *jobs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(n int, seed uint64, only, again, since string, list bool, jobs int, dirs []string) error {
	all, err := mistakes(dirs)
	if err != nil {
		return err
	}
	planted, err := plantedIn(dirs)
	if err != nil {
		return err
	}
	without := func(drop func(m mistake) bool) {
		all, planted = slices.DeleteFunc(all, drop), slices.DeleteFunc(planted, drop)
	}
	if only != "" {
		re, err := regexp.Compile(only)
		if err != nil {
			return fmt.Errorf("-only: %w", err)
		}
		without(func(m mistake) bool { return !re.MatchString(m.name) })
	}
	if again != "" {
		names, err := survivors(again)
		if err != nil {
			return fmt.Errorf("-again: %w", err)
		}
		without(func(m mistake) bool { return !names[m.name] })
	}
	if since != "" {
		changed, err := changedLines(since)
		if err != nil {
			return fmt.Errorf("-since: %w", err)
		}
		without(func(m mistake) bool { return !changed[m.file][m.line] })
	}
	total := len(all) + len(planted)
	if n > 0 && n < len(all) {
		rng := rand.New(rand.NewPCG(seed, 0))
		rng.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
		all = all[:n]
		slices.SortFunc(all, func(a, b mistake) int {
			return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.start, b.start), cmp.Compare(a.name, b.name))
		})
	}
	all = append(planted, all...)
	slices.SortStableFunc(all, func(a, b mistake) int { return cmp.Compare(filepath.Dir(a.file), filepath.Dir(b.file)) })
	if list {
		for _, m := range all {
			fmt.Println(m.name)
		}
		return nil
	}
	reasons, err := readHarmless("test/mutate/harmless.txt")
	if err != nil {
		return err
	}
	fmt.Printf("%d mistakes of %d, seed %d\n", len(all), total, seed)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t := trial{ctx: ctx, usual: map[string]func() (time.Duration, error){}}
	results := make([]outcome, len(all))
	var mu sync.Mutex
	var firstErr error
	var next, of int // the next one, of those of a package
	for at := 0; at < len(all); at = of {
		dir := filepath.Dir(all[at].file)
		for of = at; of < len(all) && filepath.Dir(all[of].file) == dir; {
			of++
		}
		next = at
		temp, err := os.MkdirTemp("", "mutate-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temp)
		var list []*mistake
		for i := at; i < of; i++ {
			list = append(list, &all[i])
		}
		tests, err := t.suites(dir, temp, list)
		if err != nil {
			fmt.Printf("one at a time: %v\n", err)
		}
		var wg sync.WaitGroup
		for range jobs {
			wg.Go(func() {
				for {
					mu.Lock()
					i := next
					next++
					mu.Unlock()
					if i >= of || ctx.Err() != nil {
						return
					}
					m := &all[i]
					started := time.Now()
					o, err := t.either(tests, m)
					by := ""
					if o == survived && reasons[m.name] != "" {
						o, by = harmless, reasons[m.name]
					}
					mu.Lock()
					if err != nil && firstErr == nil {
						firstErr = fmt.Errorf("%s: %w", m.name, err)
						stop()
					} else if err == nil {
						results[i] = o
						fmt.Printf("%-8s %5.1fs %s\n", o, time.Since(started).Seconds(), m.name)
						if by != "" {
							fmt.Printf("                %s\n", by)
						}
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		os.RemoveAll(temp)
		if firstErr != nil {
			break
		}
	}
	if firstErr != nil {
		return firstErr
	}
	report(all, results)
	return nil
}

// report prints the score of each package and of all.
func report(all []mistake, results []outcome) {
	type score struct{ found, survived, harmless int }
	var sum score
	of := map[string]*score{}
	for i, m := range all {
		dir := filepath.Dir(m.file)
		if of[dir] == nil {
			of[dir] = &score{}
		}
		for _, s := range []*score{of[dir], &sum} {
			switch results[i] {
			case found:
				s.found++
			case survived:
				s.survived++
			case harmless:
				s.harmless++
			}
		}
	}
	say := func(what string, s *score) {
		if real := s.found + s.survived; real > 0 {
			fmt.Printf("%-26s %3d of %3d mistakes found, %3.0f %%; %d harmless\n", what, s.found, real, 100*float64(s.found)/float64(real), s.harmless)
		}
	}
	fmt.Println()
	for _, s := range subjects {
		if of[s.dir] != nil {
			say(s.dir, of[s.dir])
		}
	}
	say("all", &sum)
	first := true
	for i, m := range all {
		if results[i] == survived {
			if first {
				fmt.Println("\nnot found:")
				first = false
			}
			fmt.Println("  " + m.where() + " " + m.name)
		}
	}
}

// trial tries mistakes.
type trial struct {
	ctx   context.Context
	mu    sync.Mutex
	usual map[string]func() (time.Duration, error) // how long tests take without a mistake
}

// either tries a mistake among the others of its package, or alone where it cannot be
// switched on, or tests are missing that do not bear the switches.
func (t *trial) either(s *suites, m *mistake) (outcome, error) {
	if s == nil || s.switched.number[m] == 0 {
		return t.try(m)
	}
	o, err := s.try(s.switched.number[m])
	if o == survived && err == nil {
		s.leftOut.Range(func(any, any) bool { o, err = t.try(m); return false })
	}
	return o, err
}

// try returns what became of a mistake that is planted alone.
func (t *trial) try(m *mistake) (outcome, error) {
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	source, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	with := filepath.Join(dir, filepath.Base(m.file))
	if err := os.WriteFile(with, m.in(source), 0o600); err != nil {
		return "", err
	}
	path, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: with}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return "", err
	}
	for _, tests := range testsOf(filepath.Dir(m.file)) {
		usual, err := t.usually(tests)
		if err != nil {
			return "", err
		}
		out, err := t.test(tests, slower*usual+grace, "-overlay="+file)
		switch {
		case t.ctx.Err() != nil:
			return "", t.ctx.Err()
		case err == nil:
			continue
		case bytes.Contains(out, []byte("[build failed]")), bytes.Contains(out, []byte("[setup failed]")):
			return unfit, nil
		}
		return found, nil
	}
	return survived, nil
}

// testsOf are the arguments of the go test commands for a package, one after the
// other.
func testsOf(dir string) (list [][]string) {
	for _, s := range subjects {
		if s.dir != dir {
			continue
		}
		list = append(list, briefly("./"+dir))
		if own {
			break
		}
		if s.long {
			list = append(list, []string{"./" + dir})
		}
		for _, then := range s.then {
			list = append(list, briefly(then))
		}
	}
	return list
}

func briefly(dir string) []string {
	if skip := skipped[dir]; skip != "" {
		return []string{"-short", dir, "-skip", skip}
	}
	return []string{"-short", dir}
}

// usually is how long tests take when there is no mistake.
func (t *trial) usually(tests []string) (time.Duration, error) {
	key := strings.Join(tests, " ")
	t.mu.Lock()
	measure := t.usual[key]
	if measure == nil {
		measure = sync.OnceValues(func() (time.Duration, error) {
			start := time.Now()
			out, err := t.test(tests, 30*time.Minute, "")
			if err != nil {
				return 0, fmt.Errorf("the tests of %s fail without any mistake: %w\n%s", key, err, out)
			}
			return time.Since(start), nil
		})
		t.usual[key] = measure
	}
	t.mu.Unlock()
	return measure()
}

// test runs tests, with everything that they start.
func (t *trial) test(tests []string, limit time.Duration, flags string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(t.ctx, limit+grace)
	defer cancel()
	args := append([]string{"test", "-count=1", "-failfast", "-vet=off", "-timeout", limit.String()}, tests...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" "+flags))
	return watch(cmd)
}

// running is how many commands run.
var running atomic.Int32

// killOrphans kills what commands have left behind in a session of its own, such as a
// daemon: its parent is this process once nobody else is (adopt). While other commands
// run, nobody knows whose it is.
func killOrphans() {
	if running.Load() > 0 {
		return
	}
	self, session := strconv.Itoa(os.Getpid()), ""
	processes(func(pid string, fields []string) {
		if pid == self {
			session = fields[3]
		}
	})
	processes(func(pid string, fields []string) {
		if fields[1] == self && fields[3] != session {
			n, _ := strconv.Atoi(pid)
			syscall.Kill(n, syscall.SIGKILL)
			syscall.Wait4(n, nil, 0, nil)
		}
	})
}

// adopt has the system give this process the orphans among those that descend from it.
func adopt() {
	const setChildSubreaper = 36 // PR_SET_CHILD_SUBREAPER of prctl
	syscall.Syscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0)
}

// watch runs a command with everything that it starts.
func watch(cmd *exec.Cmd) ([]byte, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	kill := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel, cmd.WaitDelay = kill, 10*time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	running.Add(1)
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if held(cmd.Process.Pid) > memory {
					kill()
				}
			}
		}
	}()
	err := cmd.Wait()
	close(done)
	kill() // what was left running
	running.Add(-1)
	killOrphans()
	return out.Bytes(), err
}

// held is how much memory the processes of a group hold, in bytes.
func held(group int) (sum int64) {
	processes(func(_ string, fields []string) {
		if fields[2] == fmt.Sprint(group) {
			var pages int64
			fmt.Sscan(fields[21], &pages)
			sum += pages * int64(os.Getpagesize())
		}
	})
	return sum
}

// processes calls visit for each process that there is, with the fields of its stat that
// follow its name: the state, the parent, the group, the session; 21 fields after the
// state the resident pages.
func processes(visit func(pid string, fields []string)) {
	dirs, _ := os.ReadDir("/proc")
	for _, d := range dirs {
		if c := d.Name()[0]; c < '0' || c > '9' {
			continue
		}
		b, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		// The name may hold anything, in parentheses.
		_, rest, _ := strings.Cut(string(b[bytes.LastIndexByte(b, ')')+1:]), " ")
		if fields := strings.Fields(rest); len(fields) >= 22 {
			visit(d.Name(), fields)
		}
	}
}

// survivors are the names of those that survived, by the output of a run.
func survivors(file string) (map[string]bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names := map[string]bool{}
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		if rest, ok := strings.CutPrefix(sc.Text(), string(survived)+" "); ok {
			_, name, _ := strings.Cut(strings.TrimSpace(rest), " ")
			names[name] = true
		}
	}
	return names, sc.Err()
}

// readHarmless reads which mistakes are none, and why: a mistake's name in a line,
// and in the one below it, indented, the reason.
func readHarmless(file string) (map[string]string, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	reasons := map[string]string{}
	name := ""
	for i, line := range strings.Split(string(b), "\n") {
		switch {
		case line == "", line[0] == '#':
		case line[0] != ' ':
			name = line
		case name == "":
			return nil, fmt.Errorf("%s:%d: a reason without the name of a mistake above it", file, i+1)
		default:
			reasons[name] = strings.TrimSpace(reasons[name] + " " + strings.TrimSpace(line))
		}
	}
	return reasons, nil
}

var hunk = regexp.MustCompile(`^@@ -\S+ \+(\d+)(?:,(\d+))? @@`)

// changedLines are the lines of each file that have changed since a commit.
func changedLines(since string) (map[string]map[int]bool, error) {
	out, err := exec.Command("git", "diff", "-U0", "--relative", since, "--", "*.go").Output()
	if err != nil {
		return nil, err
	}
	changed := map[string]map[int]bool{}
	file := ""
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(line, "+++ b/"); ok {
			file = strings.TrimSpace(name)
			changed[file] = map[int]bool{}
		} else if m := hunk.FindStringSubmatch(line); m != nil {
			first, count := 0, 1
			fmt.Sscan(m[1], &first)
			if m[2] != "" {
				fmt.Sscan(m[2], &count)
			}
			for i := range count {
				changed[file][first+i] = true
			}
		}
	}
	return changed, nil
}
