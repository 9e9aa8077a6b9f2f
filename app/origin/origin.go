// Package origin tells which package is behind a server that is started through npx, uvx or docker: which version really
// runs, and by which digest it would be known again. It reads what those programs leave on this machine, starts nothing and
// asks no network.
package origin

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
)

// Origin is the package behind a command.
type Origin struct {
	Manager   string // npx, uvx or docker
	Name      string // of the package or image, without a version
	Asked     string // as the command asks for it
	Version   string // what runs; "" when that is not known
	Integrity string // of what runs: npm's integrity, or an image's digest; "" when that is not known
	Exact     bool   // the command asks for this version and no other
	Note      string // what is not known and why; "" is nothing
}

// Place is where a command runs.
type Place struct {
	Dir string // its working directory; "" is unknown
	// Getenv is a variable of its environment; required.
	Getenv func(name string) string
	Home   string // the owner's home directory
}

var (
	// ErrNone is the error for a command that starts no package.
	ErrNone = errors.New("it is not started through npx, uvx or docker run")
	// ErrUnknown is the error for a package whose version is not known.
	ErrUnknown = errors.New("which version runs is not known")
)

// Find tells the package behind a command. The error is ErrNone when there is none; an Origin without a Version says in Note
// why that is not known.
func Find(command string, args []string, p Place) (Origin, error) {
	o, _, err := find(command, args, p)
	return o, err
}

// Lock is args asking for exactly the version that o says runs. The error is ErrNone, or ErrUnknown.
func Lock(command string, args []string, o Origin) ([]string, error) {
	_, at, err := find(command, args, Place{Getenv: func(string) string { return "" }})
	if err != nil {
		return nil, err
	}
	exact := o.exact()
	if exact == "" {
		return nil, ErrUnknown
	}
	locked := slices.Clone(args)
	locked[at] = strings.Replace(locked[at], o.Asked, exact, 1)
	return locked, nil
}

// exact is the package as a command asks for this version alone; "" when it cannot.
func (o Origin) exact() string {
	switch {
	case o.Manager == "docker" && o.Integrity != "":
		image, _, _ := strings.Cut(o.Asked, "@")
		return image + "@" + o.Integrity
	case o.Manager == "npx" && o.Version != "":
		return o.Name + "@" + o.Version
	}
	return ""
}

// find is Find, with the place in args of what asks for the package.
func find(command string, args []string, p Place) (o Origin, at int, err error) {
	name := strings.ToLower(filepath.Base(strings.ReplaceAll(command, `\`, "/")))
	name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, ".exe"), ".cmd"), ".ps1")
	if name == "cmd" && len(args) > 1 && strings.EqualFold(args[0], "/c") {
		o, at, err = find(args[1], args[2:], p)
		return o, at + 2, err
	}
	switch name {
	case "npx":
		return npx(args, p)
	case "uvx":
		return uvx(args)
	case "docker", "podman":
		return docker(args, p)
	}
	return o, 0, ErrNone
}

// positional is the place of the first argument that is no option and no option's value; -1 when there is none.
func positional(args []string, from int, takesValue func(string) bool) int {
	for i := from; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--":
			if i+1 < len(args) {
				return i + 1
			}
			return -1
		case !strings.HasPrefix(a, "-"):
			return i
		case !strings.Contains(a, "=") && takesValue(a):
			i++
		}
	}
	return -1
}

// option is the place and the value of the first option of those names; "" when there is none. It does not look beyond end.
func option(args []string, end int, names ...string) (at int, value string) {
	for i, a := range args[:end] {
		for _, name := range names {
			if v, ok := strings.CutPrefix(a, name+"="); ok {
				return i, v
			}
			if a == name && i+1 < len(args) {
				return i + 1, args[i+1]
			}
		}
	}
	return 0, ""
}
