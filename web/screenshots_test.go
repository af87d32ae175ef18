package web_test

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/flb-anomaly/flb-anomaly/web"
)

// TestScreenshots writes pictures of the page, for `make screenshots`.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("pictures are made with -screenshots FOLDER")
	}
	take := func(p *page, name string) {
		p.Helper()
		name = filepath.Join(*screenshots, name)
		p.shot(name)
		shrink(t, name)
	}
	config := web.Config{Version: "1.0"}

	p := openPage(t, 1440, 900, config)
	p.until(`!document.getElementById("welcome").hidden`)
	take(p, "page-start.png")

	p = openPage(t, 1440, 960, config, shopLog)
	p.settled()
	p.until(`document.querySelectorAll("#incidents .incident").length > 0`)
	take(p, "page.png")
	eval[bool](p, `([...document.querySelectorAll("#incidents .open")].find(e => e.textContent.includes("Out of memory")).click(), true)`)
	p.until(`document.querySelectorAll("#incidents .story li").length > 0`)
	eval[bool](p, `(document.querySelector("#incidents .is-open").scrollIntoView(), true)`)
	p.rests()
	take(p, "page-incident.png")
	eval[bool](p, `(scrollTo(0, 0), true)`)

	p.click("#tab-lines")
	p.settled()
	number := func(line string) string {
		return `[...document.querySelectorAll(".grid .row .n")].find(n => n.textContent === "` + line + `")`
	}
	eval[bool](p, number("618")+`.click(), true`) // an answer 500
	p.until(`document.getElementById("detail").checkVisibility()`)
	p.settled()
	p.colors("dark")
	p.rests()
	take(p, "page-dark.png")
	p.colors("light")
	p.click("#tab-patterns")
	p.until(`document.querySelectorAll("#patterns tr").length > 5`)
	take(p, "page-patterns.png")
	p.click(`#patterns tr:first-child td:last-child button`)
	p.click("#tab-section")
	p.rests()
	take(p, "page-fluent-bit.png")
	p.click("#normal button")
	p.click("#tab-compare")
	over := p.rect(".u-over")
	p.do(chromedp.DragAndDropXY(over.X+0.55*over.Width, over.Y+over.Height/2, over.X+over.Width-1, over.Y+over.Height/2, 8))
	p.settled()
	p.click("#after-take")
	p.until(`document.querySelectorAll("#compared .compared li").length > 0`)
	p.rests()
	take(p, "page-compare.png")

	p = openPage(t, 1100, 900, config, shopLog)
	p.settled()
	p.click("#tab-lines")
	p.settled()
	take(p, "page-lines.png")

	p = openPage(t, 390, 844, config, shopLog)
	p.settled()
	p.until(`document.querySelectorAll("#incidents .incident").length > 0`)
	eval[bool](p, `(document.querySelector(".results").scrollIntoView(), true)`)
	take(p, "page-phone.png")
}

// shrink writes a picture anew with all the compression that there is; no
// pixel changes.
func shrink(t *testing.T, name string) {
	t.Helper()
	from, err := png.Decode(bytes.NewReader(readFile(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	var to bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&to, from); err != nil {
		t.Fatal(err)
	}
	if to.Len() >= 300<<10 {
		t.Errorf("%s has %d bytes: too many for a README", name, to.Len())
	}
	if err := os.WriteFile(name, to.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
