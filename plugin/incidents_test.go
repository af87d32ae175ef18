package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
)

// writer writes a log for as long as a test needs it: routine lines, and each
// hundredth strange in words of its own.
type writer struct {
	file  *os.File
	rng   *rand.Rand
	lines []string
}

func (w *writer) write(t *testing.T, n int) {
	t.Helper()
	word := func() string {
		b := make([]byte, 4+w.rng.IntN(7))
		for i := range b {
			b[i] = byte('a' + w.rng.IntN(26))
		}
		return string(b)
	}
	var text strings.Builder
	for range n {
		line := fmt.Sprintf("request %d served in %d ms", len(w.lines), 10+len(w.lines)%7)
		if len(w.lines)%100 == 99 {
			line = fmt.Sprintf("meltdown of %s: %s lost %s, failed to %s", word(), word(), word(), word())
		}
		w.lines = append(w.lines, line)
		fmt.Fprintln(&text, line)
	}
	if _, err := w.file.WriteString(text.String()); err != nil {
		t.Fatal(err)
	}
}

// TestIgnoreFileUnderLoad changes the file while records flow: what it says is in
// force within ten seconds, a broken one changes nothing, and no record is lost.
func TestIgnoreFileUnderLoad(t *testing.T) {
	flbtest.Find(t)
	in, ignore := filepath.Join(t.TempDir(), "in.log"), filepath.Join(t.TempDir(), "ignore.txt")
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := &writer{file: f, rng: rand.New(rand.NewPCG(1, 2))}
	say := func(text string) {
		t.Helper()
		if err := os.WriteFile(ignore+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(ignore+".new", ignore); err != nil {
			t.Fatal(err)
		}
	}
	say("# nothing is normal yet\n")
	p, dir := start(t, `
[SERVICE]
    Flush     0.2
    Grace     2
    Log_Level info
[INPUT]
    Name             tail
    Path             `+in+`
    Tag              app
    Read_from_Head   On
    Refresh_Interval 1
[FILTER]
    Name        anomaly
    Match       *
    Ignore_File `+ignore+`
[OUTPUT]
    Name   file
    Match  *
    Path   DIR
    File   out.jsonl
    Format plain
`)
	p.Wait("ready contamination=auto", 1)
	// flow writes for a while and returns how many of the strange records from
	// the given line on are flagged.
	read := func() (list []map[string]any) {
		out, err := os.Open(filepath.Join(dir, "out.jsonl"))
		if err != nil {
			return nil
		}
		defer out.Close()
		for sc := bufio.NewScanner(out); sc.Scan(); {
			var r map[string]any
			if json.Unmarshal(sc.Bytes(), &r) != nil {
				return list // the line that is being written
			}
			list = append(list, r)
		}
		return list
	}
	flow := func(d time.Duration) (flagged, strange int) {
		t.Helper()
		from := len(w.lines)
		for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			w.write(t, 20)
		}
		var all []map[string]any
		for end := time.Now().Add(20 * time.Second); len(all) < len(w.lines); time.Sleep(100 * time.Millisecond) {
			if all = read(); time.Now().After(end) {
				t.Fatalf("%d records came out of %d", len(all), len(w.lines))
			}
		}
		for _, r := range all[from:] {
			if strings.HasPrefix(r["log"].(string), "meltdown") {
				strange++
				if r["anomaly"] == "true" {
					flagged++
				}
			}
		}
		return flagged, strange
	}
	w.write(t, 2000)
	if flagged, strange := flow(3 * time.Second); flagged == 0 {
		t.Fatalf("none of %d strange records is flagged, and nothing is ignored", strange)
	}
	say("^meltdown\n")
	flow(8 * time.Second) // it takes effect meanwhile
	if flagged, strange := flow(2 * time.Second); flagged != 0 || strange == 0 {
		t.Errorf("%d of %d strange records are flagged, ten seconds after they are ignored", flagged, strange)
	}
	say("^nothing\n(\n")
	if flagged, strange := flow(5 * time.Second); flagged != 0 || strange == 0 {
		t.Errorf("%d of %d strange records are flagged: a broken file has changed something", flagged, strange)
	}
	w.write(t, 1) // what is said beside the records comes out with the next ones
	p.Wait("line 2", 1)
	p.Signal(syscall.SIGINT)
	if code := p.End(); code != 0 {
		t.Errorf("exit status %d\n%s", code, p.Output())
	}
	all := read()
	if len(all) != len(w.lines) {
		t.Fatalf("%d records came out of %d", len(all), len(w.lines))
	}
	for i, r := range all {
		if r["log"] != w.lines[i] {
			t.Fatalf("record %d is %v, want %s", i+1, r, w.lines[i])
		}
	}
	if n := strings.Count(p.Output(), "line 2"); n != 1 {
		t.Errorf("the bad line is named %d times", n)
	}
}

// TestOneAlertForAnIncident sends on the first record of each incident alone.
func TestOneAlertForAnIncident(t *testing.T) {
	p, _ := start(t, withShop(t, strings.Replace(shopInput, "    Exit_On_Eof    On\n", "", 1)+`
[FILTER]
    Name  anomaly
    Match shop
[FILTER]
    Name  rewrite_tag
    Match shop
    Rule  $anomaly_nth ^1$ page.$TAG false
[OUTPUT]
    Name   stdout
    Match  page.*
`))
	// The file is read at once: all of it is one incident by the records' time.
	p.Wait(`"anomaly_nth"=>"1"`, 1)
	time.Sleep(2 * time.Second)
	p.Signal(syscall.SIGINT)
	if code := p.End(); code != 0 {
		t.Fatalf("exit status %d\n%s", code, p.Output())
	}
	if n := strings.Count(p.Output(), `"anomaly_nth"=>`); n != 1 {
		t.Errorf("%d records came to the pager\n%s", n, p.Output())
	}
}
