// Package e2e tests the shared object from end to end: in a real Fluent Bit,
// with real servers behind it where there are any, else with stand-ins that
// are as strict.
//
// Fluent Bit is the program that FLUENT_BIT names, or else fluent-bit on the
// path. FLUENT_BIT_OLDER may name others, as a path list, for the tests that
// are run with each. A test whose servers are missing is skipped, and says so
// by name.
package e2e
