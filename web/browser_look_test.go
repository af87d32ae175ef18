package web_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/flb-anomaly/flb-anomaly/web"
)

// TestBrowserMessageFirst: in a window of 1100 pixels, one can read the message and the
// reason, and what the reason speaks of is marked.
func TestBrowserMessageFirst(t *testing.T) {
	for _, width := range []int{1440, 1100, 390} {
		p := open(t, width, 900, web.Config{}, shopLog)
		p.settled()
		type shown struct {
			Text, Rest, Why string
			Marks           []string
			Wide            float64
		}
		rows := eval[[]shown](p, `[...document.querySelectorAll(".grid .row")].map(r => ({
			text: r.querySelector(".text").textContent, rest: r.querySelector(".rest")?.textContent ?? "", why: r.querySelector(".why").textContent,
			marks: [...r.querySelectorAll("mark.odd")].map(m => m.textContent), wide: r.querySelector(".text").clientWidth,
		}))`)
		marked := 0
		for _, r := range rows {
			marked += min(1, len(r.Marks))
			if strings.HasPrefix(r.Text, "2026-") || strings.HasPrefix(r.Text, "ts=") || strings.HasPrefix(r.Text, "{") {
				t.Errorf("width %d: the text begins with the time: %q", width, r.Text)
			}
			if width == 1100 && r.Wide < 600 {
				t.Errorf("of the text, %.0f pixels are in sight", r.Wide)
			}
		}
		if i := slices.IndexFunc(rows, func(r shown) bool { return strings.HasPrefix(r.Text, "request failed err=") }); i < 0 || !strings.HasPrefix(rows[i].Rest, " err=\"context deadline exceeded\" app=") || !slices.Equal(rows[i].Marks, []string{"err", "context deadline exceeded"}) {
			t.Errorf("width %d: the rows are %+v", width, rows)
		}
		if marked*2 < len(rows) {
			t.Errorf("width %d: in %d of %d rows a word is marked", width, marked, len(rows))
		}
		p.quiet()
	}
}

// TestBrowserFields opens a line: its fields, with what is usual for each.
func TestBrowserFields(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	eval[bool](p, `([...document.querySelectorAll(".grid .row")].find(r => r.textContent.includes("code 500 never seen")).querySelector(".text").click(), true)`)
	p.until(`document.querySelectorAll("#detail .values tbody tr").length > 5`)
	row := func(name string) string {
		return eval[string](p, fmt.Sprintf(`[...[...document.querySelectorAll("#detail .values tbody tr")].find(r => r.firstChild.textContent === %q).children].map(c => c.textContent).join("|")`, name))
	}
	if code := row("code"); !strings.HasPrefix(code, "code|500|code") || !regexp.MustCompile(`\|code200 \(\d+ %\), 304 `).MatchString(code) {
		t.Errorf("the code is %q", code)
	}
	if method := row("method"); !strings.HasPrefix(method, "method|GET|category") {
		t.Errorf("the method is %q", method)
	}
	if odd := eval[string](p, `[...document.querySelectorAll("#detail .values .odd th")].map(e => e.textContent).join()`); odd != "code" {
		t.Errorf("odd are %q", odd)
	}
	p.quiet()
}

// TestBrowserSortsLines by the heads of their table.
func TestBrowserSortsLines(t *testing.T) {
	for _, width := range []int{1440, 1100} {
		p := open(t, width, 900, web.Config{}, shopLog)
		p.settled()
		c := client{t, p.url}
		for _, s := range []struct{ head, sort, order string }{{"anomaly_score", "score", "descending"}, {"time", "latest", "descending"}, {"time", "time", "ascending"}} {
			p.click(fmt.Sprintf(`#grid [data-field="%s"] button`, s.head))
			p.until(fmt.Sprintf(`document.querySelector('#grid [data-field="%s"]').ariaSort === %q`, s.head, s.order))
			p.settled()
			want := c.rows(p.logID(), "only=1&sort="+s.sort)
			got := eval[[]string](p, `[0, 1, 2].map(i => document.querySelector('[data-index="' + i + '"] .n').textContent.replace(",", ""))`)
			for i, n := range got {
				if n != fmt.Sprint(want[i].N) {
					t.Errorf("width %d, by %s: row %d is line %s, want %d", width, s.sort, i, n, want[i].N)
				}
			}
		}
		// The strangest one after the other, by the keyboard; a link keeps the order.
		p.click(`#grid [data-field="anomaly_score"] button`)
		p.settled()
		want := c.rows(p.logID(), "only=1&sort=score")
		p.do(chromedp.Focus(chromedp.CSS("#grid")), chromedp.KeyEvent("n"))
		p.until(fmt.Sprintf(`document.querySelector(".grid .row.active .n")?.textContent.replace(",", "") === "%d"`, want[0].N))
		p.do(chromedp.KeyEvent("n"))
		p.until(fmt.Sprintf(`document.querySelector(".grid .row.active .n")?.textContent.replace(",", "") === "%d"`, want[1].N))
		p.until(`new URLSearchParams(location.hash.slice(1)).get("sort") === "score"`)
		p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(eval[string](p, "location.href")))
		p.settled()
		if n := text(p, `[data-index="0"] .n`); strings.ReplaceAll(n, ",", "") != fmt.Sprint(want[0].N) {
			t.Errorf("by a link, the first line is %s", n)
		}
		p.quiet()
	}
}

// TestBrowserZone shows times as the log has them, and as the browser does.
func TestBrowserZone(t *testing.T) {
	var b bytes.Buffer
	for i := range 600 {
		fmt.Fprintf(&b, "2026-03-02T08:%02d:%02d+02:00 INFO job %d done\n", i/60, i%60, i)
	}
	needBrowser(t)
	url := serve(t, web.Config{}, file(t, "a.log", b.Bytes()))
	p := browse(t, 1280, 900, "about:blank")
	p.url = url
	call(p, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kolkata"})
	p.do(chromedp.Navigate(url + "/#tab=lines"))
	p.settled()
	p.allLines()
	is := func(want, zone string) {
		t.Helper()
		p.until(fmt.Sprintf(`document.querySelector('[data-index="0"] .time').textContent === %q`, want))
		if got := text(p, "#glance > :last-child dd"); !strings.HasPrefix(got, want[:5]) {
			t.Errorf("at a glance, the log is from %q, want %q", got, want)
		}
		p.click(`[data-index="0"]`)
		p.until(fmt.Sprintf(`document.querySelector("#detail .verdict")?.textContent.includes("2026-03-02 %s %s")`, want, zone))
		p.click(`#detail [aria-label="Close the line"]`)
	}
	choose := func(zone string) {
		eval[bool](p, fmt.Sprintf(`(z => { z.value = %q; return z.dispatchEvent(new Event("change")) })(document.getElementById("zone"))`, zone))
		p.settled()
	}
	is("08:00:00.000", "UTC+02:00")
	choose("browser")
	is("11:30:00.000", "UTC+05:30")
	choose("utc")
	is("06:00:00.000", "UTC")
	p.do(chromedp.Reload())
	p.settled()
	p.allLines()
	is("06:00:00.000", "UTC")
	p.quiet()
}

// TestBrowserNoRing: the page as a whole can have the focus, and shows no ring for it.
func TestBrowserNoRing(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.do(chromedp.Focus(chromedp.CSS("#skip")), chromedp.KeyEvent(kb.Enter))
	if at := eval[string](p, `document.activeElement.id + " " + getComputedStyle(document.activeElement).outlineStyle`); at != "main none" {
		t.Errorf("the focus is at %q", at)
	}
}

// TestBrowserCaptions: the names in the chart cover no bars, which are highest at the left.
func TestBrowserCaptions(t *testing.T) {
	var b bytes.Buffer
	for i := range 900 {
		fmt.Fprintf(&b, "2026-03-02 08:%02d:%02d INFO job %d done\n", i/60, i%60, i)
		if i < 200 {
			b.WriteString(strings.Repeat(fmt.Sprintf("2026-03-02 08:%02d:%02d WARN disk is filling\n", i/60, i%60), 20))
		}
	}
	p := open(t, 1280, 900, web.Config{}, file(t, "a.log", b.Bytes()))
	p.settled()
	p.slide(20) // so that the first bars of the anomalies are the highest
	p.settled()
	// Of the bars' colors, and of no other of the chart, is what is saturated enough.
	type band struct{ Above, Within int }
	bands := eval[[]band](p, `(() => {
		const canvas = document.querySelector("#plot canvas"), over = document.querySelector(".u-over"), c = canvas.getContext("2d")
		const box = canvas.getBoundingClientRect(), plot = over.getBoundingClientRect(), ratio = canvas.width / box.width
		const probe = document.createElement("i")
		document.body.append(probe)
		const colors = ["none", "debug", "info", "warn"].map(n => { probe.style.color = "var(--c-" + n + ")"; return getComputedStyle(probe).color.match(/\d+/g).map(Number) })
		const count = (from, to) => {
			const d = c.getImageData((plot.left - box.left) * ratio, (plot.top - box.top + from) * ratio, 90 * ratio, Math.max(1, (to - from) * ratio)).data
			let n = 0
			for (let i = 0; i < d.length; i += 4) n += d[i + 3] === 255 && colors.some(k => Math.abs(k[0] - d[i]) + Math.abs(k[1] - d[i + 1]) + Math.abs(k[2] - d[i + 2]) < 6)
			return n
		}
		const anomalies = plot.height * 0.36
		return [{above: count(0, 14), within: count(14, anomalies)}, {above: count(anomalies + 2, anomalies + 16), within: count(anomalies + 16, plot.height)}]
	})()`)
	for i, b := range bands {
		if b.Above > 0 || b.Within < 100 {
			t.Errorf("part %d of the chart: %d pixels of bars where its name stands, %d below", i, b.Above, b.Within)
		}
	}
}

// TestBrowserStrayTime: a record from 2099 leaves the chart as it was, and can be found.
func TestBrowserStrayTime(t *testing.T) {
	log := append(slices.Clone(readFile(t, shopLog)), "2099-12-31 23:59:00 ERROR a record from afar\n"...)
	p := open(t, 1280, 900, web.Config{}, file(t, "a.log", log))
	p.settled()
	if said := text(p, "#chart-text"); !strings.HasPrefix(said, "From 2026-03-02 08:00:00.000 to 2026-03-02 09:30") {
		t.Errorf("the chart shows %q", said)
	}
	if said := text(p, "#glance > :last-child"); !strings.Contains(said, "08:00 to 09:30") {
		t.Errorf("the time is %q", said)
	}
	p.until(`document.getElementById("outside").textContent.includes("1 line lies far later, up to 2099-12-31 23:59")`)
	p.click("#outside button")
	p.has(1)
	p.until(`document.querySelector('[data-index="0"]').textContent.includes("a record from afar")`)
	if at := text(p, `[data-index="0"] .time`); at != "2099-12-31 23:59" {
		t.Errorf("its time is %q", at)
	}
	p.quiet()
}

// TestBrowserNothing: what is said of a selection without anomalies is true.
func TestBrowserNothing(t *testing.T) {
	p := open(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	c := client{t, p.url}
	// The largest spike of the log, under the smallest share.
	p.slide(1)
	p.settled()
	over := p.rect(".u-over")
	p.do(chromedp.DragAndDropXY(over.X+0.695*over.Width, over.Y+over.Height/2, over.X+0.702*over.Width, over.Y+over.Height/2, 8))
	p.settled()
	p.until(`document.getElementById("nothing").checkVisibility() && document.querySelectorAll("#nothing p").length === 2`)
	at := strings.Split(eval[string](p, `new URLSearchParams(location.hash.slice(1)).get("range")`), ",")
	rows := c.rows(p.logID(), fmt.Sprintf("stop=1&sort=score&axis=time&from=%s&to=%s", at[1], at[2]))
	said := text(p, "#nothing")
	if strings.Contains(said, "Nothing stands out") || !strings.HasPrefix(said, "No line is flagged here at 0.01 %.") ||
		!strings.Contains(said, fmt.Sprintf("The strangest of %d lines has a score of %.2f.", len(rows), rows[0].S)) || !strings.Contains(said, "times as often here as in the whole log") {
		t.Errorf("the page says %q of %d lines", said, len(rows))
	}
	p.quiet()
}

// TestBrowserRaisedBar: in a storm, one sees why a line is not flagged beside another of a
// lower score.
func TestBrowserRaisedBar(t *testing.T) {
	p := open(t, 1440, 900, web.Config{}, shopLog)
	p.settled()
	c := client{t, p.url}
	// A line with a score that a calm log would have flagged, and is not.
	var line int
	for _, l := range c.lines(p.logID(), "") {
		if l.Score != nil && *l.Score >= 0.5 && !l.Anomaly {
			line = l.Line
			break
		}
	}
	if line == 0 {
		t.Fatal("the test needs a line that the storm spared")
	}
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(fmt.Sprintf("%s/#tab=lines&all=1&range=line,%d,%d&log=%s", p.url, line, line+1, p.logID())))
	p.settled()
	p.has(1)
	if shown := eval[bool](p, `document.querySelector(".grid .row .meter b") !== null || document.querySelector(".grid .row .raised") === null`); !shown {
		t.Error("the score does not show the bar")
	}
	p.click(`[data-index="0"]`)
	p.until(`document.getElementById("spared")?.checkVisibility()`)
	if said := text(p, "#spared"); !strings.HasPrefix(said, "Not flagged: ") {
		t.Errorf("the page says %q", said)
	}
	p.quiet()
}

// TestBrowserYear drops a file: what it was written to last goes with it.
func TestBrowserYear(t *testing.T) {
	p := open(t, 1280, 900, web.Config{})
	p.rests()
	name := file(t, "a.log", []byte(strings.Repeat("Mar  2 09:06:21 kernel: all is calm\nMar  2 09:06:22 kernel: all is well\n", 40)))
	written := time.Date(2019, 6, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(name, written, written); err != nil {
		t.Fatal(err)
	}
	p.dropFiles(name)
	p.settled()
	p.allLines()
	p.click(`[data-index="0"]`)
	p.until(`document.querySelector("#detail .verdict")?.textContent.includes("2019-03-02 09:06:21")`)
	p.quiet()
}
