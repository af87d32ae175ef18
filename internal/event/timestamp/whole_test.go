package timestamp

import "testing"

func TestWhole(t *testing.T) {
	for _, text := range []string{
		"2026-03-02T08:49:01.021Z", "2026-03-02 08:49:01", "2026-03-02T08:49:01.123456789+01:00", "2026/03/02 08:49:01", "2026-03-02 08:49", "2026-03-02T08:49:01,526Z",
		"02/Mar/2026:08:49:01 +0000", "24/Dec/2014:14:59:37.394", "02.03.2026 08:49:01", "03/02/2026 08:49:01 PM", "02-Mar-2026 08:49:01", "Mon, 02 Mar 2026 08:49:01 GMT",
	} {
		if !Whole([]byte(text)) {
			t.Errorf("%q is a time", text)
		}
	}
	for _, text := range []string{
		"", "2026-03-02", "08:49:01.021", "2026-03-02 08:49:01 backup done", "2026-03-02T08:49:01Z/2026-03-03T08:49:01Z/report.csv", "10.0.0.1:8080", "0000-00-00T",
		"1709053060.8991668", "Mon, Tue and Wednesday 08:49", "/2026-03-02T08:49:01Z", "20260302084901", "f3d4d4ef-693b-4456-8eed-59c0d717dd08", "Fri and Sat from 10:00",
	} {
		if Whole([]byte(text)) {
			t.Errorf("%q is no time, or more than one", text)
		}
	}
}
