package main

import (
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// TestCarriesNothingOfTheOutput: who uses the filter alone does not pay for TLS,
// nor for libraries that only the output needs.
func TestCarriesNothingOfTheOutput(t *testing.T) {
	deps, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Fields(string(deps)) {
		for _, other := range []string{"crypto", "crypto/tls", "crypto/x509", "net", "/ugorji/", "/vmihailenco/", "/fluent-bit-go/", "/internal/forward"} {
			if p == other || strings.HasPrefix(other, "/") && strings.Contains(p, other) {
				t.Errorf("it is built from %s", p)
			}
		}
	}
	stripped := testbuild.Filter
	stripped.Flags = []string{"-trimpath", "-ldflags", "-s -w"}
	s, err := os.Stat(stripped.Build(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.Size() > 5_000_000 {
		t.Errorf("it has %d bytes, more than 5 MB", s.Size())
	}
}

// TestCollectsOften: the collector runs when the memory in use has grown by a tenth, if
// nobody says otherwise.
func TestCollectsOften(t *testing.T) {
	if os.Getenv("GOGC") != "" {
		t.Skip("SKIPPED, NOT TESTED: GOGC is set, and says how often the collector runs")
	}
	percent := debug.SetGCPercent(100)
	if debug.SetGCPercent(percent); percent != collectAt {
		t.Errorf("the collector runs when the memory in use has grown by %d %%, want %d", percent, collectAt)
	}
}
