package audit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
	"time"
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

// TestStamp: times are written as their layout has them, whichever came before.
func TestStamp(t *testing.T) {
	var s stamp
	noon := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for _, at := range []time.Time{
		{}, noon, noon.Add(time.Microsecond), noon.Add(time.Second - 1), noon.Add(time.Second), noon,
		noon.In(time.FixedZone("east", 7*3600)), noon.Add(-time.Nanosecond), time.Unix(0, 0), time.Unix(-1, 999_999_999),
	} {
		if got, want := string(s.append(nil, at)), at.UTC().Format(timeLayout); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
