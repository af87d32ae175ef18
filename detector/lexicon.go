package detector

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
	"abnormal", "abort", "abus", "anomal", "backoff", "backtrace", "backward", "bad$", "ban$", "banned", "block$", "bottleneck", "breach", "break$", "broke",
	"bug$", "bugs$", "cannot", "cant$", "collision", "compromis", "conflict", "congest", "corrupt", "couldn", "crash", "critical", "damage",
	"dead", "defect", "degrad", "denied", "deni", "deny", "deplet", "desync", "detach", "die$", "died", "dirty", "disab", "discard",
	"disconnect", "divergen", "down$", "drop", "dump", "duplicat", "duplicate", "evict", "exceed", "exception", "exhaust", "expir", "fail", "fatal", "fault",
	"flap", "flood", "forbid", "forbidden", "forged", "fraud", "freez", "froze", "full$", "halt", "hang", "hung", "ignor", "illegal", "imbalance", "impossible", "inaccessib",
	"incompat", "incomplete", "inconsisten", "incorrect", "infect", "insufficient", "interrupt", "intru", "invalid", "isolated", "kill", "lack", "lag$", "lagging", "leak", "limit$", "lockup",
	"locked", "lockout", "loss", "lost", "malform", "malicious", "mismatch", "missed", "missing", "nil$", "none$", "null$", "nullpointer", "oom", "oops", "orphan", "outage",
	"overflow", "overload", "overrun", "overheat", "panic", "partition", "poison", "preempt", "premature", "prevent", "problem", "prohibit", "quarantin", "quorum", "race$", "reboot", "refus",
	"reject", "reset", "revert", "revok", "rollback", "saturat", "segfault", "segv", "severe", "shortage", "sigabrt", "sigkill", "sigsegv", "skew", "slow", "spike", "split", "spoof", "stale", "stall", "starv",
	"stuck", "suspend", "suspic", "tamper", "tear", "terminat", "threat", "throttl", "timeout", "timedout", "torn", "traceback", "tripped", "truncat", "unable", "unauthor", "unavail",
	"unconfigured", "undefined", "underflow", "underrun", "undeliver", "unexpect", "unhandled", "unhealthy", "unknown", "unreachable", "unreadable", "unrecoverable", "unresponsive", "unsafe", "unsupported", "untrusted", "unusable", "violat",
	"vulnerab", "warn", "watchdog", "wedged", "withdrawn", "won$", "worse", "wrong", "zombie", "error", "err$", "errno", "not$", "nothing$", "without$", "never$", "giving$", "gave$", "over$", "emerg", "alert", "alarm", "attack", "unauth", "retry", "retri",
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
