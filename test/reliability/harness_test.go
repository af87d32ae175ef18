//go:build !race

package reliability

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// long says whether the proofs run in full.
var long = os.Getenv("RELIABILITY") == "long"

// amount is how much of something a test does.
func amount(short, full int) int {
	if long {
		return full
	}
	return short
}

func TestMain(m *testing.M) {
	if dir := os.Getenv("RELIABILITY_SAVE_TO"); dir != "" {
		saveForEver(dir)
	}
	testbuild.Main(m)
}

// host runs the embedded host with the filter.
func host(t testing.TB, stdin string, args ...string) testbuild.Result {
	t.Helper()
	args = append([]string{"-e", testbuild.Filter.Build(t)}, args...)
	return testbuild.Run(t, exec.Command(testbuild.Host(t), args...), stdin)
}

// metric is a counter of the filter's, from what the host prints.
func metric(t testing.TB, r testbuild.Result, name string) int {
	t.Helper()
	_, rest, ok := strings.Cut(r.Stderr, "\nfluentbit_filter_anomaly_"+name+"{")
	if !ok {
		t.Fatalf("no metric %s\n%s", name, r.Stderr)
	}
	_, rest, _ = strings.Cut(rest, "} ")
	value, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// lines are n routine lines of text.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "request %d of user%d served in %d ms\n", i, i%100, 5+i%20)
	}
	return b.String()
}
