package web

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// policy lets the page use what this server sends, and nothing else: no
// inline script or style, no other host, no frame, no form. Trusted types make
// the browser itself refuse to turn text into HTML, whatever a log line says.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// guard refuses requests that do not come from the server's own page, and sets
// the headers that every answer has.
//
// The server listens on loopback, where any page of the internet can send
// requests to. Three things keep such a page from a log: the host that was
// asked for must be this machine by a name that no stranger's DNS can take
// (else a name of theirs could be pointed here, DNS rebinding); the origin
// must be the very page, port included; and browsers say themselves where a
// request comes from (Sec-Fetch-Site). No answer ever carries a header that
// lets another origin read it.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), usb=()")
		if !s.knownHost(r.Host) {
			refuse(w, http.StatusForbidden, "this server does not go by the name "+quoteShort(r.Host)+": use its address, or start it with --host for that name")
			return
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
			if !sameOrigin(r) {
				refuse(w, http.StatusForbidden, "requests from other pages are refused")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// limit refuses requests when more are being answered than anybody needs, and ends those
// that stand still. Uploads may take as long as they move.
func (s *Server) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut {
			select {
			case s.asking <- struct{}{}:
				defer func() { <-s.asking }()
				control := http.NewResponseController(w)
				if r.Method == http.MethodPost {
					_ = control.SetReadDeadline(time.Now().Add(s.config.Patience))
				}
				w = &patientWriter{w, s.config.Patience}
				// The next request of the connection is another one.
				defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
			default:
				w.Header().Set("Retry-After", "1")
				refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("The server answers %d requests already. Try again in a moment.", maxAsking))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// knownHost reports whether a request's Host is this server: an address, which no
// name service hands out, or a name that is known to be this machine's.
func (s *Server) knownHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.ToLower(strings.Trim(name, "[]")), ".")
	if ip := net.ParseIP(name); ip != nil {
		return ip.IsLoopback() || !s.loopback
	}
	return name == "localhost" || s.hosts[name]
}

// sameOrigin reports whether a request comes from this server's page, or from no
// page at all.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin":
	case "none": // the address bar: may look, not change
		if r.Method != http.MethodGet {
			return false
		}
	default: // same-site too: another port of this machine is another program
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

func quoteShort(s string) string { return `"` + text.Printable([]byte(s), 80) + `"` }
