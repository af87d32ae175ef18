// Gallery writes docs/gallery.md, the page of the pictures in docs/images, with
// what docs/images/captions.txt says of each. With GRAFANA set to the address of a
// Grafana that shows the dashboard (http://admin:PASSWORD@127.0.0.1:3000, as
// docker/up.sh prints it), it takes a picture of that first, with Chromium.
//
//	go run ./test/gallery
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const images = "docs/images"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func run() error {
	if address := os.Getenv("GRAFANA"); address == "" {
		fmt.Println("SKIPPED: no picture of Grafana; GRAFANA is not set to the address of one")
	} else if err := shoot(address+"/d/flb-anomaly?kiosk", filepath.Join(images, "grafana.png")); err != nil {
		return err
	}
	page, err := write()
	if err != nil {
		return err
	}
	return os.WriteFile("docs/gallery.md", []byte(page), 0o644)
}

// shoot takes a picture of a page that has had half a minute to fill.
func shoot(address, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	chromium, err := exec.LookPath(cmp.Or(os.Getenv("CHROMIUM"), "chromium"))
	if err != nil {
		return err
	}
	profile, err := os.MkdirTemp("", "gallery")
	if err != nil {
		return err
	}
	defer os.RemoveAll(profile)
	name, err = filepath.Abs(name)
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--hide-scrollbars",
		"--user-data-dir="+profile, "--window-size=1440,2000", "--virtual-time-budget=30000", "--screenshot="+name, address).CombinedOutput()
	if err == nil {
		_, err = os.Stat(name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", chromium, err, out)
	}
	return nil
}

// write makes the page: the pictures in the order of the captions, then those
// that have none yet.
func write() (string, error) {
	text, err := os.ReadFile(filepath.Join(images, "captions.txt"))
	if err != nil {
		return "", err
	}
	var order []string
	captions := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, caption, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			order = append(order, name)
			captions[name] = caption
		}
	}
	found, err := filepath.Glob(filepath.Join(images, "*.png"))
	if err != nil {
		return "", err
	}
	there := map[string]bool{}
	for _, path := range found {
		name := filepath.Base(path)
		there[name] = true
		if captions[name] == "" {
			order = append(order, name)
			captions[name] = strings.ReplaceAll(strings.TrimSuffix(name, ".png"), "-", " ")
		}
	}
	order = slices.DeleteFunc(order, func(name string) bool { return !there[name] })

	var b strings.Builder
	b.WriteString("# Pictures\n\n<!-- Written by `make screenshots`, with the captions of docs/images/captions.txt. -->\n")
	for _, name := range order {
		title, more, _ := strings.Cut(captions[name], ". ")
		fmt.Fprintf(&b, "\n## %s\n\n", strings.TrimSuffix(title, "."))
		if more != "" {
			fmt.Fprintf(&b, "%s\n\n", more)
		}
		fmt.Fprintf(&b, "![%s](images/%s)\n", strings.TrimSuffix(title, "."), name)
	}
	return b.String(), nil
}
