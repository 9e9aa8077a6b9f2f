package bridge

import (
	"slices"
	"strings"
	"sync"

	"drawbridge/internal/wire"
)

// directory is which server has a tool, a prompt or a resource, by the name that the joined endpoint gives it.
// It is filled by lists; a call is routed by it and never by taking a name apart.
type directory struct {
	mu        sync.Mutex // guards the fields below
	places    map[kind]map[string]place
	templates []place // name is the URI template
}

// place is a thing at its server.
type place struct {
	server *server
	name   string // the server's own name for it
}

// kind is what a name names.
type kind string

const (
	tools     kind = "tools"
	prompts   kind = "prompts"
	resources kind = "resources"
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

// find is the server that has it and the server's name for it; nil when no list has named it.
func (d *directory) find(k kind, name string) (*server, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p, ok := d.places[k][name]; ok {
		return p.server, p.name
	}
	if k == resources {
		for _, t := range d.templates {
			if matches(t.name, name) {
				return t.server, name
			}
		}
	}
	return nil, ""
}

// enter takes what the members list into the directory. It returns the joined list, as a JSON array, and the
// cursors of the servers that have more.
func (d *directory) enter(method string, parts []part) (things []byte, next map[string]string) {
	l := lists[method]
	var all [][]byte
	next = map[string]string{}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range parts {
		for raw := range wire.Elements(wire.Get(p.result, l.field)) {
			name, ok := wire.String(wire.Get(raw, l.name))
			if !ok {
				continue
			}
			if raw, ok = d.put(kind(strings.TrimSuffix(method, "/list")), place{p.server, name}, raw); ok {
				all = append(all, raw)
			}
		}
		if cursor, ok := wire.String(wire.Get(p.result, "nextCursor")); ok {
			next[p.server.name()] = cursor
		}
	}
	return wire.Array(all), next
}

// put enters one thing and returns its element under its joined name; false when another server had the URI first.
func (d *directory) put(k kind, p place, raw []byte) ([]byte, bool) {
	if d.places == nil {
		d.places = map[kind]map[string]place{tools: {}, prompts: {}, resources: {}}
	}
	switch k {
	case tools, prompts:
		name := joinedName(p.server.name(), p.name)
		d.places[k][name] = p
		return wire.Set(raw, wire.Quote(name), "name"), true
	case resources:
		first, taken := d.places[k][p.name]
		if taken && first.server != p.server && !p.server.before(first.server) {
			p.server.b.log.Warn("two servers have the same resource; the first one keeps it", "uri", p.name, "first", first.server.name(), "second", p.server.name())
			return nil, false
		}
		d.places[k][p.name] = p
		return raw, true
	}
	if !slices.Contains(d.templates, p) {
		d.templates = append(d.templates, p)
	}
	return raw, true
}

// before reports whether the server stands before the other in the configuration.
func (sv *server) before(other *server) bool {
	all := sv.b.allServers()
	return slices.Index(all, sv) < slices.Index(all, other)
}

// matches reports whether a URI can come from a URI template (RFC 6570): its literal parts occur in their order, the first at the start and the
// last at the end.
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
