package event

import "github.com/flb-anomaly/flb-anomaly/detector"

// Store is where a Reader puts what events are made of, beside the lines or records
// themselves, so that many of them can be held at once. The zero Store is ready for use.
type Store struct {
	fields []detector.Field // room for them,
	used   int              // of which so much is taken
	names  []detector.FieldName
	text   []byte
}

// storeFields is how many fields a store has room for at first: some dozen events'.
const storeFields = 256

// room returns where the next event's fields go.
func (s *Store) room() []detector.Field {
	if len(s.fields)-s.used < detector.MaxFields { // those that have it keep it
		s.fields, s.used = make([]detector.Field, max(storeFields, 2*len(s.fields))), 0
	}
	return s.fields[s.used : s.used : s.used+detector.MaxFields]
}

// Into lets the events from now on lie in a store, instead of those that lie there. They
// are valid as long as their lines or records are, and until this is called with it again.
// Those of lines may be read while others are made.
func (r *Reader) Into(s *Store) {
	s.used, s.names, s.text = 0, s.names[:0], s.text[:0]
	r.store, r.text, r.fields = s, s.text, nil
}

// keep makes the event last. What follows from a name stands beside what is written with
// every event: for a reader on another core, it is copied.
func (r *Reader) keep(copied bool) {
	s := r.store
	s.used += len(r.fields)
	passing := len(r.tree.passing) > 0
	if copied || passing {
		for i := range r.fields {
			f := &r.fields[i]
			s.names = append(s.names, *f.Known)
			f.Known = &s.names[len(s.names)-1]
			if passing {
				from := len(r.text)
				r.text = append(r.text, f.Name...)
				f.Name = r.text[from:len(r.text):len(r.text)]
			}
		}
	}
	s.text = r.text
}
