package detector_test

import (
	"fmt"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// A service says the same few things all day, and then something else.
func Example() {
	d, err := detector.New(detector.Options{
		Warmup:       256, // events to learn from before the first verdict
		Window:       4096,
		Trees:        100,
		SampleSize:   256,
		RefitRecords: 4096,
		MaxGroups:    1,
		Synchronous:  true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()

	var v detector.Verdict
	for i := range 1000 {
		line := fmt.Sprintf("INFO order %d placed, %d items in %d ms", 1000+i, 1+i%5, 20+i%17)
		if i%3 == 0 {
			line = fmt.Sprintf("DEBUG cart %d loaded from cache in %d us", 7*i, 100+i%50)
		}
		d.Observe(&detector.Event{Message: []byte(line)}, &v)
	}
	for _, line := range []string{
		"INFO order 2001 placed, 3 items in 27 ms",
		"INFO order 2002 placed, 3 items in 48211 ms",
		"ERROR order 2003 refused: connection to payments lost",
	} {
		d.Observe(&detector.Event{Message: []byte(line)}, &v)
		fmt.Println(v.Anomaly, line)
	}
	fmt.Println(d.Stats().Anomalies, "of", d.Stats().Records)
	// Output:
	// false INFO order 2001 placed, 3 items in 27 ms
	// true INFO order 2002 placed, 3 items in 48211 ms
	// true ERROR order 2003 refused: connection to payments lost
	// 2 of 1003
}
