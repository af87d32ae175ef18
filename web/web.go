// Package web is the page of flb-anomaly serve: a log goes in, and what is
// strange in it is shown. It knows HTTP, views of logs and how to ask them for
// rows, bins and patterns; judging is package scan's.
//
// A view is one log under one set of options. Its text lies in a temporary
// file, a few bytes for each line in memory; every question of the page is
// answered by a walk over these, which takes milliseconds for a million lines.
// So no answer is larger than what the page shows, and the page holds no more
// of the log than that.
package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// Limits of a server.
const (
	DefaultMaxSize = 1 << 30 // bytes of a log's text

	DefaultMaxLines = 10_000_000 // of all logs together: 36 bytes of memory each

	maxViews = 16        // at once
	viewTTL  = time.Hour // since the page last asked; an open page asks every minute

	DefaultPatience = time.Minute

	// maxAsking is how many requests are answered at once. A page has a dozen open at
	// most; uploads, of which each log has one, are not counted.
	maxAsking = 64
)

// Config says how a server is set up.
type Config struct {
	Listen   string   // the address that it listens on
	Hosts    []string // names it goes by besides its addresses and localhost
	MaxSize  int64    // of a log's text in bytes; 0 = DefaultMaxSize
	MaxLines int      // of all logs together; 0 = DefaultMaxLines

	// Patience is how long a request may stand still, whoever is to send or to read;
	// 0 = DefaultPatience.
	Patience time.Duration

	Version string // shown on the page

	// IgnoreFile says what is ignored beside the options, and is what the page writes
	// what is normal to; empty = none. It need not be there yet.
	IgnoreFile string

	// Given has the options that the page begins with, as options.Parse asks
	// for them; nil = the defaults.
	Given func(name string) []string
	Mode  scan.Mode

	// Model is a snapshot that each stream is judged from; nil = none.
	Model []byte
}

// Server holds the views and answers the page's questions.
type Server struct {
	config   Config
	given    map[string][]string
	stops    []float64 // of the slider; the first is 0, auto
	start    int       // the stop that the slider begins at
	loopback bool
	hosts    map[string]bool
	handler  http.Handler

	ctx    context.Context // ends the scans
	cancel context.CancelFunc
	scans  sync.WaitGroup

	mu         sync.Mutex
	views      map[string]*view
	order      []string          // the views of FILE arguments, for the page to begin with
	successors map[string]string // views that took the place of others, by those

	ignoring sync.Mutex    // one change of the Ignore_File at a time
	asking   chan struct{} // holds one for each request that is answered
}

// New returns a server, or an error that names the option that is wrong.
func New(c Config) (*Server, error) {
	if c.MaxSize <= 0 {
		c.MaxSize = DefaultMaxSize
	}
	if c.MaxLines <= 0 {
		c.MaxLines = DefaultMaxLines
	}
	if c.Patience <= 0 {
		c.Patience = DefaultPatience
	}
	if c.Mode == "" {
		c.Mode = scan.Stream
	}
	if c.Given == nil {
		c.Given = func(string) []string { return nil }
	}
	settings, err := options.Parse(c.Given)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, given: map[string][]string{}, hosts: map[string]bool{}, views: map[string]*view{}, successors: map[string]string{}}
	for i := range options.Table {
		if name := options.Table[i].Name; name != ignoreFile && len(c.Given(name)) > 0 {
			s.given[name] = c.Given(name)
		}
	}
	s.stops, s.start = stopsWith(settings.Detector.Contamination)
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("the address to listen on is %q: %w", c.Listen, err)
	}
	ip := net.ParseIP(host)
	s.loopback = ip != nil && ip.IsLoopback() || host == "localhost"
	if ip == nil && host != "" {
		s.hosts[strings.ToLower(host)] = true
	}
	for _, h := range c.Hosts {
		s.hosts[strings.ToLower(h)] = true
	}
	if _, err := s.ignored(); err != nil {
		return nil, fmt.Errorf("the file of what is to be ignored: %w", err)
	}
	page, err := assets()
	if err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.Handle("GET /", page)
	s.routes(mux)
	s.asking = make(chan struct{}, maxAsking)
	s.handler = s.guard(s.limit(mux))
	go s.expire()
	return s, nil
}

// Handler answers all requests.
func (s *Server) Handler() http.Handler { return s.handler }

// Close ends the scans and drops the views with their files.
func (s *Server) Close() {
	s.cancel()
	s.scans.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, v := range s.views {
		v.close()
		delete(s.views, id)
	}
}

// sliderStops are the contaminations that the slider can be put to besides
// auto: steps that look even.
var sliderStops = []float64{0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05,
	0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3}

// stopsWith are the slider's stops with one more where it starts.
func stopsWith(contamination float64) (stops []float64, start int) {
	stops = append([]float64{0}, sliderStops...)
	start, found := slices.BinarySearch(stops, contamination)
	if !found {
		stops = slices.Insert(stops, start, contamination)
	}
	return stops, start
}

// Opener opens the input of a view. Its context ends with the view: it may end
// a wait for an input that does not move.
type Opener func(context.Context) (*scan.Input, error)

// Open makes a view of an input and judges it in the background. The error is
// that of opening; what goes wrong later is shown on the page.
func (s *Server) Open(name string, open Opener) error {
	v, err := s.newView(viewSpec{name: name, mode: s.config.Mode, given: s.given, kept: true})
	if err != nil {
		return err
	}
	in, err := open(v.ctx)
	if err != nil {
		s.drop(v.id)
		return err
	}
	v.expect(in.Size)
	v.modified, v.wait = in.Modified, in.Wait
	s.mu.Lock()
	s.order = append(s.order, v.id)
	s.mu.Unlock()
	s.scans.Add(1)
	go func() {
		defer s.scans.Done()
		defer in.Close()
		v.read(in, in.Live)
	}()
	return nil
}

// viewSpec says what a view is to be.
type viewSpec struct {
	name  string
	mode  scan.Mode
	given map[string][]string // options
	text  *spool              // of another view, shared with it; nil = a new one, empty
	whole bool                // that text is all of the log

	modified time.Time // when the log was written to last; zero = not known
	kept     bool
}

// newView makes a view that waits for its text, or for the order to judge the
// text that is there. It takes its share in the text also when it fails.
func (s *Server) newView(spec viewSpec) (_ *view, err error) {
	text := spec.text
	defer func() {
		if err != nil && text != nil {
			text.release()
		}
	}()
	// What was told is told by the contamination that the slider begins at, as scan does.
	settings, err := options.Parse(func(option string) []string { return spec.given[option] })
	if err != nil {
		return nil, err
	}
	settings.Detector.Sweep = s.stops
	ignored, err := s.ignored()
	if err != nil {
		return nil, err
	}
	settings.Detector.Ignore = append(settings.Detector.Ignore, ignored...)
	if text == nil {
		if text, err = newSpool(); err != nil {
			return nil, err
		}
	}
	reasons, err := newSpool()
	if err != nil {
		return nil, err
	}
	v := &view{
		server: s, id: rand.Text(), name: spec.name, mode: spec.mode, given: spec.given, kept: spec.kept, modified: spec.modified,
		settings: settings, text: text, reasons: reasons,
	}
	v.fed.Store(spec.text != nil)
	v.whole.Store(spec.whole)
	v.ctx, v.cancel = context.WithCancel(s.ctx)
	v.patterns.init()
	v.shapes.init()
	v.state = state{Phase: waiting, Flagged: make([]int64, len(s.stops)), Levels: make([]int64, pattern.Levels)}
	v.touch()
	if err := s.add(v); err != nil {
		v.cancel()
		reasons.release()
		return nil, err
	}
	return v, nil
}

// add takes a view in. The one that was not asked for the longest makes room.
func (s *Server) add(v *view) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.views) >= maxViews {
		if !s.removeOldest(v) {
			return fmt.Errorf("there are %d logs open, all of them in use: close one", len(s.views))
		}
	}
	s.views[v.id] = v
	return nil
}

// makeRoom reports whether there is room for more lines of a view, of which other
// views may have to go.
func (s *Server) makeRoom(v *view) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.lineCount() >= s.config.MaxLines {
		if !s.removeOldest(v) {
			return false
		}
	}
	return true
}

// removeOldest closes the view that was not asked for the longest, except one. It
// reports whether there was one not in use.
func (s *Server) removeOldest(except *view) bool {
	var oldest *view
	for _, o := range s.views {
		if o != except && !o.kept && !o.busy() && !o.awaited() && (oldest == nil || o.used.Load() < oldest.used.Load()) {
			oldest = o
		}
	}
	if oldest == nil {
		return false
	}
	s.remove(oldest)
	oldest.close()
	return true
}

// remove takes a view out. s.mu is held.
func (s *Server) remove(v *view) {
	delete(s.views, v.id)
	s.order = slices.DeleteFunc(s.order, func(id string) bool { return id == v.id })
	if _, ok := s.successors[v.id]; !ok {
		s.forget(v.id)
	}
}

// forget drops what led to a view that is gone.
func (s *Server) forget(id string) {
	for old, now := range s.successors {
		if now == id {
			delete(s.successors, old)
			s.forget(old)
		}
	}
}

// replace puts a view in the place of the one whose text it judges again.
func (s *Server) replace(old, v *view) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.successors[old.id] = v.id
	if i := slices.Index(s.order, old.id); i >= 0 {
		s.order[i] = v.id
		old.kept, v.kept = false, true
	}
}

// view finds a view, or the one that took its place.
func (s *Server) view(id string) *view {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.views[id]
	for v == nil {
		next, ok := s.successors[id]
		if !ok {
			return nil
		}
		id, v = next, s.views[next]
	}
	v.touch()
	return v
}

func (s *Server) drop(id string) {
	s.mu.Lock()
	v := s.views[id]
	if v != nil {
		s.remove(v)
	}
	s.mu.Unlock()
	if v != nil {
		v.close()
	}
}

// lineCount is how many lines all views hold. s.mu is held.
func (s *Server) lineCount() (n int) {
	for _, v := range s.views {
		n += v.lines.len()
	}
	return n
}

// expire drops views that no page asks for any more.
func (s *Server) expire() {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		s.mu.Lock()
		var gone []*view
		for _, v := range s.views {
			if !v.kept && !v.busy() && time.Since(time.Unix(0, v.used.Load())) > viewTTL {
				gone = append(gone, v)
				s.remove(v)
			}
		}
		s.mu.Unlock()
		for _, v := range gone {
			v.close()
		}
	}
}

// sizeText is a size as people say it.
func sizeText(n int64) string {
	switch {
	case n >= 1<<30:
		return strconv.FormatFloat(float64(n)/(1<<30), 'f', 1, 64) + " GiB"
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
	default:
		return strconv.FormatInt((n+1023)/1024, 10) + " KiB"
	}
}
