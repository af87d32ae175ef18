// Package shoplog makes the log of a web shop's backend that does not exist:
// access lines of the edge, logfmt lines of the API, JSON lines of the payment
// service, the warehouse's and the workers' lines, the database, the
// scheduler, the garbage collector. The same options make the same lines.
//
// The stream is healthy, and still not easy: rates follow the hour of the
// day, latencies have heavy tails, client addresses, users and search words
// come from large and skewed vocabularies, some errors are routine, jobs run
// once a minute up to once a day, and new versions are rolled out on
// weekdays. With Options.Incidents, eight things go wrong on the way, and
// Record.Incident names them.
//
// Every name, address and number is invented; addresses are from the ranges
// reserved for documentation and shared use.
package shoplog

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"time"
)

// Options say what to make. The zero value is the healthy stream of seed 0.
type Options struct {
	Seed  uint64
	Start time.Time // of the first record; zero = Monday 2 March 2026, 08:00 UTC

	// Incidents puts one of each of Incidents() into the stream, in the part
	// between 40 % and 95 % of Lines.
	Incidents bool
	Lines     int // expected length of the stream; places the incidents; 0 = 4000

	// Daily puts one of each of Incidents() into each day of the stream, at an hour of
	// its own, the first at 10 o'clock.
	Daily bool

	// ReleaseAt is the record, counted from 1, at which a new release is rolled
	// out that rewords a third of the shop's own messages; 0 = never.
	ReleaseAt int
}

// Record is one line of the log.
type Record struct {
	Time     time.Time
	Service  string // who says it, such as shop-api
	Level    string // DEBUG, INFO, WARN, ERROR or FATAL; empty for access lines
	Line     string // without a newline
	Incident string // name of the incident that the line belongs to, empty = healthy
}

// Generator makes one stream. It is not safe for concurrent use.
type Generator struct {
	options Options
	rng     *rand.Rand
	made    int // records handed out
	sources []source
	queue   queue
	seq     int
	now     time.Time // of the record handed out last

	incident  string // of the lines being made
	plan      []due  // incidents to come, by record number
	rolledOut bool   // Options.ReleaseAt is reached
	version   [3]int
	pods      [3]string
	gcCycle   int
}

// due is an incident to come, at a record counted from 1.
type due struct {
	record int
	Incident
}

// source is something that happens again and again.
type source struct {
	next time.Time
	fire func(at time.Time) (next time.Time)
}

// defaultStart is a Monday, so that the first day already has deploys.
var defaultStart = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)

// New returns the generator of one stream.
func New(o Options) *Generator {
	if o.Start.IsZero() {
		o.Start = defaultStart
	}
	if o.Lines <= 0 {
		o.Lines = 4000
	}
	g := &Generator{
		options: o,
		rng:     rand.New(rand.NewPCG(o.Seed, 0x53686f70)),
		now:     o.Start,
		version: [3]int{4, 12, 3},
		gcCycle: 4120,
	}
	g.newPods()
	g.addSources()
	if o.Incidents {
		incidents := Incidents()
		for i, incident := range incidents {
			share := 0.40 + 0.55*(float64(i)+0.8*g.rng.Float64())/float64(len(incidents))
			g.plan = append(g.plan, due{int(share * float64(o.Lines)), incident})
		}
	}
	if o.Daily {
		g.addDaily()
	}
	return g
}

// addDaily has each incident happen once a day, one and a half hours apart.
func (g *Generator) addDaily() {
	for i, incident := range Incidents() {
		first := g.options.Start.Truncate(24 * time.Hour).Add(10*time.Hour + time.Duration(i)*90*time.Minute)
		for first.Before(g.options.Start) {
			first = first.AddDate(0, 0, 1)
		}
		g.sources = append(g.sources, source{first, func(at time.Time) time.Time {
			g.incident = incident.Name
			incident.make(g, at)
			g.incident = ""
			return at.AddDate(0, 0, 1)
		}})
	}
}

// Next returns the next record; times never go backwards.
func (g *Generator) Next() Record {
	g.made++
	for len(g.plan) > 0 && g.made >= g.plan[0].record {
		incident := g.plan[0].Incident
		g.plan = g.plan[1:]
		g.incident = incident.Name
		incident.make(g, g.now.Add(time.Duration(5+g.rng.IntN(900))*time.Millisecond))
		g.incident = ""
	}
	if g.options.ReleaseAt > 0 && g.made >= g.options.ReleaseAt && !g.rolledOut {
		// What is already in the queue was said by the old release; from the next
		// event on, the new one speaks.
		g.rolledOut = true
		g.deploy(g.now, [3]int{5, 0, 0})
	}
	for {
		first := &g.sources[0]
		for i := range g.sources {
			if g.sources[i].next.Before(first.next) {
				first = &g.sources[i]
			}
		}
		if len(g.queue) > 0 && g.queue[0].Time.Before(first.next) {
			break
		}
		first.next = first.fire(first.next)
	}
	r := heap.Pop(&g.queue).(pending).Record
	g.now = r.Time
	return r
}

// say puts a line into the stream.
func (g *Generator) say(at time.Time, service, level, line string) {
	g.seq++
	heap.Push(&g.queue, pending{Record{at, service, level, line, g.incident}, g.seq})
}

// The load by hour of the day (UTC), 1 is the day's mean; linear in between.
var rhythm = [24]float64{0.38, 0.22, 0.15, 0.12, 0.12, 0.18, 0.35, 0.62, 0.86, 1.02, 1.12, 1.2,
	1.3, 1.22, 1.12, 1.1, 1.22, 1.35, 1.55, 1.85, 2.05, 1.95, 1.45, 0.8}

// load is how busy the shop is at a time; 1 is the mean of a weekday.
func load(at time.Time) float64 {
	h := at.Hour()
	f := float64(at.Minute()) / 60
	l := rhythm[h]*(1-f) + rhythm[(h+1)%24]*f
	if d := at.Weekday(); d == time.Saturday || d == time.Sunday {
		l *= 1.25
	}
	return l
}

// wait is a random time until the next event of a Poisson process.
func (g *Generator) wait(mean time.Duration) time.Duration {
	return time.Duration(g.rng.ExpFloat64()*float64(mean)) + time.Microsecond
}

// millis is a latency in milliseconds: log-normal around the median, and now
// and then one from a heavy tail, never above 60 times the median.
func (g *Generator) millis(median float64) float64 {
	v := math.Exp(0.45 * g.rng.NormFloat64())
	if g.rng.IntN(200) == 0 {
		v *= math.Pow(g.rng.Float64()+1e-3, -0.66) // Pareto
	}
	return median * math.Min(math.Max(v, 0.2), 60)
}

// skewed is a number in [0, n) of which small ones are far more frequent.
func (g *Generator) skewed(n int) int {
	u := g.rng.Float64()
	return int(float64(n) * u * u * u)
}

func (g *Generator) chance(p float64) bool { return g.rng.Float64() < p }

func pick[T any](g *Generator, from []T) T { return from[g.rng.IntN(len(from))] }

// often picks one, the first ones more often.
func often[T any](g *Generator, from []T) T { return from[g.skewed(len(from))] }

func ms(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }

type pending struct {
	Record
	seq int // lines of one instant stay in the order in which they were said
}

type queue []pending

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if c := q[i].Time.Compare(q[j].Time); c != 0 {
		return c < 0
	}
	return q[i].seq < q[j].seq
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(p any)   { *q = append(*q, p.(pending)) }
func (q *queue) Pop() any {
	old := *q
	p := old[len(old)-1]
	*q = old[:len(old)-1]
	return p
}
