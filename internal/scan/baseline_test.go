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

// build is the log of a build of n modules that passed. broken puts lines in behind a
// module.
func build(n int, broken map[int]string) string {
	return modules(n, broken) + "[INFO] Reports written to /builds/shop/site\n[INFO] Artifacts uploaded\nFinished: SUCCESS\n"
}

// brokenBuild is one that ended behind a module.
func brokenBuild(n int, why string) string {
	return modules(n, map[int]string{n - 1: why}) + "Finished: FAILURE\n"
}

func modules(n int, broken map[int]string) string {
	var b strings.Builder
	fmt.Fprintln(&b, "Started by an SCM change")
	for i := range n {
		fmt.Fprintf(&b, "[INFO] Building module-%d %d.%d.0-SNAPSHOT\n[INFO] Compiling %d source files to /builds/shop/target/classes\n[INFO] Tests run: %d, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.%d s\n",
			i, 1+i%3, i%7, 3+i%40, 2+i%11, i%9)
		b.WriteString(broken[i])
	}
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
		{"it ends in an error", brokenBuild(60, compileError), "COMPILATION ERROR"},
		{"and cleans up for long", brokenBuild(60, compileError+strings.Repeat("removing a directory\n", 400)), "COMPILATION ERROR"},
		{"it has got over an error", build(100, map[int]string{20: compileError}), ""},
		{"and over one at its end", build(100, map[int]string{99: compileError}), ""},
		{"over the first of two", modules(40, map[int]string{5: "[ERROR] mirror 3 does not answer\n"}) + brokenBuild(20, compileError), "mirror 3"},
		{"a process has failed, and all is cleaned up", build(60, map[int]string{59: "##[error]Process completed with exit code 1.\n"}), "exit code 1"},
		{"a process has exited with 0", build(60, map[int]string{59: "[ERROR] mirror 3 gave up, exit code 0\n"}), ""},
	} {
		got := compare(t, []byte(good), c.log)
		switch {
		case (got.Stop != nil) != (c.stop != ""):
			t.Errorf("%s: stopped for %+v", c.name, got.Stop)
		case got.Stop != nil && !strings.Contains(got.Stop.Text, c.stop):
			t.Errorf("%s: stopped for %+v, want %s", c.name, got.Stop, c.stop)
		}
	}
	known := brokenBuild(60, compileError)
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
	if fmt.Sprint(c.NewFields, c.GoneFields) != "[{region 0 1}] [{host 1 0}]" {
		t.Errorf("new fields %v, gone %v", c.NewFields, c.GoneFields)
	}
	often := compare(t, []byte(build(100, map[int]string{5: "retrying\n", 6: "retrying\n"})), build(100, map[int]string{5: strings.Repeat("retrying\n", 60)}))
	if k := find(often.Changed, "retrying"); k.Before != 2 || k.Now != 60 {
		t.Errorf("a changed pattern is %+v", k)
	}
}

// requests are n lines of JSON, of which every so many have a user.
func requests(n, user int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"message":"request %d served","took":%d`, i, 1+i%40)
		if i%user == 0 {
			fmt.Fprintf(&b, `,"user":"u%d"`, i%90)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// TestBaselineListsFields: which come now, which no longer, which far more seldom; by a
// log and by a model.
func TestBaselineListsFields(t *testing.T) {
	before := requests(1000, 2) + `{"message":"request 7 served","took":3,"host":"a"}` + "\n"
	now := requests(400, 100) + `{"message":"request 7 served","took":3,"region":"b"}` + "\n"
	s := options.Defaults().Detector
	s.Synchronous = true
	d, err := detector.New(s)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := Learn(t.Context(), d, strings.NewReader(before), Options{Settings: options.Defaults()}); err != nil {
		t.Fatal(err)
	}
	var model bytes.Buffer
	if err := d.WriteSnapshot(&model, "test", time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, base := range map[string][]byte{"a log": []byte(before), "a model": model.Bytes()} {
		c := compare(t, base, now)
		if got, want := fmt.Sprint(c.NewFields, c.GoneFields, c.ChangedFields), "[{region 0 1}] [{host 1 0}] [{user 500 4}]"; got != want {
			t.Errorf("by %s: %s, want %s", name, got, want)
		}
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
	if c := compare(t, model.Bytes(), brokenBuild(50, compileError)); c.Stop == nil || len(c.New) != 3 {
		t.Errorf("a broken build: %+v", c)
	}
}
