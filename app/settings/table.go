package settings

import (
	"maps"
	"slices"
	"strings"
)

// table is what an object of the file may hold: choices, and objects of more of them.
type table struct {
	known    map[string]reader
	groups   map[string]table
	guarding []string         // see fields
	strict   bool             // a key that is not known is refused; see only
	check    func(node) error // of all that was read; nil is none
}

// read reads an object that is like that.
func (t table) read(n node) (err error) {
	known := maps.Clone(t.known)
	for name, g := range t.groups {
		known[name] = g.read
	}
	if t.strict {
		err = n.only(known)
	} else {
		err = n.fields(known, t.guarding...)
	}
	if err == nil && t.check != nil {
		err = t.check(n)
	}
	return err
}

// keys are those of the choices as Draft.Set takes them, in order.
func (t table) keys() []string {
	all := slices.Collect(maps.Keys(t.known))
	for name, g := range t.groups {
		for _, key := range g.keys() {
			all = append(all, name+"."+key)
		}
	}
	slices.Sort(all)
	return all
}

// has reports whether key is a choice's, a part of one's, or an object's of choices.
func (t table) has(key string) bool {
	name, rest, deeper := strings.Cut(key, ".")
	if g, ok := t.groups[name]; ok {
		return !deeper || g.has(rest)
	}
	return t.known[name] != nil
}
