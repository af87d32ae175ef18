package scan

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// build is the log of a build of n modules. broken puts lines in behind a module.
func build(n int, broken map[int]string) string {
	var b strings.Builder
	fmt.Fprintln(&b, "Started by an SCM change")
	for i := range n {
		fmt.Fprintf(&b, "[INFO] Building module-%d %d.%d.0-SNAPSHOT\n[INFO] Compiling %d source files to /builds/shop/target/classes\n[INFO] Tests run: %d, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.%d s\n",
			i, 1+i%3, i%7, 3+i%40, 2+i%11, i%9)
		b.WriteString(broken[i])
	}
	fmt.Fprintln(&b, "Finished")
	return b.String()
}

const compileError = "[ERROR] COMPILATION ERROR :\n[ERROR] /builds/shop/src/Main.java:[14,7] cannot find symbol\n"

func compare(t *testing.T, base []byte, log string) *Comparison {
	t.Helper()
	o := Options{Settings: options.Defaults(), Baseline: &Baseline{Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(base)), nil }}}
	r, err := Run(t.Context(), strings.NewReader(log), o, func(*Line) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if r.Judged != r.Lines {
		t.Errorf("%d of %d lines are judged: a baseline needs no warm-up", r.Judged, r.Lines)
	}
	return r.Compared
}

func TestBaselineOfABuild(t *testing.T) {
	good := build(100, nil)
	for _, c := range []struct {
		name string
		log  string
		stop string
	}{
		{"the same build", good, ""},
		{"a module more", build(104, nil), ""},
		{"it ends in an error", build(60, map[int]string{59: compileError}), "COMPILATION ERROR"},
		{"it has got over an error", build(100, map[int]string{20: compileError}), ""},
	} {
		got := compare(t, []byte(good), c.log)
		switch {
		case (got.Stop != nil) != (c.stop != ""):
			t.Errorf("%s: stopped for %+v", c.name, got.Stop)
		case got.Stop != nil && !strings.Contains(got.Stop.Text, c.stop):
			t.Errorf("%s: stopped for %+v, want %s", c.name, got.Stop, c.stop)
		}
	}
	known := build(60, map[int]string{59: compileError})
	if got := compare(t, []byte(known), known); got.Stop != nil {
		t.Errorf("stopped for %+v, which the baseline has as well", got.Stop)
	}
}

func TestBaselineListsWhatHasChanged(t *testing.T) {
	good := build(100, map[int]string{7: "warming up the cache\n"}) + `{"message":"done","took":12,"host":"a"}` + "\n"
	now := build(100, map[int]string{9: strings.Repeat("downloading the internet again\n", 5)}) + `{"message":"done","took":12,"region":"b"}` + "\n"
	now = strings.ReplaceAll(now, "[INFO] Compiling", "[INFO] Compiling everything\n[INFO] Compiling")
	c := compare(t, []byte(good), now)
	find := func(list []Change, text string) *Change {
		for i := range list {
			if strings.Contains(list[i].Text, text) {
				return &list[i]
			}
		}
		t.Errorf("no change of %q in %+v", text, list)
		return &Change{}
	}
	if k := find(c.New, "downloading"); k.Now != 5 || k.Before != 0 || k.Line == 0 {
		t.Errorf("a new pattern is %+v", k)
	}
	if k := find(c.Gone, "warming"); k.Before != 1 || k.Now != 0 {
		t.Errorf("one that is gone is %+v", k)
	}
	if k := find(c.New, "Compiling everything"); k.Now != 100 {
		t.Errorf("a new pattern is %+v", k)
	}
	if fmt.Sprint(c.NewFields, c.GoneFields) != "[region] [host]" {
		t.Errorf("new fields %v, gone %v", c.NewFields, c.GoneFields)
	}
	often := compare(t, []byte(build(100, map[int]string{5: "retrying\n", 6: "retrying\n"})), build(100, map[int]string{5: strings.Repeat("retrying\n", 60)}))
	if k := find(often.Changed, "retrying"); k.Before != 2 || k.Now != 60 {
		t.Errorf("a changed pattern is %+v", k)
	}
}

func TestBaselineIsAModel(t *testing.T) {
	s := options.Defaults().Detector
	s.Synchronous = true
	d, err := detector.New(s)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := Learn(t.Context(), d, strings.NewReader(build(200, nil)), Options{Settings: options.Defaults()}); err != nil {
		t.Fatal(err)
	}
	var model bytes.Buffer
	if err := d.WriteSnapshot(&model, "test", time.Now()); err != nil {
		t.Fatal(err)
	}
	if c := compare(t, model.Bytes(), build(100, nil)); c.Stop != nil || len(c.New) > 0 {
		t.Errorf("a good build: %+v", c)
	}
	if c := compare(t, model.Bytes(), build(50, map[int]string{49: compileError})); c.Stop == nil || len(c.New) != 2 {
		t.Errorf("a broken build: %+v", c)
	}
}
