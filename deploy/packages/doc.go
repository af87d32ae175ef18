// Package packages holds what a release is packed with; its test looks at
// what came out.
//
//	make dist dist-test
package packages
