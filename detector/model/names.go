package model

import "bytes"

// Name is what follows from a field's name alone. The same few names come with every
// record: who makes fields of records does well to keep it.
type Name struct {
	hash  uint64
	words bool // it is one whose text goes on where the message ends
	kind  bool // it is one that says what kind of record it is
	run   bool // its number names one run of a process, or one end of a connection
}

// NewName finds out what follows from a name.
func NewName(name []byte) Name {
	return Name{hash: hashBytes(nameSeed, name), words: named(name, wordNames), kind: named(name, kindNames), run: ofRun(name)}
}

// NameHash is a hash of the field's name, of no cryptographic strength.
func (f *Field) NameHash() uint64 {
	if f.Known != nil {
		return f.Known.hash
	}
	return hashBytes(nameSeed, f.Name)
}

// runNames are names of fields whose number names one run of a process, one of its
// threads, or the end of a connection that the client's system picks, in lower case.
// The next has another, and what it is the first to do is no news for that: it is an
// identifier, however long one stands there.
var runNames = map[string]bool{
	"pid": true, "ppid": true, "tid": true, "thread": true, "spt": true, "sport": true, "cport": true,
}

// runEndings are what others of them end with: ExecutionProcessID, request.remote_port.
var runEndings = [...]string{
	"processid", "process_id", "threadid", "thread_id", "clientport", "client_port", "remoteport", "remote_port", "sourceport", "source_port",
	"srcport", "src_port", "peerport", "peer_port",
}

func ofRun(name []byte) bool {
	if named(name, runNames) {
		return true
	}
	for _, e := range runEndings {
		if len(name) >= len(e) && bytes.EqualFold(name[len(name)-len(e):], []byte(e)) {
			return true
		}
	}
	return false
}

// numbered reports whether a field's value is a number, also in hexadecimal: 0x7bc.
func numbered(f *Field) bool {
	return f.Kind == Number || f.Kind == Text && len(f.Value) > 2 && f.Value[0] == '0' && f.Value[1]|0x20 == 'x'
}

// about is what is found out once of a field of the event at hand.
type about struct {
	name, value uint64 // hashes
	words       bool   // see Name
	kind        bool
	run         bool

	key   int16  // index in keys; -1 for a new one
	id    uint32 // of the value in the field
	place uint32 // of id in fields.values
}

// ask looks up what the tables have of a field.
func (fs *fields) ask(a *about) {
	a.key, a.id = int16(fs.keys.find(a.name)), uint32(mix64(a.name, a.value))
	a.place = fs.values.place(a.id)
}

func aboutField(f *Field) (a about) {
	a.set(f)
	return a
}

func (a *about) set(f *Field) {
	n := f.Known
	if n == nil {
		made := NewName(f.Name)
		n = &made
	}
	a.name, a.words, a.kind, a.run, a.value = n.hash, n.words, n.kind, n.run, f.hash()
}

// SetFields gives the event its fields, at most MaxFields.
func (o *Observation) SetFields(fields []Field) {
	o.Fields, o.AnyWords = fields[:min(len(fields), MaxFields)], false
	for i := range o.Fields {
		a := &o.about[i]
		a.set(&o.Fields[i])
		o.AnyWords = o.AnyWords || a.words
	}
}

// Words reports whether the i-th field's text is words that belong to the message.
func (o *Observation) Words(i int) bool { return o.about[i].words && o.Fields[i].Kind == Text }
