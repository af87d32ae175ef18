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
			source, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			list, err := mistakesIn(file, source)
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

// mistakesIn are those that can be planted into one file.
func mistakesIn(file string, source []byte) ([]mistake, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	p := planter{set: set, file: file, source: source, names: map[string]int{}}
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
	return p.list, nil
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
		case *ast.IfStmt:
			p.negate(n.Cond)
		case *ast.ForStmt:
			if n.Cond != nil {
				p.negate(n.Cond)
			}
		case *ast.BinaryExpr:
			p.operator(n, n.OpPos, n.Op)
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				p.plant(n, n.Pos(), n.X.Pos(), "")
			}
		case *ast.IncDecStmt:
			p.operator(n, n.TokPos, n.Tok)
			p.drop(n)
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				p.operator(n, n.TokPos, n.Tok)
				p.drop(n)
			}
		case *ast.ExprStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt:
			p.drop(n)
		case *ast.BranchStmt:
			if n.Label == nil {
				p.operator(n, n.TokPos, n.Tok)
			}
		case *ast.BasicLit:
			p.constant(n)
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "min" || f.Name == "max") {
				p.plant(n, f.Pos(), f.End(), map[string]string{"min": "max", "max": "min"}[f.Name])
			}
		case *ast.ReturnStmt:
			p.results(n, in)
		}
		return true
	})
}

func (p *planter) negate(cond ast.Expr) {
	if b, ok := cond.(*ast.BinaryExpr); ok && (b.Op == token.EQL || b.Op == token.NEQ) {
		return // its operator is swapped
	}
	if u, ok := cond.(*ast.UnaryExpr); ok && u.Op == token.NOT {
		return // dropped
	}
	p.plant(cond, cond.Pos(), cond.End(), "!("+p.text(cond.Pos(), cond.End())+")")
}

func (p *planter) operator(n ast.Node, at token.Pos, op token.Token) {
	if to, ok := swaps[op]; ok {
		p.plant(n, at, at+token.Pos(len(op.String())), to.String())
	}
}

// drop leaves a statement out, but for the compiler, for which everything goes on
// being used.
func (p *planter) drop(n ast.Node) {
	p.plant(n, n.Pos(), n.End(), "if false { "+p.text(n.Pos(), n.End())+" }")
}

func (p *planter) constant(n *ast.BasicLit) {
	switch n.Kind {
	case token.INT:
		v, err := strconv.ParseUint(n.Value, 0, 64)
		if err != nil {
			return
		}
		switch {
		case v == 0:
			p.plant(n, n.Pos(), n.End(), "1")
		case v < 1<<61:
			p.plant(n, n.Pos(), n.End(), strconv.FormatUint(2*v, 10))
		}
	case token.FLOAT:
		p.plant(n, n.Pos(), n.End(), "(2*"+n.Value+")")
	}
}

// results changes what is returned: an error that is not told, a yes that is a no,
// one too many.
func (p *planter) results(n *ast.ReturnStmt, in *ast.FuncType) {
	if in == nil || in.Results == nil {
		return
	}
	var types []string
	for _, f := range in.Results.List {
		name := ""
		if id, ok := f.Type.(*ast.Ident); ok {
			name = id.Name
		}
		for range max(1, len(f.Names)) {
			types = append(types, name)
		}
	}
	if len(types) != len(n.Results) {
		return
	}
	for i, r := range n.Results {
		text := p.text(r.Pos(), r.End())
		switch {
		case types[i] == "error" && text != "nil":
			p.plant(n, r.Pos(), r.End(), "nil")
		case types[i] == "bool" && text == "true":
			p.plant(n, r.Pos(), r.End(), "false")
		case types[i] == "bool" && text == "false":
			p.plant(n, r.Pos(), r.End(), "true")
		case types[i] == "bool":
			if b, ok := r.(*ast.BinaryExpr); !ok || swaps[b.Op] == 0 {
				p.plant(n, r.Pos(), r.End(), "!("+text+")")
			}
		case types[i] == "int" || types[i] == "uint64" || types[i] == "float64":
			if _, literal := r.(*ast.BasicLit); !literal {
				p.plant(n, r.Pos(), r.End(), text+" + 1")
			}
		}
	}
}

func (p *planter) text(from, to token.Pos) string {
	return string(p.source[p.offset(from):p.offset(to)])
}

func (p *planter) offset(at token.Pos) int { return p.set.Position(at).Offset }

// longest is how much of a place its name shows, in bytes.
const longest = 100

// plant adds a mistake: from one position to another there stands another text, in
// a node that gives it its name.
func (p *planter) plant(n ast.Node, from, to token.Pos, with string) {
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
	p.list = append(p.list, mistake{name: name, file: p.file, line: p.set.Position(from).Line, start: p.offset(from), end: p.offset(to), with: with})
}

// short is a text in one line, without its middle when it is long.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest*2/3]) + "…" + string(r[len(r)-longest/3:])
	}
	return s
}
