package web_test

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

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

	p := open(t, 1440, 900, config)
	p.until(`!document.getElementById("welcome").hidden`)
	take(p, "page-start.png")

	p = open(t, 1440, 960, config, shopLog)
	p.settled()
	take(p, "page.png")
	number := func(line string) string {
		return `[...document.querySelectorAll(".grid .row .n")].find(n => n.textContent === "` + line + `")`
	}
	eval[bool](p, number("1,670")+`.click(), true`) // the expired certificate
	p.until(`document.getElementById("detail").checkVisibility()`)
	p.settled()
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
	eval[bool](p, `(document.querySelector(".chart-card").scrollIntoView(), true)`)
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
