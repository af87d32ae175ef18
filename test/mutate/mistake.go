package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mistake is one change of one place in a file.
type mistake struct {
	name       string // what is changed, and where: the same as long as the function is
	file       string
	line       int
	start, end int // of what is replaced, in bytes
	with       string
	edits      func(t *typed, n int) []edit // what makes it one that can be switched on; see switch.go
}

// in returns the source with the mistake in it.
func (m *mistake) in(source []byte) []byte {
	return slices.Concat(source[:m.start], []byte(m.with), source[m.end:])
}

func (m *mistake) where() string { return fmt.Sprintf("%s:%d", m.file, m.line) }

// mistakes are all that can be planted into the given packages, of all subjects if
// none is given.
func mistakes(dirs []string) ([]mistake, error) {
	var all []mistake
	for _, s := range subjects {
		if !wanted(dirs, s.dir) {
			continue
		}
		files, err := filepath.Glob(s.dir + "/*.go")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			list, err := mistakesOf(file)
			if err != nil {
				return nil, err
			}
			all = append(all, list...)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no source in %s: run it in the module's folder, with folders as it names them", strings.Join(dirs, " "))
	}
	return all, nil
}

func wanted(dirs []string, dir string) bool {
	if len(dirs) == 0 {
		return true
	}
	for _, d := range dirs {
		if all, ok := strings.CutSuffix(d, "/..."); ok && strings.HasPrefix(dir+"/", filepath.Clean(all)+"/") || filepath.Clean(d) == dir {
			return true
		}
	}
	return false
}

func mistakesOf(file string) ([]mistake, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	f, err := parse(set, file, source)
	if err != nil {
		return nil, err
	}
	return mistakesIn(set, f, file, source), nil
}

func parse(set *token.FileSet, file string, source []byte) (*ast.File, error) {
	return parser.ParseFile(set, file, source, parser.ParseComments|parser.SkipObjectResolution)
}

// mistakesIn are those that can be planted into one file.
func mistakesIn(set *token.FileSet, f *ast.File, file string, source []byte) []mistake {
	p := planter{set: set, file: file, source: source, names: map[string]int{}, listed: map[ast.Stmt]bool{}}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			p.function = d.Name.Name
			if d.Recv != nil && len(d.Recv.List) == 1 {
				p.function = receiver(d.Recv.List[0].Type) + "." + p.function
			}
			if d.Body != nil {
				p.body(d.Type, d.Body)
			}
		case *ast.GenDecl:
			p.function = d.Tok.String()
			if d.Tok == token.CONST || d.Tok == token.VAR {
				p.walk(d, nil)
			}
		}
	}
	return p.list
}

func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return "?"
}

// planter goes through a file.
type planter struct {
	set      *token.FileSet
	file     string
	source   []byte
	function string // that it is in, or the word of a declaration
	names    map[string]int
	listed   map[ast.Stmt]bool // stand in a list of statements
	list     []mistake
}

// body goes through a function. Its type says what its returns mean.
func (p *planter) body(t *ast.FuncType, body *ast.BlockStmt) { p.walk(body, t) }

// swaps are the operators that a hand takes for each other.
var swaps = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL, token.REM: token.MUL,
	token.SHL: token.SHR, token.SHR: token.SHL, token.AND: token.OR, token.OR: token.AND, token.XOR: token.AND, token.AND_NOT: token.AND,
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN, token.MUL_ASSIGN: token.QUO_ASSIGN, token.QUO_ASSIGN: token.MUL_ASSIGN,
	token.INC: token.DEC, token.DEC: token.INC,
	token.BREAK: token.CONTINUE, token.CONTINUE: token.BREAK,
}

// walk goes through what stands in a function of the given type, in none for nil.
// Outer nodes come before inner ones, which switch.go relies on.
func (p *planter) walk(root ast.Node, in *ast.FuncType) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			p.body(n.Type, n.Body)
			return false
		case *ast.ImportSpec, *ast.Field:
			return false // types, tags of fields
		case *ast.ArrayType:
			return false // a length that is wrong does not compile, or is a buffer's
		case *ast.BlockStmt:
			p.statements(n.List)
		case *ast.CaseClause:
			p.statements(n.Body)
		case *ast.CommClause:
			p.statements(n.Body)
		case *ast.IfStmt:
			p.negate(n.Cond)
		case *ast.ForStmt:
			if n.Cond != nil {
				p.negate(n.Cond)
			}
		case *ast.BinaryExpr:
			p.operator(n)
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				p.plant(n, n.Pos(), n.X.Pos(), "", func(t *typed, id int) []edit {
					return []edit{
						{at: p.offset(n.Pos()), end: p.offset(n.X.Pos()), text: "("},
						p.close(n.End(), " == mutant(%d))", id),
					}
				})
			}
		case *ast.IncDecStmt:
			p.drop(n)
			p.count(n)
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				p.drop(n)
				p.assignment(n)
			}
		case *ast.ExprStmt:
			p.drop(n)
		case *ast.SendStmt:
			p.drop(n)
		case *ast.GoStmt:
			p.drop(n)
		case *ast.DeferStmt:
			p.drop(n)
		case *ast.BranchStmt:
			if to, ok := swaps[n.Tok]; ok && n.Label == nil {
				p.plant(n, n.Pos(), n.End(), to.String(), func(t *typed, id int) []edit {
					return []edit{{
						at: p.offset(n.Pos()), end: p.offset(n.End()),
						text: fmt.Sprintf("if mutant(%d) { %v } else { %v }", id, to, n.Tok),
					}}
				})
			}
		case *ast.BasicLit:
			p.constant(n)
		case *ast.CallExpr:
			return p.call(n)
		case *ast.ReturnStmt:
			p.results(n, in)
		}
		return true
	})
}

// call changes the smaller of two for the larger. What a make sets aside, beside the
// length, is a matter of speed: nothing is planted there. It reports whether what is in
// the call is to be looked at.
func (p *planter) call(n *ast.CallExpr) bool {
	f, ok := n.Fun.(*ast.Ident)
	if !ok {
		return true
	}
	switch to := map[string]string{"min": "max", "max": "min"}[f.Name]; {
	case to != "":
		p.plant(n, f.Pos(), f.End(), to, func(t *typed, id int) []edit {
			return []edit{{
				at: p.offset(f.Pos()), end: p.offset(n.Lparen) + 1,
				text: fmt.Sprintf("%s%s(%d, ", "mutant_"+f.Name, t.instance(n), id),
			}}
		})
	case f.Name == "make" && len(n.Args) > 0:
		_, isMap := n.Args[0].(*ast.MapType)
		_, isSlice := n.Args[0].(*ast.ArrayType)
		if isSlice && len(n.Args) > 2 {
			p.walk(n.Args[1], nil)
		}
		return !isMap && (!isSlice || len(n.Args) == 2)
	}
	return true
}

func (p *planter) negate(cond ast.Expr) {
	if b, ok := cond.(*ast.BinaryExpr); ok && (b.Op == token.EQL || b.Op == token.NEQ) {
		return // its operator is swapped
	}
	if u, ok := cond.(*ast.UnaryExpr); ok && u.Op == token.NOT {
		return // dropped
	}
	p.plant(cond, cond.Pos(), cond.End(), "!("+p.text(cond.Pos(), cond.End())+")", p.inverted(cond))
}

// inverted says no where an expression says yes.
func (p *planter) inverted(x ast.Expr) func(t *typed, id int) []edit {
	return func(t *typed, id int) []edit {
		return []edit{p.open(x.Pos(), "("), p.close(x.End(), " != mutant(%d))", id)}
	}
}

// operator takes an operator for another one.
func (p *planter) operator(n *ast.BinaryExpr) {
	to, ok := swaps[n.Op]
	if !ok {
		return
	}
	p.plant(n, n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), to.String(), func(t *typed, id int) []edit {
		if t.constant(n) {
			return nil
		}
		function := ""
		switch n.Op {
		case token.EQL, token.NEQ:
			return []edit{p.open(n.Pos(), "(("), p.close(n.End(), ") != mutant(%d))", id)}
		case token.LAND, token.LOR:
			// a || b is !(!a && !b).
			return []edit{
				p.open(n.Pos(), "((("), p.close(n.X.End(), " != mutant(%d))", id),
				p.open(n.Y.Pos(), "("), p.close(n.End(), " != mutant(%d))) != mutant(%[1]d))", id),
			}
		case token.LSS, token.LEQ, token.GTR, token.GEQ:
			function = "mutant_" + map[token.Token]string{token.LSS: "lss", token.LEQ: "leq", token.GTR: "gtr", token.GEQ: "geq"}[n.Op] + t.instance(n.X)
		case token.SHL:
			function = "mutant_shl" + t.instance(n.X)
		case token.SHR:
			function = "mutant_shr" + t.instance(n.X)
		default:
			function = "mutant_" + map[token.Token]string{
				token.ADD: "add", token.SUB: "sub", token.MUL: "mul", token.QUO: "quo", token.REM: "rem",
				token.AND: "and", token.OR: "or", token.XOR: "xor", token.AND_NOT: "not",
			}[n.Op] + t.instance(n)
		}
		return []edit{
			p.open(n.Pos(), "%s(%d, ", function, id),
			{at: p.offset(n.X.End()), end: p.offset(n.Y.Pos()), text: ", "},
			p.close(n.End(), ")"),
		}
	})
}

// count takes ++ for --.
func (p *planter) count(n *ast.IncDecStmt) {
	p.plant(n, n.TokPos, n.End(), swaps[n.Tok].String(), func(t *typed, id int) []edit {
		of := t.of(n.X)
		if of == "" {
			return nil
		}
		return []edit{{
			at: p.offset(n.TokPos), end: p.offset(n.End()),
			text: fmt.Sprintf("%v= %s(mutant_sign(%d))", n.Tok.String()[:1], of, id),
		}}
	})
}

// assignment takes += for -=.
func (p *planter) assignment(n *ast.AssignStmt) {
	to, ok := swaps[n.Tok]
	if !ok {
		return
	}
	p.plant(n, n.TokPos, n.TokPos+token.Pos(len(n.Tok.String())), to.String(), func(t *typed, id int) []edit {
		of := t.instance(n.Lhs[0])
		if of == "" || n.Tok != token.ADD_ASSIGN && n.Tok != token.SUB_ASSIGN {
			return nil
		}
		return []edit{p.open(n.Rhs[0].Pos(), "mutant_neg%s(%d, ", of, id), p.close(n.End(), ")")}
	})
}

// statements takes down which statements stand in a list: those can be left out, and
// not the one in the head of a loop.
func (p *planter) statements(list []ast.Stmt) {
	for _, n := range list {
		if l, ok := n.(*ast.LabeledStmt); ok {
			n = l.Stmt
		}
		p.listed[n] = true
	}
}

// drop leaves a statement out, but for the compiler, for which everything goes on
// being used. A panic stays: it says what cannot be, and often stands for a return.
func (p *planter) drop(n ast.Stmt) {
	if !p.listed[n] || panics(n) {
		return
	}
	p.plant(n, n.Pos(), n.End(), "if false { "+p.text(n.Pos(), n.End())+" }", func(t *typed, id int) []edit {
		return []edit{p.open(n.Pos(), "if !mutant(%d) { ", id), p.close(n.End(), " }")}
	})
}

func panics(n ast.Stmt) bool {
	x, ok := n.(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := x.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.Ident)
	return ok && f.Name == "panic"
}

func (p *planter) constant(n *ast.BasicLit) {
	twice := ""
	switch n.Kind {
	case token.INT:
		v, err := strconv.ParseUint(n.Value, 0, 64)
		switch {
		case err != nil || v >= 1<<61:
			return
		case v == 0:
			twice = "1"
		default:
			twice = strconv.FormatUint(2*v, 10)
		}
	case token.FLOAT:
		twice = "(2*" + n.Value + ")"
	default:
		return
	}
	p.plant(n, n.Pos(), n.End(), twice, func(t *typed, id int) []edit {
		of := t.of(n)
		if of == "" && n.Kind == token.INT {
			of = "int" // by how much to shift
		}
		if of == "" || t.index[n] {
			return nil
		}
		return []edit{{
			at: p.offset(n.Pos()), end: p.offset(n.End()),
			text: fmt.Sprintf("mutant_value[%s](%d, %s, %s)", of, id, n.Value, twice),
		}}
	})
}

// results changes what is returned: an error that is not told, a yes that is a no,
// one too many.
func (p *planter) results(n *ast.ReturnStmt, in *ast.FuncType) {
	if in == nil || in.Results == nil {
		return
	}
	var kinds []string
	for _, f := range in.Results.List {
		name := ""
		if id, ok := f.Type.(*ast.Ident); ok {
			name = id.Name
		}
		for range max(1, len(f.Names)) {
			kinds = append(kinds, name)
		}
	}
	if len(kinds) != len(n.Results) {
		return
	}
	for i, r := range n.Results {
		text, kind := p.text(r.Pos(), r.End()), kinds[i]
		switch {
		case kind == "error" && text != "nil":
			p.plant(n, r.Pos(), r.End(), "nil", func(t *typed, id int) []edit {
				return []edit{p.open(r.Pos(), "mutant_error(%d, func() error { return ", id), p.close(r.End(), " })")}
			})
		case kind == "bool" && text == "true":
			p.plant(n, r.Pos(), r.End(), "false", p.inverted(r))
		case kind == "bool" && text == "false":
			p.plant(n, r.Pos(), r.End(), "true", p.inverted(r))
		case kind == "bool":
			if b, ok := r.(*ast.BinaryExpr); !ok || swaps[b.Op] == 0 {
				p.plant(n, r.Pos(), r.End(), "!("+text+")", p.inverted(r))
			}
		case kind == "int" || kind == "uint64" || kind == "float64":
			if _, literal := r.(*ast.BasicLit); !literal {
				p.plant(n, r.Pos(), r.End(), text+" + 1", func(t *typed, id int) []edit {
					return []edit{p.open(r.Pos(), "mutant_more[%s](%d, ", kind, id), p.close(r.End(), ")")}
				})
			}
		}
	}
}

// open and close are what is put in before a node and behind one.
func (p *planter) open(at token.Pos, format string, args ...any) edit {
	return edit{at: p.offset(at), end: p.offset(at), text: fmt.Sprintf(format, args...)}
}

func (p *planter) close(at token.Pos, format string, args ...any) edit {
	return edit{at: p.offset(at), end: p.offset(at), text: fmt.Sprintf(format, args...), closes: true}
}

func (p *planter) text(from, to token.Pos) string {
	return string(p.source[p.offset(from):p.offset(to)])
}

func (p *planter) offset(at token.Pos) int { return p.set.Position(at).Offset }

// longest is how much of a place its name shows, in bytes.
const longest = 100

// plant adds a mistake: from one position to another there stands another text, in
// a node that gives it its name.
func (p *planter) plant(n ast.Node, from, to token.Pos, with string, edits func(t *typed, id int) []edit) {
	before := p.text(n.Pos(), n.End())
	after := before[:p.offset(from)-p.offset(n.Pos())] + with + before[p.offset(to)-p.offset(n.Pos()):]
	if strings.HasPrefix(with, "if false {") {
		after = "left out"
	}
	name := fmt.Sprintf("%s %s: %s => %s", p.file, p.function, short(before), short(after))
	p.names[name]++
	if n := p.names[name]; n > 1 {
		name += " #" + strconv.Itoa(n)
	}
	if p.function == token.CONST.String() {
		edits = nil
	}
	p.list = append(p.list, mistake{name: name, file: p.file, line: p.set.Position(from).Line, start: p.offset(from), end: p.offset(to), with: with, edits: edits})
}

// short is a text in one line, without its middle when it is long.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest*2/3]) + "…" + string(r[len(r)-longest/3:])
	}
	return s
}
