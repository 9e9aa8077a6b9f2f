package bridge

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestEveryResultIsCounted: a Result that event.go knows and results does not would be counted nowhere.
func TestEveryResultIsCounted(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	ast.Inspect(f, func(n ast.Node) bool {
		block, ok := n.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST {
			return true
		}
		first, _ := block.Specs[0].(*ast.ValueSpec).Type.(*ast.Ident)
		if first == nil || first.Name != "Result" {
			return true
		}
		for _, s := range block.Specs {
			text, _ := strconv.Unquote(s.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value)
			known++
			if !slices.Contains(results[:], Result(text)) {
				t.Errorf("%q is not counted", text)
			}
		}
		return true
	})
	if known == 0 {
		t.Error("event.go has no results")
	}
}

// BenchmarkTally is what it costs a call to be counted, when every core ends calls of the same server.
func BenchmarkTally(b *testing.B) {
	var t tally
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			t.count(Lost, 3*time.Second, 200, 4000) // the last of the results, and a late bucket
		}
	})
}
