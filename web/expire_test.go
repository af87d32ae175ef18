package web_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flb-anomaly/flb-anomaly/web"
)

// TestLogsExpire turns the clock: a log that no page asks for is dropped after an
// hour, one that is asked for stays.
func TestLogsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := web.New(web.Config{Listen: "127.0.0.1:0", Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ask := func(method, path, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			return w
		}
		upload := func() (id string) {
			var v struct{ ID string }
			if err := json.Unmarshal(ask("POST", "/api/views", `{"name": "x"}`).Body.Bytes(), &v); err != nil {
				t.Fatal(err)
			}
			if w := ask("PUT", "/api/views/"+v.ID+"/text", "a line\n"); w.Code != 200 {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			return v.ID
		}
		before := spoolsOpen(t)
		left, used := upload(), upload()
		for range 61 { // as a page that is open does
			time.Sleep(time.Minute)
			if w := ask("GET", "/api/views/"+used, ""); w.Code != 200 {
				t.Fatalf("a log in use: status %d", w.Code)
			}
		}
		synctest.Wait()
		if n := spoolsOpen(t) - before; n != 2 {
			t.Errorf("%d temporary files are open, want the 2 of the log in use", n)
		}
		if w := ask("GET", "/api/views/"+left, ""); w.Code != 404 {
			t.Errorf("a log that nobody has asked for in an hour: status %d", w.Code)
		}
		// Not a minute before.
		time.Sleep(59 * time.Minute)
		if w := ask("GET", "/api/views/"+used, ""); w.Code != 200 {
			t.Errorf("a log that was asked for 59 minutes ago: status %d", w.Code)
		}
	})
}
