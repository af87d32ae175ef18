package fluentbit

// #include <stdlib.h>
// #include "abi.h"
// #include "kit.h"
// #cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra
// #cgo LDFLAGS: -ldl -lpthread
import "C"

import (
	"fmt"
	"unsafe"
)

// Filter changes, drops or adds records. Its methods are called one at a time.
type Filter interface {
	// Filter is called with each chunk: the tag of its records and the records,
	// a run of msgpack values [[time, metadata], body] without a header around
	// them (from older senders [time, body]).
	//
	// It appends what is to become of the chunk to dst, which is empty and has
	// room for an output of the usual size, and returns the result with changed
	// set to true. Memory of dst is handed to Fluent Bit as it is; any other
	// slice that is returned, as when append ran out of room, is copied first.
	// An empty out with changed set drops every record.
	//
	// With changed false, or an error, the chunk passes as it came. Errors are
	// counted and logged, once a minute at most.
	//
	// chunk and dst are memory of Fluent Bit's: neither may be changed (but for
	// appending to dst) or kept after the call. The tag may be kept.
	Filter(tag string, chunk, dst []byte) (out []byte, changed bool, err error)

	// Close is called when Fluent Bit stops or reloads its configuration,
	// after the last chunk.
	Close() error
}

// Plugin describes a filter to Fluent Bit.
type Plugin struct {
	Name        string   // what Name in the configuration says: letters, digits and _
	Description string   // one line, shown by fluent-bit -h
	Options     []Option // Fluent Bit refuses to start with an option that is not listed

	// New makes the filter for one instance. An error is logged and keeps
	// Fluent Bit from starting, as does a panic.
	New func(*Instance) (Filter, error)
}

// Option is one line that a filter section may have, beside those that every
// filter has (Match, Alias, Log_Level).
type Option struct {
	Name     string // compared without regard to case
	Type     OptionType
	Default  string // in the form a user would write it; empty = none
	Help     string // one line or more, shown by fluent-bit -F NAME -h
	Multiple bool   // may be given more than once
}

// OptionType is the type of an option's value as Fluent Bit's help shows it.
// Fluent Bit checks the type of defaults only: values are the filter's to
// check, in New.
type OptionType int

// The types, with values as users write them.
const (
	String OptionType = C.FLB_OPTION_STRING
	Int    OptionType = C.FLB_OPTION_INT
	Bool   OptionType = C.FLB_OPTION_BOOL   // on, off, true, false, yes, no
	Double OptionType = C.FLB_OPTION_DOUBLE // 0.5
	Size   OptionType = C.FLB_OPTION_SIZE   // bytes: 512, 64K, 2M, 1G
	Time   OptionType = C.FLB_OPTION_TIME   // seconds: 90, 90s, 10m, 2h, 1d
)

// plugins are those registered, by the index that the C half knows them by.
// Written during package initialisation only.
var plugins []*Plugin

// Register makes a filter known to Fluent Bit. It is to be called from an init
// function of the main package, which must also declare the variable that
// Fluent Bit looks for, filter_NAME_plugin, as a C array of 256 bytes. It
// panics when p could never work.
//
// One shared object can hold several filters: Fluent Bit looks for the one
// that the file is named after, and a file can have several names.
func Register(p Plugin) {
	if err := p.check(); err != nil {
		panic("fluentbit: " + err.Error())
	}
	p.Options = append([]Option(nil), p.Options...)
	plugins = append(plugins, &p)

	// What Fluent Bit gets to see stays as long as the process does.
	c := (*C.struct_kit_plugin)(C.calloc(1, C.sizeof_struct_kit_plugin))
	c.index = C.int(len(plugins) - 1)
	c.name = C.CString(p.Name)
	c.description = C.CString(p.Description)
	c.option_count = C.int(len(p.Options))
	c.options = (*C.struct_kit_option)(C.calloc(C.size_t(len(p.Options)+1), C.sizeof_struct_kit_option))
	options := unsafe.Slice(c.options, len(p.Options))
	for i, from := range p.Options {
		o := &options[i]
		o._type = C.int(from.Type)
		o.name = C.CString(from.Name)
		o.help = C.CString(from.Help)
		if from.Default != "" {
			o.default_value = C.CString(from.Default)
		}
		if from.Multiple {
			o.multiple = 1
		}
	}
	C.kit_register(c)
}

func (p *Plugin) check() error {
	if p.Name == "" {
		return fmt.Errorf("a plugin without a name")
	}
	for _, c := range []byte(p.Name) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_') {
			return fmt.Errorf("plugin %q: the name may have letters, digits and _ only, for it is part of a C variable's", p.Name)
		}
	}
	if p.New == nil {
		return fmt.Errorf("plugin %q: New is nil", p.Name)
	}
	for _, other := range plugins {
		if other.Name == p.Name {
			return fmt.Errorf("plugin %q: registered twice", p.Name)
		}
	}
	seen := make(map[string]bool)
	for i := range p.Options {
		o := &p.Options[i]
		key := lower(o.Name)
		if key == "" || seen[key] {
			return fmt.Errorf("plugin %q: option %q is without a name or listed twice", p.Name, o.Name)
		}
		seen[key] = true
		switch o.Type {
		case String, Int, Bool, Double, Size, Time:
		default:
			return fmt.Errorf("plugin %q: option %q has the unknown type %d", p.Name, o.Name, o.Type)
		}
	}
	return nil
}
