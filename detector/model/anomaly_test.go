package model

import (
	"slices"
	"testing"
)

// TestEveryReasonHasAKind: what can be the reason of an anomaly is of a kind of the
// closed list, and nothing else has one.
func TestEveryReasonHasAKind(t *testing.T) {
	for _, f := range Table {
		if f.phrase == nil && f.Kind != "" || f.phrase != nil && !slices.Contains(Anomalies, f.Kind) {
			t.Errorf("the feature %s is of the kind %q, which is none of %v", f.Name, f.Kind, Anomalies)
		}
	}
}
