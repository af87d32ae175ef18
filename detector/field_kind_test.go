package detector_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
)

// A record without a message is told apart from others by the fields that say its
// kind, and judged by all of them.
func TestFieldsWithoutAMessage(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	next := func() string {
		verb := pick(rng, "get", "get", "list", "watch", "update")
		return fmt.Sprintf(`{"auditID":"%016x","verb":%q,"objectRef":{"resource":%q,"namespace":%q},"user":{"username":%q},"responseStatus":{"code":%d}}`, rng.Uint64(), verb,
			pick(rng, "pods", "configmaps", "leases", "endpoints"), pick(rng, "shop", "pay", "mail"), pick(rng, "system:kubelet", "system:scheduler", "deployer"), mostly(rng, 200, 201, 404))
	}
	w := watch(t, next, 8000)
	w.flags(`{"auditID":"91b3e7648d2c5f0a","verb":"delete","objectRef":{"resource":"pods","namespace":"shop"},"user":{"username":"deployer"},"responseStatus":{"code":200}}`, `verb "delete" never seen, usually get`)
	w.flags(`{"auditID":"8d2c5f0a91b3e764","verb":"get","objectRef":{"resource":"secrets","namespace":"shop"},"user":{"username":"deployer"},"responseStatus":{"code":200}}`, `objectRef.resource "secrets" never seen`)
	w.flags(`{"auditID":"8d2c5f0a91b3e765","verb":"get","objectRef":{"resource":"pods","namespace":"shop"},"user":{"username":"system:anonymous"},"responseStatus":{"code":200}}`, `user.username "system:anonymous" never seen`)
	w.flags(`{"auditID":"8d2c5f0a91b3e766","verb":"get","objectRef":{"resource":"pods","namespace":"shop"},"user":{"username":"deployer"},"responseStatus":{"code":500}}`, `responseStatus.code 500 never seen`)
}

// A field whose name says the kind of record, and in which each record has a value of
// its own, says nothing of it: without that, each record would be of a kind that is new,
// which explains whatever is new in it.
func TestFieldOfKindsThatIsAnIdentifier(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	event := func(more string) string {
		return fmt.Sprintf(`{"eventName":%q,"eventID":"%08x-%04x","awsRegion":"eu-west-1","readOnly":true%s}`, pick(rng, "ListBuckets", "GetObject", "DescribeVolumes"), rng.Uint32(), rng.IntN(1<<16), more)
	}
	w := watch(t, func() string { return event("") }, 2000)
	w.flags(event(`,"errorCode":"UnauthorizedOperation"`), `new field "errorCode": "UnauthorizedOperation"`)
	a := w.judge(`{"eventName":"GetObject","eventID":"a1","awsRegion":"eu-west-1","readOnly":true}`).Pattern
	if b := w.judge(`{"eventName":"GetObject","eventID":"b2","awsRegion":"eu-west-1","readOnly":true}`).Pattern; a != b {
		t.Errorf("two records of one kind have the patterns %x and %x", a, b)
	}
}

// TestIdentifiersWithoutLettersInFields: arguments of system calls are hex, and now and
// then one is all digits, or has an e or a d in a place that makes a number of it.
func TestIdentifiersWithoutLettersInFields(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	argument := func() string {
		switch rng.IntN(5) {
		case 0:
			return fmt.Sprintf("%x", 0x550000000000+rng.Uint64N(1<<40))
		case 1:
			return fmt.Sprintf("%x", 0x7f0000000000+rng.Uint64N(1<<40))
		case 2:
			return fmt.Sprintf("%x", rng.IntN(1<<24))
		case 3:
			return "ffffff9c"
		}
		return fmt.Sprint(rng.IntN(4))
	}
	n := 0
	next := func() string {
		n++
		return fmt.Sprintf(`type=SYSCALL msg=audit(1795680%03d.%03d:%d): arch=c000003e syscall=%d success=yes exit=%d a0=%s a1=%s a2=%s a3=%s items=2 pid=%d uid=0 comm=%q`,
			n/50%1000, n%1000, n, mostly(rng, 59, 2, 257), rng.IntN(6), argument(), argument(), argument(), argument(), rng.IntN(40_000), pick(rng, "cron", "sh", "nginx"))
	}
	w := watch(t, next, 500)
	if flagged := w.goOn(20_000); flagged > 4 {
		t.Errorf("%d of 20,000 healthy records are flagged, at most 4 wanted", flagged)
	}
	w.flags(`type=SYSCALL msg=audit(1795680999.371:99999): arch=c000003e syscall=59 success=no exit=-13 a0=7f774eeffb9e a1=3 a2=0 a3=1 items=2 pid=417 uid=0 comm="cron"`, `exit -13, usually 0 to 5`)
}

// A process has another number after a restart, and what it does first then, no process
// of that number ever did.
func TestFieldOfAProcess(t *testing.T) {
	shop, pid, port := shopLog(33), 4211, 40000
	next := func() string {
		line := shop()
		port += 2
		return line[:len(line)-1] + fmt.Sprintf(`,"process":{"pid":%d},"ThreadID":"0x%x","peer":{"remote_port":%d}}`, pid, pid+port/2000*4, 40000+port/90%40)
	}
	w := watch(t, next, 4000)
	w.flags(changed("status", "503"), "status 503 never seen")
	for range 3 {
		pid += 911
		if flagged := w.goOn(700); flagged > 1 {
			t.Errorf("%d of 700 records after a restart are flagged, the last for %q", flagged, w.verdict.Reason)
		}
	}
	c, err := detector.Inspect(bytes.NewReader(snapshot(t, w.detector)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Groups[0].Fields {
		if f.Name == "process.pid" && f.Kind != model.Identifier {
			t.Errorf("process.pid is a %s", f.Kind)
		}
	}
	line := shop()
	w.flags(line[:len(line)-1]+`,"process":{"pid":"N/A"},"ThreadID":"0x1a04","peer":{"remote_port":40022}}`, `process.pid "N/A": usually a number`)
}
