package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args  string
		lines int
		want  string // somewhere in the output
	}{
		{"-seed 7 -lines 500", 500, "\n"},
		{"-lines 3 -start 2025-12-31T23:59:00+01:00", 3, "31/Dec/2025:22:59"},
		{"-lines 4000 -incidents -notes", 10, "`disk-full`"},
		{"-lines 300 -release-at 100", 300, "version=5.0.0"},
	} {
		var out bytes.Buffer
		if err := run(strings.Fields(c.args), &out); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), "\n"); n != c.lines || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: %d lines, want %d with %q in them", c.args, n, c.lines, c.want)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"-lines 0":         "-lines is 0: at least 1 is right",
		"-start yesterday": `-start is "yesterday"`,
		"more":             `unexpected argument "more"`,
	} {
		if err := run(strings.Fields(args), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}
