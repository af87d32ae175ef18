package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRequests asks for anything of a view: an answer or a refusal with its reason comes,
// and never an error of the server's own.
func FuzzRequests(f *testing.F) {
	for _, q := range []string{
		"rows?at=0&n=5&sort=score", "rows?q=(a|b&regex=1", "rows?pattern=1,0000000002&hide=3", "line?line=2&around=9", "seek?line=3&back=1",
		"chart?x=time&bins=7&axis=time&from=1&to=9999999999999", "patterns?x=line&sort=rare&only=1", "incidents?quiet=1&x=line&sort=long",
		"report?format=html", "export?format=csv&levels=warn,none", "ignore", "normal", "rows?stop=-1&from=9223372036854775807",
	} {
		f.Add("GET", q, "")
	}
	f.Add("POST", "normal", `{"pattern":"0000000001"}`)
	f.Fuzz(func(t *testing.T, method, question, body string) {
		if method == "DELETE" || strings.HasPrefix(question, "text") || !utf8.ValidString(question) {
			return // another one takes the view away, or gives it its text
		}
		v := patterned(t, []line{{time: 1000}, {time: 2000, pattern: 1, sweep: 7, flags: judgedBit, score: billion}, {time: 1 << 40, pattern: 2}})
		defer v.server.Close()
		r, err := http.NewRequest(method, "http://127.0.0.1/api/views/"+v.id+"/"+question, strings.NewReader(body))
		if err != nil {
			return
		}
		r.RemoteAddr = "127.0.0.1:5000"
		w := httptest.NewRecorder()
		if v.server.Handler().ServeHTTP(w, r); w.Code >= 500 {
			t.Fatalf("%s %s: %d %s", method, question, w.Code, w.Body)
		}
	})
}
