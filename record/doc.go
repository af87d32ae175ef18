// Package record reads and extends log events in msgpack: it walks a chunk
// event by event, finds the fields that were asked for, and writes an event
// out again with fields added.
//
// It knows the msgpack specification
// (https://github.com/msgpack/msgpack/blob/master/spec.md) and the shape of
// Fluent Bit's events, nothing of Fluent Bit's C side and nothing of anomalies.
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
// Nothing is decoded that is not asked for, and nothing is ever rewritten that
// need not be: an event leaves with the bytes that it came with, in their
// order, but for the header of its body, the added fields, and the fields that
// these replace. What is well-formed msgpack but no log event passes as it is
// (see [Other]), and so does everything from the first byte on that is not
// msgpack at all (see [Walker.Rest]). Lengths and counts in the data are never
// trusted: they allocate nothing, and nesting costs no stack.
package record
