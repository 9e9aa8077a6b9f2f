// Package arch holds the floors and doors of the house: which room may know which, through which
// one room each foreign library comes in, and the few habits a reader relies on. It has tests only.
//
// The tests read every Go file of the module, whatever its platform and build tags: an import that
// only Windows sees is an import all the same.
package arch

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "drawbridge"

// source is one Go file of the module.
type source struct {
	room  string // the package's directory below the module's root; "" is the root
	path  string // below the module's root, with slashes
	test  bool
	file  *ast.File
	fset  *token.FileSet
	lines int
}

// imports returns the import paths of s, in order.
func (s source) imports() []string {
	var paths []string
	for _, i := range s.file.Imports {
		p, _ := strconv.Unquote(i.Path.Value) // the parser has checked it
		paths = append(paths, p)
	}
	return paths
}

// sources reads every Go file of the module, the ones that this platform leaves out included.
func sources(t *testing.T) []source {
	t.Helper()
	root := root(t)
	cmd := exec.Command("go", "list", "-e", "-json=Dir,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var found []source
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			Dir                                                          string
			GoFiles, CgoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		for _, names := range [][]string{p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles} {
			for _, name := range names {
				found = append(found, parse(t, root, filepath.Join(p.Dir, name)))
			}
		}
	}
}

func parse(t *testing.T, root, path string) source {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		t.Fatal(err)
	}
	rel = filepath.ToSlash(rel)
	room, _ := filepath.Split(rel)
	return source{
		room: strings.TrimSuffix(room, "/"), path: rel, test: strings.HasSuffix(rel, "_test.go"),
		file: f, fset: fset, lines: strings.Count(string(text), "\n"),
	}
}

// root is the module's directory.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}
