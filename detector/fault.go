//go:build faults

package detector

import (
	"bytes"
	"os"
)

// With the build tag faults, a message that holds PlantedPanic makes the detector
// panic, and so does each fit of a forest when the environment variable
// PLANT_FIT_PANIC is set; with PLANT_RACE, detectors write to one variable. Tests
// of what becomes of the records, and of the race detector, build with it.
const PlantedPanic = "plant a panic here"

var (
	plantRace = os.Getenv("PLANT_RACE") != ""
	racy      int
)

func fault(ev *Event) {
	if plantRace {
		racy++
	}
	if bytes.Contains(ev.Message, []byte(PlantedPanic)) {
		panic("planted by a test")
	}
}

func faultInFit([]row) {
	if os.Getenv("PLANT_FIT_PANIC") != "" {
		panic("planted by a test")
	}
}
