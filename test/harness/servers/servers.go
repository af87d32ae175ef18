// Package servers starts the real servers that tests put behind Fluent Bit. Loki
// and OpenSearch are built by "make loki" and "make opensearch" into a cache;
// Prometheus and Alertmanager come from packages (Debian's prometheus and
// prometheus-alertmanager). A test that needs one that is not there skips, and says
// so by name.
//
// Loki and OpenSearch take long to start: one of each serves all tests of a
// package, each under labels or an index of its own. Package testbuild ends them.
package servers

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// root is the repository's.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../..")
}

// find returns what a target of the Makefile has put into the cache, or skips
// the test.
func find(t testing.TB, pattern, server, target string) string {
	t.Helper()
	cache := os.Getenv("FLB_ANOMALY_CACHE")
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			dir = os.TempDir()
		}
		cache = filepath.Join(dir, "flb-anomaly")
	}
	pattern = filepath.Join(cache, pattern)
	found, _ := filepath.Glob(pattern)
	if len(found) == 0 {
		t.Skipf("SKIPPED, NOT TESTED against a real %s: there is no %s; make %s builds one", server, pattern, target)
	}
	slices.Sort(found)
	return found[len(found)-1]
}

// packaged returns a program that a package has put on the path, or skips the test.
func packaged(t testing.TB, server, pkg string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("SKIPPED, NOT TESTED against a real %s: no %s on the path; Debian's package %s has it", server, names[0], pkg)
	return ""
}

// server is a program that runs.
type server struct {
	cmd  *exec.Cmd
	life io.Closer // the program ends when it is closed, as it is when the test dies
	done chan struct{}
	log  string // the file that has what it says
}

// guarded runs a program until the standard input ends.
const guarded = `exec 3<&0
"$@" 3<&- </dev/null &
child=$!
{ cat <&3 >/dev/null; kill -9 $child; } 2>/dev/null &
wait $child`

func start(dir, name string, args ...string) (*server, error) {
	s := &server{cmd: exec.Command("sh", append([]string{"-c", guarded, "sh", name}, args...)...), done: make(chan struct{}), log: filepath.Join(dir, "said.log")}
	out, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, out, out
	if s.life, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.cmd.Wait()
		close(s.done)
	}()
	return s, nil
}

func (s *server) kill() {
	s.life.Close()
	<-s.done
}

func (s *server) said() string {
	b, _ := os.ReadFile(s.log)
	return string(b)
}

// ready waits until the address answers with 200.
func (s *server) ready(url string) error {
	client := http.Client{Timeout: 5 * time.Second}
	for limit := time.Now().Add(flbtest.Patience); time.Now().Before(limit); time.Sleep(100 * time.Millisecond) {
		if r, err := client.Get(url); err == nil {
			io.Copy(io.Discard, r.Body)
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.done:
			return fmt.Errorf("%s has ended: %v\n%s", s.cmd.Args[4], s.cmd.ProcessState, s.said())
		default:
		}
	}
	return fmt.Errorf("%s did not answer within %v\n%s", url, flbtest.Patience, s.said())
}

// shared are the servers that serve all tests of a package.
var shared struct {
	sync.Mutex
	urls map[string]string
}

// share starts a server unless it runs already.
func share(t testing.TB, name string, begin func(dir string) (s *server, url, ready string, err error)) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if url, ok := shared.urls[name]; ok {
		if url == "" {
			t.Fatalf("%s did not start", name)
		}
		return url
	}
	if shared.urls == nil {
		shared.urls = map[string]string{}
	}
	shared.urls[name] = ""
	dir, err := os.MkdirTemp("", "flb-anomaly-"+name)
	if err != nil {
		t.Fatal(err)
	}
	testbuild.AtEnd(func() { os.RemoveAll(dir) })
	s, url, ready, err := begin(dir)
	if err != nil {
		t.Fatal(err)
	}
	testbuild.AtEnd(s.kill)
	if err := s.ready(ready); err != nil {
		t.Fatal(err)
	}
	shared.urls[name] = url
	return url
}

// own starts a server that ends with the test.
func own(t testing.TB, ready, name string, args ...string) {
	t.Helper()
	s, err := start(t.TempDir(), name, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, s.said())
		}
	})
	if err := s.ready(ready); err != nil {
		t.Fatal(err)
	}
}

// Loki returns the address of a real Loki, with the configuration of
// docker/compose.yml: the one that LOKI names, or that "make loki" has built.
func Loki(t testing.TB) (url string) {
	t.Helper()
	bin := os.Getenv("LOKI")
	if bin == "" {
		bin = find(t, "loki-*/loki", "Loki", "loki")
	}
	return share(t, "loki", func(dir string) (*server, string, string, error) {
		config, err := os.ReadFile(filepath.Join(root(), "docker/compose/loki.yaml"))
		if err != nil {
			return nil, "", "", err
		}
		port := flbtest.FreePort(t)
		text := strings.NewReplacer(
			"http_listen_port: 3100", "http_listen_address: 127.0.0.1\n  http_listen_port: "+port+"\n  grpc_listen_address: 127.0.0.1\n  grpc_listen_port: "+flbtest.FreePort(t),
			" /loki", " "+dir,
		).Replace(string(config))
		path := filepath.Join(dir, "loki.yaml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return nil, "", "", err
		}
		url := "http://127.0.0.1:" + port
		s, err := start(dir, bin, "-config.file="+path)
		return s, url, url + "/ready", err
	})
}

// OpenSearch returns the address of a real node, with the index template that
// docker/elasticsearch has.
func OpenSearch(t testing.TB) (url string) {
	t.Helper()
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skipf("SKIPPED, NOT TESTED against a real OpenSearch: %v", err)
	}
	jars := filepath.Dir(find(t, "opensearch-*/.complete", "OpenSearch", "opensearch"))
	return share(t, "opensearch", func(dir string) (*server, string, string, error) {
		port := flbtest.FreePort(t)
		url := "http://127.0.0.1:" + port
		s, err := start(dir, java, "-Xmx1g", "-cp", filepath.Join(jars, "*"), filepath.Join(root(), "test/servers/opensearch/Node.java"), dir, port)
		return s, url, url + "/_cluster/health?wait_for_status=yellow&timeout=1s", err
	})
}

// Promtool returns the path of Prometheus' own checker, or skips the test.
func Promtool(t testing.TB) string {
	t.Helper()
	return packaged(t, "Prometheus", "prometheus", "promtool")
}

// Prometheus starts a real one with a configuration, which ends with the test.
func Prometheus(t testing.TB, config string) (url string) {
	t.Helper()
	bin := packaged(t, "Prometheus", "prometheus", "prometheus")
	dir := t.TempDir()
	path := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + flbtest.FreePort(t)
	own(t, "http://"+address+"/-/ready", bin, "--config.file="+path, "--storage.tsdb.path="+dir, "--web.listen-address="+address)
	return "http://" + address
}

// Alertmanager starts a real one with a configuration, which ends with the test.
func Alertmanager(t testing.TB, config string) (url string) {
	t.Helper()
	bin := packaged(t, "Alertmanager", "prometheus-alertmanager", "alertmanager", "prometheus-alertmanager")
	dir := t.TempDir()
	path := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + flbtest.FreePort(t)
	own(t, "http://"+address+"/-/ready", bin, "--config.file="+path, "--storage.path="+dir, "--web.listen-address="+address, "--cluster.listen-address=")
	return "http://" + address
}
