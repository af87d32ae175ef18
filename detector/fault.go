//go:build faults

package detector

import (
	"bytes"
	"os"
)

// With the build tag faults, a message that holds PlantedPanic makes the detector
// panic, and so does each fit of a forest when the environment variable
// PLANT_FIT_PANIC is set. Tests of what becomes of the records build with it.
const PlantedPanic = "plant a panic here"

func fault(ev *Event) {
	if bytes.Contains(ev.Message, []byte(PlantedPanic)) {
		panic("planted by a test")
	}
}

func faultInFit([]row) {
	if os.Getenv("PLANT_FIT_PANIC") != "" {
		panic("planted by a test")
	}
}
