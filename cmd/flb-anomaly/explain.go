package main

import (
	"fmt"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

const (
	shownName  = 32 // bytes of a field's name
	shownValue = 60 // and of its value

	// leastUsual is the share of records from which on a value is usual.
	leastUsual = 0.01
)

// fields writes the fields of a record and what is usual in each.
func (w *tableWriter) fields(list []scan.Field) {
	wide := 0
	for i := range list {
		wide = max(wide, len(text.Printable(list[i].Name, shownName)))
	}
	for i := range list {
		f := &list[i]
		w.printf("%22s%-*s  %s  %s\n", "", wide, text.Printable(f.Name, shownName), fieldValue(&f.Field), usualOf(f))
	}
}

func fieldValue(f *detector.Field) string {
	switch {
	case f.Kind == detector.Null:
		return "null"
	case f.Kind == detector.Text || f.Kind == detector.Time:
		return `"` + text.Printable(f.Value, shownValue) + `"`
	}
	return text.Printable(f.AppendText(nil), shownValue)
}

// usualOf says what is usual in a field.
func usualOf(f *scan.Field) string {
	u := &f.Usual
	if !f.Known {
		return "(a new field)"
	}
	switch {
	case u.Numbers != nil:
		return "(usually " + interval(*u.Numbers) + ")"
	case len(u.Usual) > 0:
		var b []string
		for i, v := range u.Usual {
			if i > 0 && v.Share < leastUsual {
				break
			}
			b = append(b, fmt.Sprintf("%s %s%%", valueText(v.Text), share(v.Share)))
		}
		more := ""
		if n := u.Distinct - len(b); n > 0 {
			more = " and " + count(int64(n), "other value")
		}
		return "(usually " + strings.Join(b, ", ") + more + ")"
	case u.Kind == model.Identifier:
		return "(nearly always another value)"
	case u.Kind == model.Times:
		return "(times)"
	case u.Kind == model.Words:
		return "(words)"
	}
	return "(" + count(int64(u.Distinct), "value") + ")"
}
