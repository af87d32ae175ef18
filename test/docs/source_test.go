package doctest

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// source calls f with each Go file of the repository, path relative to its root.
func source(t *testing.T, f func(path string, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return filepath.SkipDir
		case !strings.HasSuffix(p, ".go"):
			return nil
		}
		file, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		f(filepath.ToSlash(rel), fset, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// `make fuzz` runs every fuzz target that there is.
func TestFuzzRunsEveryTarget(t *testing.T) {
	var want []string
	source(t, func(p string, _ *token.FileSet, file *ast.File) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && strings.HasSuffix(p, "_test.go") && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				want = append(want, path.Dir(p)+"/"+f.Name.Name)
			}
		}
	})
	if len(want) < 10 {
		t.Fatalf("found only %d fuzz targets: %q", len(want), want)
	}
	out, err := exec.Command(root+"/test/fuzz.sh", "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(string(out))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("test/fuzz.sh runs %q\nthe source has %q", got, want)
	}
}

// A comment that begins with a name begins with the name of what is below it:
// another one is left from a function that has moved, or got a new name.
func TestCommentsNameWhatIsBelow(t *testing.T) {
	// A test's name, one with a capital inside, or one in small letters and a verb.
	name := regexp.MustCompile(`^(?:((?:Test|Fuzz|Benchmark|Example)[A-Z]\w*|[a-z]+[A-Z]\w*):? |([a-z]\w*) (?:is|are|has|returns|makes|reads|writes|reports|adds|calls|says|gives)\b)`)
	check := func(fset *token.FileSet, doc *ast.CommentGroup, names ...string) {
		if doc == nil {
			return
		}
		m := name.FindStringSubmatch(doc.Text())
		if m == nil || slices.Contains(names, m[1]+m[2]) {
			return
		}
		t.Errorf("%s: the comment is about %s, below it is %s", strings.TrimPrefix(fset.Position(doc.Pos()).String(), root+"/"), m[1]+m[2], strings.Join(names, ", "))
	}
	source(t, func(_ string, fset *token.FileSet, file *ast.File) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok {
				check(fset, f.Doc, f.Name.Name)
				continue
			}
			g := d.(*ast.GenDecl)
			for _, s := range g.Specs {
				doc := g.Doc
				if g.Lparen.IsValid() {
					doc = nil // is about all of them
				}
				switch s := s.(type) {
				case *ast.TypeSpec:
					check(fset, cmp.Or(s.Doc, doc), s.Name.Name)
				case *ast.ValueSpec:
					var names []string
					for _, n := range s.Names {
						names = append(names, n.Name)
					}
					check(fset, cmp.Or(s.Doc, doc), names...)
				}
			}
		}
	})
}

// What returns a bool alone "reports whether", as in the standard library.
func TestBooleansReportWhether(t *testing.T) {
	other := regexp.MustCompile(`^\w+ (says|tells|is|returns) (whether|if|that|true if|true when)\b`)
	source(t, func(_ string, fset *token.FileSet, file *ast.File) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Doc == nil || f.Type.Results == nil || len(f.Type.Results.List) != 1 {
				continue
			}
			if id, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && id.Name == "bool" && other.MatchString(f.Doc.Text()) {
				t.Errorf("%s: %q", strings.TrimPrefix(fset.Position(f.Pos()).String(), root+"/"), other.FindString(f.Doc.Text()))
			}
		}
	})
}
