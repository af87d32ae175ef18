// Package reliability holds the proofs of docs/reliability.md: tests that drive
// the filter as production would, in the embedded host and in a real Fluent Bit,
// and print their figures. They run with all other tests in a short version;
// RELIABILITY=long, as in 'make reliability', makes them as long as the document
// says.
package reliability
