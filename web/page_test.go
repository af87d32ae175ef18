package web_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/web"
)

// Tests by the name of TestBrowser drive the page in a real Chromium, headless,
// over the DevTools protocol. Where there is none they are skipped, each by its
// name.

var (
	screenshots = flag.String("screenshots", "", "folder that TestScreenshots writes pictures of the page into")
	delay       = flag.Duration("delay", 0, "hold each answer of the server to a browser back for up to so long: a test must not lean on a fast one")
)

const shopLog = "../examples/shop.log"

// patience is how long a test waits for the page to become what it should. It
// is no measure of speed: a machine that is busy with other things may take it.
const patience = 60 * time.Second

// chromium is where the browser is, empty when there is none.
var chromium = sync.OnceValue(func() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
})

// needBrowser skips a test where there is no browser.
func needBrowser(t testing.TB) {
	t.Helper()
	if chromium() == "" {
		t.Skipf("%s NEEDS A BROWSER and did not run: there is no chromium; on Debian, apt-get install chromium", t.Name())
	}
}

// page is a tab with the page in it.
type page struct {
	testing.TB
	ctx context.Context
	url string

	mu     sync.Mutex
	errors []string // that the page threw or logged, its requests to elsewhere too
}

// open starts a server and a browser that shows its page, in a window of a
// size, on the list of lines.
func open(t *testing.T, width, height int, config web.Config, files ...string) *page {
	t.Helper()
	needBrowser(t)
	return browse(t, width, height, serve(t, config, files...)+"/#tab=lines")
}

// openPage is open on what the page shows first: incidents.
func openPage(t *testing.T, width, height int, config web.Config, files ...string) *page {
	t.Helper()
	needBrowser(t)
	return browse(t, width, height, serve(t, config, files...))
}

// browse starts a browser that shows the page of a server.
func browse(t testing.TB, width, height int, url string) *page {
	t.Helper()
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), browserFlags(t, width, height)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 10*patience)
	t.Cleanup(cancel)
	server, _, _ := strings.Cut(url, "/#")
	p := &page{TB: t, ctx: ctx, url: server}
	messages := chromedp.Console(ctx)
	go p.watch(messages)
	p.colors("light")
	p.do(chromedp.EmulateViewport(int64(width), int64(height)), chromedp.Navigate(url))
	return p
}

// browserFlags start a browser that asks no host but the page's.
func browserFlags(t testing.TB, width, height int) []chromedp.ExecAllocatorOption {
	// What it puts among the temporary files stays there when it is killed. The name is
	// short, as that of a socket must be: no t.TempDir.
	temporary, err := os.MkdirTemp("", "page")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(temporary) })
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium()),
		chromedp.NoSandbox, // tests also run as root, in containers
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Env("TMPDIR="+temporary),
		chromedp.WindowSize(width, height),
	)
}

// serve starts a server on a free port of loopback, and returns its address.
func serve(t testing.TB, config web.Config, files ...string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config.Listen = listener.Addr().String()
	if config.Version == "" {
		config.Version = "test"
	}
	s, err := web.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		err := s.Open(filepath.Base(name), func(ctx context.Context) (*scan.Input, error) { return scan.Open(ctx, nil, name) })
		if err != nil {
			t.Fatal(err)
		}
	}
	handler, intercept := s.Handler(), intercept
	h := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if *delay > 0 && strings.HasPrefix(r.URL.Path, "/api/") && r.Header.Get("Sec-Fetch-Mode") != "" {
			time.Sleep(rand.N(*delay))
		}
		if intercept == nil || !intercept(w, r) {
			handler.ServeHTTP(w, r)
		}
	})}
	go h.Serve(listener)
	t.Cleanup(func() {
		h.Close()
		s.Close()
	})
	return "http://" + listener.Addr().String()
}

// intercept, when set before a server is started, gets each request first: it
// may hold it back, or its body, or answer it, which it says.
var intercept func(http.ResponseWriter, *http.Request) bool

// waitFor is a reader that has nothing and ends when the channel is closed.
func waitFor(c chan struct{}) io.Reader {
	return readerFunc(func([]byte) (int, error) {
		<-c
		return 0, io.EOF
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// watch collects what must not happen.
func (p *page) watch(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range messages {
		if err != nil {
			return // the browser is gone
		}
		switch m.Type {
		case chromedp.ConsoleError, chromedp.ConsoleWarning, chromedp.ConsoleException:
			p.mu.Lock()
			p.errors = append(p.errors, m.Text)
			p.mu.Unlock()
		}
	}
}

// quiet fails the test when the page threw or logged an error that was not to
// be expected.
func (p *page) quiet(expected ...string) {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.errors {
		if slices.ContainsFunc(expected, func(s string) bool { return strings.Contains(e, s) }) {
			continue
		}
		p.Errorf("the page says: %s", e)
	}
}

func (p *page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.Fatal(err)
	}
}

// colors sets what the system's colors are, light or dark.
func (p *page) colors(scheme string) {
	p.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// call sends a command of the protocol.
func call[P, R any](p *page, command cdp.Command[P, R], params P) R {
	p.Helper()
	r, err := chromedp.Call(p.ctx, command, params)
	if err != nil {
		p.Fatal(err)
	}
	return r
}

// eval is the value of an expression in the page.
func eval[T any](p *page, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to be true.
func (p *page) until(expression string) {
	p.Helper()
	deadline := time.Now().Add(patience)
	for !eval[bool](p, "(async () => Boolean(await ("+expression+")))()") {
		if time.Now().After(deadline) {
			p.shot(filepath.Join(p.ArtifactDir(), "failed.png"))
			p.Fatalf("the page never comes to %s; it shows:\n%s", expression, eval[string](p, "document.body.innerText.slice(0, 3000)"))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (p *page) click(selector string) {
	p.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// dropFiles drops files of the disk onto the page as a hand would: the browser
// makes the events and the DataTransfer.
func (p *page) dropFiles(names ...string) {
	p.Helper()
	var all []string
	for _, n := range names {
		full, err := filepath.Abs(n)
		if err != nil {
			p.Fatal(err)
		}
		all = append(all, full)
	}
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: all, DragOperationsMask: 1}
	for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		call(p, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: 300, Y: 300, Data: data})
	}
}

// atRest is true when the page has all the answers that it asked for, and has
// drawn them: two frames later nothing more is under way.
const atRest = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(document.body.dataset.busy === "false"))))`

// rests waits for that.
func (p *page) rests() {
	p.Helper()
	p.until(atRest)
}

// settled waits until a log is scanned and all that is asked of it is shown.
func (p *page) settled() {
	p.Helper()
	p.until(`await ` + atRest + ` && !document.getElementById("view").hidden && document.getElementById("progress").hidden`)
}

// choose shows one of the logs that are open.
func (p *page) choose(name string) {
	p.Helper()
	eval[bool](p, fmt.Sprintf(`(l => { l.value = [...l.options].find(o => o.textContent === %q).value; return l.dispatchEvent(new Event("change")) })(document.getElementById("log"))`, name))
}

// press presses keys, one after the other, as fast as the browser takes them.
func (p *page) press(keys ...string) {
	p.Helper()
	for _, k := range keys {
		p.do(chromedp.KeyEvent(k))
	}
}

// rect is where an element is, in pixels of the window.
type rect struct{ X, Y, Width, Height float64 }

func (p *page) rect(selector string) rect {
	p.Helper()
	return eval[rect](p, fmt.Sprintf("document.querySelector(%q).getBoundingClientRect().toJSON()", selector))
}

// rows is how many lines the table has.
func (p *page) rows() int {
	p.Helper()
	return eval[int](p, `Number(document.getElementById("grid").getAttribute("aria-rowcount")) - 1`)
}

// allLines has the table show more than the anomalies.
func (p *page) allLines() {
	p.Helper()
	p.click(`input[name=only][value="0"]`)
	p.settled()
}

// has waits until the table has so many lines.
func (p *page) has(lines int) {
	p.Helper()
	p.until(fmt.Sprintf(`document.getElementById("grid").getAttribute("aria-rowcount") === "%d"`, lines+1))
}

func (p *page) shot(name string) {
	p.Helper()
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(name, png, 0o666); err != nil {
		p.Fatal(err)
	}
}

// slide puts the slider to a contamination, as a hand or a key would.
func (p *page) slide(stop int) {
	p.Helper()
	eval[bool](p, fmt.Sprintf(`(() => { const s = document.getElementById("slider"); s.value = %d; s.dispatchEvent(new Event("input", {bubbles: true})); return true })()`, stop))
}

// logID is the id of the log that is shown.
func (p *page) logID() string {
	p.Helper()
	p.until(`new URLSearchParams(location.hash.slice(1)).get("log")`)
	return eval[string](p, `new URLSearchParams(location.hash.slice(1)).get("log")`)
}

func text(p *page, selector string) string {
	p.Helper()
	return strings.TrimSpace(eval[string](p, fmt.Sprintf("document.querySelector(%q)?.textContent ?? ''", selector)))
}
