package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// planted are mistakes that no rule makes: each once went by all tests.
var planted = []struct{ file, before, after string }{
	{"detector/internal/codec/codec.go", "math.Float32frombits(bits); *p-*p != 0", "math.Float32frombits(bits); *p != *p"},
	{"detector/internal/codec/codec.go", "math.Float64frombits(bits); *p-*p != 0", "math.Float64frombits(bits); *p != *p"},
	{"detector/score.go", "t.extra *= floodDecay\n", "t.extra *= floodDecay * floodDecay\n"},
	{"detector/snapshot.go", "c.Err == nil && n != groups", "c.Err == nil && n < groups"},
	{"fluentbit/filter.c", "if (kit_forked()) {", "if (0 && kit_forked()) {"},
	{"fluentbit/filter.c", "    __atomic_store_n(&k->line_count, 0, __ATOMIC_RELAXED);\n", ""},
	{"fluentbit/filter.c", "    k->lines_lost = 0;\n", ""},
	{"fluentbit/filter.c", "            *out = k->spare;\n            k->spare = NULL;\n", "            *out = k->spare;\n"},
	{"fluentbit/instance.go", "	i.c = nil\n", ""},
	{"internal/judge/judge.go", "j.owed >= 1 {\n		j.owed--", "j.owed >= 1 {\n		j.owed = 0"},
	{"internal/judge/keeper.go", "next: time.Now().Add(s.SaveInterval)", "next: time.Now().Add(100 * s.SaveInterval)"},
	{"internal/judge/keeper.go", "k.next, k.began, k.calls, k.slow = now.Add(k.interval)", "k.next, k.began, k.calls, k.slow = now.Add(100 * k.interval)"},
	{"internal/judge/modelfile/modelfile.go", "if err := f.Sync(); err != nil {", "if err := error(nil); err != nil {"},
	{"internal/judge/modelfile/modelfile.go", "	return d.SyncDir(dir)\n", "	return nil\n"},
	{"internal/judge/modelfile/modelfile.go", "	return d.SyncDir(filepath.Dir(dir))\n", "	return nil\n"},
	{"plugin/output/output.c", "if (getpid() != loaded_in) {", "if (0 && getpid() != loaded_in) {"},
	{"web/api.go", "http.MaxBytesReader(w, r.Body, 1<<20)", "r.Body"},
	{"web/spool.go", "	s.file.Close()\n", ""},
	{"web/web.go", "		reasons.release()\n", ""},
}

// plantedIn are the planted ones of the given packages, of all if none is given.
func plantedIn(dirs []string) ([]mistake, error) {
	var list []mistake
	for _, p := range planted {
		if !wanted(dirs, filepath.Dir(p.file)) {
			continue
		}
		source, err := os.ReadFile(p.file)
		if err != nil {
			return nil, err
		}
		at := bytes.Index(source, []byte(p.before))
		if at < 0 || bytes.Contains(source[at+1:], []byte(p.before)) {
			return nil, fmt.Errorf("planted.go: %s must have this once: %s", p.file, p.before)
		}
		list = append(list, mistake{
			name: fmt.Sprintf("%s by hand: %s => %s", p.file, short(p.before), short(p.after)),
			file: p.file, line: 1 + bytes.Count(source[:at], []byte("\n")), start: at, end: at + len(p.before), with: p.after,
		})
	}
	return list, nil
}
