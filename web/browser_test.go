package web_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/flb-anomaly/flb-anomaly/web"
)

func TestBrowserDrop(t *testing.T) {
	// Half of each upload waits, so that there is something to see of the progress.
	arrive := make(chan struct{})
	intercept = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 300_000), waitFor(arrive), r.Body))
		}
		return false
	}
	defer func() { intercept = nil }()
	p := open(t, 1280, 900, web.Config{})
	p.until(`!document.getElementById("welcome").hidden`)
	p.dropFiles(shopLog)
	p.until(`(b => b.checkVisibility() && b.value > 0 && b.value < 1)(document.getElementById("progress-bar"))`)
	p.until(`document.getElementById("progress-text").textContent.includes("anomalies so far")`)
	p.until(`document.querySelectorAll(".grid .row.flagged").length > 0`)
	if eval[bool](p, `document.getElementById("progress").hidden`) {
		t.Error("no anomaly is shown before the end of the upload")
	}
	if label := text(p, "#progress-label"); label != "Uploading and scanning" {
		t.Errorf("the progress says %q", label)
	}
	close(arrive)
	p.settled()
	p.until(`document.querySelector("#glance dd").textContent.startsWith("4,000")`)

	// Two at once: each has its own view.
	dir := t.TempDir()
	for _, name := range []string{"one.log", "two.log.gz"} {
		text := readFile(t, shopLog)
		if strings.HasSuffix(name, ".gz") {
			text = zipped(text)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p.dropFiles(filepath.Join(dir, "one.log"), filepath.Join(dir, "two.log.gz"))
	p.until(`document.querySelectorAll("#log option").length === 3`)
	p.rests()
	p.choose("two.log.gz")
	p.settled()
	p.until(`document.querySelector("#glance dd").textContent.startsWith("4,000") && document.title.startsWith("two.log.gz")`)

	// Not a log.
	bad := filepath.Join(dir, "bad.png")
	if err := os.WriteFile(bad, append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 5000)...), 0o666); err != nil {
		t.Fatal(err)
	}
	p.rests()
	p.dropFiles(bad)
	p.until(`document.getElementById("refused").checkVisibility()`)
	if said := text(p, "#refused"); !strings.Contains(said, "bad.png cannot be shown") || !strings.Contains(said, "a picture, not a log") {
		t.Errorf("the page says %q", said)
	}
	if eval[bool](p, `document.getElementById("grid").checkVisibility()`) {
		t.Error("what is refused looks like a log")
	}
	p.rests()
	p.do(chromedp.Focus(chromedp.CSS("#refused-close")), chromedp.KeyEvent(kb.Enter))
	p.settled()
	if at := p.focused(); at != "main" {
		t.Errorf("after a refused log was closed, the focus is at %q", at)
	}
	if eval[bool](p, `document.getElementById("refused").checkVisibility() || !document.getElementById("grid").checkVisibility()`) {
		t.Error("the log before it is not back")
	}
	// Neither is there anything to see of these: the log that is shown stays.
	empty := filepath.Join(dir, "empty.log")
	if err := os.WriteFile(empty, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{empty: "empty.log is empty", dir: filepath.Base(dir) + " cannot be read: it is a folder"} {
		p.dropFiles(name)
		p.rests()
		if said := text(p, "#alert p"); !strings.Contains(said, want) {
			t.Errorf("%s: the page says %q", name, said)
		}
		if n := eval[int](p, `document.querySelectorAll("#log option").length`); n != 3 {
			t.Errorf("%s: %d logs are open", name, n)
		}
	}
	// One that is refused behind one that is shown is named.
	p.dropFiles(shopLog, bad)
	p.settled()
	if said := text(p, "#alert p"); !strings.HasPrefix(said, "bad.png: ") || !strings.Contains(eval[string](p, "document.title"), "shop.log") {
		t.Errorf("the page says %q of %s", said, eval[string](p, "document.title"))
	}

	// Pasted text.
	p.click("#paste")
	p.do(chromedp.SetValue(chromedp.CSS("#paste-text"), strings.Repeat("a calm line of text\n", 300)))
	p.click(`#paste-form button[value="scan"]`)
	p.until(`document.title.startsWith("pasted text") && document.getElementById("progress").hidden && document.querySelector("#glance dd").textContent.startsWith("300")`)
	p.click("#close")
	p.until(`![...document.querySelectorAll("#log option")].some(o => o.textContent === "pasted text")`)
}

// TestBrowserMarks compares the rows of the page with the server's lines, and
// moves the slider.
func TestBrowserMarks(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	c := client{t, p.url}
	id := p.logID()
	flagged := c.lines(id, "only=1")
	if got := text(p, "#count-only"); got != fmt.Sprint(len(flagged)) {
		t.Errorf("%s anomalies on the page, %d from the server", got, len(flagged))
	}
	for i, l := range flagged[:5] {
		row := fmt.Sprintf(`[data-index="%d"]`, i)
		for _, want := range []string{fmt.Sprintf("%.2f", *l.Score), l.Reason} {
			if got := text(p, row); !strings.Contains(got, want) {
				t.Errorf("row %d is %q, without %q", i, got, want)
			}
		}
		// The text is the line's, its message first.
		message := strings.Fields(strings.TrimSuffix(text(p, row+" .text"), text(p, row+" .rest")))
		if len(message) == 0 || slices.ContainsFunc(message, func(word string) bool { return !strings.Contains(l.Text, word) }) {
			t.Errorf("the message of row %d is %q, the line %q", i, message, l.Text)
		}
	}

	// All lines: the marks follow the slider before any answer of the server.
	p.allLines()
	p.do(chromedp.Focus(chromedp.CSS("#grid")), chromedp.KeyEvent(kb.End))
	p.until(`document.querySelector('[data-index="3999"] .n')?.textContent === "4,000"`)
	p.settled()
	marked := func() int { return eval[int](p, `document.querySelectorAll(".grid .row.flagged").length`) }
	if n := marked(); n > 0 {
		t.Fatalf("%d of the last lines are flagged: the test needs others", n)
	}
	last := eval[int](p, `Number(document.getElementById("slider").max)`)
	if n := eval[int](p, fmt.Sprintf(`(() => { const s = document.getElementById("slider"); s.value = %d; s.dispatchEvent(new Event("input")); return document.querySelectorAll(".grid .row.flagged").length })()`, last)); n == 0 {
		t.Error("the slider moves no mark at once")
	}
	want := 0
	for _, l := range c.lines(id, fmt.Sprintf("stop=%d", last)) {
		if l.Anomaly {
			want++
		}
	}
	p.until(fmt.Sprintf(`document.getElementById("count-only").textContent.replace(",", "") === "%d"`, want))
	if v := eval[string](p, `document.getElementById("slider").getAttribute("aria-valuetext")`); !strings.HasPrefix(v, "30 %, ") {
		t.Errorf("the slider says %q", v)
	}
	p.do(chromedp.Focus(chromedp.CSS("#slider")), chromedp.KeyEvent(kb.Home))
	p.until(fmt.Sprintf(`document.getElementById("count-only").textContent === "%d"`, len(flagged)))
	if n := marked(); n > 0 {
		t.Errorf("%d lines stay marked", n)
	}
	p.quiet()
}

// TestBrowserChart drags over the chart, zooms, and takes it back.
func TestBrowserChart(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.allLines()
	over := p.rect(".u-over")
	y := over.Y + over.Height/2
	drag := func(from, to float64) {
		p.do(chromedp.DragAndDropXY(over.X+from*over.Width, y, over.X+to*over.Width, y, 8))
	}
	drag(0.6, 0.8)
	p.until(`document.querySelector("#chips li")?.textContent.includes("08:5")`)
	p.until(`new URLSearchParams(location.hash.slice(1)).get("range")`)
	p.settled()
	c := client{t, p.url}
	at := strings.Split(eval[string](p, `new URLSearchParams(location.hash.slice(1)).get("range")`), ",")
	id := p.logID()
	inside := c.lines(id, fmt.Sprintf("axis=time&from=%s&to=%s", at[1], at[2]))
	if len(inside) < 500 || len(inside) > 1500 {
		t.Errorf("a fifth of the chart has %d lines", len(inside))
	}
	p.has(len(inside))
	if first := eval[string](p, `document.querySelector('[data-index="0"] .n').textContent.replace(",", "")`); first != fmt.Sprint(inside[0].Line) {
		t.Errorf("the first line is %s, want %d", first, inside[0].Line)
	}

	before := text(p, "#chart-text")
	p.click("#zoom-in") // to what is selected
	p.until(fmt.Sprintf("document.getElementById('chart-text').textContent !== %q", before))
	if lines := strings.ReplaceAll(text(p, "#chart-text"), ",", ""); !strings.Contains(lines, fmt.Sprintf("%d lines", len(inside))) {
		t.Errorf("zoomed in, the chart says %q; %d lines are inside", lines, len(inside))
	}
	zoomed := text(p, "#chart-text")
	p.click("#pan-left")
	p.until(fmt.Sprintf("document.getElementById('chart-text').textContent !== %q", zoomed))
	p.click("#zoom-reset")
	p.until(fmt.Sprintf("document.getElementById('chart-text').textContent === %q && !document.querySelector('#chips li')", before))

	// By line number.
	p.click(`input[name=axis][value="line"]`)
	p.until(`document.getElementById("chart-text").textContent.startsWith("From line 1 to line 4,000")`)
	drag(0, 0.25)
	p.until(`document.querySelector("#chips li")?.textContent.includes("Lines 1 to 1,")`)
	p.do(chromedp.MouseClickXY(over.X+over.Width*0.9, y, chromedp.ClickCount(2)))
	p.until(`!document.querySelector("#chips li")`)
	p.quiet()
}

func TestBrowserFilters(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	c := client{t, p.url}
	id := p.logID()
	shows := func(query string) {
		t.Helper()
		p.has(len(c.lines(id, query)))
	}
	p.click(`[data-group="warn"]`)
	shows("only=1&levels=warn")
	p.click(`input[name=only][value="0"]`)
	shows("levels=warn")
	p.do(chromedp.SendKeys(chromedp.CSS("#search"), "Timed OUT"))
	shows("levels=warn&q=timed+out")
	p.until(`document.querySelector(".grid .row mark:not(.odd)")?.textContent.toLowerCase() === "timed out"`)
	p.click(`[data-group="warn"]`)
	shows("q=timed+out")
	eval[bool](p, `(() => { const s = document.getElementById("search"); s.value = "nothing of the kind"; return s.dispatchEvent(new Event("input")) })()`)
	p.until(`document.getElementById("nothing").checkVisibility()`)
	p.click("#nothing button")
	shows("")

	// The lines around one, and one pattern.
	p.click(`input[name=only][value="1"]`)
	shows("only=1")
	p.settled()
	p.click(`[data-index="2"]`)
	p.until(`document.querySelectorAll(".near li").length === 17`)
	line := text(p, ".near .here span")
	if !strings.HasSuffix(text(p, "#detail-title"), line) {
		t.Errorf("%q is open, line %s is marked among those around it", text(p, "#detail-title"), line)
	}
	p.click(`.detail [data-key="only"]`)
	p.until(`document.querySelector("#chips li")?.textContent.startsWith("Pattern: ")`)
	p.until(`new URLSearchParams(location.hash.slice(1)).get("pattern")`)
	pattern := eval[string](p, `new URLSearchParams(location.hash.slice(1)).get("pattern")`)
	shows("only=1&pattern=" + pattern)
	p.click(`.detail [data-key="place"]`)
	p.until(`document.querySelector(".grid .row.active .n")?.textContent === "` + line + `"`)
	shows("")

	// The keyboard: close, next anomaly, open, close.
	p.do(chromedp.Focus(chromedp.CSS("#grid")), chromedp.KeyEvent(kb.Escape))
	p.until(`document.getElementById("detail").hidden`)
	p.do(chromedp.KeyEvent("n"))
	p.until(`(n => n && n !== "` + line + `")(document.querySelector(".grid .row.active.flagged .n")?.textContent)`)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until(`document.getElementById("detail").checkVisibility()`)
	p.do(chromedp.KeyEvent(kb.Escape))
	p.until(`document.getElementById("detail").hidden`)
	p.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent("/"))
	p.until(`document.activeElement.id === "search"`)
	p.quiet()
}

// TestBrowserSearch looks for a regular expression, and for lines without it.
func TestBrowserSearch(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.allLines()
	c := client{t, p.url}
	id := p.logID()
	search := func(text string) {
		eval[bool](p, fmt.Sprintf(`(s => { s.value = %q; return s.dispatchEvent(new Event("input")) })(document.getElementById("search"))`, text))
		p.rests()
	}
	p.click("#regex")
	search(`timed out after \d+s|DECLINED`)
	hits := len(c.lines(id, "regex=1&q="+url.QueryEscape(`timed out after \d+s|DECLINED`)))
	if hits == 0 || hits == 4000 {
		t.Fatalf("%d lines match", hits)
	}
	p.has(hits)
	if mark := text(p, ".grid .row mark:not(.odd)"); !regexp.MustCompile(`^(timed out after \d+s|declined)$`).MatchString(mark) {
		t.Errorf("%q is marked", mark)
	}
	p.click("#exclude")
	p.has(4000 - hits)
	p.settled()
	if eval[bool](p, `document.querySelector(".grid .row mark:not(.odd)") !== null`) {
		t.Error("what the lines do not have is marked")
	}
	p.until(`location.hash.includes("regex=1") && location.hash.includes("exclude=1")`)
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(eval[string](p, "location.href")))
	p.settled()
	p.has(4000 - hits)
	if eval[string](p, `["regex", "exclude"].map(id => document.getElementById(id).ariaPressed).join()`) != "true,true" {
		t.Error("the link does not keep how it searches")
	}

	// An expression that is not complete is said to be none, until it is.
	p.click("#exclude")
	search("(timed")
	if said := text(p, "#alert p"); !strings.Contains(said, "no regular expression: error parsing regexp: missing closing )") {
		t.Errorf("of an expression that is not complete: %q", said)
	}
	p.has(0)
	search("(timed)")
	p.has(len(c.lines(id, "q=timed")))
	if said := text(p, "#alert"); said != "" {
		t.Errorf("when it is complete: %q", said)
	}
	p.quiet("400")
}

// TestBrowserReasons: the table shows reasons whole, at any width.
func TestBrowserReasons(t *testing.T) {
	for _, width := range []int{1440, 1100, 390} {
		p := open(t, width, 900, web.Config{}, shopLog)
		p.settled()
		reasons := eval[[]string](p, `[...document.querySelectorAll(".grid .why")].map(e => e.textContent)`)
		if len(reasons) < 5 || !slices.ContainsFunc(reasons, func(r string) bool { return strings.Contains(r, "; ") }) {
			t.Errorf("width %d: the reasons are %q", width, reasons)
		}
		cut := eval[[]string](p, `[...document.querySelectorAll(".grid .row")].filter(r => {
			const why = r.querySelector(".why"), row = r.getBoundingClientRect()
			return why.scrollHeight > why.clientHeight + 1 || why.scrollWidth > why.clientWidth || [...r.children].some(c => c.getBoundingClientRect().bottom > row.bottom + 1)
		}).map(r => r.querySelector(".why").textContent)`)
		if len(cut) > 0 {
			t.Errorf("width %d: not whole, or beyond its row: %q", width, cut)
		}
	}
}

// TestBrowserLateAnswer closes a line, and opens another, before the server
// has answered: what comes late must not be shown.
func TestBrowserLateAnswer(t *testing.T) {
	type request struct {
		line   string
		answer chan struct{}
	}
	requests := make(chan request, 8)
	intercept = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/line") {
			q := request{r.URL.Query().Get("line"), make(chan struct{})}
			requests <- q
			<-q.answer
		}
		return false
	}
	defer func() { intercept = nil }()
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	open := func() request {
		p.do(chromedp.KeyEvent(kb.ArrowDown))
		p.until(`document.querySelector(".grid .row.active:not(.loading)")`)
		p.do(chromedp.KeyEvent(kb.Enter))
		select {
		case q := <-requests:
			return q
		case <-time.After(patience):
			t.Fatal("the page does not ask for the line")
			return request{}
		}
	}
	// wait gives what must not come the time to come.
	wait := func() { eval[bool](p, `new Promise(done => setTimeout(() => done(true), 300))`) }

	p.do(chromedp.Focus(chromedp.CSS("#grid")))
	late := open()
	p.do(chromedp.KeyEvent(kb.Escape))
	close(late.answer)
	wait()
	if eval[bool](p, `document.getElementById("detail").checkVisibility()`) {
		t.Errorf("%s is open after it was closed", text(p, "#detail-title"))
	}

	late = open()
	second := open()
	close(second.answer)
	p.until(`document.getElementById("detail").checkVisibility()`)
	title := text(p, "#detail-title")
	close(late.answer)
	wait()
	if now := text(p, "#detail-title"); now != title || late.line == second.line {
		t.Errorf("line %s, then line %s were opened; %q is shown, and later %q", late.line, second.line, title, now)
	}
	p.quiet()
}

// TestBrowserNormal sets a pattern aside and looks at the Fluent Bit section.
func TestBrowserNormal(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.click("#tab-patterns")
	p.until(`document.querySelectorAll("#patterns tr").length > 10`)
	first := text(p, "#patterns tr .shape")
	before := eval[int](p, `Number(document.getElementById("slider-value").textContent.match(/\d+(?= flagged)/)[0])`)
	p.click("#patterns tr:first-child td:last-child button")
	p.until(fmt.Sprintf("document.querySelector('#patterns tr .shape').textContent !== %q", first))
	p.until(fmt.Sprintf(`Number(document.getElementById("slider-value").textContent.match(/\d+(?= flagged)/)[0]) < %d`, before))
	p.slide(14) // 0.05
	p.click("#tab-section")
	p.rests()
	if row := regexp.MustCompile(`^\d+ lines?$`); !row.MatchString(text(p, "#normal li .small")) {
		t.Errorf("the pattern set aside has %q", text(p, "#normal li .small"))
	}
	section := eval[string](p, `document.getElementById("section").textContent`)
	said := regexp.MustCompile(`\n    # (\d+) of 4,000 lines, such as: (.+)\n    Ignore +pattern:([a-z0-9]{10})\n$`).FindStringSubmatch(section)
	if !strings.HasPrefix(section, "[FILTER]\n    Name ") || !strings.Contains(section, "    Contamination  0.05\n") || said == nil {
		t.Fatalf("the section is\n%s", section)
	}
	if n := len(client{t, p.url}.lines(p.logID(), "pattern="+said[3])); said[1] != strconv.Itoa(n) || len([]rune(said[2])) > 100 {
		t.Errorf("the pattern has %d lines; the section is\n%s", n, section)
	}
	p.click(`input[name=format][value="yaml"]`)
	p.until(`document.getElementById("section").textContent.startsWith("pipeline:")`)
	want := fmt.Sprintf("      contamination: 0.05\n      ignore:\n        # %s of 4,000 lines, such as: %s\n        - 'pattern:%s'\n", said[1], said[2], said[3])
	if yaml := eval[string](p, `document.getElementById("section").textContent`); !strings.HasSuffix(yaml, want) {
		t.Errorf("the section is\n%s", yaml)
	}

	// A link has the pattern, and what is known of it is asked for anew. What the
	// link calls it goes into no configuration.
	p.until(`new URLSearchParams(location.hash.slice(1)).has("normal")`)
	link := eval[string](p, `(q => {
		const [id] = JSON.parse(q.get("normal"))
		q.set("normal", JSON.stringify([id, "a stranger's"]))
		q.append("normal", JSON.stringify(["123", "of another log"]))
		return location.href.split("#")[0] + "#" + q
	})(new URLSearchParams(location.hash.slice(1)))`)
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(link))
	p.settled()
	p.rests()
	if now := eval[string](p, `document.getElementById("section").textContent`); now != section {
		t.Errorf("by a link, the section is\n%s", now)
	}
	if got := text(p, "#normal li:last-child"); got != "of another lognot in this logTake back" {
		t.Errorf("a pattern of another log is listed as %q", got)
	}
	p.click("#normal li:last-child button")
	p.until(`document.querySelectorAll("#normal button").length === 1`)
	p.click("#normal button")
	p.until(`!document.getElementById("section").textContent.includes("Ignore")`)
	p.quiet()
}

// TestBrowserScanAgain changes the options and the mode.
func TestBrowserScanAgain(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.click("#options-toggle")
	p.do(chromedp.SendKeys(chromedp.CSS("#option-warmup"), "5"))
	p.click(`#options button[type="submit"]`)
	p.until(`document.getElementById("option-warmup-error").textContent.includes("allowed: 32 to 1000000")`)
	p.do(chromedp.SetValue(chromedp.CSS("#option-warmup"), "1000"))
	p.click(`#options button[type="submit"]`)
	p.until(`document.querySelector("#glance dd small")?.textContent === "3,000 judged"`)
	p.click(`input[name=mode][value="batch"]`)
	p.until(`document.querySelector('input[value="batch"]').checked && document.querySelector("#glance dd").textContent === "4,000"`)
	p.settled()
	p.click("#tab-section")
	if s := text(p, "#section"); !strings.Contains(s, "Warmup  1000") {
		t.Errorf("the section is\n%s", s)
	}
	p.quiet("422") // the answer to a Warmup of 5
}

// TestBrowserDownload takes what is shown out as CSV, by the button.
func TestBrowserDownload(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	file := p.downloads(t.TempDir())
	p.click(`[data-group="error"]`)
	p.until(`document.getElementById("csv").href.includes("levels=error")`)
	p.click("#csv")
	rows, err := csv.NewReader(bytes.NewReader(file("shop-anomalies.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range eval[[]string](p, `[...document.querySelectorAll("#grid [data-field]")].map(e => e.dataset.field)`) {
		if !slices.Contains(rows[0], field) {
			t.Errorf("the table's column %s is none of %q", field, rows[0])
		}
	}
	id := p.logID()
	want := client{t, p.url}.lines(id, "only=1&levels=error,critical,fatal")
	if len(rows) != len(want)+1 || len(want) == 0 {
		t.Fatalf("%d rows, want %d", len(rows)-1, len(want))
	}
	for i, w := range want {
		is := map[string]string{}
		for j, field := range rows[0] {
			is[field] = rows[i+1][j]
		}
		if is["line"] != fmt.Sprint(w.Line) || is["anomaly"] != "true" || is["anomaly_reason"] != w.Reason || is["level"] != w.Level || is["text"] != w.Text {
			t.Errorf("row %d is %q, want %+v", i, rows[i+1], w)
		}
	}
}

// TestBrowserLink opens a link in a page of its own, while the log is there
// and after.
func TestBrowserLink(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.click(`[data-group="warn"]`)
	p.click(`input[name=only][value="0"]`)
	p.do(chromedp.SendKeys(chromedp.CSS("#search"), "retrying"))
	p.slide(9)
	p.until(`(q => q.has("levels") && q.has("all") && q.get("q") === "retrying" && q.get("contamination") === "0.01")(new URLSearchParams(location.hash.slice(1)))`)
	rows := len(client{t, p.url}.lines(p.logID(), "levels=warn&q=retrying"))
	p.has(rows)
	link := eval[string](p, "location.href")
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(link))
	p.settled()
	p.has(rows)
	if got := eval[string](p, `[document.getElementById("search").value, document.getElementById("slider-value").textContent.split(" ·")[0], document.querySelector('[data-group="warn"]').ariaPressed].join()`); got != "retrying,1 %,true" {
		t.Errorf("the link shows %s", got)
	}
	// One pattern, by its text.
	p.click("#tab-patterns")
	p.rests()
	p.click("#patterns tr:first-child .shape button")
	p.settled()
	chip := text(p, "#chips li")
	p.until(`new URLSearchParams(location.hash.slice(1)).has("pattern")`)
	one := eval[string](p, "location.href")
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(one))
	p.settled()
	if got := text(p, "#chips li"); got != chip || !strings.HasPrefix(got, "Pattern: ") || !strings.Contains(got, "retrying") {
		t.Errorf("the link shows %q, not %q", got, chip)
	}
	p.click("#close")
	p.until(`!document.getElementById("welcome").hidden`)
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(link))
	p.until(`document.getElementById("alert").textContent.includes("not here any more")`)
	p.dropFiles(shopLog)
	p.settled()
	p.has(rows)
}

// TestBrowserHostileLines shows lines that are meant to do harm.
func TestBrowserHostileLines(t *testing.T) {
	hostile := []string{
		`<img src=x onerror="window.harm=1"> <script>window.harm=2</script>`,
		`"><svg onload=window.harm=3><iframe srcdoc="<script>parent.harm=4</script>">`,
		"\x1b[31mred\x1b[0m \x1b]0;title\x07 and \u202eevil.exe\u202c and a\u200bb",
		`{"level":"error","msg":"<b onmouseover=window.harm=5>bold</b>"}`,
		`javascript:window.harm=6 {{7*7}} ${7*7}`,
	}
	var b bytes.Buffer
	for i := range 600 {
		fmt.Fprintf(&b, "2026-03-02 08:00:%02d INFO job %d done\n", i%60, i)
	}
	b.WriteString(strings.Join(hostile, "\n") + "\n")
	name := filepath.Join(t.TempDir(), `<img src=x onerror=window.harm=7>.log`)
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	p := open(t, 1280, 900, web.Config{}, name)
	p.until(`!document.getElementById("view").hidden`)
	p.allLines()
	p.until(`document.querySelector('[data-index="0"] .n')?.textContent === "1"`)
	p.do(chromedp.Focus(chromedp.CSS("#grid")), chromedp.KeyEvent(kb.End))
	p.until(`document.querySelector('[data-index="604"] .text')?.textContent.startsWith("javascript:")`)
	for i, want := range []string{hostile[0], hostile[1], `red \x1b]0;title\x07 and \u202eevil.exe\u202c and a\u200bb`, `<b onmouseover=window.harm=5>bold</b>`, hostile[4]} {
		if got := text(p, fmt.Sprintf(`[data-index="%d"] .text`, 600+i)); got != want {
			t.Errorf("line %d is shown as %q, want %q", 601+i, got, want)
		}
	}
	p.do(chromedp.Focus(chromedp.CSS("#grid")))
	for i := range hostile {
		p.do(chromedp.KeyEvent(kb.End))
		for range len(hostile) - 1 - i {
			p.do(chromedp.KeyEvent(kb.ArrowUp))
		}
		p.do(chromedp.KeyEvent(kb.Enter))
		p.until(fmt.Sprintf(`document.querySelector("#detail-title")?.textContent === "Line %d"`, 601+i))
	}
	p.click("#tab-patterns")
	p.until(`document.querySelectorAll("#patterns tr").length >= 3`)
	p.click("#patterns tr:first-child td:last-child button")
	p.click("#tab-section")
	if n := eval[int](p, `document.querySelectorAll("main img, main script, main iframe, main b[onmouseover], #logs img").length`); n > 0 {
		t.Errorf("%d elements came out of the log", n)
	}
	if harm := eval[bool](p, `"harm" in window`); harm {
		t.Error("a line of the log was run")
	}
	// And if the page's code ever tried, the browser would refuse.
	if refused := eval[bool](p, `(() => { try { document.createElement("div").innerHTML = "<b>x</b>"; return false } catch { return true } })()`); !refused {
		t.Error("the page could turn text into HTML")
	}
}

// TestBrowserExample tries the example of the start page.
func TestBrowserExample(t *testing.T) {
	p := open(t, 1280, 900, web.Config{})
	p.click("#example")
	p.settled()
	if name, lines := text(p, "#log-title"), text(p, "#glance dd"); name != "shop.log" || !strings.HasPrefix(lines, "4,000") {
		t.Errorf("the example is %s with %s lines", name, lines)
	}
	if p.rows() == 0 {
		t.Error("nothing stands out in the example")
	}
	p.quiet()
}

// TestBrowserAsksNobodyElse collects all requests of a visit.
func TestBrowserAsksNobodyElse(t *testing.T) {
	p := open(t, 1280, 900, web.Config{})
	var mu sync.Mutex
	var asked []string
	if err := chromedp.Listen(p.ctx, func(e any) {
		if r, ok := e.(*network.EventRequestWillBeSent); ok {
			mu.Lock()
			asked = append(asked, r.Request.URL)
			mu.Unlock()
		}
	}); err != nil {
		t.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	p.do(chromedp.Navigate(p.url))
	p.until(`!document.getElementById("welcome").hidden`)
	p.dropFiles(shopLog)
	p.settled()
	p.click("#tab-patterns")
	p.until(`document.querySelectorAll("#patterns tr").length > 10`)
	mu.Lock()
	defer mu.Unlock()
	if len(asked) < 8 {
		t.Errorf("only %d requests were seen", len(asked))
	}
	for _, u := range asked {
		if !strings.HasPrefix(u, p.url+"/") && !strings.HasPrefix(u, "data:") {
			t.Errorf("the page asks for %s", u)
		}
	}
	p.quiet()
}

func TestBrowserPhone(t *testing.T) {
	p := open(t, 390, 844, web.Config{})
	p.until(`!document.getElementById("welcome").hidden`)
	fits := func(where string) {
		t.Helper()
		if w := eval[int](p, "document.documentElement.scrollWidth"); w > 390 {
			t.Errorf("%s is %d pixels wide on a screen of 390", where, w)
		}
	}
	fits("the start")
	p.dropFiles(shopLog)
	p.settled()
	fits("the log")
	eval[bool](p, `(document.getElementById("grid").scrollIntoView(), true)`)
	if h := eval[float64](p, `document.querySelector('[data-index="0"]').getBoundingClientRect().height`); h < 44 {
		t.Errorf("a row is %v pixels high: too low for a finger", h)
	}
	p.click(`[data-index="0"]`)
	p.until(`document.getElementById("detail").checkVisibility()`)
	fits("a line")
	p.click(`#detail [aria-label="Close the line"]`)
	p.click("#tab-patterns")
	p.until(`document.querySelectorAll("#patterns tr").length > 10`)
	fits("the patterns")
	p.click("#tab-section")
	fits("the section")
	p.click("#tab-compare")
	fits("the comparison")
	p.click("#tab-incidents")
	p.rests()
	p.click("#incidents .open")
	p.until(`document.querySelectorAll("#incidents .story li").length > 0`)
	fits("an incident")
	p.quiet()
}

func TestBrowserColors(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	dark := func() bool {
		return eval[int](p, `getComputedStyle(document.body.parentElement).backgroundColor.match(/\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0)`) < 200
	}
	if dark() {
		t.Error("dark on a light system")
	}
	p.colors("dark")
	if !dark() {
		t.Error("light on a dark system")
	}
	p.click("#theme") // light, whatever the system has
	if dark() {
		t.Error("the button does not choose light")
	}
	p.do(chromedp.Reload())
	p.settled()
	if dark() {
		t.Error("the choice is forgotten")
	}
	p.click("#theme")
	p.colors("light")
	if !dark() {
		t.Error("the button does not choose dark")
	}
	p.quiet()
}

// TestBrowserAccessibility has axe-core look at the page in all its states.
func TestBrowserAccessibility(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Skipf("%s NEEDS axe-core and did not run: make web installs it", t.Name())
	}
	for _, c := range []struct {
		name          string
		width, height int
		scheme        string
	}{{"light", 1280, 900, "light"}, {"dark", 1280, 900, "dark"}, {"phone", 390, 844, "light"}} {
		t.Run(c.name, func(t *testing.T) {
			p := open(t, c.width, c.height, web.Config{})
			p.colors(c.scheme)
			check := func(where string) {
				t.Helper()
				type violation struct {
					ID, Impact, Help string
					Nodes            []string
				}
				eval[bool](p, string(axe)+"; true")
				for _, v := range eval[[]violation](p, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " " + n.failureSummary)})))`) {
					report := t.Logf
					if v.Impact == "serious" || v.Impact == "critical" {
						report = t.Errorf
					}
					report("%s: %s, %s: %s\n%s", where, v.Impact, v.ID, v.Help, strings.Join(v.Nodes, "\n"))
				}
			}
			p.until(`!document.getElementById("welcome").hidden`)
			check("the start")
			p.click("#paste")
			check("the dialog")
			p.do(chromedp.KeyEvent(kb.Escape))
			p.dropFiles(shopLog)
			p.settled()
			p.click("#options-toggle")
			check("the log and the options")
			p.click("#options-toggle")
			p.click("#tab-incidents")
			p.until(`document.querySelectorAll("#incidents .incident").length > 0`)
			p.click("#incidents .open")
			p.until(`document.querySelectorAll("#incidents .story li").length > 0`)
			check("the incidents")
			p.click(`#incidents .opened [data-key="all"]`)
			p.rests()
			p.click(`#chips [data-key="incident"]`)
			p.click(`input[name=only][value="1"]`)
			p.rests()
			p.click(`[data-index="1"]`)
			p.until(`document.getElementById("detail").checkVisibility()`)
			check("a line")
			p.click(`#detail [aria-label="Close the line"]`)
			p.click(`input[name=only][value="0"]`)
			p.until(`document.querySelector('[data-index="0"] .n')?.textContent === "1"`)
			check("all lines")
			p.click("#tab-patterns")
			p.until(`document.querySelectorAll("#patterns tr").length > 10`)
			check("the patterns")
			p.click("#patterns tr:first-child td:last-child button")
			p.click("#tab-section")
			check("the section")
			p.click("#tab-compare")
			p.rests()
			check("nothing to compare")
			p.dropFiles(file(t, "other.log", readFile(t, shopLog)[:300_000]))
			p.settled()
			p.click("#tab-compare")
			p.until(`document.querySelectorAll("#compared .compared li").length > 0`)
			check("a comparison")
			p.dropFiles(file(t, "bad.png", []byte("\x89PNG\r\n\x1a\n")))
			p.settled()
			check("a refused log")
			p.dropFiles(file(t, "empty.log", nil))
			p.rests()
			check("a complaint")
		})
	}
}
