package main

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"
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
		{"-lines 50 -json", 50, `{"service":"edge","log":"100.`},
		{"-lines 500 -json", 500, `{"service":"database","level":"INFO","log":"2026-03-02 08:`},
		{"-lines 50 -speed 1000000 -start now", 50, time.Now().UTC().Format("02/Jan/2006")},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), strings.Fields(c.args), &out); err != nil {
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
		"-speed -1":        "-speed is -1: 0 or more is right",
		"more":             `unexpected argument "more"`,
	} {
		if err := run(t.Context(), strings.Fields(args), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

// The lines take their time, and the next stream follows where one ends.
func TestSpeedAndLoop(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var out bytes.Buffer
	if err := run(ctx, strings.Fields("-lines 10 -speed 500 -loop"), &out); err != context.DeadlineExceeded {
		t.Fatalf("it ended by itself: %v", err)
	}
	// 300 ms are two and a half minutes of the log.
	if n := strings.Count(out.String(), "\n"); n < 20 || n > 1000 {
		t.Errorf("%d lines in 300 ms at 500 times the speed of life", n)
	}
}

// A receiver that comes late and goes away in between gets what is said while
// it is there.
func TestTo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- run(ctx, []string{"-lines", "100", "-speed", "5000", "-loop", "-json", "-to", address}, nil)
	}()
	for range 2 {
		var l net.Listener
		for limit := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if l, err = net.Listen("tcp", address); err == nil {
				break
			}
			if time.Now().After(limit) {
				t.Fatal(err)
			}
		}
		l.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Second))
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, `{"service":"`) {
			t.Errorf("got %q, %v", line, err)
		}
		c.Close()
		l.Close()
	}
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Error(err)
	}
}
