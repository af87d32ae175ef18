package detector_test

import (
	"fmt"
	"testing"
	"time"
)

// A number that is suddenly a text, and a text that is suddenly empty.
func TestFieldSort(t *testing.T) {
	w := watch(t, shopLog(10), 8000)
	w.flags(changed("duration_ms", `"NaN"`), `duration_ms "NaN": usually a number, in `, " before")
	w.flags(changed("bytes", `"timeout"`), `bytes "timeout": usually a number, in `)
	w.flags(changed("status", `"-"`), `status "-": it is usually not empty, in `)
	w.flags(changed("user", `""`), `user "": it is usually not empty, in `)
	w.flags(changed("host", `""`), `host "": it is usually not empty, in `)
	w.flags(changed("method", "7"), `method 7: usually no number, in `)
}

// A number in quotes where there are none, and none where there are: a database that knows the
// field by its type refuses such a record. In each of them stands what always stood there.
func TestFieldInQuotes(t *testing.T) {
	w := watch(t, shopLog(32), 8000)
	w.flags(changed("duration_ms", `"45"`), `duration_ms "45": it is usually not in quotes, in `, " before")
	w.flags(changed("status", `"200"`), `status "200": it is usually not in quotes, in `)
	w.passes(changed("status", "200"))

	a := watch(t, accessLog(32), 8000)
	page := func(code string) string {
		return `{"remote":"10.1.9.7","host":"-","user":"-","method":"GET","path":"/","code":` + code + `,"size":"5153","referer":"-","agent":"curl/8.5.0"}`
	}
	a.flags(page("200"), `code 200: it is usually in quotes, in `)
	a.passes(page(`"200"`))
}

// A time is one under whatever name: another one is no news, and that it is none is.
func TestFieldOfTimes(t *testing.T) {
	shop, at := shopLog(31), time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	with := func(received, asked string) string {
		line := shop()
		return line[:len(line)-1] + fmt.Sprintf(`,"EventReceived":%q,"asked":%q}`, received, asked)
	}
	healthy := func() string {
		at = at.Add(700 * time.Millisecond)
		return with(at.Format(time.DateTime), at.Add(-time.Second).Format("02/Jan/2006:15:04:05 -0700"))
	}
	w := watch(t, healthy, 8000)
	if flagged := w.goOn(4000); flagged > 2 {
		t.Errorf("%d of 4000 records are flagged", flagged)
	}
	w.flags(with("N/A", "02/Mar/2026:08:00:00 +0000"), `EventReceived "N/A": usually a time, in `)
	w.flags(with("2026-03-02 10:20:00", ""), `asked "": it is usually not empty, in `)
	w.passes(with("1999-03-02 10:20:00", "02/Mar/2031:08:00:00 +0000"))
}

// What is empty as a rule, and then is not.
func TestFieldThatWasEmpty(t *testing.T) {
	access := accessLog(12)
	w := watch(t, access, 4000)
	w.flags(`{"remote":"10.1.9.7","host":"-","user":"root","method":"GET","path":"/","code":"200","size":"5153","referer":"-","agent":"curl/8.5.0"}`, `user "root": it is usually empty, in `)
}
