// Command demo runs the real shared object over the example log, in Fluent
// Bit where there is one ($FLUENT_BIT, or fluent-bit on PATH), else in the
// embedded host, and shows what was tagged and which of the known incidents
// are among it. It fails when records are lost or incidents are missed.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/fatih/color"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

const (
	plugin = "bin/flb-filter_anomaly.so"
	host   = "bin/flb-host"
	log    = "examples/shop.log"
	lines  = 4000
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// tagged is a record as it comes out.
type tagged struct {
	raw     string
	Anomaly string  `json:"anomaly"`
	Score   float64 `json:"anomaly_score"`
	Reason  string  `json:"anomaly_reason"`
}

func run() error {
	records, err := tag()
	if err != nil {
		return err
	}
	if len(records) != lines {
		return fmt.Errorf("%d records came out, %d went in", len(records), lines)
	}

	fmt.Println("\nA record before and after:")
	in, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	text := strings.Split(strings.TrimSuffix(string(in), "\n"), "\n")
	example := len(records) - 1
	for i, r := range records {
		if r.Anomaly == "true" {
			example = i
		}
	}
	before, _ := json.Marshal(map[string]string{"log": text[example]})
	fmt.Printf("  %s\n  %s\n", before, records[example].raw)

	fmt.Println("\nFlagged:")
	red := color.New(color.FgRed)
	flagged := 0
	for i, r := range records {
		if r.Anomaly == "true" {
			flagged++
			fmt.Printf("  line %4d  %.3f  %s\n             %s\n", i+1, r.Score, r.Reason, red.Sprint(clip(text[i], 140)))
		}
	}
	fmt.Printf("\n%d records went in and came out, in order; %d of them flagged.\n\nThe incidents that are in the log (examples/README.md):\n", lines, flagged)
	return incidents(records)
}

// incidents prints which of the incidents are among the flagged records.
func incidents(records []tagged) error {
	type found struct{ lines, flagged, first int }
	byName := map[string]*found{}
	var order []string
	g := shoplog.New(shoplog.Options{Seed: 1, Incidents: true, Lines: lines})
	for i := range records {
		name := g.Next().Incident
		if name == "" {
			continue
		}
		f := byName[name]
		if f == nil {
			f = &found{first: i + 1}
			byName[name] = f
			order = append(order, name)
		}
		f.lines++
		if records[i].Anomaly == "true" {
			f.flagged++
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	missed := 0
	for _, name := range order {
		f := byName[name]
		mark := "found"
		if f.flagged == 0 {
			mark = "MISSED"
			missed++
		}
		fmt.Fprintf(w, "  %s\tfrom line %d\t%d of %d lines flagged\t%s\n", name, f.first, f.flagged, f.lines, mark)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if missed > 0 {
		return fmt.Errorf("%d of %d incidents missed", missed, len(order))
	}
	return nil
}

// tag runs the log through the shared object and returns what comes out.
func tag() ([]tagged, error) {
	bin := os.Getenv("FLUENT_BIT")
	if bin == "" {
		bin, _ = exec.LookPath("fluent-bit")
	}
	var cmd *exec.Cmd
	if bin == "" {
		fmt.Println("Fluent Bit is not on this machine: the EMBEDDED HOST runs the shared object.")
		cmd = exec.Command(host, "-e", plugin, "-F", "anomaly", log)
	} else {
		version, _ := exec.Command(bin, "--version").Output()
		first, _, _ := strings.Cut(string(version), "\n")
		fmt.Printf("FLUENT BIT runs the shared object: %s (%s)\n", first, bin)
		conf, err := configuration()
		if err != nil {
			return nil, err
		}
		defer os.Remove(conf)
		cmd = exec.Command(bin, "-e", plugin, "-c", conf)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var records []tagged
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		r := tagged{raw: sc.Text()}
		if json.Unmarshal(sc.Bytes(), &r) == nil && r.Anomaly != "" {
			records = append(records, r)
		}
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, errs.String())
	}
	return records, sc.Err()
}

func configuration() (string, error) {
	path, err := filepath.Abs(log)
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp("", "flb-anomaly-demo-*.conf")
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(f, `[SERVICE]
    Flush     0.2
    Grace     1
    Log_Level warn
[INPUT]
    Name           tail
    Path           %s
    Tag            shop
    Read_from_Head On
    Exit_On_Eof    On
[FILTER]
    Name  anomaly
    Match *
[OUTPUT]
    Name   stdout
    Match  *
    Format json_lines
    json_date_key false
`, path)
	if e := f.Close(); err == nil {
		err = e
	}
	return f.Name(), err
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
