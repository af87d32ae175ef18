package model

import "math"

// serverError reports whether a field's value is the number of an HTTP status that says so.
func serverError(f *Field) bool {
	return f.plain() && f.Number >= 500 && f.Number < 600 && f.Number == math.Trunc(f.Number)
}

// codeWorse reports whether a value is a code of a failure, where codes stand: not the number
// of an issue among names, nor one of thousands.
func (p *place) codeWorse(f *Field) bool {
	return serverError(f) && p.kinds[sortNumber]*2 > p.n && p.distinct <= categoryValues
}

// failed reports whether a value says that something failed.
func (p *place) failed(f *Field) bool {
	return p.codeWorse(f) || saysFailure(f) || p.endedBadly(f)
}

// codeBetter reports whether a field's value is an HTTP status of a request that went as
// it may, if it is one.
func codeBetter(f *Field) bool {
	return f.plain() && f.Number >= 100 && f.Number < 400 && named(f.Name, outcomeNames)
}

// statuses reports whether HTTP statuses stand in a place: an exit status of 137 or an
// errno of 110 is none.
func (p *place) statuses() bool {
	for i := range p.usual {
		if u := &p.usual[i]; u.hash == okHash && u.count >= 1 {
			return true
		}
	}
	return false
}

var okHash = uint32((&Field{Kind: Number, Number: 200}).hash())

// saysFailure reports whether a field's value is one name that says what failed: res=failed is
// among words what a 500 is among numbers, and so are card_declined, AccessDenied and
// ECONNREFUSED. Of a name in two cases the last word counts: a RetryHandler is a class.
func saysFailure(f *Field) bool {
	name := f.Value
	if f.Kind != Text || len(name) > maxOutcome {
		return false
	}
	if namedFailures[string(name)] {
		return true
	}
	says, from := false, 0
	for i := 0; i <= len(name); i++ {
		switch {
		case i == len(name) || name[i] == '_':
			part := name[from:i]
			if string(part) == "no" || string(part) == "non" {
				return false // no_error
			}
			says = says || classify(part) != 0
			from = i + 1
		case name[i] >= 'A' && name[i] <= 'Z':
			if i > from && (name[i-1] >= 'a' || i+1 < len(name) && name[i+1] >= 'a') {
				from = i
			}
		case name[i] < 'a' || name[i] > 'z':
			return false
		}
	}
	return says
}

// maxOutcome is the longest name of a failure, in bytes.
const maxOutcome = 32

// outcomeNames are names of fields whose number says how something ended, in lower
// case; of a nested one the last part counts.
var outcomeNames = map[string]bool{
	"exit": true, "exit_code": true, "exitcode": true, "exit_status": true, "exitstatus": true, "rc": true, "ret": true, "retval": true,
	"return_code": true, "returncode": true, "errno": true, "error_code": true, "errorcode": true, "code": true, "status": true,
	"status_code": true, "statuscode": true, "rcode": true, "result": true, "grpc_code": true, "grpc_status": true,
}

// faultNames are names of fields that say by 1 or true that something failed, and
// goodNames by 0 or false, in lower case.
var (
	faultNames = map[string]bool{
		"iserror": true, "is_error": true, "haserror": true, "has_error": true, "error": true, "errors": true, "failed": true, "failure": true,
		"failures": true, "timedout": true, "timed_out": true, "dropped": true, "denied": true, "rejected": true, "blocked": true, "crashed": true,
		"panicked": true, "aborted": true, "oom": true, "oomkilled": true,
	}
	goodNames = map[string]bool{
		"success": true, "successful": true, "succeeded": true, "ok": true, "passed": true, "healthy": true, "valid": true, "up": true,
		"alive": true, "allowed": true, "authorized": true, "authenticated": true, "granted": true, "verified": true,
	}
)

// endedBadly reports whether a value says, as its field's name has it, that something
// failed: exit_code 137 where 0 is the rule, isError 1, success false.
func (p *place) endedBadly(f *Field) bool {
	switch {
	case f.plain() && f.Number != 0:
		return (named(f.Name, outcomeNames) || named(f.Name, faultNames)) && p.successes()
	case f.Kind == Bool || f.plain():
		if bad := len(f.Value) > 0 && f.Value[0] == 't'; bad {
			return named(f.Name, faultNames)
		}
		return named(f.Name, goodNames)
	}
	return false
}

// successes reports whether few numbers stand in a place, and 0 as a rule: what ends
// so went well, and another number says that it did not.
func (p *place) successes() bool {
	if p.distinct > maxCodes || p.kinds[sortNumber]*2 < p.n {
		return false
	}
	for i := range p.usual {
		if u := &p.usual[i]; u.hash == zeroHash {
			return u.count*2 > p.n
		}
	}
	return false
}

var zeroHash = uint32((&Field{Kind: Number}).hash())
