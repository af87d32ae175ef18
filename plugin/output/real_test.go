package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

func TestMain(m *testing.M) { testbuild.Main(m) }

// pair is a Fluent Bit with the filter or another and the output, and the one
// that gets what the output sends.
type pair struct{ sender, receiver *flbtest.Process }

// startPair starts them. The sender has a filter section, whose shared object
// plugins.conf names, and the output by -e, with so many workers.
func startPair(t *testing.T, object testbuild.Object, filter string, workers int) pair {
	t.Helper()
	return startConfig(t, object, "fluent-bit.conf", `
[SERVICE]
    Flush        0.2
    Grace        1
    Hot_Reload   On
    HTTP_Server  On
    HTTP_Listen  127.0.0.1
    HTTP_Port    HTTP
    Plugins_File DIR/plugins.conf
[INPUT]
    Name  dummy
    Tag   app
    Rate  20
    Dummy {"log": "a request took 12 ms"}
`+filter+`
[OUTPUT]
    Name         anomaly
    Match        app
    Workers      `+strconv.Itoa(workers)+`
    Warmup       32
    Key_Prefix   sent
    Forward_Port PORT
`)
}

// startThreads starts them with the filter as a processor of a threaded input, which it
// is called in the thread of; the output is called in the one of Fluent Bit's engine.
func startThreads(t *testing.T, object testbuild.Object, processor string) pair {
	t.Helper()
	return startConfig(t, object, "fluent-bit.yaml", `service:
  flush: 0.2
  grace: 1
  hot_reload: on
  http_server: on
  http_listen: 127.0.0.1
  http_port: HTTP
  plugins_file: DIR/plugins.conf
pipeline:
  inputs:
    - name: dummy
      tag: app
      rate: 100
      threaded: true
      dummy: '{"log": "a request took 12 ms"}'
      processors:
        logs:
          - `+processor+`
  outputs:
    - name: anomaly
      match: app
      workers: 0
      warmup: 32
      key_prefix: sent
      forward_port: PORT
`)
}

func startConfig(t *testing.T, object testbuild.Object, name, config string) pair {
	t.Helper()
	flbtest.Find(t)
	dir, port := t.TempDir(), flbtest.FreePort(t)
	for name, text := range map[string]string{
		"plugins.conf": "[PLUGINS]\n    Path " + object.Build(t) + "\n",
		name:           strings.NewReplacer("DIR", dir, "PORT", port, "HTTP", flbtest.FreePort(t)).Replace(config),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	receiver := flbtest.Start(t, dir, "-i", "forward", "-p", "listen=127.0.0.1", "-p", "port="+port, "-o", "stdout", "-m", "*", "-p", "format=json_lines", "-f", "0.2")
	receiver.Wait("listening on 127.0.0.1:"+port, 1)
	return pair{flbtest.Start(t, dir, "-e", testbuild.Output.Build(t), "-c", filepath.Join(dir, name)), receiver}
}

// more waits for n more records that the output has given a score.
func (p pair) more(n int) {
	const scored = `"sent":"false","sent_score":`
	p.receiver.Wait(scored, strings.Count(p.receiver.Output(), scored)+n)
}

// reload reloads the sender for the nth time.
func (p pair) reload(n int) {
	p.sender.Signal(syscall.SIGHUP)
	p.sender.Wait("[ info] [output:anomaly:anomaly.0] ready", 1+n)
	p.more(10)
}

// threads is how many threads of the sender have a name that begins so, those among
// them that a Go has started in one: they go by its name.
func (p pair) threads(begin string) (n int) {
	names, _ := filepath.Glob("/proc/" + strconv.Itoa(p.sender.Cmd.Process.Pid) + "/task/*/comm")
	for _, name := range names {
		if b, _ := os.ReadFile(name); strings.HasPrefix(string(b), begin) {
			n++
		}
	}
	return n
}

func (p pair) stop(t *testing.T) {
	t.Helper()
	p.sender.Signal(syscall.SIGINT)
	if code := p.sender.End(); code != 0 {
		t.Errorf("exit status %d on SIGINT\n%s", code, p.sender.Output())
	}
}

// The filter and the output in one Fluent Bit, each with a Go of its own: what the
// one has tagged, the other tags and sends, before a hot reload and after it. (Without
// workers, which a hot reload leaves behind.)
func TestFilterAndOutputAtOnce(t *testing.T) {
	p := startPair(t, testbuild.Filter, "[FILTER]\n    Name   anomaly\n    Match  app\n    Warmup 32\n", 0)
	const both = `"anomaly":"false","anomaly_score":`
	p.more(1)
	for reload := range 3 {
		if reload > 0 {
			p.reload(reload)
			p.sender.Wait("[filter:anomaly:anomaly.0] ready", 1+reload)
		}
		p.receiver.Wait(both, strings.Count(p.receiver.Output(), both)+10)
	}
	p.stop(t)
	for line := range strings.Lines(p.receiver.Output()) {
		if strings.Contains(line, `"sent":`) && !strings.Contains(line, `"anomaly":"false"`) {
			t.Errorf("a record without the filter's tag: %s", line)
		}
	}
}

// TestTwoGosInTwoThreads: the same where the filter is called in the thread of an input
// and the output in the engine's, at the same time; with each reload the input's thread
// ends, and another one begins.
func TestTwoGosInTwoThreads(t *testing.T) {
	p := startThreads(t, testbuild.Filter, "{name: anomaly, warmup: 32}")
	const both = `"anomaly":"false","anomaly_score":`
	p.more(1)
	for reload := range 4 {
		if reload > 0 {
			p.reload(reload)
			p.sender.Wait("ready contamination=", 1+reload)
		}
		if p.threads("flb-in-") == 0 {
			t.Errorf("the input has no thread after %d reloads\n%s", reload, p.sender.Output())
		}
		p.receiver.Wait(both, strings.Count(p.receiver.Output(), both)+50)
	}
	p.stop(t)
	for line := range strings.Lines(p.receiver.Output()) {
		if strings.Contains(line, `"sent":`) && !strings.Contains(line, `"anomaly":"false"`) {
			t.Errorf("a record without the filter's tag: %s", line)
		}
	}
}

// A nil pointer in the Go of a filter stays a panic that is caught, whichever Go
// was the last to put its signal handlers in place. It is in the first call after a
// reload, in which Fluent Bit has put its own there. (One while the signal comes would
// end the process now and then: no check is soon enough for that.)
func TestFilterPanicsBesideTheOutput(t *testing.T) {
	odd := testbuild.Object{Package: "fluentbit/testdata/odd", Name: "flb-filter_odd.so"}
	p := startPair(t, odd, "[FILTER]\n    Name  odd\n    Match app\n    Do    nil once\n", 0)
	p.catches(t)
}

// The same in the thread of an input, which each reload makes anew: the signal comes to
// the thread whose pointer it was, and that of the output's Go runs on.
func TestFilterPanicsInAnotherThread(t *testing.T) {
	odd := testbuild.Object{Package: "fluentbit/testdata/odd", Name: "flb-filter_odd.so"}
	p := startThreads(t, odd, "{name: odd, do: nil once}")
	p.catches(t)
}

// catches sees that a panic is caught at first and after each of two reloads.
func (p *pair) catches(t *testing.T) {
	t.Helper()
	p.more(1)
	for reload := range 3 {
		if reload > 0 {
			p.reload(reload)
		}
		p.sender.Wait("nil pointer dereference", 1+reload)
	}
	p.stop(t)
}

// TestWorkersOutliveAReload, of any output of the Go proxy, in every Fluent Bit that is
// known: of this one, and of one without any Go in it. The output says so. What those
// workers read then is freed memory, so nothing more is asked of a Fluent Bit that has
// come so far, and it is killed. Where this test finds as many threads after a reload as
// before, the warning is no longer true.
func TestWorkersOutliveAReload(t *testing.T) {
	flbtest.Find(t)
	t.Run("this one", func(t *testing.T) {
		const warning = "[ warn] [output:anomaly:anomaly.0] Fluent Bit does not end all the workers"
		p := startPair(t, testbuild.Filter, "[FILTER]\n    Name   anomaly\n    Match  app\n    Warmup 32\n", 1)
		p.more(1)
		if n := p.threads("flb-out-"); n < 2 || strings.Contains(p.sender.Output(), warning) {
			t.Errorf("%d workers at first, want 2 or, with those of Go, more, and nothing said of them\n%s", n, p.sender.Output())
		}
		p.sender.Signal(syscall.SIGHUP)
		p.sender.Wait(warning, 1)
	})
	t.Run("one without Go", func(t *testing.T) {
		dir := t.TempDir()
		object, config := filepath.Join(dir, "out_plain.so"), filepath.Join(dir, "fluent-bit.conf")
		if out, err := exec.Command(cmp.Or(os.Getenv("CC"), "cc"), "-shared", "-fPIC", "-o", object, "testdata/plain.c").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		text := "[SERVICE]\n    Flush 0.2\n    Grace 1\n    Hot_Reload On\n[INPUT]\n    Name dummy\n[OUTPUT]\n    Name plain\n    Match *\n    Workers 1\n"
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		p := flbtest.Start(t, dir, "-e", object, "-c", config)
		for reload, last := 0, time.Now().Add(flbtest.Patience); reload < 2; time.Sleep(10 * time.Millisecond) {
			if n := (pair{sender: p}).threads("flb-out-"); n == 2+reload {
				if reload++; reload < 2 {
					p.Signal(syscall.SIGHUP)
				}
			} else if time.Now().After(last) {
				t.Fatalf("%d workers after %d reloads, want %d: are they ended now?\n%s", n, reload, 2+reload, p.Output())
			}
		}
	})
}

// TestOutputDoesNotSurviveAFork, and says so: in the child there is no Go, and a
// call into it would never return.
func TestOutputDoesNotSurviveAFork(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	flbtest.Start(t, dir, "-d", "-l", log, "-e", testbuild.Output.Build(t), "-i", "dummy", "-o", "anomaly", "-m", "*").End()
	for end := time.Now().Add(flbtest.Patience); ; time.Sleep(50 * time.Millisecond) {
		b, _ := os.ReadFile(log)
		if strings.Contains(string(b), "[output:anomaly] Fluent Bit went into the background after it had loaded this output") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the daemon says nothing of it:\n%s", b)
		}
	}
}
