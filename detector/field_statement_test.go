package detector_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Which fields a record has is a matter of its statement: what another one has in common
// with it says nothing.
func TestFieldMissingFromItsStatement(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 1))
	authorized := func(user string) string {
		return fmt.Sprintf(`{"level":"info","msg":"payment authorized","pod":"p-1","trace":"%016x","amount":%d,"currency":"EUR","method":"card"%s}`, rng.Uint64(), 100+rng.IntN(9000), user)
	}
	w := watch(t, func() string {
		switch rng.IntN(4) {
		case 0:
			return authorized(fmt.Sprintf(`,"user_id":"u%05d"`, rng.IntN(100_000)))
		case 1:
			return fmt.Sprintf(`{"level":"info","msg":"payment captured","pod":"p-1","trace":"%016x","amount":%d,"currency":"EUR"}`, rng.Uint64(), 100+rng.IntN(9000))
		default:
			return fmt.Sprintf(`{"level":"info","msg":"http request","pod":"p-1","trace":"%016x","method":"GET","status":200}`, rng.Uint64())
		}
	}, 6000)
	w.flags(authorized(""), `field "user_id" is missing`)
	w.goOn(500)
	w.passes(authorized(`,"user_id":"u00007"`))
}

// A kind of record that never was is news, however many kinds there are.
func TestFieldOfManyKinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(32, 1))
	verbs, things := []string{"Create", "Get", "List", "Update", "Delete", "Tag", "Put", "Describe", "Start"}, []string{"Bucket", "Key", "Role", "Volume", "Image", "Cluster", "Topic", "Queue", "Alarm"}
	event := func(name string) string {
		return fmt.Sprintf(`{"eventName":%q,"source":"cloud","user":"u%02d","ok":true,"id":"%016x"}`, name, rng.IntN(30), rng.Uint64())
	}
	w := watch(t, func() string { return event(mostly(rng, verbs...) + mostly(rng, things...)) }, 12_000)
	w.flags(event("StopLogging"), `eventName "StopLogging" never seen`)
	w.passes(event("GetRole"))
}

// Pods, sessions and releases of which there were others are no news where their names say so.
func TestFieldOfSerialNames(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 1))
	pods, n := []string{}, 0
	hex := func(n int) string { return fmt.Sprintf("%016x", rng.Uint64())[:n] }
	line := func(pod, route string) string {
		return fmt.Sprintf(`{"level":"info","msg":"request served","pod":%q,"route":%q,"ms":%d}`, pod, route, 5+rng.IntN(50))
	}
	deploy := func() {
		set := "7" + hex(8)
		pods = pods[:0]
		for range 5 {
			pods = append(pods, "payments-api-"+set+"-b4"+letters(rng, 3))
		}
	}
	w := watch(t, func() string {
		if n%4000 == 0 {
			deploy()
		}
		n++
		return line(pick(rng, pods...), pick(rng, "/pay", "/refund"))
	}, 8000)
	w.staysQuiet(20_000, 1)
	w.flags(line("miner-7f00dcafe-b4xyz", "/pay"), `pod "miner-7f00dcafe-b4xyz" never seen`)
	w.flags(line("payments-db", "/pay"), `pod "payments-db" never seen`)
}

// A page that is called once in a thousand records has letters that most addresses have
// not. They are no news when it is called again.
func TestFieldOfARarePage(t *testing.T) {
	rng := rand.New(rand.NewPCG(34, 1))
	line := func(path string) string {
		return fmt.Sprintf(`{"method":"GET","path":%q,"status":200,"ms":%d}`, path, 5+rng.IntN(50))
	}
	w := watch(t, func() string {
		if rng.IntN(100) == 0 {
			return line(fmt.Sprintf("/v1/shipping/zone%d", rng.IntN(100_000)))
		}
		return line(fmt.Sprintf("/v1/%08x/%04x", rng.Uint32(), rng.Uint32()&0xffff))
	}, 20_000)
	w.staysQuiet(10_000, 1)
	w.flags(line("/v1/77aa01fe/../../etc/passwd"), "unusual characters in path")
}

// The numbers of threads and processes are no categories, however few there are: that one
// of them did this never before is no news.
func TestFieldOfThreads(t *testing.T) {
	rng := rand.New(rand.NewPCG(35, 1))
	events := []int{4624, 5145, 4634, 4688, 4769, 4672} // the last ones come less often
	threads := []int{4, 640, 768, 1032, 2200, 4520, 5840, 6112, 7024}
	w := watch(t, func() string {
		return fmt.Sprintf(`{"EventID":%d,"ThreadID":%d,"Computer":"APP%02d"}`, events[int(6*rng.Float64()*rng.Float64())], pick(rng, threads...), rng.IntN(3))
	}, 1000)
	w.staysQuiet(60_000, 1)
}

// A number far from others that lie close together is news, although it is less than twice
// as large, and so is a 0 among them, and a negative one far below other negative ones.
func TestFieldOfNarrowNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(36, 1))
	line := func(volts, celsius string) string {
		return fmt.Sprintf(`{"device":"pm-%02d","volts":%s,"celsius":%s,"seq":%d}`, rng.IntN(20), volts, celsius, rng.IntN(1e6))
	}
	usual := func() string {
		return line(fmt.Sprintf("%.1f", 223+16*rng.Float64()), fmt.Sprintf("%.1f", -24+51*rng.Float64()))
	}
	w := watch(t, usual, 8000)
	w.flags(line("163.0", "21.5"), "volts 163.0, usually 223 to 239")
	w.flags(line("0", "21.5"), "volts 0, usually 223 to 239")
	w.flags(line("231.5", "-127"), "celsius -127, usually")
	w.passes(line("245.0", "21.5"))
	w.passes(line("231.5", "-31"))
	w.staysQuiet(5000, 1)
}
