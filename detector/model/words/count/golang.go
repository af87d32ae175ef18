package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// goStatements finds the logging statements of a Go file: calls that are
// named after a level, of something that is a logger.
func goStatements(file string, text []byte, found func(side, string)) {
	f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
	if err != nil && f == nil {
		return
	}
	for _, i := range f.Imports {
		if i.Path.Value == `"testing"` {
			return
		}
	}
	// Whatever has a method Infof in this file is a logger: then its Errorf
	// logs, too.
	loggers := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && logsOnly[sel.Sel.Name] {
				loggers[dotted(sel.X)] = true
			}
		}
		return true
	})
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch name := sel.Sel.Name; name {
		case "Msg", "Msgf": // zerolog: log.Error().Err(err).Msg("…")
			if s := chainSide(sel.X); s != neither {
				report(call.Args, s, found)
			}
		case "Log": // go-kit: level.Error(logger).Log("msg", "…")
			if c, ok := sel.X.(*ast.CallExpr); ok {
				if l, ok := c.Fun.(*ast.SelectorExpr); ok && dotted(l.X) == "level" {
					for i := 0; i+1 < len(call.Args); i += 2 {
						if k := constant(call.Args[i]); k == "msg" {
							report(call.Args[i+1:i+2], sideOf(l.Sel.Name), found)
						}
					}
				}
			}
		default:
			s := sideOf(name)
			if s == neither {
				break
			}
			if r := dotted(sel.X); loggers[r] || isLogger(r) {
				report(call.Args, s, found)
			}
		}
		return true
	})
}

// logsOnly are methods that nothing but a logger has.
var logsOnly = map[string]bool{
	"Infof": true, "Infow": true, "Infoln": true, "InfoS": true, "InfoContext": true, "Debugf": true, "Debugw": true, "Debugln": true,
	"DebugContext": true, "Noticef": true, "Tracef": true, "Warnf": true, "Warnw": true, "Warningf": true, "WarnContext": true,
	"Criticalf": true, "Warningln": true, "Warnln": true,
}

// report tells of a statement's message: the first constant text among its
// arguments.
func report(args []ast.Expr, s side, found func(side, string)) {
	for i, a := range args {
		if i > 2 {
			return
		}
		if m := constant(a); m != "" {
			found(s, m)
			return
		}
	}
}

// constant returns the text of a literal, of literals that are added
// together, or of the format of a Sprintf; values in between become verbs.
func constant(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, _ := strconv.Unquote(e.Value)
			return s
		}
	case *ast.ParenExpr:
		return constant(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			x, y := constant(e.X), constant(e.Y)
			if x == "" && y == "" {
				return ""
			}
			if x == "" {
				x = "%v"
			}
			if y == "" {
				y = "%v"
			}
			return x + y
		}
	case *ast.CallExpr:
		if sel, ok := e.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "Sprint") && len(e.Args) > 0 {
			return constant(e.Args[0])
		}
	}
	return ""
}

// dotted returns the names in an expression, joined by dots, without the
// arguments of calls.
func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return dotted(e.X) + "." + e.Sel.Name
	case *ast.CallExpr:
		return dotted(e.Fun)
	case *ast.ParenExpr:
		return dotted(e.X)
	case *ast.StarExpr:
		return dotted(e.X)
	case *ast.IndexExpr:
		return dotted(e.X)
	}
	return ""
}

// isLogger reports whether one of the names is that of a logger.
func isLogger(names string) bool {
	for name := range strings.SplitSeq(names, ".") {
		switch lower := strings.ToLower(name); {
		case lower == "l", lower == "lg", lower == "sugar", lower == "zap", lower == "entry", lower == "withfields",
			lower == "withfield", lower == "witherror", lower == "withvalues", lower == "withname":
			return true
		case strings.HasSuffix(lower, "log"), strings.HasSuffix(lower, "logger"), strings.HasPrefix(lower, "log") && !strings.HasPrefix(lower, "logi"), strings.HasPrefix(lower, "logging"):
			return lower != "catalog" && lower != "dialog" && lower != "blog" && lower != "changelog"
		}
	}
	return false
}

// chainSide returns the side of the level in a chain such as
// log.Error().Err(err).
func chainSide(e ast.Expr) side {
	for {
		call, ok := e.(*ast.CallExpr)
		if !ok {
			return neither
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return neither
		}
		if s := sideOf(sel.Sel.Name); s != neither && len(call.Args) == 0 {
			return s
		}
		e = sel.X
	}
}

// sideOf returns the side of a level's name, in any case, with one of the
// endings that loggers give their methods.
func sideOf(name string) side {
	name = strings.ToLower(name)
	for {
		cut := name
		for _, ending := range []string{"context", "ctx", "depth", "fn", "ln", "f", "w", "s"} {
			if c, ok := strings.CutSuffix(name, ending); ok && len(c) > 2 {
				cut = c
				break
			}
		}
		if s, ok := levels[name]; ok {
			return s
		}
		if cut == name {
			return neither
		}
		name = cut
	}
}

var levels = map[string]side{
	"trace": routine, "debug": routine, "info": routine, "notice": routine, "verbose": routine, "fine": routine, "finer": routine, "finest": routine,
	"error": failure, "exception": failure, "severe": failure, "critical": failure, "crit": failure, "alert": failure, "emerg": failure, "fatal": failure,
	"panic": failure, "dpanic": failure, "exit": failure, "warn": neither, "warning": neither,
}
