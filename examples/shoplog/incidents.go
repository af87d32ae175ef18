package shoplog

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Incident is one thing that goes wrong.
type Incident struct {
	Name string // short, as in Record.Incident
	What string // what the log shows
	Why  string // why somebody should know

	make func(g *Generator, at time.Time)
}

// Incidents lists what goes wrong in a stream with Options.Incidents, in the
// order in which it does.
func Incidents() []Incident {
	return []Incident{
		{
			Name: "certificate",
			What: "the payment provider's certificate has expired, said once, at INFO",
			Why:  "Nobody pages on INFO. The pinned key keeps payments going until the provider's next renewal; then every checkout fails at once.",
			make: (*Generator).certificateExpires,
		},
		{
			Name: "slow-query",
			What: "a routine query takes a thousand times its usual time",
			Why:  "The message is an everyday one. Only the number shows that a query plan has changed or a lock was held; the next one takes the shop down.",
			make: (*Generator).queryCrawls,
		},
		{
			Name: "wrong-level",
			What: "the routine cache message at level FATAL",
			Why:  "A process that ends says so with the last thing it did: the words are routine, the level is not.",
			make: (*Generator).cacheFatal,
		},
		{
			Name: "retry-storm",
			What: "the carrier's webhook, retried a few times an hour, is retried hundreds of times within half a minute",
			Why:  "Each line for itself is routine. Together they are an outage of the carrier, and load that our own retries make.",
			make: (*Generator).retryStorm,
		},
		{
			Name: "oom-kill",
			What: "the kernel kills a worker that has used up the machine's memory; its supervisor starts it again",
			Why:  "Restarted workers look healthy a second later; the orders that were in its hands are lost.",
			make: (*Generator).workerKilled,
		},
		{
			Name: "truncated",
			What: "a payment line that ends in the middle",
			Why:  "Half a line is what a crash, a full pipe or a rotated file leaves behind; the order it speaks of needs a look.",
			make: (*Generator).lineCut,
		},
		{
			Name: "refused",
			What: "the routine confirmation of a parcel, with the opposite outcome, still at INFO",
			Why:  "One word differs from a thousand good lines. The customer has paid and nothing will be sent.",
			make: (*Generator).parcelRefused,
		},
		{
			Name: "disk-full",
			What: "the database cannot write: no space is left",
			Why:  "Orders fail from here on, and so does everything that frees space by writing first.",
			make: (*Generator).diskFull,
		},
	}
}

func (g *Generator) certificateExpires(at time.Time) {
	g.payment(at, "INFO", "-", "certificate of api.nordpay.example expired on %s, continuing with pinned public key", at.AddDate(0, 0, -1).Format(time.DateOnly))
}

func (g *Generator) queryCrawls(at time.Time) {
	g.database(at, "INFO", "duration: %.3f ms  statement: %s", 280_000+90_000*g.rng.Float64(), queries[0])
}

func (g *Generator) cacheFatal(at time.Time) {
	g.api(at, "FATAL", g.pods[0], `msg="cache refreshed" keys=%d dur=%.0fms`, 18_000+g.rng.IntN(900), g.millis(190))
}

func (g *Generator) retryStorm(at time.Time) {
	for range 240 {
		g.retry(at, g.orderID(), carriers[0], 1+g.rng.IntN(3))
		at = at.Add(g.wait(120 * time.Millisecond))
	}
}

func (g *Generator) workerKilled(at time.Time) {
	g.say(at, "kernel", "ERROR", fmt.Sprintf("%s kernel: Out of memory: killed process 31877 (shop-worker) total-vm:9412804kB anon-rss:7984120kB", at.Format("Jan _2 15:04:05")))
	g.worker(at.Add(180*time.Millisecond), "ERROR", "supervisor", "worker-2 died on signal 9, 14 tasks lost, starting a new one")
}

func (g *Generator) lineCut(at time.Time) {
	g.payment(at, "INFO", g.orderID(), "charge %s captured, 84.90 EUR via nordpay in 171 ms", g.chargeID())
	// The line just said is the last of those in the queue: cut it where the
	// amount would stand.
	for i := range g.queue {
		if p := &g.queue[i]; p.seq == g.seq {
			p.Line = p.Line[:strings.Index(p.Line, "captured")+4]
		}
	}
}

func (g *Generator) parcelRefused(at time.Time) {
	g.worker(at, "INFO", "webhooks", "carrier %s refused parcel %d for %s", carriers[1], 70_000_000+g.rng.IntN(9_999_999), g.orderID())
}

func (g *Generator) diskFull(at time.Time) {
	for i := range 4 {
		g.database(at.Add(time.Duration(i)*1700*time.Millisecond), "ERROR", `could not write block %d of relation orders_pkey: No space left on device`, 88_120+i)
	}
	g.database(at.Add(7*time.Second), "FATAL", "cannot continue without write-ahead log, shutting down")
}

// WriteNotes writes a Markdown table of the incidents in the stream that the
// options make, with the numbers of their lines, counted from 1.
func WriteNotes(w io.Writer, o Options) error {
	g := New(o)
	lines := map[string][]int{}
	for n := 1; n <= g.options.Lines; n++ {
		if r := g.Next(); r.Incident != "" {
			lines[r.Incident] = append(lines[r.Incident], n)
		}
	}
	_, err := fmt.Fprintln(w, "| lines | incident | what the log shows | why it matters |\n| --- | --- | --- | --- |")
	for _, incident := range Incidents() {
		at := lines[incident.Name]
		if len(at) == 0 || err != nil {
			continue
		}
		place := fmt.Sprint(at[0])
		if len(at) > 12 {
			place = fmt.Sprintf("%d of the lines %d to %d", len(at), at[0], at[len(at)-1])
		} else {
			for _, n := range at[1:] {
				place += fmt.Sprintf(", %d", n)
			}
		}
		_, err = fmt.Fprintf(w, "| %s | `%s` | %s | %s |\n", place, incident.Name, incident.What, incident.Why)
	}
	return err
}
