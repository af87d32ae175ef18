package event

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// github takes off the time that GitHub Actions and Azure Pipelines write before
// each line, with seven digits of a second:
//
//	2026-03-02T08:00:01.1591220Z ##[group]Run tests
func (r *Reader) github(text []byte) (rest []byte, ok bool) {
	const form = "2026-03-02T08:00:01.1591220Z"
	if len(text) < len(form)+1 || text[len(form)-1] != 'Z' || text[len(form)] != ' ' || text[len(form)-9] != '.' {
		return text, false
	}
	r.at(text[:len(form)])
	return text[len(form)+1:], true
}

// githubMarks are what GitHub Actions and Azure Pipelines write before a text
// to say what it is.
var githubMarks = []struct {
	name  string
	level pattern.Level
}{
	{"error", pattern.LevelError},
	{"warning", pattern.LevelWarn},
	{"notice", pattern.LevelNotice},
	{"debug", pattern.LevelDebug},
	{"group", pattern.LevelNone},
	{"endgroup", pattern.LevelNone},
	{"command", pattern.LevelNone},
	{"section", pattern.LevelNone},
}

// githubMark takes off a mark, which may say the level. It is true for a text
// that had one:
//
//	##[error]Process completed with exit code 1.
//	::error file=app.js,line=1::Missing semicolon
func (r *Reader) githubMark(text []byte) (rest []byte, ok bool) {
	mark, rest, ok := bytes.Cut(text, endOfMark)
	if inside, found := bytes.CutPrefix(mark, []byte("##[")); ok && found {
		mark = inside
	} else if inside, found := bytes.CutPrefix(text, twoColons); found {
		if mark, rest, ok = bytes.Cut(inside, twoColons); ok {
			mark, _, _ = bytes.Cut(mark, space)
		}
	} else {
		ok = false
	}
	if !ok {
		return text, false
	}
	for i := range githubMarks {
		if m := &githubMarks[i]; m.name == string(mark) {
			if m.level != pattern.LevelNone {
				r.level = rated{markRank, m.level}
			}
			return rest, true
		}
	}
	return text, false
}

var (
	endOfMark = []byte("]")
	twoColons = []byte("::")
)

// markRank is that of the level that a mark says: any field's goes before.
const markRank = 1 << 14

// gitlab takes off what GitLab CI writes before each line where FF_TIMESTAMPS is
// set: the time, the number and the kind of the stream, and whether the line goes
// on with the one before.
//
//	2026-03-02T08:00:01.123456Z 00O Running with gitlab-runner 17.5.0
//
// See https://docs.gitlab.com/ci/jobs/job_logs/.
func (r *Reader) gitlab(text []byte) (rest []byte, ok bool) {
	begin, _ := gitlabHead(text)
	if begin == 0 {
		return text, false
	}
	r.at(text[:len(gitlabTime)])
	text = text[begin:]
	if rest, ok := r.gitlabSection(text); ok {
		return rest, true
	}
	return text, true
}

const gitlabTime = "2026-03-02T08:00:01.123456Z"

// gitlabHead returns where the text begins, 0 where no such head stands, and
// whether it goes on with that of the line before.
func gitlabHead(text []byte) (begin int, goesOn bool) {
	const n = len(gitlabTime)
	if len(text) < n+5 || text[n-1] != 'Z' || text[n] != ' ' || text[n-8] != '.' || !isHex(text[n+1]) || !isHex(text[n+2]) {
		return 0, false
	}
	if kind, mark := text[n+3], text[n+4]; kind != 'O' && kind != 'E' || mark != ' ' && mark != '+' {
		return 0, false
	}
	return n + 5, text[n+4] == '+'
}

func isHex(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' }

// gitlabSection takes off the marks of sections, of which several may stand in a
// line:
//
//	section_end:1772438401:prepare_executor\rsection_start:1772438401:get_sources\rGetting source
func (r *Reader) gitlabSection(text []byte) (rest []byte, ok bool) {
	for bytes.HasPrefix(text, []byte("section_start:")) || bytes.HasPrefix(text, []byte("section_end:")) {
		end := bytes.IndexByte(text, '\r')
		if end < 0 {
			end = len(text) - 1 // the line's own end was taken off
		}
		if at := text[bytes.IndexByte(text, ':')+1:]; len(at) > 10 && at[10] == ':' {
			r.at(at[:10])
		}
		text, ok = text[end+1:], true
	}
	return text, ok
}
