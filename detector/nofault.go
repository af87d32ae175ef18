//go:build !faults

package detector

// fault and faultInFit are where tests plant panics: see fault.go.
func fault(*Event)     {}
func faultInFit([]row) {}
