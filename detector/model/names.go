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

// Words reports whether a text of that name may belong to the message.
func (n *Name) Words() bool { return n.words }

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
	"pid": true, "ppid": true, "tid": true, "thread": true, "thread_name": true, "threadname": true, "spt": true, "sport": true, "cport": true,
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

// numbered reports whether a field's value is a number, also in hexadecimal (0x7bc), or ends with
// one: http-nio-8080-exec-14, a thread of a pool.
func numbered(f *Field) bool {
	if f.Kind == Number || f.Kind != Text || len(f.Value) < 3 {
		return f.Kind == Number
	}
	return f.Value[0] == '0' && f.Value[1]|0x20 == 'x' || fold[f.Value[len(f.Value)-1]] == digit
}

// seenOf is what is found out at once of a field that is none of the event's own.
func seenOf(f Field) seenField {
	var o Observation
	o.SetFields([]Field{f})
	return o.fields.list[0]
}

// SetFields gives the event its fields, at most MaxFields.
func (o *Observation) SetFields(fields []Field) {
	fields = fields[:min(len(fields), MaxFields)]
	words, form, sum := false, uint64(len(fields)), uint64(0)
	for i := range fields {
		f, s := &fields[i], &o.fields.list[i]
		if f.Known != nil {
			s.Name = *f.Known
		} else {
			s.Name = NewName(f.Name)
		}
		words, form = words || s.words, nextName(form, s.hash)
		s.number, s.part, s.aside, s.scope, s.text, s.unit = noNumber, whole, 0, noAddress, textUnread, f.Unit
		var value uint64
		switch f.Kind {
		case Number:
			s.sort, s.number, value = sortNumber, numberOctaves(f.Number), f.numberHash()
			if s.quoted = f.Quoted; s.quoted {
				form++ // a record is routine as others are whose numbers came likewise
			}
		case Time:
			s.sort, value = sortTime, timeHash
		default:
			s.sort, value = sortText, f.textHash()
			switch v := f.Value; {
			case len(v) == 0 || string(v) == "-":
				if s.sort = sortEmpty; f.Kind == Null {
					s.aside = null
				}
			case v[0] == '/' && len(v) > 1 && f.Kind == Text:
				s.aside = path
			case f.Kind == Text:
				s.scope = scopeOf(v)
			}
		}
		s.both, s.value = mix64(s.hash, value), uint32(value)
		sum += s.both
	}
	o.Fields, o.AnyWords, o.fields.form, o.fields.sum = fields, words, form, sum
}

// Words reports whether the i-th field's text is words that belong to the message.
func (o *Observation) Words(i int) bool { return o.fields.list[i].words && o.Fields[i].Kind == Text }
