package judge

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/judge/modelfile"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// keeper makes what an instance has learned outlive it: in a file, and in memory
// over a hot reload. Whatever goes wrong with that, records flow on. It is used by
// the goroutine that is in a call of the filter.
type keeper struct {
	detector  *detector.Detector
	incidents *incident.Tracker // the detector's snapshots carry them, as its notes
	options   detector.Options
	by        Instance
	path      string // of the file; empty = none
	interval  time.Duration
	log       *slog.Logger
	handover  *handover
	owner     bool          // of the name, among the instances that live
	patience  time.Duration // with a disk that does not answer

	next     time.Time // of a save
	snapshot *detector.Snapshot
	result   chan error // of the save that is going on
	began    time.Time  // of that save
	calls    int        // of tick since
	groups   int        // in it
	slow     bool       // and was said to be
	trouble  string     // what kept the last save from succeeding
	saves    uint64
	failures uint64
	saved    time.Time // of the last save
}

const (
	// stepBudget is how many bytes of models one call of the filter copies for
	// a save: some 100 microseconds.
	stepBudget = 1 << 20

	// diskPatience is how long a start or an exit waits for a disk that does not
	// answer.
	diskPatience = 10 * time.Second

	// slowSave is after what time a save that has not ended is a trouble.
	slowSave = time.Minute

	// handoverTime is how long models wait in memory for an instance of their
	// name to come back after a hot reload.
	handoverTime = time.Minute
)

// handover carries models over a hot reload: Fluent Bit ends all instances, then
// makes the new ones, in the same process.
type handover struct {
	mu     sync.Mutex
	live   map[string]bool    // names of instances that live
	models map[string]waiting // of those that have ended
}

// waiting are models that wait, and what lets go of them after a while.
type waiting struct {
	detector *detector.Detector
	end      *time.Timer
}

// thisProcess is the handover among the instances of this process.
var thisProcess handover

// claim returns the models that wait under a name, nil for none, and makes the
// caller the owner of the name. It returns false when another one lives.
func (h *handover) claim(name string) (*detector.Detector, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.live[name] {
		return nil, false
	}
	if h.live == nil {
		h.live = map[string]bool{}
		h.models = map[string]waiting{}
	}
	h.live[name] = true
	w, ok := h.models[name]
	if !ok {
		return nil, true
	}
	delete(h.models, name)
	w.end.Stop() // it holds on to the models
	return w.detector, true
}

// leave takes the models of the owner of a name, who ends. They wait for a while.
func (h *handover) leave(name string, d *detector.Detector) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.live, name)
	h.models[name] = waiting{d, time.AfterFunc(handoverTime, func() { h.forget(name, d) })}
}

// forget lets go of models that no instance has taken over.
func (h *handover) forget(name string, d *detector.Detector) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.models[name].detector == d {
		delete(h.models, name)
	}
}

func newKeeper(d *detector.Detector, incidents *incident.Tracker, s *options.Settings, by Instance, h *handover, patience time.Duration) *keeper {
	k := &keeper{detector: d, incidents: incidents, options: s.Detector, by: by, interval: s.SaveInterval, log: by.Log, handover: h, patience: patience,
		result: make(chan error, 1), next: time.Now().Add(s.SaveInterval)}
	if s.ModelPath != "" {
		k.path = modelfile.Path(s.ModelPath, by.Name)
	}
	return k
}

// start makes the detector go on with what was kept.
func (k *keeper) start() {
	var old *detector.Detector
	if old, k.owner = k.handover.claim(k.by.Name); !k.owner {
		k.path = ""
		k.log.Warn("another instance has the same name: the models of this one are not kept; give each an Alias of its own")
		return
	}
	inherited := false
	if old != nil {
		if err := k.detector.Inherit(old); err == nil {
			inherited = true
			k.resume()
			k.log.Info("goes on with the models from before the reload", "groups", k.detector.Stats().Groups)
		} else if k.path == "" {
			k.log.Warn("learning starts anew: " + err.Error())
		} // the file says the same, and is set aside
	}
	if k.path == "" {
		return
	}
	var probe error
	var m loaded
	if !k.within(func() {
		modelfile.CleanUp(k.path)
		if probe = modelfile.Probe(k.path); !inherited {
			m = k.read()
		}
	}) {
		k.failed(fmt.Errorf("the disk did not answer within %v, and learning starts anew", k.patience))
		return
	}
	if probe != nil {
		k.failed(probe)
	}
	if !inherited {
		k.take(m)
	}
}

// within calls f in the background and reports whether it has returned in time.
// What f writes to must not be looked at when it has not.
func (k *keeper) within(f func()) bool {
	done := make(chan struct{})
	k.by.Go(func() {
		defer close(done)
		f()
	})
	select {
	case <-done:
		return true
	case <-time.After(k.patience):
		return false
	}
}

// loaded is what was in the file.
type loaded struct {
	detector *detector.Detector
	saved    time.Time
	err      error
}

// read reads the file into a detector of its own, so that one that nobody waits for
// any more changes nothing.
func (k *keeper) read() (m loaded) {
	o := k.options
	o.Synchronous = true // and so nothing is left running when it is dropped
	if m.detector, m.err = detector.New(o); m.err != nil {
		return m
	}
	m.err = modelfile.Read(k.path, func(r io.Reader) (err error) {
		defer func() {
			if v := recover(); v != nil { // a file must not keep Fluent Bit from starting
				err = &detector.DamagedError{Problem: fmt.Sprint("a panic while it was read: ", v)}
			}
		}()
		m.saved, err = m.detector.Restore(r)
		return err
	})
	return m
}

func (k *keeper) take(m loaded) {
	if m.err == nil && m.detector != nil {
		if m.err = k.detector.Inherit(m.detector); m.err == nil {
			k.resume()
		}
	}
	var damaged *detector.DamagedError
	var different *detector.DifferentError
	switch err := m.err; {
	case err == nil:
		k.log.Info("starts from the saved model", "file", k.path, "saved", m.saved.UTC().Format(time.RFC3339), "groups", k.detector.Stats().Groups)
	case errors.Is(err, fs.ErrNotExist):
		k.log.Info("no saved model yet", "file", k.path)
	case errors.As(err, &damaged):
		k.log.Error("learning starts anew: "+err.Error(), "file", k.path, "set_aside_as", k.setAside("damaged"))
	case errors.As(err, &different):
		k.log.Warn("learning starts anew: "+err.Error(), "file", k.path, "set_aside_as", k.setAside("previous"))
	default:
		k.log.Error("learning starts anew: the model cannot be read: "+err.Error(), "file", k.path)
	}
}

// resume goes on with the incidents that came with the models.
func (k *keeper) resume() {
	if b := k.detector.Notes(); len(b) > 0 {
		if err := k.incidents.UnmarshalBinary(b); err != nil {
			k.log.Warn("incidents begin anew: " + err.Error())
		}
	}
}

// note gives the incidents, as they are now, to whoever gets the models next.
func (k *keeper) note() {
	b, _ := k.incidents.AppendBinary(nil) // there is no error
	k.detector.SetNotes(b)
}

func (k *keeper) setAside(why string) string {
	to, err := modelfile.SetAside(k.path, why)
	if err != nil {
		return "nothing, " + err.Error()
	}
	return to
}

// tick is called after each chunk: it begins a save when one is due, and copies
// the next groups for one that is going on. It never waits.
func (k *keeper) tick(now time.Time) {
	if k.snapshot == nil {
		if k.path == "" || k.interval == 0 || now.Before(k.next) {
			return
		}
		k.begin(now)
	}
	k.snapshot.Step(stepBudget)
	select {
	case err := <-k.result:
		k.snapshot = nil
		k.finish(err)
	default:
		// A save needs as many calls as there are groups, and some: one that
		// few calls have helped is not slow.
		if k.calls++; now.Sub(k.began) > slowSave && k.calls > k.groups+100 && !k.slow {
			k.slow = true
			k.failed(errors.New("a save does not end, the disk does not answer"))
		}
	}
}

// begin starts a save in the background.
func (k *keeper) begin(now time.Time) {
	k.next, k.began, k.calls, k.slow = now.Add(k.interval), now, 0, false
	k.groups = k.detector.Stats().Groups
	k.note()
	s := k.detector.NewSnapshot(k.by.Version, now)
	k.snapshot = s
	k.by.Go(func() {
		err := errors.New("a panic ended the save")
		defer func() { k.result <- err }()
		err = modelfile.Write(k.path, func(w io.Writer) error {
			_, err := s.WriteTo(w)
			return err
		})
	})
}

func (k *keeper) finish(err error) {
	if err != nil {
		k.failed(err)
		return
	}
	k.saves++
	k.saved = time.Now()
	if k.trouble != "" {
		k.trouble = ""
		k.log.Info("the model is saved again", "file", k.path)
	} else {
		k.log.Debug("the model is saved", "file", k.path)
	}
}

// failed logs a trouble once, and again when it is another one.
func (k *keeper) failed(err error) {
	k.failures++
	if cause := modelfile.Cause(err); cause != k.trouble {
		k.trouble = cause
		k.log.Error("the model cannot be saved (logged once, counted as save_failures_total): "+err.Error(), "file", k.path)
	}
}

// close saves for the last time and keeps the models for a hot reload. The
// detector must not be used after it.
func (k *keeper) close() {
	k.detector.Close()
	if !k.owner {
		return
	}
	k.note()
	limit := time.After(k.patience)
	answers := true // the disk
	if k.snapshot != nil {
		k.snapshot.Cancel()
		select {
		case <-k.result:
		case <-limit:
			answers = false
		}
	}
	if answers && k.path != "" && k.detector.Stats().Groups > 0 {
		answers = k.saveNow(limit)
	}
	if !answers {
		k.failed(fmt.Errorf("the disk did not answer within %v", k.patience))
	}
	// A save that is still going on has copies only. They are not held longer than
	// it needs them.
	k.snapshot = nil
	k.handover.leave(k.by.Name, k.detector)
}

// saveNow saves and waits for it. It returns false when the limit came first.
func (k *keeper) saveNow(limit <-chan time.Time) bool {
	k.begin(time.Now())
	step := time.NewTicker(100 * time.Microsecond) // to copy a group takes about that long
	defer step.Stop()
	for {
		if k.snapshot.Step(stepBudget) {
			step.Stop()
		}
		select {
		case err := <-k.result:
			k.finish(err)
			return true
		case <-limit:
			k.snapshot.Cancel()
			return false
		case <-step.C:
		}
	}
}
