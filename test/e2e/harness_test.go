package e2e

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// patience bounds every wait; a test that reaches it has failed.
const patience = 3 * time.Minute

// TestMain runs several tests at once on however few cores: most of it is waiting.
func TestMain(m *testing.M) {
	flag.Parse()
	const atOnce = 4
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		flag.Set(f.Name, strconv.Itoa(max(atOnce, runtime.NumCPU())))
	}
	testbuild.Main(m)
}

var (
	filter = testbuild.Filter
	output = testbuild.Output
)

// fluentBit is one Fluent Bit to test with.
type fluentBit struct {
	path         string
	major, minor int
	sqlite       bool     // built with it: in_tail has the option db
	env          []string // beside the test's own
}

func (f fluentBit) String() string { return fmt.Sprintf("%d.%d", f.major, f.minor) }

// since reports whether this Fluent Bit is of the given version or later.
func (f fluentBit) since(major, minor int) bool {
	return f.major > major || f.major == major && f.minor >= minor
}

// newest returns the Fluent Bit to test with.
func newest(t *testing.T) fluentBit {
	t.Helper()
	name := os.Getenv("FLUENT_BIT")
	if name == "" {
		name = "fluent-bit"
	}
	return findFluentBit(t, name)
}

// withEach runs a test with every Fluent Bit there is, beside each other and beside
// other tests.
func withEach(t *testing.T, test func(t *testing.T, fb fluentBit)) {
	t.Helper()
	t.Parallel()
	list := []fluentBit{newest(t)}
	for _, name := range filepath.SplitList(os.Getenv("FLUENT_BIT_OLDER")) {
		list = append(list, findFluentBit(t, name))
	}
	for _, fb := range list {
		t.Run(fb.String(), func(t *testing.T) {
			t.Parallel()
			test(t, fb)
		})
	}
	if len(list) == 1 {
		t.Run("older", func(t *testing.T) {
			t.Skip("SKIPPED, NOT TESTED with an older Fluent Bit: FLUENT_BIT_OLDER names none")
		})
	}
}

func findFluentBit(t *testing.T, name string) fluentBit {
	t.Helper()
	filter.Build(t) // or skips
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no Fluent Bit here (%v); set FLUENT_BIT to the path of one", err)
	}
	path, _ = filepath.Abs(path)
	version, err := exec.Command(path, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	f := fluentBit{path: path}
	if _, err := fmt.Sscanf(string(version), "Fluent Bit v%d.%d", &f.major, &f.minor); err != nil {
		t.Fatalf("%s --version: %v\n%s", path, err, version)
	}
	options, _ := exec.Command(path, "-i", "tail", "-h").CombinedOutput()
	f.sqlite = databaseOption.Match(options)
	return f
}

var (
	databaseOption = regexp.MustCompile(`(?m)^db\s`)
	database       = regexp.MustCompile(`(?im)^ +db:? .*\n`)
)

// process is a program that runs.
type process struct {
	*flbtest.Process
	t *testing.T
}

// start starts a program; it is killed when the test ends.
func start(t *testing.T, dir string, name string, args ...string) *process {
	t.Helper()
	return startWith(t, nil, dir, name, args...)
}

// startWith is start with variables beside those of the environment.
func startWith(t *testing.T, env []string, dir string, name string, args ...string) *process {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	return &process{flbtest.Run(t, cmd), t}
}

var pluginList = regexp.MustCompile(`(?m)^plugins:\n((?:  - .*\n)+)`)

// start starts this Fluent Bit with a configuration, in YAML or classic as the
// extension says, in which DIR stands for the directory, PLUGIN_FILTER and PLUGIN_OUTPUT for
// the shared object.
func (f fluentBit) start(t *testing.T, dir, extension, config string, args ...string) *process {
	t.Helper()
	if !f.sqlite && database.MatchString(config) {
		config = database.ReplaceAllString(config, "")
		t.Run("db", func(t *testing.T) {
			t.Skipf("SKIPPED, NOT TESTED: Fluent Bit %s is built without SQLite here, so its input tail has no option db", f)
		})
	}
	// The list came to YAML after 2.2.
	if list := pluginList.FindStringSubmatch(config); list != nil && !f.since(3, 2) {
		config = strings.Replace(config, list[0], "", 1)
		for name := range strings.Lines(list[1]) {
			name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "- "))
			args = append(args, "-e", strings.NewReplacer("PLUGIN_FILTER", filter.Build(t), "PLUGIN_OUTPUT", output.Build(t)).Replace(name))
		}
	}
	file, err := os.CreateTemp(dir, "fluent-bit-*."+extension)
	if err != nil {
		t.Fatal(err)
	}
	_, err = strings.NewReplacer("DIR", dir, "PLUGIN_FILTER", filter.Build(t), "PLUGIN_OUTPUT", output.Build(t)).WriteString(file, config)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return startWith(t, f.env, dir, f.path, append([]string{"-c", file.Name()}, args...)...)
}

// ended reports whether the program has ended.
func (p *process) ended() bool {
	select {
	case <-p.Done:
		return true
	default:
		return false
	}
}

// stop asks the program to end and waits for it; it must end well.
func (p *process) stop() {
	p.t.Helper()
	p.Cmd.Process.Signal(syscall.SIGTERM)
	if status := p.End(); status != 0 {
		p.t.Errorf("%s: status %d after SIGTERM\n%s", p.Cmd.Path, status, p.Output())
	}
}

// settle waits until a count has stood still for some seconds, longer than a
// retry waits.
func (p *process) settle(count func() int) {
	p.t.Helper()
	p.settleFor(6*time.Second, count)
}

func (p *process) settleFor(still time.Duration, count func() int) {
	p.t.Helper()
	last, since := count(), time.Now()
	eventually(p.t, "it stands still", func() bool {
		if n := count(); n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) > still
	}, p)
}

func (p *process) mustHave(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.Output(), text) {
			p.t.Errorf("%q was not written\n%s", text, p.Output())
		}
	}
}

// mustEndWith is mustHave for the line with which the filter or the output ends.
func (p *process) mustEndWith(line string) {
	p.t.Helper()
	if !p.SaidAtEnd(line, "done records=") {
		p.t.Errorf("%q was not written\n%s", line, p.Output())
	}
}

// eventually waits until ok returns true. It gives up when one of the programs
// that should bring it about has ended.
func eventually(t *testing.T, what string, ok func() bool, by ...*process) {
	t.Helper()
	why := fmt.Sprintf("not within %v", patience)
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		ended := slices.IndexFunc(by, (*process).ended)
		if ok() {
			return
		}
		if ended >= 0 {
			why = fmt.Sprintf("%s has ended: %v", by[ended].Cmd.Path, by[ended].Cmd.ProcessState)
			break
		}
	}
	var all strings.Builder
	for _, p := range by {
		fmt.Fprintf(&all, "\n--- %s\n%s", strings.Join(p.Cmd.Args, " "), p.Output())
	}
	t.Fatalf("%s: %s%s", why, what, all.String())
}

// portOf returns the port of an address.
func portOf(url string) string { return url[strings.LastIndexByte(url, ':')+1:] }

// jsonLines reads a file of one JSON object a line, as the output file with
// Format plain writes it; none when there is no such file yet.
func jsonLines(t *testing.T, path string) (all []map[string]any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var m map[string]any
		if strings.HasSuffix(line, "\n") && json.Unmarshal([]byte(line), &m) == nil {
			all = append(all, m)
		}
	}
	return all
}

// writeFile writes a file into a directory and returns its path.
func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
