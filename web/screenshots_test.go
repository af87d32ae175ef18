package web_test

import (
	"path/filepath"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/web"
)

// TestScreenshots writes pictures of the page, for `make screenshots`.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("pictures are made with -screenshots FOLDER")
	}
	take := func(p *page, name string) { p.shot(filepath.Join(*screenshots, name)) }
	config := web.Config{Version: "1.0"}

	p := open(t, 1440, 900, config)
	p.until(`!document.getElementById("welcome").hidden`)
	take(p, "page-start.png")

	p = open(t, 1440, 900, config, shopLog)
	p.settled()
	take(p, "page.png")
	p.click(`.grid .row:nth-child(9)`)
	p.until(`!document.getElementById("detail").hidden`)
	p.colors("dark")
	take(p, "page-dark.png")
	p.colors("light")
	p.click("#tab-patterns")
	p.until(`document.querySelectorAll("#patterns tr").length > 5`)
	take(p, "page-patterns.png")
	p.click(`#patterns tr:first-child td:last-child button`)
	p.click("#tab-section")
	take(p, "page-fluent-bit.png")

	p = open(t, 390, 844, config, shopLog)
	p.settled()
	take(p, "page-phone.png")
}
