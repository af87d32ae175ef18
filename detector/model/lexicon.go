package model

import "sort"

// wordClass is what a word speaks of, by the groups of the original design.
type wordClass uint8

const (
	classFailure wordClass = 1 << iota // failures, exceptions, refused authorisation
	classNetwork                       // connections, network, latency, timeouts
)

// failureStems are the beginnings of words that speak of something gone
// wrong, in lower case. They are general English of operations, not the words
// of any one system; a stem that ends in $ stands for the whole word.
var failureStems = []string{
	"abandon", "abnormal", "abort", "absent", "abus", "alarm", "alert", "anomal", "attack", "backoff", "backtrace", "backward", "bad$",
	"ban$", "banned", "blackout", "block$", "bottleneck", "breach", "break$", "broke", "brownout", "bug$", "bugs$", "cannot", "cant$",
	"collision", "compromis", "conflict", "congest", "contention", "corrupt", "couldn", "crash", "critical", "damage", "danger", "dead",
	"declin", "defect", "degrad", "deni", "deny", "deplet", "desync", "detach", "die$", "died", "dirty", "disab", "disaster", "discard",
	"disconnect", "divergen", "down$", "drop", "dump", "duplicat", "eject", "emerg", "err$", "errno", "error", "evict", "exceed", "exception",
	"exhaust", "expel", "expir", "exploit", "fail", "fatal", "fault", "flap", "flood", "forbid", "forged", "fraud", "freez", "froze", "full$",
	"gave$", "giving$", "halt", "hang", "hijack", "hung", "ignor", "illegal", "imbalance", "impossible", "inaccessib", "incompat",
	"incomplete", "inconsisten", "incorrect", "infect", "insecure", "insufficient", "interrupt", "intru", "invalid", "isolated", "kill",
	"lack", "lag$", "lagging", "leak", "limit$", "locked", "lockout", "lockup", "loss", "lost", "malform", "malicious", "malware",
	"misconfig", "mismatch", "missed", "missing", "never$", "nil$", "none$", "nonexist", "not$", "nothing$", "null$", "nullpointer", "oom",
	"oops", "orphan", "outage", "over$", "overflow", "overheat", "overload", "overrun", "panic", "partition", "poison", "preempt",
	"premature", "prevent", "problem", "prohibit", "quarantin", "quorum", "race$", "ransom", "reboot", "refus", "reject", "reset", "retri",
	"retry", "revert", "revok", "rogue$", "rollback", "saturat", "segfault", "segv", "severe", "shortage", "sigabrt", "sigkill", "sigsegv",
	"skew", "slow", "spike", "split", "spoof", "stacktrace", "stale", "stall", "starv", "storm$", "stuck", "suspect", "suspend", "suspic",
	"tamper", "tear", "terminat", "thrash", "threat", "throttl", "timedout", "timeout", "too$", "torn", "traceback", "tripped", "truncat",
	"unable", "unauth", "unavail", "uncaught", "unconfigured", "undefined", "undeliver", "underflow", "underrun", "unexpect", "unhandled",
	"unhealthy", "unimplement", "unknown", "unmatched", "unreachable", "unreadable", "unrecogn", "unrecoverable", "unresolv", "unresponsive",
	"unsafe", "unsupported", "untrusted", "unusable", "violat", "vulnerab", "warn", "watchdog", "wedged", "withdrawn", "without$", "won$",
	"worse", "wrong", "zombie",
}

// networkStems are the beginnings of words of connections and time limits.
var networkStems = []string{
	"accept", "address", "bind", "certificate", "cert$", "channel", "connect", "dial", "dns$", "eof$", "etimedout", "econn", "endpoint", "firewall", "gateway", "handshake",
	"host$", "http$", "https$", "latency", "listen", "network", "packet", "peer", "ping$", "port$", "proxy", "quic", "reachab", "refused", "resolv", "route", "socket", "ssl$", "syn$",
	"tcp$", "timeout", "timed$", "tls$", "udp$", "unreachable", "upstream", "x509", "keepalive", "deadline",
}

type stem struct {
	text  string
	whole bool
	class wordClass
}

var stems = func() []stem {
	byText := map[string]stem{}
	add := func(list []string, c wordClass) {
		for _, t := range list {
			whole := t[len(t)-1] == '$'
			if whole {
				t = t[:len(t)-1]
			}
			s := byText[t]
			byText[t] = stem{t, whole, s.class | c}
		}
	}
	add(failureStems, classFailure)
	add(networkStems, classNetwork)
	all := make([]stem, 0, len(byText))
	for _, s := range byText {
		all = append(all, s)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].text < all[j].text })
	return all
}()

// stemRange[c] is where the stems that begin with 'a'+c stand in stems.
var stemRange = func() (r [27]int) {
	for c := range r {
		r[c] = sort.Search(len(stems), func(i int) bool { return stems[i].text[0] >= byte('a'+c) })
	}
	return r
}()

// classify returns what the word b speaks of. The humps of a camel-case word
// (OutOfMemoryError) are looked at one by one.
func classify(b []byte) wordClass {
	var c wordClass
	for len(b) > 0 {
		n := 1
		for n < len(b) && (b[n] >= 'a' && b[n] <= 'z' || b[n-1] >= 'A' && b[n-1] <= 'Z' && b[n] >= 'A' && b[n] <= 'Z' && (n+1 == len(b) || b[n+1] < 'a')) {
			n++
		}
		c |= classifyLower(b[:n])
		b = b[n:]
	}
	return c
}

func classifyLower(b []byte) wordClass {
	if len(b) < 2 {
		return 0
	}
	first := b[0] | 0x20
	if first < 'a' || first > 'z' {
		return 0
	}
	var c wordClass
	for _, s := range stems[stemRange[first-'a']:stemRange[first-'a'+1]] {
		if len(b) < len(s.text) || s.whole && len(b) != len(s.text) {
			continue
		}
		match := true
		for k := 1; k < len(s.text); k++ {
			if b[k]|0x20 != s.text[k] {
				match = false
				break
			}
		}
		if match {
			c |= s.class
		}
	}
	return c
}
