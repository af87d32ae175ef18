package model

import (
	"encoding/binary"
	"sort"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector/model/words"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// wordClass is what a word speaks of, a bit each.
type wordClass uint8

const classFailure wordClass = 1 // failures, exceptions, refused authorisation

// failureStems are the beginnings of words that speak of something gone
// wrong, in lower case. They are general English of operations, not the words
// of any one system; a stem that ends in $ stands for the whole word.
//
// What is counted (package words) does not replace them: programs say "rejected",
// "lost", "expired" and "terminated" at INFO as often as at ERROR, so their levels
// tell nothing of these. On labelled logs, counted words alone lose half of the
// outcomes that are turned.
var failureStems = []string{
	"abandon", "abnormal", "abort", "absent", "abus", "alarm", "alert", "anomal", "attack", "backtrace", "bad$",
	"ban$", "banned", "blackout", "bottleneck", "breach", "break$", "broke", "brownout", "bug$", "bugs$", "cannot", "cant$",
	"collision", "compromis", "conflict", "congest", "contention", "corrupt", "couldn", "crash", "critical", "damage", "danger", "dead", "deadlock",
	"declin", "defect", "degrad", "denial", "denie", "deny", "deplet", "desync", "detach", "die$", "died", "dirty", "disaster", "discard",
	"disconnect", "divergen", "down$", "drop", "dump", "duplicat", "eject", "emerg$", "emergenc", "err$", "errno", "error", "evict", "exceed", "exception",
	"exhaust", "expel", "expired$", "exploit", "fail", "failover", "fatal", "fault", "flap", "flood", "forbid", "forged", "fraud", "freeze$", "freezes$", "freezing$", "froze", "full$",
	"gave$", "giving$", "halt", "hang", "hijack", "hung", "illegal", "imbalance", "impossible", "inaccessib", "incompat",
	"incomplete", "inconsisten", "incorrect", "infect", "insecure", "insufficient", "interrupted$", "interruption", "intru", "invalid", "isolated", "kill",
	"lack", "lag$", "lagging", "leak", "livelock", "locked", "lockout", "lockup", "loss", "lost", "malform", "malicious", "malware",
	"misconfig", "mismatch", "missed", "missing", "never$", "nonexist", "not$", "nothing$", "nullpointer", "oom",
	"oops", "orphan", "outage", "overcurrent$", "overflow", "overheat", "overload", "overrun", "panic", "poison", "preempt",
	"premature", "prevent", "problem", "prohibit", "quarantin", "race$", "ransom", "reboot", "refus", "reject", "reset", "retri",
	"retry", "revert", "revok", "rogue$", "rollback", "saturat", "segfault", "segv", "severe", "shortage", "sigabrt", "sigkill", "sigsegv",
	"skew", "slow", "spike", "spoof", "stacktrace", "stale", "stall", "starv", "storm$", "stuck", "suspect", "suspend", "suspic",
	"tamper", "tear", "terminat", "thrash", "threat", "throttl", "timedout", "timeout", "too$", "torn", "traceback", "tripped", "truncat",
	"unable", "unauth", "unavail", "uncaught", "unclean", "unconfigured", "undefined", "undeliver", "underflow", "underrun", "undervoltage$", "unexpect", "unhandled",
	"unhealthy", "unimplement", "unmatched", "unreachable", "unreadable", "unrecogn", "unrecoverable", "unresolv", "unresponsive",
	"unsafe", "unsupported", "untrusted", "unusable", "violat", "vulnerab", "watchdog", "wedged", "withdrawn", "won$",
	"worse", "wrong", "zombie",
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
	all := make([]stem, 0, len(byText))
	for _, s := range byText {
		all = append(all, s)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].text < all[j].text })
	return all
}()

// stemRange[26*c+d] is where the stems that begin with 'a'+c and 'a'+d stand in stems.
var stemRange = func() (r [26*26 + 1]uint16) {
	for at := range r {
		r[at] = uint16(sort.Search(len(stems), func(i int) bool { return startOf(stems[i].text[0], stems[i].text[1]) >= at }))
	}
	return r
}()

// startOf is the index in stemRange of two small letters.
func startOf(first, second byte) int { return 26*int(first-'a') + int(second-'a') }

// said returns what the i-th token, a word, speaks of where it stands: it is no
// part of a name, no placeholder, not taken back, not counted as none and not only
// looked for. What is counted in the logging statements of many projects (package
// words) says more than the list.
func said(text []byte, tokens []pattern.Token, i int) wordClass {
	c := spokenOf(text, tokens, i)
	if c != 0 && words.IsSought(text, tokens, i) {
		return 0
	}
	return c
}

// spokenOf is said, whether what it speaks of is there or only looked for.
func spokenOf(text []byte, tokens []pattern.Token, i int) wordClass {
	if words.Said(text, tokens, i) >= failureBits {
		return classFailure
	}
	t := &tokens[i]
	word := text[t.Start:t.End]
	if isCross(word) || namedFailures[string(word)] {
		return classFailure
	}
	c := classify(word)
	if c != 0 && t.Start > 0 && text[t.Start-1] == '.' && int(t.End) < len(text) && text[t.End] == ' ' {
		return c // NameSystem.failed to
	}
	if c != 0 && words.Weight(word) > -failureBits && words.Plain(text, tokens, i) && !words.IsCorrected(text, tokens, i) {
		return c
	}
	if phrase(text, tokens, i) > 0 && !words.TakenBack(text, tokens, i) {
		return classFailure
	}
	return 0
}

// namedFailures are names of failures that are no plain words, as names in two cases are
// otherwise those of classes: the error numbers of POSIX (but those that say to try again),
// DNS's response codes (RFC 1035), the status codes of gRPC, and Kubernetes' reasons for what
// is wrong with a pod or a node.
var namedFailures = func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`
		E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EBADF EBADMSG EBUSY ECANCELED ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDOM EDQUOT
		EEXIST EFAULT EFBIG EHOSTDOWN EHOSTUNREACH EILSEQ EINVAL EIO EISDIR ELOOP EMFILE EMSGSIZE ENAMETOOLONG ENETDOWN ENETRESET
		ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT ENOEXEC ENOLCK ENOMEM ENOSPC ENOSYS ENOTCONN ENOTDIR ENOTEMPTY ENOTSUP EOVERFLOW
		EPERM EPIPE EPROTO ERANGE EROFS ESTALE ETIMEDOUT ETXTBSY EXDEV
		FORMERR SERVFAIL NOTAUTH
		DeadlineExceeded DataLoss PermissionDenied ResourceExhausted
		BackOff CrashLoopBackOff ErrImageNeverPull ErrImagePull FailedAttachVolume FailedCreate FailedMount FailedScheduling ImagePullBackOff
		NetworkNotReady NodeNotReady OOMKilled OOMKilling SystemOOM`) {
		m[name] = true
	}
	return m
}()

// isCross tells the marks that test runners write before what failed.
func isCross(word []byte) bool {
	if len(word) == 0 || word[0] < 0x80 {
		return false
	}
	switch string(word) {
	case "✕", "✖", "✗", "✘", "❌":
		return true
	}
	return false
}

// spoken remembers what the words of the line at hand speak of: it is asked for by
// what finds a statement and by what judges a young one's words.
type spoken struct {
	asked, failure [pattern.MaxTokens / 64]uint64
	silent         silent
}

// begin forgets the line before.
func (s *spoken) begin() {
	clear(s.asked[:])
	clear(s.failure[:])
}

func (s *spoken) said(text []byte, tokens []pattern.Token, i int) wordClass {
	at, bit := i/64, uint64(1)<<(i%64)
	if s.asked[at]&bit == 0 {
		s.asked[at] |= bit
		if s.silent.has(text[tokens[i].Start:tokens[i].End]) || said(text, tokens, i) == 0 {
			return 0
		}
		s.failure[at] |= bit
	}
	if s.failure[at]&bit != 0 {
		return classFailure
	}
	return 0
}

// silent remembers words that speak of no failure wherever they stand, which are most of
// them: new lines say the same words as those before.
type silent [1 << silentBits][2]uint64

const (
	// silentBits is for 512 words in 8 KB. Another word takes a place that is taken.
	silentBits = 9

	// longestSilent is the longest word that is remembered, in bytes: as many as an
	// entry holds, so that none can pass for another.
	longestSilent = 16
)

func (s *silent) has(word []byte) bool {
	n := len(word)
	if n == 0 || n > longestSilent {
		return false
	}
	var k [2]uint64
	if n <= 8 {
		k[0] = upTo8(word)
	} else {
		k = [2]uint64{binary.LittleEndian.Uint64(word), binary.LittleEndian.Uint64(word[n-8:]) >> (8 * (longestSilent - n))}
	}
	e := &s[(k[0]*0x9e3779b97f4a7c15^k[1])*0xd1b54a32d192ed03>>(64-silentBits)]
	if *e == k {
		return true
	}
	if !isSilent(word) {
		return false
	}
	*e = k
	return true
}

// isSilent reports whether said is 0 for the word whatever stands around it.
func isSilent(word []byte) bool {
	return !words.Speaks(word, failureBits) && !isCross(word) && !namedFailures[string(word)] && classify(word) == 0 && phrasesOf(word) == nil
}

// failureBits is how many times likelier a word is in an error than elsewhere, in
// bits, to be one of failure.
const failureBits = 2.3

// classify returns what the word b speaks of.
func classify(b []byte) wordClass { return classifyLower(b) }

// endings are what may follow a stem: inflected forms and what else makes a word
// of the same meaning.
var endings = func() map[string]bool {
	m := map[string]bool{}
	for _, e := range strings.Fields("s es ed d e ing ion ions ting ted ate ates ated ating ation ations ure ures y ies ied ied er ers al ly ity able ible ive ous ent ence ency ance ant ted ped ping pt led ling n en t ts ned ning red ring ged ging sed sing ance un exception ptr pointer ment ments ened ening ially ically ized izing ize il il unicated out outs cious ious erate nt orized orised horized horised horization ailable enticated unicate cated cating cate gled isfied rupted ieved overed ing ering ered iled iling ated ually ually ted tful ful ish y ial s: ved ving icted icting ict wed wing ize ized ized istent istency atible atibility essible essful le hable able onsive nized nised ognized ognised gnized gnised ected hed ndled rted own earable sured missible") {
		m[e] = true
	}
	return m
}()

func classifyLower(b []byte) wordClass {
	if len(b) < 2 {
		return 0
	}
	first, second := b[0]|0x20, b[1]|0x20
	if first < 'a' || first > 'z' || second < 'a' || second > 'z' {
		return 0
	}
	at := startOf(first, second)
	var c wordClass
	for _, s := range stems[stemRange[at]:stemRange[at+1]] {
		if len(b) < len(s.text) || s.whole && len(b) != len(s.text) {
			continue
		}
		match := true
		for k := 2; k < len(s.text); k++ {
			if b[k]|0x20 != s.text[k] {
				match = false
				break
			}
		}
		if match && (len(b) == len(s.text) || inflected(b[len(s.text):]) && !canBe(b)) {
			c |= s.class
		}
	}
	return c
}

// canBe reports whether the word says what something may stand, not what it suffers:
// preemptible, retryable, but not unreachable.
func canBe(b []byte) bool {
	return len(b) > 4 && equalLower(b[len(b)-3:], "ble") && !equalLower(b[:2], "un") && !equalLower(b[:2], "in")
}

func equalLower(b []byte, s string) bool {
	for i, c := range b {
		if c|0x20 != s[i] {
			return false
		}
	}
	return true
}

// repeats reports whether the word says no more than that the line is at its level:
// error, errors, warning, warnings.
func repeats(word []byte, level pattern.Level) bool {
	if n := len(word); n > 0 && word[n-1]|0x20 == 's' {
		word = word[:n-1]
	}
	switch len(word) {
	case len("error"):
		return level >= pattern.LevelError && equalLower(word, "error")
	case len("warning"):
		return level >= pattern.LevelWarn && equalLower(word, "warning")
	}
	return false
}

func inflected(rest []byte) bool {
	if len(rest) > 10 {
		return false
	}
	var lower [10]byte
	for i, c := range rest {
		lower[i] = c | 0x20
	}
	return endings[string(lower[:len(rest)])]
}
