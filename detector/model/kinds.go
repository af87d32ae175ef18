package model

import (
	"bytes"
	"maps"
)

// statementOfFields says which statement a record without a message belongs to: the
// kind that its own fields give. All that give none belong to one.
func (o *Observation) statementOfFields() uint64 {
	var kind, older uint64
	o.failed = false
	for i := range o.Fields {
		is := &o.fields.list[i]
		if !is.kind || is.aside == null || !o.tellsKind(i) {
			continue
		}
		f, both := &o.Fields[i], is.both
		o.failed = o.failed || serverError(f)
		if f.plain() && f.Number >= 100 && f.Number < 600 {
			both = mix64(is.hash, uint64(f.Number)/100) // 2xx
		}
		kind += both
		if is.key >= 0 && o.model.fields.keys.all[is.key].n > float32(o.own()) {
			older += both
		}
	}
	of := func(kind uint64) uint64 {
		if kind == 0 {
			return mix64(nameSeed, 3)
		}
		return mix64(kind, 2)
	}
	o.older = of(older)
	return of(kind)
}

// kindNames are names of fields that say what kind of record it is, in lower case;
// of a nested one the last part counts. It is a first guess only: of a record that has
// none, the names of all its fields say it.
var kindNames = map[string]bool{
	"event": true, "eventname": true, "event_name": true, "event_type": true, "eventtype": true, "eventid": true, "event_id": true,
	"type": true, "kind": true, "verb": true, "method": true, "action": true, "operation": true, "op": true, "_path": true,
	"msgid": true, "channel": true, "code": true, "status": true, "status_code": true, "response_code": true, "proto": true,
}

// tellsKind reports whether the i-th field says what kind of record it is: its name
// says so, and what stood there so far does not say that it is an identifier.
func (o *Observation) tellsKind(i int) bool {
	is, keys := &o.fields.list[i], &o.model.fields.keys
	if !is.kind || len(o.Fields[i].Value) > 64 {
		return false
	}
	is.key = int16(keys.find(is.hash))
	return is.key < 0 || !keys.all[is.key].place.identifier()
}

// wordNames are names of fields whose text goes on where the message ends: what went
// wrong, in words, in lower case.
var wordNames = func() map[string]bool {
	m := map[string]bool{"cause": true, "reason": true, "detail": true, "details": true, "description": true, "warning": true}
	maps.Copy(m, errorNames)
	return m
}()

// errorNames are those of them whose text is there only when something went wrong.
var errorNames = map[string]bool{
	"err": true, "error": true, "exception": true, "errormessage": true, "error_message": true, "errmsg": true, "panic": true, "failure": true,
}

// failureNames are names of other fields that come when something went wrong.
var failureNames = map[string]bool{
	"stack": true, "stacktrace": true, "stack_trace": true, "traceback": true, "backtrace": true, "failure_reason": true,
	"error_code": true, "errorcode": true, "errno": true, "fault": true, "crash": true,
}

// named reports whether the last part of a field's name is among names.
func named(name []byte, names map[string]bool) bool {
	if i := bytes.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	if len(name) > 16 || len(name) < 2 {
		return false
	}
	var b [16]byte
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		b[i] = c
	}
	return names[string(b[:len(name)])]
}

// render writes the pattern of a record without a message: the fields that say its
// kind with their values, then the names of the others.
func (o *Observation) render(dst []byte) []byte {
	for _, kinds := range []bool{true, false} {
		for i := range o.Fields {
			f := &o.Fields[i]
			if f.Kind == Null || o.tellsKind(i) != kinds {
				continue
			}
			if len(dst) > 0 {
				dst = append(dst, ' ')
			}
			dst = append(dst, f.Name...)
			if kinds {
				dst = append(dst, '=')
				from := len(dst)
				dst = f.AppendText(dst)
				dst = dst[:min(len(dst), from+24)]
			}
		}
	}
	return dst
}
