package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"path"
)

// The built page; `make web` makes it from page.
//
//go:embed dist
var dist embed.FS

// contentTypes are those of the page's files: the system's table of types may
// say anything, and a browser runs no script that is called something else.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// assets serves the built page. Embedded files have no time: a hash of each
// tells a browser whether it has it already.
func assets() (http.Handler, error) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		sum := sha256.Sum256(content)
		tags["/"+name] = `"` + hex.EncodeToString(sum[:8]) + `"`
		return err
	})
	if err != nil {
		return nil, err
	}
	if tags["/index.html"] == "" {
		return nil, errors.New("web: the page is not built in: run make web")
	}
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path
		if name == "/" {
			name = "/index.html"
		}
		if tag, ok := tags[name]; ok {
			h := w.Header()
			h.Set("Content-Type", contentTypes[path.Ext(name)])
			h.Set("Cache-Control", "no-cache")
			h.Set("ETag", tag)
		}
		server.ServeHTTP(w, r)
	}), nil
}
