// Package detector finds unusual log events: an event in, a verdict out.
//
//	d, err := detector.New(options)
//	...
//	var v detector.Verdict
//	d.Observe(&detector.Event{Time: t, Message: line}, &v)
//	if v.Anomaly {
//		alert(v.Score, v.Reason)
//	}
//
// It is unsupervised: it learns what is usual from the stream itself, without
// rules, labels or training data, and says what is not.
//
// # An event's way
//
// The message becomes a pattern and numbers (package pattern), these become a
// row of features in which larger is stranger, the row gets a score by its
// features' own sizes and by an isolation forest over recent rows (package
// forest), and a threshold makes a verdict of it. The model learns from the
// event only after that, so that a verdict never knows its own line.
//
// [Detector.Observe] does both. [Detector.Learn] only learns, as from logs that
// are known to be healthy, and [Detector.Judge] only judges; between them,
// [Detector.Survey] and [Detector.Fit] set forest and threshold by a whole log
// that is there already. The first Warmup events are learned and not judged.
//
// # What a caller brings
//
// [Event] has slices of the caller's memory, which are read during the call and
// not kept. Level, Group and Time may be empty. Events of one Group share a
// model, and no other group's events count in it: put apart what has nothing to
// do with each other, such as two applications. At most MaxGroups models are
// kept, the least recently used goes first.
//
// Time is the events' own. It measures lulls and the time between refits; a
// clock is never asked, and events without one are judged as well.
//
// # What a verdict says
//
// Score is in (0, 1), larger is stranger. With Contamination 0 (auto) an event is
// an anomaly when it stands clear of what is usual, from 0.5 on in a calm log;
// with a share, as many are flagged as it says. Reason names the one or two
// things that moved the score most, with the value and what is usual; its bytes
// are the detector's and valid until the next call.
//
// # Threads, time and memory
//
// One goroutine at a time may call a Detector; forests are fitted by another one,
// which [Detector.Close] ends. An event that resembles others costs about a
// microsecond and no allocation; of a message the first 4,096 bytes are looked
// at. Every table has a limit, so memory does not grow with time, nor with what
// anybody writes into a log: a model takes half a megabyte as a rule, five at
// most.
//
// The same events, options and seed give the same verdicts, bit for bit where
// Synchronous is set.
//
// # Models that last
//
// [Detector.WriteSnapshot] writes all that a detector has learned, for another
// process or another machine, and [Detector.Restore] reads it, as what anybody may
// have written: one that is damaged, made with other settings or larger than
// allowed is refused with the reason and changes nothing. [Detector.NewSnapshot]
// copies a large one in steps, between two events.
//
// The package knows neither msgpack nor Fluent Bit and can serve any shipper of
// logs. docs/detector.md says how it judges, with figures.
package detector
