package main

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// said collects what an extractor finds, as "level text".
func said(statements func(string, []byte, func(side, string)), file, text string) []string {
	var list []string
	statements(file, []byte(text), func(s side, m string) {
		list = append(list, [...]string{"routine", "failure"}[s]+" "+m)
	})
	slices.Sort(list)
	return list
}

func TestGoStatements(t *testing.T) {
	got := said(goStatements, "shop.go", `package shop
func f() {
	klog.Infof("opened shelf %d", 1)
	klog.ErrorS(err, "Shelf broke", "shelf", name)
	klog.V(4).InfoS("looked again", "shelf", name)
	logger.With("a", 1).Error("lamp " + name + " went out")
	level.Error(l.logger).Log("msg", "till is empty", "err", err)
	level.Debug(logger).Log("event", "no message")
	log.Error().Err(err).Str("k", "v").Msg("door is stuck")
	logrus.WithError(err).Warn("rain")
	slog.InfoContext(ctx, "shop is open", "key", "value")
	shop.Noticef("closing")
	shop.Errorf("cannot close")
	zap.L().Panic(fmt.Sprintf("roof %s fell", name))
	log.Printf("of no level")
	log.Error(message)
	return fmt.Errorf("not a log: %w", err)
	return status.Errorf(codes.Internal, "not a log")
	catalog.Error("not a log")
}`)
	want := []string{
		"failure Shelf broke", "failure cannot close", "failure door is stuck", "failure lamp %v went out", "failure roof %s fell", "failure till is empty",
		"routine closing", "routine looked again", "routine opened shelf %d", "routine shop is open",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := said(goStatements, "f.go", "package f\nimport \"testing\"\nfunc f() { log.Error(\"in a test\") }"); len(got) != 0 {
		t.Errorf("found %q in code for tests", got)
	}
}

func TestPythonStatements(t *testing.T) {
	got := said(pythonStatements, "shop.py", `
LOG.info("opened shelf %d", 1)
self._logger.error('shelf '
                   "broke")   # really
logging.getLogger(__name__).warning("rain")
LOG.exception(_("lamp %(name)s went out") % {"name": name})
log.critical(f"roof {name} fell")
logger.debug("""till {} is
empty""".format(1))
LOG.error(message)
LOG.error(str(e), "not the message")
parser.error("not a log")
`)
	want := []string{"failure lamp %(name)s went out", "failure roof {name} fell", "failure shelf broke", "routine opened shelf %d", "routine till {} is\nempty"}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%q\nwant\n%q", got, want)
	}
}

func TestJavaStatements(t *testing.T) {
	got := said(javaStatements, "Shop.scala", `
LOG.info("opened shelf {}", 1);
this.logger.error("shelf " + name + " broke", e); // really
log.warn("rain");
getLogger().trace('x' + "looked again");
logError(s"roof $name fell")
LOG.error(e.getMessage(), e);
promise.error("not a log");
`)
	want := []string{"failure roof $name fell", "failure shelf {} broke", "routine looked again", "routine opened shelf {}"}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%q\nwant\n%q", got, want)
	}
}

func TestWordsOf(t *testing.T) {
	for message, want := range map[string]string{
		"Failed to open %s: %(reason)s, failed {name!r} ${x}": "failed to open",
		"BlockMaster wp-block-editor a.b c_d node7 /tmp/x":    "",
		"couldn't close, it's stuck":                          "couldn close it stuck",
		"done without errors, 0 failed":                       "done without",
		"100%% full":                                          "full",
	} {
		if got := strings.Join(wordsOf(message), " "); got != want {
			t.Errorf("wordsOf(%q) = %q, want %q", message, got, want)
		}
	}
}

// A word that all projects say in every error and never else has all the bits
// that the prior allows; a project with a thousand statements has no more say
// than one with a hundred; few projects have none.
func TestWeigh(t *testing.T) {
	var projects []*project
	for n := range 2 * minProjects {
		p := newProject("p", "go")
		size := 100
		if n == 0 {
			size = 10000
		}
		for i := range size {
			id := strconv.Itoa(i)
			if n < minProjects {
				p.add(failure, "wrecked often sail "+id)
			} else {
				p.add(failure, "wrecked often "+id)
			}
			p.add(routine, "mended often "+id)
			if n == 0 {
				p.add(routine, "wrecked again "+id)
			}
			if n < minProjects-1 {
				p.add(failure, "rare "+id)
			}
		}
		projects = append(projects, p)
	}
	got := map[string]float64{}
	for _, w := range weigh(projects) {
		got[w.word] = w.bits
	}
	if w := got["wrecked"]; w < 3 || w > 6 {
		t.Errorf("wrecked weighs %.1f bits: one of %d projects says it in routine, want about 5", w, len(projects))
	}
	if w := got["mended"]; w > -8 {
		t.Errorf("mended weighs %.1f bits, want -8 or less", w)
	}
	if w := got["often"]; math.Abs(w) > 0.5 {
		t.Errorf("often weighs %.1f bits, want about 0", w)
	}
	if w := got["sail"]; w != 0 {
		t.Errorf("sail weighs %.1f bits, said only where wrecked is, want 0", w)
	}
	if w, ok := got["rare"]; ok {
		t.Errorf("rare weighs %.1f bits, said by %d projects, want none", w, minProjects-1)
	}
}

// The list of projects is what it says it is.
func TestProjects(t *testing.T) {
	list, err := readList("projects.txt")
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	seen := map[string]bool{}
	count := map[string]int{}
	for _, s := range list {
		if seen[s.name] {
			t.Errorf("%s is listed twice", s.name)
		}
		seen[s.name] = true
		if of[s.project] == "" {
			of[s.project] = s.language
			count[s.language]++
		}
		if of[s.project] != s.language {
			t.Errorf("project %s is in %s and in %s", s.project, of[s.project], s.language)
		}
	}
	if count["go"] < 150 || count["python"] < 60 || count["java"] < 60 {
		t.Errorf("%v projects, want 150 in go and 60 each in python and java, so that no language's ways weigh alone", count)
	}
}
