package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// shopWithTraces returns a detector that knows a service of three routine messages, and
// what tells it a line and says whether that is flagged.
func shopWithTraces(t *testing.T) (routine func(n int), say func(line string) bool) {
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(31, 32))
	say = func(line string) bool {
		var v detector.Verdict
		d.Observe(&detector.Event{Message: []byte(line)}, &v)
		return v.Anomaly
	}
	routine = func(n int) {
		for range n {
			say(fmt.Sprintf([]string{"INFO shop.api served /cart in %d ms", "INFO shop.api user %d logged in", "INFO shop.cart order %d placed"}[rng.IntN(3)], rng.IntN(9000)))
		}
	}
	routine(4000)
	return routine, say
}

// flagged returns the lines of a trace that are.
func flagged(say func(string) bool, trace string) (lines []string) {
	for line := range strings.SplitSeq(trace, "\n") {
		if say(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// pythonTrace is one of so many calls, as it is written behind a header.
func pythonTrace(header string, calls int) string {
	lines := []string{"cart 7 not stored: the depot did not answer", "Traceback (most recent call last):"}
	for i := range calls {
		lines = append(lines, fmt.Sprintf(`  File "/app/%c/store.py", line %d, in store_%c`, 'a'+i%26, 40+i, 'a'+i%26),
			fmt.Sprintf("    failed = self.depot.%c_store(cart, timeout=%d)", 'a'+i%26, i), "             ^^^^^^^^^^^^^^^")
	}
	lines = append(lines, "depot.DepotError: refused", "")
	return header + strings.Join(lines, "\n"+header)
}

// TestFramesThatComeAlone: nobody joins the lines of a stack trace. What failed is told,
// and which exceptions that were; the calls that led there are not, however new they are
// and although their lines are at ERROR.
func TestFramesThatComeAlone(t *testing.T) {
	java := "ERROR shop.api checkout failed for cart 7: java.lang.IllegalStateException: cart is locked\n"
	for i := range 30 {
		java += fmt.Sprintf("\tat com.example.%c%d.Store.store%c(Store%d.java:%d)\n", 'a'+i%26, i, 'A'+i%26, i, 10+i)
	}
	java += "Caused by: depot.LockTimeoutException: gave up\n\tat depot.Lock.take(Lock.java:12)\n\t... 14 more"
	golang := "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 18 [running]:\n"
	for i := range 9 {
		golang += fmt.Sprintf("main.(*store).%cPut(0xc00011%d, {0x1, 0x%d})\n\t/app/store%d.go:%d +0x%d\n", 'a'+i, i, i, i, 40+i, 10+i)
	}
	golang += "created by main.main in goroutine 1\n\t/app/main.go:12 +0x1d\nexit status 2"
	for name, test := range map[string]struct {
		trace string
		first string // of what must be flagged
		most  int    // lines flagged
	}{
		"java":          {java, "ERROR shop.api checkout", 2},
		"go":            {golang, "panic", 3},
		"python":        {pythonTrace("", 12), "Traceback", 4},
		"python, oslo":  {pythonTrace("ERROR shop.cart ", 12), "ERROR shop.cart cart 7 not", 3},
		"python, stamp": {pythonTrace("2026-03-02 08:00:00.123 ERROR shop.cart ", 12), "2026-03-02 08:00:00.123 ERROR shop.cart cart 7 not", 3},
	} {
		t.Run(name, func(t *testing.T) {
			routine, say := shopWithTraces(t)
			lines := flagged(say, test.trace)
			if len(lines) == 0 || !strings.Contains(strings.Join(lines, "\n"), test.first) || len(lines) > test.most {
				t.Errorf("flagged are %d lines, at most %d wanted, %q among them:\n%s", len(lines), test.most, test.first, strings.Join(lines, "\n"))
			}
			// Many calls are no news that makes the next failure less of one.
			routine(10)
			if !say("ERROR shop.cart payment of order 12 lost") {
				t.Error("a failure right behind a trace is not flagged")
			}
		})
	}
}

// TestCodeAlone: a line that is further in than others is none of a trace unless a
// frame stands above it.
func TestCodeAlone(t *testing.T) {
	_, say := shopWithTraces(t)
	if !say("ERROR shop.cart     failed = self.depot.a_store(cart, timeout=1)") {
		t.Error("a line of code without a frame is not flagged")
	}
	say(`ERROR shop.cart   File "/app/store.py", line 41, in store`)
	say("INFO shop.cart order 12 placed")
	if !say("ERROR shop.cart     lost = self.depot.b_store(cart, timeout=1)") {
		t.Error("a line of code behind another line than its frame is not flagged")
	}
}

// TestIndentedLines: a program writes its configuration or a statement in many lines that
// nobody joins. Those that are indented, or but brackets, go on with the line above them:
// they are no news. What they say of failures is.
func TestIndentedLines(t *testing.T) {
	routine, say := shopWithTraces(t)
	config := "{\n  \"listen\": \"0.0.0.0:8080\",\n  \"backends\": [\n    {\"name\": \"cart\", \"weight\": 3},\n    {\"name\": \"depot\", \"weight\": 1}\n  ],\n  \"tls\": {\n    \"key\": \"/etc/shop/tls.key\"\n  }\n}\n+-----+-----+"
	if lines := flagged(say, config); len(lines) > 0 {
		t.Errorf("of a configuration %d lines are flagged: %q", len(lines), lines)
	}
	routine(500)
	if say("WARN shop.depot 2 hosts gave no answer:"); !say("  - depot-1: connection refused") {
		t.Error("an indented line that says what failed is not flagged")
	}
	routine(500)
	// One indented line is what the line above it found.
	if say("--- FAIL: TestCartMerge (0.03s)"); !say("    cart_test.go:88: got 3 items, want 4") {
		t.Error("an indented line alone is not flagged")
	}
	routine(500)
	if !say("shop.depot moved to zone B, keys were exchanged") {
		t.Error("a new message that is not indented is not flagged")
	}
	if say(""); !say("  ● Cart › keeps two items of a kind") {
		t.Error("an indented line behind an empty one is not flagged")
	}
	routine(500)
	if !say("\x00\x01\x7f\x1b\x02\x00\x05\x06\x00\x11") {
		t.Error("a line of nothing but control characters is not flagged")
	}
	// In a log of indented lines one is a message as any other.
	_, say = shopWithTraces(t)
	for n := range 2000 {
		say(fmt.Sprintf("  step %d of the build done", n))
	}
	if !say("  disk of builder-7 replaced by hand, spare parts ordered") {
		t.Error("a new message in a log of indented lines is not flagged")
	}
}

// TestLinesWithinBrackets: a statement that ends with an open bracket goes on in lines
// without time and level, until the bracket is closed.
func TestLinesWithinBrackets(t *testing.T) {
	_, say := shopWithTraces(t)
	option := "tray_colours is to be removed in favour of two other options that\nallow to paint a tray by its uses: ``tray_paint`` and\n``tray_varnish`` respectively.\n)"
	if lines := flagged(say, option); len(lines) == 0 {
		t.Fatal("a text in several lines is not flagged where nothing is open")
	}
	_, say = shopWithTraces(t)
	if say("WARN shop.config option tray_colours is deprecated ("); !say("tray_paint could not be read: permission denied") {
		t.Error("a line within brackets that says what failed is not flagged")
	}
	routine, say := shopWithTraces(t)
	say("WARN shop.config option tray_colours is deprecated (")
	if lines := flagged(say, option); len(lines) > 0 {
		t.Errorf("within brackets %d lines are flagged: %q", len(lines), lines)
	}
	routine(500)
	say("WARN shop.config option tray_colours is deprecated (")
	if say(")"); !say("varnish of trays renewed by hand, spare parts ordered") {
		t.Error("behind the closing bracket a new message is not flagged")
	}
	routine(500)
	for range 9 {
		say("queue of the packers is empty")
		routine(50)
	}
	say("WARN shop.config option tray_colours is deprecated (")
	if say("queue of the packers is empty"); !say("varnish of chairs renewed by hand, spare parts ordered") {
		t.Error("behind a message that is known a new one is not flagged")
	}
	routine(500)
	if say("WARN shop.config option tray_sizes is deprecated ("); !say("INFO shop.depot moved to zone B, keys were exchanged") {
		t.Error("a record behind an open bracket is not flagged")
	}
}
