package event

import "github.com/flb-anomaly/flb-anomaly/detector"

// Store is where a Reader puts what events of lines are made of, beside the lines
// themselves, so that many of them can be held at once. The zero Store is ready for use.
type Store struct {
	fields []detector.Field // room for them,
	used   int              // of which so much is taken
	names  []detector.FieldName
	text   []byte
}

// storeFields is how many fields a store has room for at first: a few hundred lines'.
const storeFields = 2048

// room returns where the next event's fields go.
func (s *Store) room() []detector.Field {
	if len(s.fields)-s.used < detector.MaxFields { // those that have it keep it
		s.fields, s.used = make([]detector.Field, max(storeFields, 2*len(s.fields))), 0
	}
	return s.fields[s.used : s.used : s.used+detector.MaxFields]
}

// Into lets the events of lines from now on lie in a store, instead of those that lie there.
// They are valid as long as their lines are, and until this is called with it again.
func (r *Reader) Into(s *Store) {
	s.used, s.names, s.text = 0, s.names[:0], s.text[:0]
	r.store, r.text, r.fields = s, s.text, nil
}

// keep makes the event of a line last.
func (r *Reader) keep() {
	s := r.store
	s.used += len(r.fields)
	for i := range r.fields {
		f := &r.fields[i]
		// A copy, as what stands beside the original is written with every event.
		s.names = append(s.names, *f.Known)
		f.Known = &s.names[len(s.names)-1]
		if len(r.tree.passing) > 0 {
			from := len(r.text)
			r.text = append(r.text, f.Name...)
			f.Name = r.text[from:len(r.text):len(r.text)]
		}
	}
	s.text = r.text
}
