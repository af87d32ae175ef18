// Command count makes the table of package words: it fetches the sources of
// the projects in projects.txt with the ordinary clients of their languages
// (go, pip and mvn), finds the logging statements in them, and weighs each
// word by the levels at which it is said.
//
// Usage, from the folder of package words:
//
//	go run ./count [-cache DIR] [-check]
//
// A project counts once, however large it is: what weighs is a word's rate in
// the statements of ERROR and worse, as the mean of the projects' own rates,
// over its rate in those of INFO and below. A weight is the binary logarithm
// of the two. A prior rate on both sides keeps words that are said by few
// projects, or seldom, near 0; what a stronger word beside it explains does not
// count for a weaker one.
//
// Statements of WARN are left out. A warning says what its author was not
// sure of. Counted at one half for the errors, the sum of a statement's
// weights tells the errors of other projects worse (0.863 of all pairs for
// 0.869), and so it is on labelled logs.
//
// With -check it writes no table but says how well the weights made from one
// half of the projects tell the errors of the other half, as the share of
// pairs of an error and a routine statement that stand in the right order.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// What is kept in the table.
const (
	prior       = 1e-4 // rate added on both sides: once in 10,000 statements
	doubt       = 20   // statements that say nothing, added to each project's: a small one counts for less
	minProjects = 12   // projects that must say a word
	strong      = 2.0  // bits from which a word explains the weaker ones beside it
	minBits     = 1.0  // weights below are as good as none
	maxWords    = 2000 // the heaviest
	fewPerSide  = 3    // statements on a side below which a project has no rates
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("count: ")
	projectsFile := flag.String("projects", "count/projects.txt", "`file` with a project, a language, a package and a version on each line")
	out := flag.String("o", "words.txt", "`file` to write the table to")
	userCache, _ := os.UserCacheDir()
	cache := flag.String("cache", filepath.Join(userCache, "flb-anomaly", "words"), "`folder` for what pip and mvn fetch; go has its own")
	check := flag.Bool("check", false, "say how well the weights of one half of the projects tell the errors of the other half")
	flag.Parse()
	if flag.NArg() != 0 {
		log.Fatalf("unexpected argument %q; all settings are flags", flag.Arg(0))
	}

	sources, err := readList(*projectsFile)
	if err != nil {
		log.Fatal(err)
	}
	if err := fetch(sources, *cache); err != nil {
		log.Fatal(err)
	}
	projects, err := collect(sources)
	if err != nil {
		log.Fatal(err)
	}
	summarize(projects)
	if *check {
		crossCheck(projects)
		return
	}
	if err := os.WriteFile(*out, format(weigh(projects), projects), 0o644); err != nil {
		log.Fatal(err)
	}
}

// source is a package of a project.
type source struct {
	project, language, name, version string

	root string // the folder or the archive that holds it, once it is fetched
}

func readList(file string) ([]*source, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []*source
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Fields(line)
		if len(f) != 4 || languages[f[1]] == nil {
			return nil, fmt.Errorf("%s:%d: %q is not a project, go, python or java, a package and a version", file, n, line)
		}
		list = append(list, &source{project: f[0], language: f[1], name: f[2], version: f[3]})
	}
	return list, s.Err()
}

// language is how the sources of a language are read.
type language struct {
	suffixes   []string
	statements func(file string, text []byte, found func(side, string))
}

var languages = map[string]*language{
	"go":     {[]string{".go"}, goStatements},
	"python": {[]string{".py"}, pythonStatements},
	"java":   {[]string{".java", ".scala"}, javaStatements},
}

// side is what a level counts for.
type side int

const (
	routine side = iota // INFO and below
	failure             // ERROR and worse
	neither             // WARN, and what is no level
)

// project is what the statements of one project say.
type project struct {
	name, language string
	statements     [2]map[string][]string // the plain words of each message
}

func newProject(name, language string) *project {
	return &project{name: name, language: language, statements: [2]map[string][]string{{}, {}}}
}

// add takes a statement in; the same text counts once.
func (p *project) add(s side, message string) {
	if s == neither || p.statements[s][message] != nil {
		return
	}
	if w := wordsOf(message); len(w) > 0 {
		p.statements[s][message] = w
	}
}

// collect reads the sources of all projects, in the order of the list.
func collect(sources []*source) ([]*project, error) {
	var projects []*project
	byName := map[string]*project{}
	files := map[*project][]*source{}
	for _, s := range sources {
		p := byName[s.project]
		if p == nil {
			p = newProject(s.project, s.language)
			byName[s.project] = p
			projects = append(projects, p)
		}
		if p.language != s.language {
			return nil, fmt.Errorf("project %s is in %s and in %s; give it one language", p.name, p.language, s.language)
		}
		files[p] = append(files[p], s)
	}
	var wait sync.WaitGroup
	errs := make([]error, len(projects))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, p := range projects {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			l := languages[p.language]
			for _, s := range files[p] {
				errs[i] = walk(s.root, l.suffixes, func(file string, text []byte) {
					l.statements(file, text, p.add)
				})
				if errs[i] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return projects, nil
}

// speaks reports whether a project has statements enough on both sides to
// have rates.
func (p *project) speaks() bool {
	return len(p.statements[routine]) >= fewPerSide && len(p.statements[failure]) >= fewPerSide
}

// weight is a word's.
type weight struct {
	word string
	bits float64
}

// weigh returns the weight of every word that enough projects say, by word.
//
// It weighs twice. What is written of a failure is mostly "failed to write":
// it is "failed" that says so, and "write" only stands beside it. So a word
// weighs towards an error no more than it does where no strong word that more
// projects say stands beside it.
func weigh(projects []*project) []weight {
	alone := rates(projects, nil)
	beside := rates(projects, alone)
	var all []weight
	for w, r := range alone {
		if r.bits > 0 {
			r.bits = max(0, min(r.bits, beside[w].bits))
		}
		if !grammar[w] {
			all = append(all, weight{w, r.bits})
		}
	}
	slices.SortFunc(all, func(a, b weight) int { return strings.Compare(a.word, b.word) })
	return all
}

// rate is how much likelier a word is in the statements of failure than in
// those of routine, in bits, and how many projects say it.
type rate struct {
	bits float64
	said int
}

// explains reports whether a word of rate r is why one of rate q stands in a
// statement of failure.
func (r rate) explains(q rate) bool {
	return r.bits >= strong && (q.bits < strong || r.said > q.said)
}

// rates returns the rates of the words that enough projects say. With rates
// from before, words are not counted where another explains them; those of
// weak words are then rates in the statements without a strong one.
func rates(projects []*project, before map[string]rate) map[string]rate {
	sums := map[string]*[2]float64{}
	said := map[string]int{}
	var voices, weak [2]float64
	for _, p := range projects {
		if !p.speaks() {
			continue
		}
		here := map[string]bool{}
		for s := range p.statements {
			// In whole numbers, as the statements come in no order.
			counts, without := map[string]int{}, 0
			for _, words := range p.statements[s] {
				var best rate
				for _, w := range words {
					if r := before[w]; r.explains(best) {
						best = r
					}
				}
				if best.bits < strong {
					without++
				}
				for _, w := range words {
					here[w] = true
					if !best.explains(before[w]) {
						counts[w]++
					}
				}
			}
			n := float64(len(p.statements[s])) + doubt
			voices[s] += float64(len(p.statements[s])) / n
			weak[s] += float64(without) / n
			for w, times := range counts {
				if sums[w] == nil {
					sums[w] = new([2]float64)
				}
				sums[w][s] += float64(times) / n
			}
		}
		for w := range here {
			said[w]++
		}
	}
	all := map[string]rate{}
	for w, n := range said {
		if n < minProjects {
			continue
		}
		sum, of := sums[w], &voices
		if sum == nil {
			sum = new([2]float64)
		}
		if before != nil && before[w].bits < strong {
			of = &weak
		}
		all[w] = rate{math.Log2((sum[failure]/of[failure] + prior) / (sum[routine]/of[routine] + prior)), n}
	}
	return all
}

// grammar are words that tell how a sentence is built, not what it is about:
// nobody would point at them, whatever they weigh.
var grammar = map[string]bool{
	"an": true, "and": true, "are": true, "as": true, "at": true, "be": true, "been": true, "but": true, "by": true, "during": true, "for": true,
	"from": true, "had": true, "has": true, "have": true, "he": true, "if": true, "in": true, "into": true, "is": true, "it": true, "its": true,
	"just": true, "may": true, "might": true, "more": true, "nor": true, "of": true, "on": true, "or": true, "our": true, "please": true, "see": true,
	"shall": true, "should": true, "since": true, "so": true, "some": true, "than": true, "that": true, "the": true, "their": true, "then": true,
	"there": true, "they": true, "this": true, "those": true, "to": true, "two": true, "ve": true, "via": true, "was": true, "we": true, "were": true,
	"when": true, "where": true, "which": true, "while": true, "whilst": true, "will": true, "with": true, "would": true, "you": true, "your": true,
}

// format returns the table's text.
func format(all []weight, projects []*project) []byte {
	kept := slices.DeleteFunc(slices.Clone(all), func(w weight) bool { return math.Abs(w.bits) < minBits })
	if len(kept) > maxWords {
		slices.SortStableFunc(kept, func(a, b weight) int {
			return int(math.Copysign(1, math.Abs(b.bits)-math.Abs(a.bits)))
		})
		kept = kept[:maxWords]
		slices.SortFunc(kept, func(a, b weight) int { return strings.Compare(a.word, b.word) })
	}
	speaking, statements := 0, 0
	for _, p := range projects {
		if p.speaks() {
			speaking++
			statements += len(p.statements[routine]) + len(p.statements[failure])
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Words and their weights in bits, positive towards an error: made by `make words`\n")
	fmt.Fprintf(&b, "# from %d logging statements of %d projects. Do not edit.\n", statements, speaking)
	for _, w := range kept {
		fmt.Fprintf(&b, "%s %.1f\n", w.word, w.bits)
	}
	return b.Bytes()
}

// summarize prints what was read.
func summarize(projects []*project) {
	type sum struct{ projects, speaking, routine, failure int }
	sums := map[string]*sum{}
	for _, p := range projects {
		s := sums[p.language]
		if s == nil {
			s = new(sum)
			sums[p.language] = s
		}
		s.projects++
		if !p.speaks() {
			continue
		}
		s.speaking++
		s.routine += len(p.statements[routine])
		s.failure += len(p.statements[failure])
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for l := range sums {
			if !yield(l) {
				return
			}
		}
	}) {
		s := sums[name]
		log.Printf("%s: %d projects, %d of them with statements enough; %d statements of INFO and below, %d of ERROR and worse", name, s.projects, s.speaking, s.routine, s.failure)
	}
}

// crossCheck weighs the words by every other project and tells by their sum
// and by their extremes which statements of the rest are errors.
func crossCheck(projects []*project) {
	var halves [2][]*project
	n := map[string]int{}
	for _, p := range projects {
		if p.speaks() {
			halves[n[p.language]%2] = append(halves[n[p.language]%2], p)
			n[p.language]++
		}
	}
	for h := range halves {
		weights := map[string]float64{}
		for _, w := range weigh(halves[h]) {
			if math.Abs(w.bits) >= minBits {
				weights[w.word] = w.bits
			}
		}
		var sums, highs [2][]float64
		for _, p := range halves[1-h] {
			for s := range p.statements {
				for _, words := range p.statements[s] {
					sum, high := 0.0, 0.0
					for _, w := range words {
						sum += weights[w]
						high = max(high, weights[w])
					}
					sums[s] = append(sums[s], sum)
					highs[s] = append(highs[s], high)
				}
			}
		}
		log.Printf("half %d, %d words: an error's sum is above a routine statement's in %.3f of all pairs, its highest weight in %.3f",
			h+1, len(weights), above(sums[failure], sums[routine]), above(highs[failure], highs[routine]))
	}
}

// above returns the share of pairs in which a's is above b's, ties by half.
func above(a, b []float64) float64 {
	slices.Sort(b)
	sum := 0.0
	for _, v := range a {
		lo, _ := slices.BinarySearch(b, v)
		hi, _ := slices.BinarySearchFunc(b, v, func(e, t float64) int {
			if e <= t {
				return -1
			}
			return 1
		})
		sum += float64(lo+hi) / 2
	}
	return sum / float64(len(a)) / float64(len(b))
}
