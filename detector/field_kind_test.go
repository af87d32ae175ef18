package detector_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
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
