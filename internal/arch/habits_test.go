package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

const (
	mostLinesOfFile = 500
	mostLinesOfFunc = 100
	mostLinesOfTest = 150 // a test may carry its table
)

// TestHabits holds what a reader may rely on in every file.
func TestHabits(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > mostLinesOfFile {
			t.Errorf("%s: %d lines, at most %d: it holds more than one noun", s.path, s.lines, mostLinesOfFile)
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				function(t, s, f)
			}
		}
		if s.test {
			for _, line := range sleeps(s) {
				t.Errorf("%s:%d: time.Sleep in a test: wait for what you want to see, or own the clock", s.path, line)
			}
		}
	}
}

func function(t *testing.T, s source, f *ast.FuncDecl) {
	t.Helper()
	at := s.fset.Position(f.Pos())
	if f.Recv == nil && f.Name.Name == "init" {
		t.Errorf("%s:%d: init: importing a package does nothing", s.path, at.Line)
	}
	most := mostLinesOfFunc
	if s.test {
		most = mostLinesOfTest
	}
	if n := s.fset.Position(f.End()).Line - at.Line + 1; n > most {
		t.Errorf("%s:%d: %s has %d lines, at most %d", s.path, at.Line, f.Name.Name, n, most)
	}
}

// sleeps returns the lines of s that really sleep: in a file that uses testing/synctest a sleep takes
// no time, because its tests run in bubbles.
func sleeps(s source) []int {
	if slices.Contains(s.imports(), "testing/synctest") {
		return nil
	}
	var lines []int
	ast.Inspect(s.file, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && isSelector(e, "time", "Sleep") {
			lines = append(lines, s.fset.Position(n.Pos()).Line)
		}
		return true
	})
	return lines
}

// isSelector reports whether e is pkg.name.
func isSelector(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// TestSleeps shows which sleeps are found.
func TestSleeps(t *testing.T) {
	for imports, want := range map[string]int{`import "time"`: 2, `import ("time"; "testing/synctest")`: 0} {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "p_test.go", "package p\n"+imports+"\nfunc a() { time.Sleep(1); f := time.Sleep }\n", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := sleeps(source{file: f, fset: fset}); len(got) != want {
			t.Errorf("%s: sleeps at lines %v, want %d", imports, got, want)
		}
	}
}
