//go:build !amd64

package event

// fill finds the stops within a text that is not empty. It returns how many '=' there are.
func (s stops) fill(text []byte) (equals int) { return s.fillPortable(text) }
