package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A mistake is compiled with the others of its package, each behind a switch, so that
// the compiler and the linker run once and not once for each: MUTANT, in the
// environment, says which is on. -1 writes down, in MUTANTS_SEEN, which are come by.
// What cannot be put in this way (constants, the length of an array) is planted alone.

// edit puts a text in the place of another, or in between if that is empty.
type edit struct {
	at, end int
	text    string
	closes  bool // belongs to what is before it, not to what comes behind
	of      int  // the mistake's number
}

// typed is what is known of the types of a package.
type typed struct {
	info  *types.Info
	pkg   *types.Package
	index map[ast.Expr]bool // constants that index an array
}

// of is the name of an expression's type, "" if it has none that a name could be
// given here.
func (t *typed) of(x ast.Expr) string {
	typ := t.info.TypeOf(x)
	if typ == nil || typ == types.Typ[types.Invalid] {
		return ""
	}
	if b, ok := typ.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		return ""
	}
	return types.TypeString(typ, func(p *types.Package) string {
		if p == t.pkg {
			return ""
		}
		return p.Name()
	})
}

// instance is that as an argument of a generic function.
func (t *typed) instance(x ast.Expr) string {
	if of := t.of(x); of != "" {
		return "[" + of + "]"
	}
	return ""
}

func (t *typed) constant(x ast.Expr) bool { return t.info.Types[x].Value != nil }

// helpers is what the switched mistakes call, in a file of its own.
const helpers = `package %s

import (
	mutant_os "os"
	mutant_strconv "strconv"
	mutant_atomic "sync/atomic"
)

var (
	mutant_on, _ = mutant_strconv.Atoi(mutant_os.Getenv("MUTANT"))
	mutant_seen  [%d]mutant_atomic.Bool
)

func mutant(n int) bool {
	if mutant_on < 0 {
		mutant_see(n)
	}
	return mutant_on == n
}

//go:noinline
func mutant_see(n int) {
	if !mutant_seen[n].Swap(true) {
		if f, err := mutant_os.OpenFile(mutant_os.Getenv("MUTANTS_SEEN"), mutant_os.O_WRONLY|mutant_os.O_APPEND|mutant_os.O_CREATE, 0o600); err == nil {
			f.WriteString(mutant_strconv.Itoa(n) + "\n")
			f.Close()
		}
	}
}

type mutant_integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}
type mutant_number interface {
	mutant_integer | ~float32 | ~float64
}
type mutant_ordered interface {
	mutant_number | ~string
}

func mutant_lss[T mutant_ordered](n int, a, b T) bool { if mutant(n) { return a <= b }; return a < b }
func mutant_leq[T mutant_ordered](n int, a, b T) bool { if mutant(n) { return a < b }; return a <= b }
func mutant_gtr[T mutant_ordered](n int, a, b T) bool { if mutant(n) { return a >= b }; return a > b }
func mutant_geq[T mutant_ordered](n int, a, b T) bool { if mutant(n) { return a > b }; return a >= b }
func mutant_add[T mutant_number](n int, a, b T) T { if mutant(n) { return a - b }; return a + b }
func mutant_sub[T mutant_number](n int, a, b T) T { if mutant(n) { return a + b }; return a - b }
func mutant_mul[T mutant_number](n int, a, b T) T { if mutant(n) { return a / b }; return a * b }
func mutant_quo[T mutant_number](n int, a, b T) T { if mutant(n) { return a * b }; return a / b }
func mutant_rem[T mutant_integer](n int, a, b T) T { if mutant(n) { return a * b }; return a %% b }
func mutant_and[T mutant_integer](n int, a, b T) T { if mutant(n) { return a | b }; return a & b }
func mutant_or[T mutant_integer](n int, a, b T) T { if mutant(n) { return a & b }; return a | b }
func mutant_xor[T mutant_integer](n int, a, b T) T { if mutant(n) { return a & b }; return a ^ b }
func mutant_not[T mutant_integer](n int, a, b T) T { if mutant(n) { return a & b }; return a &^ b }
func mutant_shl[T, S mutant_integer](n int, a T, b S) T { if mutant(n) { return a >> b }; return a << b }
func mutant_shr[T, S mutant_integer](n int, a T, b S) T { if mutant(n) { return a << b }; return a >> b }
func mutant_neg[T mutant_number](n int, a T) T { if mutant(n) { return -a }; return a }
func mutant_more[T mutant_number](n int, a T) T { if mutant(n) { return a + 1 }; return a }
func mutant_value[T interface{}](n int, a, b T) T { if mutant(n) { return b }; return a }
func mutant_sign(n int) int { if mutant(n) { return -1 }; return 1 }
func mutant_error(n int, err func() error) error { if mutant(n) { return nil }; return err() }

func mutant_min[T mutant_ordered](n int, x T, more ...T) T {
	for _, y := range more {
		if mutant(n) { x = max(x, y) } else { x = min(x, y) }
	}
	return x
}

func mutant_max[T mutant_ordered](n int, x T, more ...T) T {
	for _, y := range more {
		if mutant(n) { x = min(x, y) } else { x = max(x, y) }
	}
	return x
}
`

// switched is a package with mistakes that can be switched on.
type switched struct {
	overlay string
	number  map[*mistake]int // the rest cannot be
}

// switchable compiles mistakes of one package into it, and puts what makes the
// package so into a folder. The packages of Go alone can be: those with C have an
// error.
func switchable(dir, to string, list []*mistake) (*switched, error) {
	set := token.NewFileSet()
	lookup, err := packages(dir)
	if err != nil {
		return nil, err
	}
	paths, err := sources(dir)
	if err != nil {
		return nil, err
	}
	source := map[string][]byte{}
	var files []*ast.File
	edits, order := map[string]func(t *typed, n int) []edit{}, map[string]int{} // by the mistake's name
	for _, path := range paths {
		if source[path], err = os.ReadFile(path); err != nil {
			return nil, err
		}
		f, err := parse(set, path, source[path])
		if err != nil {
			return nil, err
		}
		for _, imp := range f.Imports {
			if imp.Path.Value == `"C"` {
				return nil, fmt.Errorf("%s has C in it", dir)
			}
		}
		files = append(files, f)
		for _, m := range mistakesIn(set, f, path, source[path]) {
			edits[m.name], order[m.name] = m.edits, len(order)
		}
	}
	t := &typed{info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}, index: map[ast.Expr]bool{}}
	imports := importer.ForCompiler(set, "gc", lookup)
	config := types.Config{Importer: imports}
	if t.pkg, err = config.Check(dir, set, files, t.info); err != nil {
		return nil, err
	}
	for _, f := range files {
		t.arrays(f)
	}

	s := &switched{overlay: filepath.Join(to, "overlay.json"), number: map[*mistake]int{}}
	of := map[string][]edit{} // by file
	list = slices.SortedFunc(slices.Values(list), func(a, b *mistake) int { return cmp.Compare(order[a.name], order[b.name]) })
	byNumber := make([]*mistake, len(list)+1)
	for i, m := range list {
		if make := edits[m.name]; make != nil {
			made := make(t, i+1)
			for j := range made {
				made[j].of = i + 1
			}
			if len(made) > 0 {
				s.number[m], byNumber[i+1] = i+1, m
				of[m.file] = append(of[m.file], made...)
			}
		}
	}

	// What the compiler does not take is taken out until it does.
	extra := fmt.Sprintf(helpers, files[0].Name.Name, len(list)+1)
	for {
		set := token.NewFileSet()
		var files []*ast.File
		texts, spans := map[string][]byte{}, map[string][]span{}
		for _, path := range paths {
			texts[path], spans[path] = apply(source[path], of[path])
			f, err := parse(set, path, texts[path])
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
		f, err := parse(set, "mutant.go", []byte(extra))
		if err != nil {
			return nil, err
		}
		wrong := map[int]bool{}
		var lost error
		config := types.Config{Importer: imports, Error: func(err error) {
			var e types.Error
			if !errors.As(err, &e) {
				lost = err
				return
			}
			at := set.Position(e.Pos)
			if n := innermost(spans[at.Filename], at.Offset); n > 0 {
				wrong[n] = true
			} else {
				lost = err
			}
		}}
		config.Check(dir, set, append(files, f), nil)
		if len(wrong) == 0 && lost == nil {
			return s, s.write(dir, to, texts, extra)
		}
		if len(wrong) == 0 {
			return nil, lost
		}
		for n := range wrong {
			delete(s.number, byNumber[n])
		}
		for path := range of {
			of[path] = slices.DeleteFunc(of[path], func(e edit) bool { return wrong[e.of] })
		}
	}
}

// arrays finds the constants by which arrays are indexed: one that is too large does
// not compile.
func (t *typed) arrays(f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		x, ok := n.(*ast.IndexExpr)
		if !ok {
			return true
		}
		typ := t.info.TypeOf(x.X)
		if typ == nil {
			return true
		}
		typ = typ.Underlying()
		if p, ok := typ.(*types.Pointer); ok {
			typ = p.Elem().Underlying()
		}
		if _, ok := typ.(*types.Array); ok {
			t.index[x.Index] = true
		}
		return true
	})
}

// write writes the files and the overlay that shows them to the go command.
func (s *switched) write(dir, to string, texts map[string][]byte, extra string) error {
	replace := map[string]string{}
	put := func(path string, text []byte) error {
		file := filepath.Join(to, filepath.Base(path))
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		replace[abs] = file
		return os.WriteFile(file, text, 0o600)
	}
	for path, text := range texts {
		if err := put(path, text); err != nil {
			return err
		}
	}
	if err := put(filepath.Join(dir, "mutant_switches.go"), []byte(extra)); err != nil {
		return err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(s.overlay, overlay, 0o600)
}

// span is where a mistake is in the new text.
type span struct{ of, from, to int }

// innermost is the mistake that is in a place, or the next one: what the compiler
// wants to be constant begins before it.
func innermost(spans []span, at int) (of int) {
	size := 0
	defer func() {
		for _, s := range spans {
			if ahead := s.from - at; of == 0 && ahead >= 0 || of < 0 && ahead >= 0 && ahead < size {
				of, size = -s.of, ahead
			}
		}
		of = max(of, -of)
	}()
	for _, s := range spans {
		if n := s.to - s.from; at >= s.from && at <= s.to && (of == 0 || n <= size) {
			of, size = s.of, n
		}
	}
	return of
}

// apply makes the edits. At one place, what closes comes first, the inner before the
// outer; then what opens, the outer before the inner, which is the order of the list.
func apply(source []byte, edits []edit) (text []byte, spans []span) {
	order := make([]int, len(edits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := edits[a], edits[b]
		switch {
		case x.at != y.at:
			return cmp.Compare(x.at, y.at)
		case x.closes != y.closes:
			return map[bool]int{true: -1, false: 1}[x.closes]
		case x.closes:
			return cmp.Compare(b, a)
		case (x.end > x.at) != (y.end > y.at):
			return map[bool]int{true: 1, false: -1}[x.end > x.at]
		}
		return cmp.Compare(a, b)
	})
	where := map[int]*span{}
	at := 0
	for _, i := range order {
		e := edits[i]
		text = append(text, source[at:e.at]...)
		w := where[e.of]
		if w == nil {
			w = &span{of: e.of, from: len(text)}
			where[e.of] = w
		}
		text = append(text, e.text...)
		w.to, at = len(text), e.end
	}
	text = append(text, source[at:]...)
	for _, w := range where {
		spans = append(spans, *w)
	}
	return text, spans
}

// sources are the files of a package that are compiled here.
func sources(dir string) (list []string, err error) {
	out, err := output("list", "-f", `{{range .GoFiles}}{{.}}{{"\n"}}{{end}}{{range .CgoFiles}}{{.}}{{"\n"}}{{end}}`, "./"+dir)
	for name := range strings.FieldsSeq(string(out)) {
		list = append(list, filepath.Join(dir, name))
	}
	return list, err
}

// packages finds what the compiler knows of a package's imports, and of the helpers'.
func packages(dir string) (importer.Lookup, error) {
	out, err := output("list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "./"+dir, "os", "strconv", "sync/atomic")
	if err != nil {
		return nil, err
	}
	file := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if path, export, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			file[path] = export
		}
	}
	return func(path string) (io.ReadCloser, error) {
		if file[path] == "" {
			return nil, fmt.Errorf("nothing is known of %s", path)
		}
		return os.Open(file[path])
	}, nil
}

func output(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, said.Bytes())
	}
	return out, err
}

// seen reads which mistakes were come by.
func seen(file string) map[int]bool {
	b, _ := os.ReadFile(file)
	list := map[int]bool{}
	for line := range strings.FieldsSeq(string(b)) {
		if n, err := strconv.Atoi(line); err == nil {
			list[n] = true
		}
	}
	return list
}
