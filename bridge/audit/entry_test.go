package audit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// TestKinds: the list of kinds has each of the constants.
func TestKinds(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "entry.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			text, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if n++; !slices.Contains(Kinds(), Kind(text)) {
				t.Errorf("%s is missing", text)
			}
		}
		return true
	})
	if n != len(Kinds()) {
		t.Errorf("%d constants, %d kinds", n, len(Kinds()))
	}
}
