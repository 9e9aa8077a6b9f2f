// Package found finds the local MCP servers that other applications of the owner's know, so that they
// need not be typed again. It reads those applications' files and never writes them.
//
// Every byte of such a file is a stranger's: files that are too large, nested too deep, no regular files or
// not understood are told of, and entries are taken one by one.
package found

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"

	"drawbridge/app/settings"
)

// Source is one file of an application, and what it holds.
type Source struct {
	App     string // the application's key: "claude-desktop"; Apps has them all
	Title   string // its name: "Claude Desktop"
	File    string
	Servers []Server // by name
	Others  []Other  // entries that cannot be taken, by title
	Err     error    // why nothing of the file can be taken; nil when something can
}

// Server is a server that can be taken.
type Server struct {
	Name     string // fits settings.CheckName; each name is there once in a Source
	Title    string // what the application calls it
	Project  string // the directory of the project whose server it is; "" is the owner's everywhere
	Command  string
	Args     []string
	Env      map[string]string // references are in Drawbridge's own form where it has one
	Cwd      string
	Disabled bool     // it is switched off there
	Notes    []string // what is not the same here as there: a sentence each
}

// Other is an entry that cannot be taken.
type Other struct{ Title, Why string }

// Find looks at the files of every application that it knows, and returns those that are there, in the order
// of Apps.
func Find() []Source {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	return system{goos: runtime.GOOS, home: home, env: os.Getenv, read: readFile}.find()
}

// system is what finding depends on.
type system struct {
	goos string
	home string
	env  func(string) string
	read func(path string, most int64) ([]byte, error) // fs.ErrNotExist for what is not there
}

func (s system) find() []Source {
	var all []Source
	for _, a := range applications() {
		for _, path := range a.files(s) {
			b, err := s.read(path, a.most())
			if isMissing(err) {
				continue
			}
			from := Source{App: a.key, Title: a.title, File: path, Err: err}
			if err == nil {
				from.fill(a, s, b)
			}
			all = append(all, from)
		}
	}
	return all
}

// fill takes what can be taken of a file's content.
func (f *Source) fill(a application, s system, b []byte) {
	groups, err := a.parse(b)
	if err != nil {
		f.Err = err
		return
	}
	taken := map[string]bool{}
	for _, g := range groups {
		for _, title := range slices.Sorted(maps.Keys(g.entries)) {
			server, err := g.entries[title].server(a.dialect, s.home)
			if err != nil {
				f.Others = append(f.Others, Other{title, err.Error()})
				continue
			}
			server.Title, server.Project = title, g.project
			server.Cwd = cmp.Or(server.Cwd, g.project)
			server.Name = unused(settings.FitName(title), taken)
			f.Servers = append(f.Servers, server)
		}
	}
	slices.SortFunc(f.Servers, func(a, b Server) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(f.Others, func(a, b Other) int { return cmp.Compare(a.Title, b.Title) })
}

// unused is name, or one like it that is not taken, which it is then.
func unused(name string, taken map[string]bool) string {
	for n := 2; taken[name]; n++ {
		tail := fmt.Sprintf("-%d", n)
		stem := name
		if i := len(stem); i+len(tail) > settings.MaxName {
			stem = stem[:settings.MaxName-len(tail)]
		}
		if !taken[stem+tail] {
			name = stem + tail
		}
	}
	taken[name] = true
	return name
}
