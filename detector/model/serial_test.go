package model

import "testing"

// TestSerial: values that differ by what is made up for each one are of one shape.
func TestSerial(t *testing.T) {
	of := func(v string) (uint64, bool) {
		shape, least := serial([]byte(v))
		return shape, least == madeUpKnown
	}
	for _, pair := range [][2]string{
		{"payments-api-b7d60e872-b9j2x", "payments-api-484f47312-cs54r"},
		{"payments-api-b7d60e872-b9j2x", "payments-api-484f47312-xkzvm"}, // the last part has no digit by chance
		{"celery@worker-default-1726218ff-f8nbc", "celery@worker-default-77c0fbe21-2kd8p"},
		{"shop-api-sjvsbxwhv-wxzhw", "shop-api-tbbmhqftg-jbgjs"}, // neither has the one before
		{"v2.31.5", "v2.40.0"},
		{"shop-backend/1.14.8", "shop-backend/1.15.0"},
		{"conn-4930678", "conn-4930712"},
		{"pgAdmin 4 - CONN:4930678", "pgAdmin 4 - CONN:4930712"},
	} {
		a, isA := of(pair[0])
		b, isB := of(pair[1])
		if !isA || !isB || a != b {
			t.Errorf("%q (%v) and %q (%v) are of one shape: %v", pair[0], isA, pair[1], isB, a == b)
		}
	}
	for _, v := range []string{
		"", "E310", "node-7", "worker7", "PM-10", "10.0.0.7", "10.244.1.38:8080", "HTTP/1.1", "HTTP/3.0", "host25658.example.net", "00:0d:3a:13:e3:69",
		"root@10.2.3.4", "GET", "4930678", "user 4930678 is not allowed to", "svc-backup2", "admin", "service-https", "lib-xmlns-dtd",
	} {
		if _, ok := of(v); ok {
			t.Errorf("%q is taken for one of many", v)
		}
	}
	for _, v := range []string{"session-2165.scope", "settlement-312"} {
		if _, least := serial([]byte(v)); least != seriesKnown {
			t.Errorf("%q is one of a series where %d others stood, %d wanted", v, least, seriesKnown)
		}
	}
	for _, v := range []string{"E310", "node-7", "rack-12", "10.0.0.7", "4930678"} {
		if _, least := serial([]byte(v)); least != 0 {
			t.Errorf("%q is one of a series where %d others stood", v, least)
		}
	}
	a, _ := of("payments-api-b7d60e872-b9j2x")
	if b, _ := of("payments-web-b7d60e872-b9j2x"); a == b {
		t.Error("the name is no part of the shape")
	}
}
