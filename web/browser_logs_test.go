package web_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/flb-anomaly/flb-anomaly/web"
)

// file writes a file for a test.
func file(t testing.TB, name string, content []byte) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, content, 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestBrowserReload: logs that were dropped are there again after a reload,
// and a log of the command line as it was judged last.
func TestBrowserReload(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, file(t, "named.log", readFile(t, shopLog)))
	p.settled()
	one, two := file(t, "one.log", readFile(t, shopLog)), file(t, "two.log", readFile(t, shopLog))
	p.dropFiles(one, two)
	p.settled()
	p.choose("named.log")
	p.settled()
	p.click(`input[name=mode][value="batch"]`)
	p.settled()
	p.do(chromedp.Reload())
	p.settled()
	if got := eval[string](p, `[...document.querySelectorAll("#log option")].map(o => o.textContent).join()`); got != "named.log,one.log,two.log" {
		t.Errorf("after a reload, the logs are %s", got)
	}
	if !eval[bool](p, `document.querySelector('input[value="batch"]').checked`) || eval[string](p, "document.title") != "named.log · flb-anomaly" {
		t.Errorf("after a reload, %s is shown, not as it was judged last", eval[string](p, "document.title"))
	}
	p.choose("two.log")
	p.settled()
	if got := text(p, "#glance dd"); !strings.HasPrefix(got, "4,000") {
		t.Errorf("two.log has %s lines", got)
	}
	p.quiet()
}

// TestBrowserStop stops an upload: what has come stays, and can be asked for.
func TestBrowserStop(t *testing.T) {
	arrive := make(chan struct{})
	intercept = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 300_000), waitFor(arrive), r.Body))
		}
		return false
	}
	defer func() { intercept = nil }()
	p := open(t, 1280, 900, web.Config{})
	p.rests()
	p.dropFiles(shopLog)
	p.until(`document.querySelectorAll(".grid .row.flagged").length > 0`)
	// Another drop waits, and says so.
	p.dropFiles(file(t, "other.log", []byte(strings.Repeat("a line\n", 300))))
	p.until(`document.getElementById("progress-text").textContent.includes("1 more log waiting")`)
	p.click("#stop")
	p.until(`performance.getEntriesByType("resource").some(e => e.name.endsWith("/stop") && e.responseEnd > 0)`)
	close(arrive) // the read that waits ends
	p.settled()
	if said := text(p, "#alert p"); !strings.Contains(said, "The scan was stopped. What is shown is the part before that.") {
		t.Errorf("the page says %q", said)
	}
	lines := eval[int](p, `Number(document.querySelector("#glance dd").firstChild.textContent.replaceAll(",", ""))`)
	if lines < 500 || lines > 3000 || eval[int](p, `document.querySelectorAll(".grid .row.flagged").length`) == 0 {
		t.Errorf("%d lines are left", lines)
	}
	p.until(`[...document.querySelectorAll("#log option")].some(o => o.textContent === "other.log")`)
	// The part can be judged again, and is still called a part.
	p.click(`input[name=mode][value="batch"]`)
	p.settled()
	if said := text(p, "#alert p"); !strings.Contains(said, "Only a part of this log came") {
		t.Errorf("judged again, the page says %q", said)
	}
}

// TestBrowserFollows looks at the end of a log that grows, and at its beginning.
func TestBrowserFollows(t *testing.T) {
	needBrowser(t)
	c := newClient(t, web.Config{})
	v := c.create(map[string]any{"name": "live", "size": -1})
	in, feed := io.Pipe()
	sent := make(chan int)
	go func() { sent <- c.ask("PUT", "/api/views/"+v.ID+"/text", in, nil) }()
	grow := func(lines int) {
		for i := range lines {
			fmt.Fprintf(feed, "line %d\n", i)
		}
	}
	grow(1000)
	c.wait(v.ID, func(v viewState) bool { return v.Lines == 1000 })
	p := browse(t, 1280, 900, c.url+"/#tab=lines&all=1&log="+v.ID)
	p.has(1000)
	seen := func(line string) {
		t.Helper()
		p.until(fmt.Sprintf(`(g => [...document.querySelectorAll(".grid .row .n")].some(n => n.textContent === %q && n.getBoundingClientRect().bottom <= g.bottom && n.getBoundingClientRect().top >= g.top))(document.getElementById("grid").getBoundingClientRect())`, line))
	}
	seen("1")
	grow(200)
	p.has(1200)
	seen("1")
	eval[bool](p, `(document.getElementById("grid").scrollTop = 1e9, true)`)
	seen("1,200")
	grow(300)
	p.has(1500)
	seen("1,500")
	top := `Math.min(...[...document.querySelectorAll(".grid .row")].filter(r => r.getBoundingClientRect().top >= document.querySelector(".grid .head").getBoundingClientRect().bottom - 1).map(r => Number(r.dataset.index)))`
	end := eval[int](p, top)
	eval[bool](p, `(document.getElementById("grid").scrollTop -= 10 * document.querySelector(".grid .row").offsetHeight, true)`)
	p.until(fmt.Sprintf("%s === %d", top, end-10))
	grow(300)
	p.has(1800)
	p.rests()
	if now := eval[int](p, top); now != end-10 {
		t.Errorf("the table began with row %d, and begins with %d after more lines", end-10, now)
	}
	feed.Close()
	if status := <-sent; status != 200 {
		t.Errorf("status %d", status)
	}
	p.quiet()
}

// TestBrowserTwoPages: a log of the command line is judged again in one page,
// and the other one follows.
func TestBrowserTwoPages(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	id := p.logID()
	c := client{t, p.url}
	again := c.ended(c.create(map[string]any{"of": id, "mode": "batch"}).ID)
	c.ask("DELETE", "/api/views/"+id, nil, nil)
	p.click(`[data-group="warn"]`) // whatever is asked next
	p.rests()
	eval[bool](p, `document.dispatchEvent(new Event("visibilitychange"))`)
	p.until(fmt.Sprintf(`new URLSearchParams(location.hash.slice(1)).get("log") === %q`, again.ID))
	p.settled()
	if !eval[bool](p, `document.querySelector('input[value="batch"]').checked && document.querySelector('[data-group="warn"]').ariaPressed === "true"`) {
		t.Error("the page does not show the log as it was judged last, with the filters that it has")
	}
	p.quiet()
}

// TestBrowserStaleLink follows a link whose log is gone: a server that was
// started anew has the same file under another id.
func TestBrowserStaleLink(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(p.url+"/#log=NONE&contamination=0.05&levels=warn"))
	p.settled()
	if said := text(p, "#alert p"); said != "The log of this link is not here any more. Its filters are put to shop.log." {
		t.Errorf("the page says %q", said)
	}
	if got := eval[string](p, `[document.title, document.getElementById("slider-value").textContent.split(" ·")[0], document.querySelector('[data-group="warn"]').ariaPressed].join()`); got != "shop.log · flb-anomaly,5 %,true" {
		t.Errorf("the link shows %s", got)
	}
	p.quiet("404")
}

// TestBrowserLinkOfAuto: a link says auto where the page begins with something
// else.
func TestBrowserLinkOfAuto(t *testing.T) {
	config := web.Config{Given: func(name string) []string { return map[string][]string{"Contamination": {"0.05"}}[name] }}
	p := open(t, 1280, 900, config, shopLog)
	p.settled()
	value := func() string { return strings.Split(text(p, "#slider-value"), " ·")[0] }
	if value() != "5 %" {
		t.Errorf("the slider begins at %s", value())
	}
	p.slide(0)
	p.settled()
	p.until(`new URLSearchParams(location.hash.slice(1)).get("contamination") === "0"`)
	link := eval[string](p, "location.href")
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(link))
	p.settled()
	if value() != "auto" {
		t.Errorf("the link shows %s", value())
	}
	p.quiet()
}

// severalDays is a log of four days around a new year, a line each five
// minutes, with one that stands out.
func severalDays() []byte {
	var b bytes.Buffer
	for i := range 4 * 24 * 12 {
		day := []string{"2025-12-30", "2025-12-31", "2026-01-01", "2026-01-02"}[i/288]
		fmt.Fprintf(&b, "%s %02d:%02d:00 INFO job %d done in %d ms\n", day, i%288/12, i%12*5, i, 100+i%7)
	}
	b.WriteString("2026-01-02 23:58:00 ERROR disk /dev/sdb failed, array is degraded\n")
	return b.Bytes()
}

// TestBrowserSeveralDays drops a log of several days: times have their date at
// once, and the year where there are two.
func TestBrowserSeveralDays(t *testing.T) {
	p := open(t, 1280, 900, web.Config{})
	p.rests()
	p.dropFiles(file(t, "days.log", severalDays()))
	p.settled()
	if got := text(p, ".grid .row.flagged .time"); got != "2026-01-02 23:58:00" {
		t.Errorf("the time of the error is %q", got)
	}
	if got := text(p, "#glance > :last-child dd"); !strings.HasPrefix(got, "2025-12-30 to 2026-01-02") {
		t.Errorf("the log goes from %s", got)
	}
	p.quiet()
}

// TestBrowserSight narrows the table without a mouse: by the buttons, and with
// a finger.
func TestBrowserSight(t *testing.T) {
	p := open(t, 390, 844, web.Config{}, shopLog)
	p.settled()
	p.allLines()
	if !eval[bool](p, `document.getElementById("zoom-only").disabled`) {
		t.Error("all can be narrowed to all")
	}
	p.click("#zoom-in")
	p.settled()
	p.click("#zoom-only")
	p.settled()
	if n := p.rows(); n < 1000 || n > 3000 || text(p, "#chips li") == "" {
		t.Errorf("half of the chart has %d lines; the chip says %q", n, text(p, "#chips li"))
	}
	p.click("#zoom-reset")
	p.settled()
	if n := p.rows(); n != 4000 {
		t.Errorf("%d lines after all of it was taken back", n)
	}

	eval[bool](p, `(document.querySelector(".chart-card").scrollIntoView(), true)`)
	over := p.rect(".u-over")
	touch := func(kind input.DispatchTouchEventType, part float64) {
		t.Helper()
		points := []*input.TouchPoint{}
		if kind != input.DispatchTouchEventTypeTouchEnd {
			points = append(points, &input.TouchPoint{X: over.X + part*over.Width, Y: over.Y + over.Height/2})
		}
		call(p, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
	}
	touch(input.DispatchTouchEventTypeTouchStart, 0.5)
	for _, part := range []float64{0.55, 0.65, 0.75} {
		touch(input.DispatchTouchEventTypeTouchMove, part)
	}
	touch(input.DispatchTouchEventTypeTouchEnd, 0)
	p.settled()
	if n := p.rows(); n < 500 || n > 1800 {
		t.Errorf("a finger over a quarter of the chart chooses %d lines", n)
	}
	p.quiet()
}
