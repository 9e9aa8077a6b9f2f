package bridge

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"drawbridge/internal/wire"
)

// directory is which server has a tool, a prompt or a resource, by the name that the joined endpoint gives it.
// It is filled by lists; a call is routed by it and never by taking a name apart.
type directory struct {
	mu sync.Mutex // guards the field below
	of map[*server]*shelf
}

// shelf is what one server has listed. What it lists anew takes the place of what it has listed before.
type shelf struct {
	of        map[kind]map[string]string // the joined name and the server's own
	templates []string                   // of URIs
	size      int                        // of names, in bytes
}

const (
	// sizeMax bounds the names of one server in a directory, in bytes. Past it what the server has listed is
	// forgotten; it is looked for again when it is wanted.
	sizeMax = 4 << 20
	// nameCost is what a name costs beside its bytes.
	nameCost = 128
	// templatesMax bounds the templates of one server that URIs are compared with, templateMax their bytes.
	templatesMax, templateMax = 256, 4 << 10
)

// kind is what a name names.
type kind string

const (
	tools     kind = "tools"
	prompts   kind = "prompts"
	resources kind = "resources"
	templates kind = "resources/templates"
)

// kindOf is what the request names.
func kindOf(m wire.Message) kind {
	switch m.Method() {
	case "tools/call":
		return tools
	case "prompts/get":
		return prompts
	case "completion/complete":
		if refType(m) == "ref/prompt" {
			return prompts
		}
	}
	return resources
}

// lists are the methods that list things of the kind.
func (k kind) lists() []string {
	if k == resources {
		return []string{"resources/list", "resources/templates/list"}
	}
	return []string{string(k) + "/list"}
}

// subject is what a request names: a tool, a prompt or a URI.
func subject(m wire.Message) string {
	if name := m.Name(); name != "" {
		return name
	}
	return m.URI()
}

// refType is params.ref.type of completion/complete; "" for other methods.
func refType(m wire.Message) string {
	if m.Method() != "completion/complete" {
		return ""
	}
	t, _ := wire.String(wire.Get(m.Params(), "ref", "type"))
	return t
}

// find is the first of servers that has it and that server's name for it; nil when no list has named it.
func (d *directory) find(k kind, name string, servers []*server) (*server, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, sv := range servers {
		if own, ok := d.of[sv].names(k)[name]; ok {
			return sv, own
		}
	}
	for _, sv := range servers {
		if k == resources && d.of[sv].fits(name) {
			return sv, name
		}
	}
	return nil, ""
}

// enter takes a page that the members list into the directory; first says that it is the first. servers are
// all that there are, in the order of the configuration: what several have is the first one's. It returns the
// joined list, as a JSON array, and the cursors of the servers that have more.
func (d *directory) enter(method string, parts []part, first bool, servers []*server) (things []byte, next map[string]string) {
	l, k := lists[method], kind(strings.TrimSuffix(method, "/list"))
	var all [][]byte
	next = map[string]string{}
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.of, func(sv *server, _ *shelf) bool { return !slices.Contains(servers, sv) })
	for _, p := range parts {
		if p.result == nil {
			continue
		}
		if first {
			d.shelf(p.server).forget(k)
		}
		conflicts := 0
		for raw := range wire.Elements(wire.Get(p.result, l.field)) {
			own, ok := wire.String(wire.Get(raw, l.name))
			if !ok {
				continue
			}
			if raw, ok = d.put(p.server, k, own, raw, servers); ok {
				all = append(all, raw)
			} else {
				conflicts++
			}
		}
		if conflicts > 0 {
			p.server.b.log.Warn("other servers have the same; the first in the configuration keeps it", "server", p.server.name(), "list", method, "things", conflicts)
		}
		if cursor, ok := wire.String(wire.Get(p.result, "nextCursor")); ok {
			next[p.server.name()] = cursor
		}
	}
	return wire.Array(all), next
}

// learn enters a URI that the server has, though it does not list it.
func (d *directory) learn(sv *server, uri string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shelf(sv).put(resources, uri, uri)
}

// shelf is the server's, made if need be. Called with d.mu held.
func (d *directory) shelf(sv *server) *shelf {
	if d.of == nil {
		d.of = map[*server]*shelf{}
	}
	if d.of[sv] == nil {
		d.of[sv] = &shelf{of: map[kind]map[string]string{}}
	}
	return d.of[sv]
}

// put enters one thing and returns its element under its joined name; false when the URI is another server's. Called
// with d.mu held.
func (d *directory) put(sv *server, k kind, own string, raw []byte, servers []*server) ([]byte, bool) {
	name := own
	switch k {
	case tools, prompts:
		name = joinedName(sv.name(), own)
		raw = wire.Set(raw, wire.Quote(name), "name")
	case resources:
		for _, other := range servers[:max(slices.Index(servers, sv), 0)] {
			if _, taken := d.of[other].names(k)[name]; taken {
				return nil, false
			}
		}
	}
	d.shelf(sv).put(k, name, own)
	return raw, true
}

// names are the things of that kind; nil when sh is.
func (sh *shelf) names(k kind) map[string]string {
	if sh == nil {
		return nil
	}
	return sh.of[k]
}

// fits reports whether a URI can come from one of the templates; false when sh is nil.
func (sh *shelf) fits(uri string) bool {
	return sh != nil && slices.ContainsFunc(sh.templates, func(t string) bool { return matches(t, uri) })
}

func (sh *shelf) put(k kind, name, own string) {
	if k == templates {
		if len(sh.templates) < templatesMax && len(name) <= templateMax && !slices.Contains(sh.templates, name) {
			sh.templates = append(sh.templates, name)
		}
		return
	}
	if _, there := sh.of[k][name]; !there {
		sh.size += len(name) + len(own) + nameCost
	}
	if sh.size > sizeMax {
		clear(sh.of)
		sh.size = 0
		return
	}
	if sh.of[k] == nil {
		sh.of[k] = map[string]string{}
	}
	sh.of[k][name] = own
}

// forget drops what the server has listed of that kind.
func (sh *shelf) forget(k kind) {
	if k == templates {
		sh.templates = nil
		return
	}
	for name, own := range sh.of[k] {
		sh.size -= len(name) + len(own) + nameCost
	}
	delete(sh.of, k)
}

// matches reports whether a URI can come from a URI template (RFC 6570): its literal parts occur in their
// order, the first at the start and the last at the end.
func matches(template, uri string) bool {
	head, rest, open := strings.Cut(template, "{")
	if !open {
		return template == uri
	}
	uri, ok := strings.CutPrefix(uri, head)
	for ok {
		_, rest, _ = strings.Cut(rest, "}")
		var literal string
		if literal, rest, open = strings.Cut(rest, "{"); !open {
			return strings.HasSuffix(uri, literal)
		}
		_, uri, ok = strings.Cut(uri, literal)
	}
	return false
}
