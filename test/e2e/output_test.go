package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
)

// sender reads DIR/in.log and sends on what it judged. MORE stands for further
// options of the output, each on a line of its own.
const sender = `
service:
  flush: 0.2
  grace: 2
  scheduler.base: 1
  scheduler.cap: 1
plugins:
  - PLUGIN_OUTPUT
pipeline:
  inputs:
    - name: tail
      path: DIR/in.log
      tag: app
      read_from_head: on
      refresh_interval: 1
  outputs:
    - name: anomaly
      match: app
      workers: 2
      retry_limit: no_limits
      forward_port: PORT
      forward_timeout: 3s
      forward_ack_timeout: 5s
`

// receiver writes what it is sent to a file of its own, since one that is
// killed may leave half a line at the end. It stores what it has
// acknowledged in files, so that it is still there after a kill.
const receiver = `
service:
  flush: 0.2
  grace: 2
  storage.path: DIR/storage
  storage.sync: full
pipeline:
  inputs:
    - name: forward
      listen: 127.0.0.1
      port: PORT
      storage.type: filesystem
  outputs:
    - name: file
      match: judged.app
      path: DIR
      file: FILE
      format: plain
`

// with adds options to the section that ends a configuration or holds a line.
func with(config, behind string, options ...string) string {
	for _, o := range options {
		config = strings.Replace(config, behind+"\n", behind+"\n      "+o+"\n", 1)
	}
	return config
}

func onPort(config, port string) string { return strings.ReplaceAll(config, "PORT", port) }

// startReceiver starts one with options of the input.
func startReceiver(t *testing.T, fb fluentBit, dir, port string, options ...string) *process {
	t.Helper()
	written, _ := filepath.Glob(filepath.Join(dir, "out*.log"))
	config := strings.Replace(receiver, "FILE", fmt.Sprintf("out%d.log", len(written)), 1)
	return fb.start(t, dir, "yaml", onPort(with(config, "listen: 127.0.0.1", options...), port))
}

// numbered counts how often each of the numbered lines has arrived.
func numbered(t *testing.T, dir string) map[int]int {
	t.Helper()
	counts := map[int]int{}
	files, _ := filepath.Glob(filepath.Join(dir, "out*.log"))
	for _, file := range files {
		for _, r := range jsonLines(t, file) {
			var n int
			log, _ := r["log"].(string)
			if _, err := fmt.Sscanf(log, "request %d ", &n); err != nil || r["anomaly"] == nil {
				t.Fatalf("an odd record: %v", r)
			}
			counts[n]++
		}
	}
	return counts
}

// source appends numbered lines to a log.
type source struct {
	t    *testing.T
	file *os.File
	n    int
}

func newSource(t *testing.T, dir string) *source {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "in.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &source{t: t, file: f}
}

func (s *source) write(lines int) {
	s.t.Helper()
	for range lines {
		if _, err := fmt.Fprintf(s.file, "request %d served in %d ms\n", s.n, 10+s.n%7); err != nil {
			s.t.Fatal(err)
		}
		s.n++
	}
}

// The receiver is killed and restarted in mid-stream, twice: every record
// arrives, and none is judged twice.
func TestOutputSurvivesTheReceiver(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		dir, port := t.TempDir(), flbtest.FreePort(t)
		in := newSource(t, dir)
		to := startReceiver(t, fb, dir, port)
		from := fb.start(t, dir, "yaml", onPort(sender, port))

		arrived := func(n int) func() bool { return func() bool { return len(numbered(t, dir)) >= n } }
		for range 2 {
			// A stream that goes on while the receiver goes.
			for range 10 {
				in.write(200)
				time.Sleep(20 * time.Millisecond)
			}
			eventually(t, "some records arrive", arrived(in.n/2), from, to)
			in.write(500)
			to.Kill()
			for range 10 {
				in.write(100)
				time.Sleep(50 * time.Millisecond)
			}
			from.Wait("records wait, and are sent when the receiver acknowledges them", 1)
			to = startReceiver(t, fb, dir, port)
			in.write(200)
		}
		defer func() {
			if t.Failed() {
				got, missing := numbered(t, dir), []int{}
				for n := range in.n {
					if got[n] == 0 {
						missing = append(missing, n)
					}
				}
				if len(missing) > 0 {
					t.Logf("%d records are missing, from %d to %d", len(missing), missing[0], missing[len(missing)-1])
				}
			}
		}()
		eventually(t, fmt.Sprintf("all %d records arrive", in.n), arrived(in.n), from, to)
		from.Wait("the receiver acknowledges again", 2)
		from.stop()
		from.mustEndWith(fmt.Sprintf("done records=%d ", in.n)) // learned each once

		twice, most := 0, 0
		for _, n := range numbered(t, dir) {
			if n > 1 {
				twice++
			}
			most = max(most, n)
		}
		t.Logf("%d records sent, all arrived, %d of them more than once (%d times at most)", in.n, twice, most)
	})
}

// A closed port and a wrong key: the records wait, one line tells why, nothing
// crashes, and they arrive once the receiver is as it should be.
func TestOutputWaitsForTheReceiver(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		dir, port := t.TempDir(), flbtest.FreePort(t)
		in := newSource(t, dir)
		in.write(100)
		from := fb.start(t, dir, "yaml", onPort(with(sender, "workers: 2", "shared_key: right", "self_hostname: here"), port))
		from.Wait("connection refused", 1)
		for range 5 {
			in.write(100)
			time.Sleep(100 * time.Millisecond)
		}

		to := startReceiver(t, fb, dir, port, "shared_key: wrong", "self_hostname: there")
		from.Wait("is the Shared_Key the same on both sides?", 1)
		to.Wait("shared_key mismatch", 3)
		to.stop()

		to = startReceiver(t, fb, dir, port, "shared_key: right", "self_hostname: there")
		eventually(t, "all records arrive", func() bool { return len(numbered(t, dir)) == in.n }, from, to)
		from.stop()
		// Refused at first, then the wrong key, perhaps refused again while the
		// receiver restarted: once each, not once a retry.
		for text, most := range map[string]int{"connection refused": 2, "is the Shared_Key the same": 2} {
			if n := strings.Count(from.Output(), text); n > most {
				t.Errorf("%q is logged %d times\n%s", text, n, from.Output())
			}
		}
		for n, times := range numbered(t, dir) {
			if times != 1 {
				t.Errorf("record %d arrived %d times", n, times)
			}
		}
	})
}

// The receiver is the same Fluent Bit, with workers and without.
func TestOutputToTheSameFluentBit(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		for _, workers := range []string{"1", "0"} {
			t.Run("workers "+workers, func(t *testing.T) {
				dir, port := t.TempDir(), flbtest.FreePort(t)
				in := newSource(t, dir)
				in.write(300)
				config := strings.Replace(sender, "  outputs:\n", `    - name: forward
      listen: 127.0.0.1
      port: PORT
      shared_key: key
      self_hostname: there
  outputs:
    - name: file
      match: judged.app
      path: DIR
      file: out.log
      format: plain
`, 1)
				config = strings.Replace(config, "workers: 2", "workers: "+workers+"\n      shared_key: key", 1)
				if !fb.since(3, 2) { // its input forward knows no Shared_Key
					config = strings.NewReplacer("      shared_key: key\n", "", "      self_hostname: there\n", "").Replace(config)
				}
				p := fb.start(t, dir, "yaml", onPort(config, port))
				eventually(t, "all records arrive", func() bool { return len(numbered(t, dir)) == in.n }, p)
				p.stop()
				if warned := strings.Count(p.Output(), "set Workers to 1 or more"); (workers == "0") != (warned == 1) {
					t.Errorf("warned %d times\n%s", warned, p.Output())
				}
			})
		}
	})
}

// An output that matches what it has itself sent does not send it again.
func TestOutputBreaksLoops(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		dir, port := t.TempDir(), flbtest.FreePort(t)
		in := newSource(t, dir)
		in.write(50)
		config := strings.Replace(sender, "  outputs:\n", `    - name: forward
      listen: 127.0.0.1
      port: PORT
  outputs:
    - name: file
      match: judged.app
      path: DIR
      file: out.log
      format: plain
`, 1)
		config = strings.Replace(config, "match: app", `match: "*"`, 1)
		p := fb.start(t, dir, "yaml", onPort(config, port))
		p.Wait("come round again", 1)
		eventually(t, "all records arrive", func() bool { return len(numbered(t, dir)) == in.n }, p)
		in.write(50)
		eventually(t, "all records arrive", func() bool { return len(numbered(t, dir)) == in.n }, p)
		p.stop()
		p.mustEndWith("done records=100 ")
		if n := strings.Count(p.Output(), "come round again"); n != 1 {
			t.Errorf("%d lines tell of it\n%s", n, p.Output())
		}
	})
}

func TestOutputTLS(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		dir, port := t.TempDir(), flbtest.FreePort(t)
		writeCertificate(t, dir, "localhost")
		in := newSource(t, dir)
		in.write(100)
		to := startReceiver(t, fb, dir, port, "tls: on", "tls.crt_file: DIR/cert.pem", "tls.key_file: DIR/key.pem")
		stranger := fb.start(t, dir, "yaml", onPort(with(sender, "workers: 2", "forward_tls: on"), port))
		stranger.Wait("TLS: tls: failed to verify certificate", 1)
		stranger.stop()
		from := fb.start(t, dir, "yaml", onPort(with(sender, "workers: 2",
			"forward_tls: on", "forward_tls_ca_file: DIR/cert.pem", "forward_tls_server_name: localhost"), port))
		eventually(t, "all records arrive", func() bool { return len(numbered(t, dir)) == in.n }, from, to)
		from.stop()
	})
}

// writeCertificate writes cert.pem and key.pem for a server of the given name.
func writeCertificate(t *testing.T, dir, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	writeFile(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

// A wrong option keeps Fluent Bit from starting, and says what would be right.
func TestOutputRefusesOptions(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		for option, want := range map[string]string{
			"forward_port: 70000": `[output:anomaly:anomaly.0] option Forward_Port has the value "70000": out of range; allowed: 1 to 65535`,
			"warmup: 1":           "option Warmup has the value",
			"forward_tls_ca_file: DIR/absent.pem\n      forward_tls: on": "option Forward_TLS_CA_File: open ",
		} {
			dir := t.TempDir()
			newSource(t, dir)
			p := fb.start(t, dir, "yaml", with(strings.Replace(sender, "      forward_port: PORT\n", "", 1), "workers: 2", option))
			if status := p.End(); status == 0 {
				t.Errorf("%s: status 0", option)
			}
			p.mustHave(want)
		}
	})
}

// A hot reload ends the output and starts it again in the same process: no
// record is lost by it, and what was learned goes on. (Without workers, which a hot reload
// leaves behind.)
func TestOutputReloads(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		dir, port := t.TempDir(), flbtest.FreePort(t)
		in := newSource(t, dir)
		in.write(300)
		to := startReceiver(t, fb, dir, port)
		// Without a database of positions, which not every build has, the input
		// reads the log anew after a reload: records arrive more than once.
		config := strings.NewReplacer("service:\n", "service:\n  hot_reload: on\n", "workers: 2", "workers: 0").Replace(sender)
		from := fb.start(t, dir, "yaml", onPort(config, port))
		for reload := range 3 {
			eventually(t, "all records arrive", func() bool { return len(numbered(t, dir)) == in.n }, from, to)
			if reload == 2 {
				break
			}
			from.Cmd.Process.Signal(syscall.SIGHUP)
			from.Wait("[output:anomaly:anomaly.0] ready", 2+reload)
			from.Wait("[output:anomaly:anomaly.0] goes on with the models from before the reload", 1+reload)
			in.write(100)
		}
		from.stop()
		from.mustEndWith("[output:anomaly:anomaly.0] done ")
	})
}

// A daemon is refused: Go does not survive the fork.
func TestOutputRefusesDaemon(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		dir := t.TempDir()
		newSource(t, dir)
		fb.start(t, dir, "yaml", onPort(sender, flbtest.FreePort(t)), "-d", "-l", filepath.Join(dir, "fluent-bit.log")).End()
		eventually(t, "the log tells why", func() bool {
			log, _ := os.ReadFile(filepath.Join(dir, "fluent-bit.log"))
			return strings.Contains(string(log), "[output:anomaly] Fluent Bit went into the background")
		})
	})
}
