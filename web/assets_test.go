package web_test

import (
	"mime"
	"net/http"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/web"
)

// A browser gets each file of the page once, and runs what it gets.
func TestAssets(t *testing.T) {
	for _, end := range []string{".html", ".js", ".css", ".svg", ".txt"} { // as a system's table may have it
		if err := mime.AddExtensionType(end, "application/octet-stream"); err != nil {
			t.Fatal(err)
		}
	}
	c := newClient(t, web.Config{})
	for path, want := range map[string]string{
		"/":             "text/html; charset=utf-8",
		"/app.js":       "text/javascript; charset=utf-8",
		"/style.css":    "text/css; charset=utf-8",
		"/icon.svg":     "image/svg+xml",
		"/licenses.txt": "text/plain; charset=utf-8",
	} {
		var h http.Header
		if status := c.ask("GET", path, nil, &h); status != 200 || h.Get("Content-Type") != want || h.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: status %d, type %q, %q", path, status, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
		tag := h.Get("ETag")
		if status := c.ask("GET", path, nil, nil, "If-None-Match", tag); tag == "" || status != http.StatusNotModified {
			t.Errorf("%s: with the tag %s that it has, status %d", path, tag, status)
		}
		if status := c.ask("GET", path, nil, nil, "If-None-Match", `"another"`); status != 200 {
			t.Errorf("%s: with another tag, status %d", path, status)
		}
	}
	if status := c.ask("GET", "/page/main.ts", nil, nil); status != http.StatusNotFound {
		t.Errorf("what is not there: status %d", status)
	}
}
