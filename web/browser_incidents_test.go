package web_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/flb-anomaly/flb-anomaly/web"
)

// downloads has the browser put what it downloads into a folder; what it returns waits for
// a file there.
func (p *page) downloads(dir string) func(name string) []byte {
	p.Helper()
	if _, err := chromedp.CallBrowser(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir}); err != nil {
		p.Fatal(err)
	}
	return func(name string) []byte {
		p.Helper()
		name = filepath.Join(dir, name)
		// The browser gives a download its name when it is complete.
		for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			if _, err := os.Stat(name); err == nil {
				if left, _ := filepath.Glob(filepath.Join(dir, "*.crdownload")); len(left) == 0 {
					return readFile(p, name)
				}
			}
			if time.Now().After(deadline) {
				p.Fatalf("%s is not downloaded", name)
			}
		}
	}
}

// TestBrowserIncidents: the page opens on what happened, one row each, a storm too.
func TestBrowserIncidents(t *testing.T) {
	p := openPage(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	p.until(`document.getElementById("panel-incidents").checkVisibility() && document.querySelectorAll("#incidents .incident").length > 0`)
	c := client{t, p.url}
	want := c.incidents(p.logID(), "")
	ids := func() []string {
		return eval[[]string](p, `[...document.querySelectorAll("#incidents .incident")].map(e => e.dataset.incident)`)
	}
	var order []string
	storm := want.Incidents[0]
	for _, i := range want.Incidents {
		order = append(order, i.ID)
		if i.Lines > storm.Lines {
			storm = i
		}
	}
	if got := ids(); !slices.Equal(got, order) || text(p, "#incidents-text") != fmt.Sprintf("%d incidents", len(order)) {
		t.Fatalf("the incidents are %v, want %v", got, order)
	}
	row := fmt.Sprintf(`[data-incident="%s"]`, storm.ID)
	if said := text(p, row); storm.Lines < 200 || !strings.Contains(said, fmt.Sprintf("%d lines%d flagged", storm.Lines, storm.Flagged)) {
		t.Errorf("the storm of %d lines is %q", storm.Lines, said)
	}
	if marks := eval[int](p, `document.querySelectorAll("#incidents .what mark.odd").length`); marks < len(order)/2 {
		t.Errorf("%d words are marked in %d incidents", marks, len(order))
	}
	if bars := eval[int](p, `[...document.querySelectorAll("#incidents .spark path")].filter(e => e.getAttribute("d")).length`); bars != len(order) {
		t.Errorf("%d of %d incidents have a timeline", bars, len(order))
	}

	// It opens into its lines, by the keyboard too; all of them are one click away.
	p.do(chromedp.Focus(chromedp.CSS(row+" .open")), chromedp.KeyEvent(kb.Enter))
	p.until(`document.querySelectorAll("#incidents .story li").length === 12`)
	if open := eval[string](p, fmt.Sprintf(`document.querySelector('%s .open').ariaExpanded + document.activeElement.dataset.key`, row)); open != "trueopen-"+storm.ID {
		t.Errorf("open: %s", open)
	}
	p.click(`#incidents .opened [data-key="all"]`)
	p.has(int(storm.Lines))
	if chip := text(p, "#chips li"); !strings.HasPrefix(chip, "Incident: "+storm.ID) || !eval[bool](p, `document.getElementById("grid").checkVisibility()`) {
		t.Errorf("the lines are narrowed to %q", chip)
	}
	p.until(`new URLSearchParams(location.hash.slice(1)).get("incident")`)
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(eval[string](p, "location.href")))
	p.settled()
	p.has(int(storm.Lines))

	// A line of it opens beside the others.
	p.click("#tab-incidents")
	p.rests()
	p.click(`#chips [data-key="incident"]`)
	p.rests()
	p.click(row + " .open")
	p.until(`document.querySelectorAll("#incidents .story li").length === 12`)
	p.click("#incidents .story li:nth-child(2) button")
	p.until(`document.getElementById("detail").checkVisibility()`)
	p.has(int(storm.Lines))

	// By the heads.
	p.click("#tab-incidents")
	p.rests()
	p.click(`#chips [data-key="incident"]`)
	p.rests()
	for _, s := range []struct{ head, sort, order string }{{"lines", "lines", "descending"}, {"scores", "score", "descending"}, {"took", "long", "descending"}, {"when", "newest", "descending"}, {"when", "first", "ascending"}} {
		p.click(fmt.Sprintf(`#incidents-head [data-key="%s"]`, s.head))
		p.rests()
		var order []string
		for _, i := range c.incidents(p.logID(), "sort="+s.sort).Incidents {
			order = append(order, i.ID)
		}
		if got := ids(); !slices.Equal(got, order) || eval[string](p, fmt.Sprintf(`document.querySelector('#incidents-head .%s').ariaSort`, s.head)) != s.order {
			t.Errorf("sorted by %s: %v, want %v", s.sort, got, order)
		}
	}

	// What is searched for is in one of its lines.
	eval[bool](p, `(s => { s.value = "could not write"; return s.dispatchEvent(new Event("input")) })(document.getElementById("search"))`)
	p.until(`document.querySelectorAll("#incidents .incident").length === 1`)
	eval[bool](p, `(s => { s.value = "nothing of the kind"; return s.dispatchEvent(new Event("input")) })(document.getElementById("search"))`)
	p.until(`document.getElementById("incidents-none").checkVisibility()`)
	p.quiet()
}

// TestBrowserReport takes the incidents out as one file.
func TestBrowserReport(t *testing.T) {
	p := openPage(t, 1280, 900, web.Config{}, shopLog)
	p.settled()
	file := p.downloads(t.TempDir())
	p.until(`document.getElementById("report-html").href.includes("/report?")`)
	p.click("#report-html")
	p.click("#report-markdown")
	html, markdown := file("shop-incidents.html"), file("shop-incidents.md")
	for _, i := range (client{t, p.url}).incidents(p.logID(), "").Incidents {
		if !bytes.Contains(html, []byte(i.ID)) || !bytes.Contains(markdown, []byte(i.ID)) {
			t.Errorf("a report lacks %s", i.ID)
		}
	}
	// It shows itself without us.
	name := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(name, html, 0o666); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate("file://" + name))
	if n := eval[int](p, `document.querySelectorAll("section h2").length`); n == 0 {
		t.Error("the report shows nothing")
	}
}

// TestBrowserQuiet shows the incidents that nobody would be called for on demand.
func TestBrowserQuiet(t *testing.T) {
	const line = `ts=2026-03-02T10:30:00.000Z level=info app=shop-api msg="feature flags loaded from disk" flags=14`
	p := openPage(t, 1280, 900, web.Config{}, file(t, "a.log", append(slices.Clone(readFile(t, shopLog)), line...)))
	p.settled()
	const rows = `document.querySelectorAll("#incidents .incident").length`
	loud := eval[int](p, rows)
	if said := text(p, "#incidents-hushed"); !strings.Contains(said, "Show 1 quiet incident") || strings.Contains(text(p, "#incidents"), "feature flags") {
		t.Errorf("%q is said of the quiet one", said)
	}
	p.click("#incidents-quiet")
	p.until(fmt.Sprintf("%s === %d", rows, loud+1))
	if said := text(p, "#incidents"); !strings.Contains(said, "feature flags") || !strings.Contains(said, "quiet") {
		t.Errorf("the list is %q", said)
	}
	p.click("#incidents-quiet")
	p.until(fmt.Sprintf("%s === %d", rows, loud))
	p.quiet()
}

// TestBrowserNewestFirst looks at a log that goes on.
func TestBrowserNewestFirst(t *testing.T) {
	needBrowser(t)
	c := newClient(t, web.Config{})
	v := c.create(map[string]any{"name": "live", "size": -1})
	in, feed := io.Pipe()
	sent := make(chan int)
	go func() { sent <- c.ask("PUT", "/api/views/"+v.ID+"/text", in, nil) }()
	clock := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	say := func(n int, words string) {
		for i := range n {
			clock = clock.Add(time.Second)
			fmt.Fprintf(feed, "%s "+words+"\n", clock.Format(time.DateTime), i)
		}
	}
	say(900, "INFO job %d done")
	say(1, "ERROR disk %d is on fire")
	say(900, "INFO job %d done")
	p := browse(t, 1280, 900, c.url+"/#log="+v.ID)
	p.until(`document.querySelectorAll("#incidents .incident").length === 1`)
	first := eval[string](p, `document.querySelector("#incidents .incident").dataset.incident`)
	say(1, "FATAL reactor %d has melted")
	say(600, "INFO job %d done")
	p.until(`document.querySelectorAll("#incidents .incident").length === 2`)
	if !strings.Contains(text(p, "#incidents .incident"), "has melted") || eval[string](p, `[...document.querySelectorAll("#incidents .incident")].at(-1).dataset.incident`) != first {
		t.Errorf("the newest is not first: %q", text(p, "#incidents"))
	}
	feed.Close()
	<-sent
	p.quiet()
}

// TestBrowserIncidentsAreSafe shows hostile lines as incidents, at the width of a phone.
func TestBrowserIncidentsAreSafe(t *testing.T) {
	var b bytes.Buffer
	for i := range 600 {
		fmt.Fprintf(&b, "2026-03-02 08:00:%02d INFO job %d done\n", i%60, i)
	}
	for i, l := range []string{`<img src=x onerror="window.harm=1"> panic: <script>window.harm=2</script>`, "panic: \x1b[31mred\u202eevil.exe", `{"level":"fatal","msg":"<b onmouseover=window.harm=5>bold</b>","<i>k</i>":"<u>v</u>"}`} {
		fmt.Fprintf(&b, "%s\n", l)
		for j := range 400 {
			fmt.Fprintf(&b, "2026-03-02 0%d:00:%02d INFO job %d done\n", 9+i, j%60, j)
		}
	}
	p := openPage(t, 390, 844, web.Config{}, file(t, `<img src=x onerror=window.harm=7>.log`, b.Bytes()))
	p.settled()
	p.until(`document.querySelectorAll("#incidents .incident").length > 0`)
	n := eval[int](p, `document.querySelectorAll("#incidents .incident").length`)
	for i := range n {
		eval[bool](p, fmt.Sprintf(`(document.querySelectorAll("#incidents .incident .open")[%d].click(), true)`, i))
		p.until(`document.querySelectorAll("#incidents .story li").length > 0`)
	}
	if n := eval[int](p, `document.querySelectorAll("main img, main script, main b[onmouseover], main .what u, main .what i").length`); n > 0 {
		t.Errorf("%d elements came out of the log", n)
	}
	if eval[bool](p, `"harm" in window`) {
		t.Error("a line of the log was run")
	}
	if w := eval[int](p, "document.documentElement.scrollWidth"); w > 390 {
		t.Errorf("the incidents are %d pixels wide on a screen of 390", w)
	}
	p.quiet()
}

// TestBrowserIgnoreFile sets patterns aside: for download, and in the server's file.
func TestBrowserIgnoreFile(t *testing.T) {
	path := file(t, "ignore.txt", []byte("# mine\n^probe\n"))
	p := openPage(t, 1280, 900, web.Config{IgnoreFile: path}, shopLog)
	p.settled()
	p.until(`document.querySelectorAll("#incidents .incident").length > 0`)
	before := eval[int](p, `document.querySelectorAll("#incidents .incident").length`)
	eval[bool](p, `([...document.querySelectorAll("#incidents .open")].find(e => e.textContent.includes("swiftbox")).click(), true)`)
	p.rests()
	if said := text(p, `#incidents .opened [data-key^="normal-"]`); said != "This is normal: 1 line of the log" {
		t.Errorf("the page offers %q", said)
	}
	p.click(`#incidents .opened [data-key^="normal-"]`)
	p.until(fmt.Sprintf(`document.querySelectorAll("#incidents .incident").length === %d`, before-1))
	p.rests()
	is := string(readFile(t, path))
	if !strings.HasPrefix(is, "# mine\n^probe\n# flb-anomaly: 1 of 4,000 lines of shop.log, such as: ") || strings.Count(is, "\npattern:") != 1 {
		t.Errorf("the file is\n%s", is)
	}
	p.click("#tab-section")
	p.rests()
	if note := text(p, "#ignore-note"); !strings.Contains(note, path) {
		t.Errorf("the page says %q", note)
	}
	got := p.downloads(t.TempDir())
	p.click("#ignore-file")
	entry := is[strings.Index(is, "pattern:"):]
	if body := string(got("shop-ignore.txt")); !strings.HasSuffix(body, "\n"+entry) {
		t.Errorf("downloaded is\n%s", body)
	}
	p.click("#normal button")
	p.rests()
	if is := string(readFile(t, path)); is != "# mine\n^probe\n" {
		t.Errorf("taken back, the file is\n%s", is)
	}
	// A file that cannot be changed is said to be.
	if err := os.WriteFile(path, []byte("(\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.click("#tab-patterns")
	p.rests()
	p.click("#patterns tr:first-child td:last-child button")
	p.until(`document.getElementById("alert").textContent.includes("could not be changed")`)
	p.quiet("409")
}

// TestBrowserCompare holds the end of the log against what comes before it, and two logs
// against each other.
func TestBrowserCompare(t *testing.T) {
	log := readFile(t, shopLog)
	p := openPage(t, 1280, 900, web.Config{}, shopLog, file(t, "other.log", append(slices.Clone(log), "2026-03-02 09:31:00 ERROR deploy: something else altogether\n"...)))
	p.settled()
	p.click("#tab-compare")
	p.rests()
	// The other log is there: it is what this one is compared with.
	if said := text(p, `[data-side="gone"]`); !strings.Contains(said, "Gone: 1") || !strings.Contains(said, "something else altogether") {
		t.Errorf("compared with the other log: %q", text(p, "#compared"))
	}
	p.choose("other.log")
	p.settled()
	p.click("#tab-compare")
	p.rests()
	if said := text(p, `[data-side="new"]`); !strings.Contains(said, "New: 1") || !strings.Contains(said, "something else altogether") {
		t.Errorf("the other log compared with it: %q", text(p, "#compared"))
	}
	// As a file, too.
	take := p.downloads(t.TempDir())
	p.click("#compared-html")
	p.click("#compared-markdown")
	for name, said := range map[string]string{"html": string(take("other-incidents.html")), "markdown": strings.ReplaceAll(string(take("other-incidents.md")), `\`, "")} {
		if !strings.Contains(said, "Compared with shop") || !strings.Contains(said, "New patterns: 1") || !strings.Contains(said, "something else altogether") {
			t.Errorf("the report as %s: %.300s", name, said)
		}
	}
	p.click(`[data-side="new"] button`)
	p.has(1)

	// Two selections of the chart.
	p.choose("shop.log")
	p.settled()
	p.click("#tab-compare")
	p.rests()
	if !eval[bool](p, `document.getElementById("after-take").disabled`) {
		t.Error("without a selection, it can be taken")
	}
	over := p.rect(".u-over")
	drag := func(from, to float64) {
		p.do(chromedp.DragAndDropXY(over.X+from*over.Width, over.Y+over.Height/2, over.X+to*over.Width, over.Y+over.Height/2, 8))
		p.settled()
	}
	drag(0.6, 0.9)
	p.click("#after-take")
	drag(0.1, 0.5)
	p.click("#before-take")
	p.rests()
	if said := text(p, `[data-side="new"]`); !strings.Contains(said, "webhooks: delivery of") {
		t.Errorf("new in the selection: %q", said)
	}
	if before, after := text(p, "#before-range"), text(p, "#after-range"); !strings.HasPrefix(before, "08:0") || !strings.HasPrefix(after, "08:5") {
		t.Errorf("compared are %q and %q", before, after)
	}
	p.click("#before-all")
	p.rests()
	if said := text(p, "#before-range"); said != "all that comes before" {
		t.Errorf("before is %q", said)
	}
	p.quiet()
}

// TestBrowserCompareFields holds the fields of two logs against each other.
func TestBrowserCompareFields(t *testing.T) {
	record := func(fields string) string {
		return strings.Repeat(`{"level":"info","msg":"request served",`+fields+"}\n", 300)
	}
	before := file(t, "before.log", []byte(record(`"user":7,"host":"a"`)))
	after := file(t, "after.log", []byte(record(`"host":"a","region":"<img src=x onerror=alert(1)>"`)+`{"level":"info","msg":"request served","<b>":1,"host":"a"}`+"\n"))
	p := openPage(t, 1280, 900, web.Config{}, before, after)
	p.settled()
	p.choose("after.log")
	p.settled()
	p.click("#tab-compare")
	p.rests()
	for side, want := range map[string]string{"new-fields": "New fields: 2<b>in 1 lineregionin 300 lines", "gone-fields": "Gone fields: 1userwas in 300 lines", "changed-fields": "Fields far more or less often: 0none"} {
		if said := text(p, `[data-side="`+side+`"]`); said != want {
			t.Errorf("%s: %q, %q wanted", side, said, want)
		}
	}
	if said := text(p, "#compared-text"); !strings.Contains(said, "3 fields differ, 1 is as before.") {
		t.Errorf("said is %q", said)
	}
	p.quiet()
}

// TestBrowserPatternsOverTime shows when each pattern came, and which are new.
func TestBrowserPatternsOverTime(t *testing.T) {
	p := open(t, 1440, 900, web.Config{}, shopLog)
	p.settled()
	p.click("#tab-patterns")
	p.until(`document.querySelectorAll("#patterns tr").length > 10`)
	if n := eval[int](p, `[...document.querySelectorAll("#patterns tr")].filter(r => r.querySelector(".spark path").getAttribute("d") && /\d\d:\d\d:\d\d/.test(r.querySelector(".seen").textContent) && /\d\d:\d\d:\d\d/.test(r.querySelector(".until").textContent)).length`); n != eval[int](p, `document.querySelectorAll("#patterns tr").length`) {
		t.Errorf("%d patterns say when they came", n)
	}
	p.click(`#patterns-head [data-key="seen"]`)
	p.until(`document.querySelector("#patterns-head .seen").ariaSort === "descending"`)
	p.rests()
	if first := text(p, "#patterns tr"); !strings.Contains(first, "new") || !strings.Contains(first, "declined") {
		t.Errorf("the newest pattern is %q", first)
	}
	p.click(`#patterns-head [data-key="until"]`)
	p.rests()
	p.until(`document.querySelector("#patterns-head .until").ariaSort === "descending"`)
	p.quiet()
}
