package event

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// compose takes off what docker-compose writes before each line, the name of
// the container and what makes all names equally wide:
//
//	web-1       | GET /cart 200
//	postgres-1  | checkpoint complete
//
// The name is no field, as with Kubernetes' metadata, but Group_By may ask for
// container_name.
func (r *Reader) compose(text []byte) (rest []byte, ok bool) {
	bar := composeBar(text)
	if bar == 0 {
		return text, false
	}
	r.carriedBy(containerName, bytes.TrimRight(text[:bar], " "))
	return text[min(bar+2, len(text)):], true
}

// composeBar returns where the bar behind the name of a container stands, 0 where
// there is none.
func composeBar(text []byte) int {
	bar := bytes.IndexByte(text[:min(len(text), maxContainer-2)], '|')
	if bar < 3 || text[bar-1] != ' ' || text[bar-2] != ' ' || bar+1 < len(text) && text[bar+1] != ' ' {
		return 0
	}
	name := bytes.TrimRight(text[:bar], " ")
	for _, c := range name {
		// A capital letter or a space is a column's of a table; those have bars, too.
		if !keyByte[c] || c >= 'A' && c <= 'Z' {
			return 0
		}
	}
	if pattern.ParseLevel(name) != pattern.LevelNone {
		return 0
	}
	return bar
}

// maxContainer is how long the prefix that names a container may be, in bytes.
const maxContainer = 160

// kubectl takes off what 'kubectl logs --prefix' writes before each line:
//
//	[pod/shop-5d4f6c/app] order placed
//
// Group_By may ask for $kubernetes['pod_name'] and $kubernetes['container_name'],
// as with the filter kubernetes.
func (r *Reader) kubectl(text []byte) (rest []byte, ok bool) {
	inside, ok := bytes.CutPrefix(text, podHead)
	if !ok {
		return text, false
	}
	end := bytes.Index(inside, closeBracket)
	if end < 0 {
		return text, false
	}
	pod, container, ok := bytes.Cut(inside[:end], slash)
	if !ok || !onlyKeyBytes(pod) || !onlyKeyBytes(container) {
		return text, false
	}
	if n := r.tree.child(&r.tree.root, kubernetes); n != nil {
		r.carriedIn(n, podName, pod)
		r.carriedIn(n, containerName, container)
	}
	return inside[end+2:], true
}

var (
	podHead       = []byte("[pod/")
	kubernetes    = []byte("kubernetes")
	podName       = []byte("pod_name")
	containerName = []byte("container_name")
)

// carriedBy takes in who a text is from, as a field that is left out or the group.
func (r *Reader) carriedBy(key, value []byte) { r.carriedIn(&r.tree.root, key, value) }

func (r *Reader) carriedIn(n *node, key, value []byte) {
	if n = r.tree.child(n, key); n != nil && !n.skip {
		r.value(n, detector.Text, value, 0)
	}
}
