//go:build race

package testbuild

// Race says whether the tests run under the race detector.
const Race = true
