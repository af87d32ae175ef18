// Package fluentbit writes filters for Fluent Bit in Go.
//
// Fluent Bit's plugin interface for Go knows inputs and outputs. A filter in
// Go is a shared object that registers as a native filter, as one written in C
// does; this package holds the native part. It knows nothing of what a filter
// does with its records.
//
// A filter is a main package, built with
//
//	go build -buildmode=c-shared -o flb-filter_hello.so
//
// that declares the variable which Fluent Bit looks for in a file of that
// name, and registers:
//
//	package main
//
//	// char filter_hello_plugin[256];
//	import "C"
//
//	func init() {
//		fluentbit.Register(fluentbit.Plugin{
//			Name:        "hello",
//			Description: "Greets each chunk",
//			New:         newHello,
//		})
//	}
//
//	func main() {}
//
// Neither headers nor sources of Fluent Bit are needed. One shared object
// serves every version from 2.2 to 5.1, on 64 bit Linux with glibc.
//
// # What a filter can rely on
//
// Each filter section of the configuration, and each use as a processor of an
// input or an output, is an [Instance] with a [Filter] of its own. Calls of one
// Filter never overlap, calls of different ones may: a filter section is
// called by Fluent Bit's main thread, a processor of a threaded input by that
// input's thread, a processor of an output by the output's workers. While
// Filter runs, the thread that called waits, so work that takes long belongs
// in the background (see [Instance.Go]).
//
// A panic or an error lets the chunk pass as it came, is counted and is logged:
// no record is lost or delayed by it. What Go itself cannot recover from still
// ends the process: a panic in a goroutine that was started with a plain go
// statement, os.Exit, maps written to from two goroutines at once, the end of
// memory.
//
// # What it gets from Fluent Bit
//
// Options are listed in [Plugin], and Fluent Bit itself refuses a misspelt or
// doubled one; [Instance.Value] and [Instance.Values] return what the user wrote,
// and an error from New refuses a value, in words that the user reads at start.
// [Instance.Logger] writes to Fluent Bit's log, at the instance's own level.
// Metrics ([Counter], [Gauge]) appear among Fluent Bit's own, for Prometheus.
//
// Records come as msgpack, a chunk at a time. Package record walks a chunk and
// writes its events out again with fields added or replaced, without an
// allocation; any msgpack library does as well.
//
// # Reloads, forks, names
//
// A hot reload closes every Filter and makes new ones in the same process.
// Package variables keep their values across it; what is to last is best kept
// under [Instance.Name], which is the same after it.
//
// A fork ends Go. Fluent Bit forks after loading when it is to be a daemon (-d);
// an instance notices and refuses to start.
//
// Package initialisation must not use the dynamic linker, whose lock Fluent Bit
// holds while it loads a file: look up users and hosts in New.
//
// # Testing
//
// The folder host has an embedded host, a program in C that plays Fluent Bit's
// loader and engine: it runs a filter over a log, without a Fluent Bit, under
// sanitizers and valgrind too. README.md has a whole filter in one file, and
// docs/writing-filters.md goes from an empty folder to one that is shipped.
package fluentbit
