package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/flb-anomaly/flb-anomaly/web"
)

// focused says where the focus is: an id, or the words of a control.
func (p *page) focused() string {
	p.Helper()
	return eval[string](p, `(e => e === document.body ? "nowhere" : e.id || e.getAttribute("aria-label") || e.textContent)(document.activeElement)`)
}

// slowly has answers of a kind come late, in the order of their questions.
func slowly(suffix string) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, suffix) {
			time.Sleep(150 * time.Millisecond)
		}
		return false
	}
}

// TestBrowserFocus: what somebody does with the keyboard does not throw them
// back to the top of the page.
func TestBrowserFocus(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	at := func(when, want string) {
		t.Helper()
		p.rests()
		if got := p.focused(); !strings.HasPrefix(got, want) {
			t.Errorf("%s, the focus is at %.80q, not at %q", when, got, want)
		}
	}

	// The table and the line beside it.
	p.do(chromedp.Focus(chromedp.CSS("#grid")))
	p.press(kb.ArrowDown, kb.ArrowDown, kb.Enter)
	at("after Enter", "grid")
	line := text(p, "#detail-title")
	p.press(kb.Enter)
	at("after another Enter", "detail-title")
	p.do(chromedp.Focus(chromedp.CSS(`#detail [data-key="next"]`)))
	p.press(kb.Enter)
	at("in the line, after going to the next one", "Next anomaly")
	if now := text(p, "#detail-title"); now == line {
		t.Errorf("%s is still open", now)
	}
	p.do(chromedp.Focus(chromedp.CSS(`#detail .near li:nth-child(3) button`)))
	near := eval[string](p, `document.activeElement.firstChild.textContent`)
	p.press(kb.Enter)
	at("after a line around it", "The line")
	if got := text(p, "#detail-title"); got != "Line "+near {
		t.Errorf("%s is open, not line %s", got, near)
	}
	p.press(kb.Escape)
	at("after Escape", "grid")
	if !eval[bool](p, `document.getElementById("detail").hidden`) {
		t.Error("Escape does not close the line")
	}
	p.press(kb.Enter)
	p.rests()
	p.do(chromedp.Focus(chromedp.CSS("#tab-lines")))
	p.press(kb.Escape)
	at("after Escape elsewhere", "grid")

	// Patterns: the next one's button, the tab when there is none.
	p.click("#tab-patterns")
	p.rests()
	second := eval[string](p, `{
		const judge = document.querySelectorAll("#patterns .judge button")
		judge[0].focus()
		judge[1].getAttribute("aria-label")
	}`)
	p.press(kb.Enter)
	at("after a pattern was set aside", second)
	p.press(kb.Enter)
	p.rests()
	p.click("#tab-section")
	p.rests()
	p.do(chromedp.Focus(chromedp.CSS("#normal li:first-child button")))
	p.press(kb.Enter)
	at("after one was taken back", "Take back: ")
	p.press(kb.Enter)
	at("after the last was taken back", "tab-section")

	// Filters, and what is said.
	p.click("#tab-lines")
	p.do(chromedp.Focus(chromedp.CSS("#search")), chromedp.SendKeys(chromedp.CSS("#search"), "nothing of the kind"))
	p.until(`document.querySelector('#nothing [data-key="clear"]')`)
	p.rests()
	p.do(chromedp.Focus(chromedp.CSS(`#nothing [data-key="clear"]`)))
	p.press(kb.Enter)
	at("after the filters were cleared", "grid")
	p.do(chromedp.Focus(chromedp.CSS("#skip")))
	hash := eval[string](p, "location.hash")
	p.press(kb.Enter)
	at("after the link to the log", "main")
	if now := eval[string](p, "location.hash"); now != hash {
		t.Errorf("the link to the log turned %s into %s", hash, now)
	}
	p.do(chromedp.Focus(chromedp.CSS("#close")))
	p.press(kb.Enter)
	at("after the last log was closed", "main")
	p.quiet()
}

// TestBrowserFastKeys presses keys faster than the server answers.
func TestBrowserFastKeys(t *testing.T) {
	intercept = func(w http.ResponseWriter, r *http.Request) bool {
		return slowly("/seek")(w, r) || slowly("/rows")(w, r)
	}
	defer func() { intercept = nil }()
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	c := client{t, p.url}
	var flagged []int
	for _, l := range c.lines(p.logID(), "only=1") {
		flagged = append(flagged, l.Line)
	}
	p.allLines()
	p.do(chromedp.Focus(chromedp.CSS("#grid")))
	p.press(kb.End, kb.Enter) // the row is not there yet
	p.rests()
	if got := text(p, "#detail-title"); got != "Line 4,000" {
		t.Errorf("End, Enter opens %q", got)
	}
	p.press(kb.Escape, kb.Home)
	p.rests()
	active := func() string { return strings.ReplaceAll(text(p, ".grid .row.active .n"), ",", "") }
	p.press("n", "n", "n")
	p.rests()
	if got := active(); got != fmt.Sprint(flagged[2]) {
		t.Errorf("n, n, n goes to line %s, not to %d", got, flagged[2])
	}
	p.press(kb.End, "p", "p")
	p.rests()
	if got, want := active(), flagged[len(flagged)-2]; got != fmt.Sprint(want) {
		t.Errorf("End, p, p goes to line %s, not to %d", got, want)
	}
	p.press(kb.Home, "n", kb.Enter)
	p.rests()
	if got, want := strings.ReplaceAll(text(p, "#detail-title"), ",", ""), fmt.Sprintf("Line %d", flagged[0]); got != want {
		t.Errorf("n, Enter opens %q, not %q", got, want)
	}
	// Other filters before the answer: it comes too late.
	p.press(kb.End, kb.Enter)
	p.rests()
	p.press("p")
	p.click(`[data-group="warn"]`)
	p.rests()
	if got := text(p, "#detail-title"); got != "Line 4,000" {
		t.Errorf("an answer for other filters opens %q", got)
	}
	p.quiet()
}

// TestBrowserDoubleClick: the rows become higher when a line opens beside
// them, so that the second click would meet another one.
func TestBrowserDoubleClick(t *testing.T) {
	p := open(t, 1440, 900, web.Config{}, shopLog)
	p.settled()
	p.allLines()
	twice := func(line int) (before, after rect) {
		t.Helper()
		row := fmt.Sprintf(`[data-index="%d"]`, line-1)
		before = p.rect(row)
		p.do(chromedp.MouseClickXY(before.X+400, before.Y+before.Height/2))
		p.rests()
		p.do(chromedp.MouseClickXY(before.X+400, before.Y+before.Height/2, chromedp.ClickCount(2)))
		p.rests()
		if got, want := text(p, "#detail-title"), fmt.Sprintf("Line %d", line); got != want {
			t.Errorf("a double click on line %d opens %q", line, got)
		}
		return before, p.rect(row)
	}
	was, now := twice(7)
	if now.Height == was.Height || now.Y > was.Y+1 || now.Y+now.Height < was.Y+was.Height-1 {
		t.Errorf("line 7 was at %v, and is at %v under the pointer", was, now)
	}
	// The last in sight has to move.
	p.do(chromedp.Focus(chromedp.CSS("#grid")))
	p.press(kb.Escape)
	p.rests()
	last := eval[int](p, `(g => Math.max(...[...document.querySelectorAll(".grid .row")].filter(r => r.getBoundingClientRect().bottom <= g).map(r => Number(r.dataset.index))) + 1)(document.getElementById("grid").getBoundingClientRect().bottom)`)
	if twice(last); last < 8 {
		t.Errorf("only %d lines are in sight", last)
	}
	p.quiet()
}

// TestBrowserSliderKeepsPlace: the table of anomalies changes with the slider,
// and still shows the line that somebody looks at.
func TestBrowserSliderKeepsPlace(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.slide(19) // 15 %
	p.settled()
	p.do(chromedp.Focus(chromedp.CSS("#grid")))
	p.press(kb.End, kb.ArrowUp, kb.ArrowUp)
	p.rests()
	line := text(p, ".grid .row.active .n")
	for _, stop := range []int{20, 21, 19} {
		p.slide(stop)
		p.settled()
		if !eval[bool](p, fmt.Sprintf(`(r => r && r.top >= g.top && r.bottom <= g.bottom)([...document.querySelectorAll(".grid .row .n")].find(n => n.textContent === %q)?.getBoundingClientRect(), g = document.getElementById("grid").getBoundingClientRect())`, line)) {
			t.Errorf("at stop %d, line %s is out of sight; the table begins with line %s", stop, line, text(p, ".grid .row .n"))
		}
	}
	p.quiet()
}

// TestBrowserRowsComeAgain has the server fail for a while.
func TestBrowserRowsComeAgain(t *testing.T) {
	var failing atomic.Bool
	intercept = func(w http.ResponseWriter, r *http.Request) bool {
		if !failing.Load() || !strings.HasSuffix(r.URL.Path, "/rows") {
			return false
		}
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"error":"out of order"}`)
		return true
	}
	defer func() { intercept = nil }()
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.allLines()
	failing.Store(true)
	p.do(chromedp.Focus(chromedp.CSS("#grid")))
	p.press(kb.End)
	p.until(`document.querySelector("#alert p")?.textContent === "out of order"`)
	if !eval[bool](p, `document.querySelector(".grid .row.loading") !== null`) {
		t.Error("rows are shown that nobody sent")
	}
	failing.Store(false)
	p.until(`document.querySelector('[data-index="3999"] .n')?.textContent === "4,000"`)
	p.quiet("500")
}

// TestBrowserSortsPatterns sorts the patterns by the heads of their columns.
func TestBrowserSortsPatterns(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.click("#tab-patterns")
	p.rests()
	counts := func(column string) []int {
		return eval[[]int](p, `[...document.querySelectorAll("#patterns .`+column+`")].map(e => parseInt(e.textContent.replaceAll(",", "")))`)
	}
	sorted := func() string {
		return eval[string](p, `[...document.querySelectorAll("#patterns-head [aria-sort]")].map(e => e.textContent + " " + e.ariaSort).join()`)
	}
	descending := func(a, b int) int { return b - a }
	if s := sorted(); s != "Anomalies descending" || !slices.IsSortedFunc(counts("anomalies"), descending) {
		t.Errorf("at first sorted by %q: %v", s, counts("anomalies"))
	}
	for _, want := range []string{"Lines descending", "Lines ascending", "Lines descending"} {
		p.click(`#patterns-head [data-key="lines"]`)
		p.rests()
		all := counts("lines")
		if s := sorted(); s != want || len(all) < 10 || all[0] == all[len(all)-1] {
			t.Errorf("sorted by %q, want %q: %v", s, want, all)
		}
		if want == "Lines ascending" {
			slices.Reverse(all)
		}
		if !slices.IsSortedFunc(all, descending) {
			t.Errorf("%s: %v", want, all)
		}
	}
	if at := p.focused(); at != "Lines" {
		t.Errorf("the focus is at %q", at)
	}
	eval[bool](p, `(s => { s.value = "strange"; return s.dispatchEvent(new Event("change")) })(document.getElementById("sort"))`)
	p.rests()
	if s := sorted(); s != "Score: mean, highest descending" {
		t.Errorf("by the list, sorted by %q", s)
	}
	p.quiet()
}

// TestBrowserManyPatterns lists more patterns than one answer has.
func TestBrowserManyPatterns(t *testing.T) {
	var log strings.Builder
	for i := range 900 {
		log.WriteString(unlike(i, 3))
	}
	p := open(t, 1280, 900, web.Config{}, file(t, "many.log", []byte(log.String())))
	p.settled()
	p.click("#tab-patterns")
	p.rests()
	for i, want := range []int{100, 200, 300, 400, 500, 600, 700, 800, 900} {
		if n := eval[int](p, `document.querySelectorAll("#patterns tr").length`); n != want {
			t.Fatalf("%d patterns after %d times more, want %d", n, i, want)
		}
		if more := eval[bool](p, `document.getElementById("patterns-more").checkVisibility()`); more != (want < 900) {
			t.Errorf("%d of 900 patterns are shown; the button for more is there: %v", want, more)
		} else if more {
			p.click("#patterns-more")
			p.rests()
		}
	}
	names := eval[[]string](p, `[...document.querySelectorAll("#patterns .shape")].map(e => e.textContent)`)
	slices.Sort(names)
	if n := len(slices.Compact(names)); n != 900 {
		t.Errorf("%d different patterns are listed", n)
	}
	p.quiet()
}
