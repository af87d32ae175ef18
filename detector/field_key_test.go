package detector_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// A field that no record had, one that few had, and one that is gone.
func TestFieldKeys(t *testing.T) {
	w := watch(t, shopLog(11), 8000)
	w.flags(changed("stack", `"at cart.go:71"`), `new field "stack": "at cart.go:71"`)
	w.flags(changed("retry_of", `"req_811"`), `new field "retry_of": "req_811"`)
	w.flags(changed("user", ""), `field "user" is missing, it was in `, " records before")
	w.flags(changed("duration_ms", ""), `field "duration_ms" is missing, it was in `)
	w.flags(changed("level", ""), `field "level" is missing`)
	w.flags(changed("msg", ""), `field "message" is missing`)
	w.flags(`{"level":"info","host":"shop-1"}`, `field "message" is missing`) // and nearly all else
	// Which statements have which fields is known: a session has no status.
	w.passes(`{"level":"info","msg":"session started","host":"shop-1","trace":"8d2c5f0a91b3e764","user":"u71","client":"web"}`)
}

// A field that a few records had is news again, by how seldom it came.
func TestFieldRareKey(t *testing.T) {
	w := watch(t, shopLog(12), 8000)
	w.see(changed("degraded", "true"))
	w.goOn(3000)
	w.flags(changed("degraded", "true"), `field "degraded" seen once in `, " records: true")
}

// An object that gets new names again and again (the parameters of requests) is open:
// one more is no news, unless it says what went wrong; beside it, it is.
func TestFieldOfOpenObject(t *testing.T) {
	shop, n := shopLog(13), 0
	with := func(name string) string {
		line := shop()
		return line[:len(line)-1] + `,"params":{"page":2,"` + name + `":"on"}}`
	}
	w := watch(t, func() string {
		if n++; n%20 > 0 {
			return with("sort")
		}
		return with(fmt.Sprintf("filter_%c%c", 'a'+n/20%26, 'a'+n/520%26))
	}, 8000)
	w.passes(with("campaign"))
	w.flags(with("error"), `"params.error": "on"`)
	line := with("sort")
	w.flags(line[:len(line)-1]+`,"campaign":"on"}`, `new field "campaign": "on"`)
	w.flags(line[:len(line)-1]+`,"session":{"campaign":"on"}}`, `new field "session.campaign": "on"`)
}

// A record that gets new names at its top again and again is open itself; also when
// there are more names than there is room for.
func TestFieldOfOpenRecord(t *testing.T) {
	shop, n := shopLog(14), 0
	with := func(name string) string {
		line := shop()
		return line[:len(line)-1] + `,"` + name + `":7}`
	}
	w := watch(t, func() string {
		n++
		return with(fmt.Sprintf("gauge_%04x", n*40503&0xffff))
	}, 8000)
	w.passes(with("gauge_1z"))
	w.flags(with("panic"), `new field "panic": "7"`)
}

// What is missing where another name stands is not missed because that name is new.
func TestFieldMissingBesideNewNames(t *testing.T) {
	shop, n := shopLog(15), 0
	with := func(name string) string {
		line := shop()
		return line[:len(line)-1] + `,"tags":{"team":"a","` + name + `":"b"}}`
	}
	w := watch(t, func() string {
		if n++; n%5 > 0 {
			return with("owner")
		}
		return with(fmt.Sprintf("x_%04x", n*40503&0xffff))
	}, 8000)
	for _, name := range []string{"x_new", "x_newer", "x_newest"} {
		w.passes(with(name))
	}
}

// A field that no record had does not explain itself by making the record one of a new
// kind: status.code is a name that tells kinds of records.
func TestFieldOfKindsThatIsNew(t *testing.T) {
	rng := rand.New(rand.NewPCG(35, 35))
	call := func(status string) string {
		return fmt.Sprintf(`{"methodName":%q,"principal":%q,"callerIp":"10.1.2.%d","status":{%s}}`, pick(rng, "objects.get", "objects.list", "logs.write"), pick(rng, "app", "ci"), rng.IntN(99), status)
	}
	w := watch(t, func() string { return call("") }, 3000)
	w.flags(call(`"code":7`), `new field "status.code": "7"`)
	w.flags(call(`"code":7,"message":"PERMISSION_DENIED"`), `new field "status.`)
}

// A record of a known message without all that says which request it is of lacks several fields at
// once; what other messages do not have says nothing of it.
func TestFieldsOfOneContextAreMissing(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 7))
	context := func() string {
		return fmt.Sprintf(`"trace_id":"%016x","span_id":"%08x","trace_flags":"01",`, rng.Uint64(), rng.Uint32())
	}
	say := func(msg, context string) string {
		return fmt.Sprintf(`{"level":"info","msg":%q,%s"service":"cart","version":"1.4.0","pod":"cart-7d4b9c6f5-x2x7k","zone":"b","node":"n%d","took_ms":%d}`, msg, context, 1+rng.IntN(3), 5+rng.IntN(50))
	}
	w := watch(t, func() string {
		if rng.IntN(4) == 0 {
			return say("cache swept", "")
		}
		return say("product read", context())
	}, 4000)
	w.flags(say("product read", ""), `field "`, " is missing")
	w.passes(say("cache swept", ""))
}
