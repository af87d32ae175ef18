// Package record reads and extends log events in msgpack: it walks a chunk
// event by event, finds the fields that were asked for, and writes an event
// out again with fields added.
//
// It knows the msgpack specification
// (https://github.com/msgpack/msgpack/blob/master/spec.md) and the shape of
// Fluent Bit's events, nothing of Fluent Bit's C side and nothing of anomalies.
//
//	finder := record.NewFinder([]string{"alert"}, []record.Accessor{record.Key("log")})
//	walker := record.NewWalker(finder)
//	...
//	walker.Reset(chunk)
//	for walker.Next(&event) {
//		fields.Reset()
//		fields.Bool("alert", matches(event.Value(0).Bytes))
//		out = event.Annotate(out, &fields)
//	}
//	out = append(out, walker.Rest()...)
//
// # Events
//
// A chunk is a run of events. An event is
//
//	[[time, metadata], body]    since Fluent Bit 2.1
//	[time, body]                before, and from older senders
//
// with time as ext type 0 (8 bytes: seconds and nanoseconds since the epoch,
// big endian), an integer or a float in seconds; metadata and body are maps.
// A time of -1 or -2 seconds marks the begin and the end of a group of events.
//
// # Finding
//
// A [Finder] knows which fields to look for: for each slot a list of accessors, the
// first of which that is there fills it, and the names of the fields that will be
// added. [ParseAccessor] reads Fluent Bit's own notation, $kubernetes['labels']['app'];
// [Key] is a field of the body. A [Value] is a slice of the chunk: it is valid as
// long as the chunk is.
//
// A [Walker] goes through the events, one goroutine at a time, and allocates
// nothing for one of them. A [Cursor] goes over all values of a body.
//
// # Writing
//
// [Event.Annotate] appends the event with the [Fields] added; fields of the same
// names that came with the event are replaced, so that nobody who writes logs can
// forge them. [Event.Raw] is the event as it came.
//
// # What holds
//
// Nothing is decoded that is not asked for, and nothing is ever rewritten that
// need not be: an event leaves with the bytes that it came with, in their
// order, but for the header of its body, the added fields, and the fields that
// these replace. What is well-formed msgpack but no log event passes as it is
// (see [Other]), and so does everything from the first byte on that is not
// msgpack at all (see [Walker.Rest]). Lengths and counts in the data are never
// trusted: they allocate nothing, and nesting costs no stack.
package record
