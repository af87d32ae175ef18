package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// plant is a log of 24 devices that report each minute or so, at night a third as often, and of a
// job that runs each five minutes.
type plant struct {
	d      *detector.Detector
	rng    *rand.Rand
	now    time.Duration // since the Unix epoch
	job    time.Duration // when it runs next
	silent string        // "d7" or "job"; "all" is
	told   []string      // reasons
}

func newPlant(t *testing.T) *plant {
	return &plant{d: newDetector(t, nil), rng: rand.New(rand.NewPCG(23, 8)), now: hostBegins}
}

func (p *plant) see(of string, e *detector.Event) {
	if p.silent == of || p.silent == "all" {
		return
	}
	var v detector.Verdict
	e.Time = p.now
	if p.d.Observe(e, &v); v.Anomaly {
		of := "message"
		if v.ByValue {
			of = "value"
		}
		p.told = append(p.told, fmt.Sprintf("%s of a %s: %s", v.Kind, of, v.Reason))
	}
}

// goOn goes on for a time.
func (p *plant) goOn(for_ time.Duration) {
	text := func(name, value string) detector.Field {
		return detector.Field{Name: []byte(name), Kind: detector.Text, Value: []byte(value)}
	}
	for end := p.now + for_; p.now < end; {
		pause := 2500 * time.Millisecond
		if hour := p.now / time.Hour % 24; hour < 6 {
			pause *= 3
		}
		p.now += time.Duration(p.rng.ExpFloat64() * float64(pause))
		device := fmt.Sprintf("d%d", p.rng.IntN(24))
		p.see(device, &detector.Event{Message: []byte("report taken"), Fields: []detector.Field{text("device", device), text("line", "l"+device[len(device)-1:]), text("batch", fmt.Sprintf("%08x", p.rng.Uint32()))}})
		if p.now >= p.job {
			p.job = p.now + 5*time.Minute
			p.see("job", &detector.Event{Message: fmt.Appendf(nil, "cleanup removed %d files", 10+p.rng.IntN(50)), Fields: []detector.Field{text("user", "root")}})
		}
	}
}

// TestWhatWasSilentIsTold: a device, and a job, that are away for four hours while others go on are told
// as they come again, a few times until that is usual. That all the log was is none of theirs.
func TestWhatWasSilentIsTold(t *testing.T) {
	for silent, begins := range map[string]string{
		"d7":  `returned of a value: device "d7" is back after 4 h, away for `,
		"job": "returned of a message: message is back after 4.1 h, away for ",
	} {
		p := newPlant(t)
		p.goOn(58 * time.Hour)
		p.told = nil
		for day := range 6 {
			p.silent = silent
			p.goOn(4 * time.Hour)
			p.silent = ""
			p.goOn(20 * time.Hour)
			if day == 0 && (len(p.told) != 1 || !strings.HasPrefix(p.told[0], begins)) {
				t.Errorf("%s: %q is told, want %q", silent, p.told, begins)
			}
		}
		if len(p.told) < 2 || len(p.told) > 5 {
			t.Errorf("%s: of six days %q are told", silent, p.told)
		}
	}
	p := newPlant(t)
	p.goOn(58 * time.Hour)
	p.told = nil
	p.silent = "all"
	p.goOn(7 * time.Hour)
	p.silent = ""
	p.goOn(7 * time.Hour)
	if len(p.told) > 1 {
		t.Errorf("all was silent, and told is %q", p.told)
	}
}
