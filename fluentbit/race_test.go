//go:build race

package fluentbit

const raceDetector = true
