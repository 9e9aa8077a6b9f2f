package bridge

import (
	"fmt"
	"strings"
	"testing"

	"drawbridge/internal/wire"
)

// TestDirectoryIsBounded: a server that lists new names for ever, page after page, is remembered up to a
// bound, and takes nothing from others.
func TestDirectoryIsBounded(t *testing.T) {
	b := New(Config{Backend: newEchoing(t), Record: discard{}})
	defer b.Close()
	good, bad := newServer(b, ServerConfig{Name: "good"}, Facts{}), newServer(b, ServerConfig{Name: "bad"}, Facts{})
	servers := []*server{good, bad}
	var d directory
	page := func(sv *server, method string, names ...string) {
		l := lists[method]
		var all [][]byte
		for _, name := range names {
			all = append(all, wire.Object(wire.Member{Key: l.name, Value: wire.Quote(name)}))
		}
		result := wire.Object(wire.Member{Key: l.field, Value: wire.Array(all)})
		d.enter(method, []part{{server: sv, result: result}}, false, servers)
	}
	page(good, "tools/list", "a")
	page(good, "resources/list", "x:1")
	long := strings.Repeat("n", 1000)
	for i := range 40 {
		var tools, uris, templates []string
		for k := range 100 {
			name := fmt.Sprintf("%s-%d-%d", long, i, k)
			tools, uris, templates = append(tools, name), append(uris, name), append(templates, name+"{x}")
		}
		page(bad, "tools/list", tools...)
		page(bad, "resources/list", append(uris, "x:1")...)
		page(bad, "resources/templates/list", templates...)
	}
	sh := d.of[bad]
	size := 0
	for _, names := range sh.of {
		for name, own := range names {
			size += len(name) + len(own) + nameCost
		}
	}
	if size > sizeMax || size != sh.size || len(sh.templates) > templatesMax {
		t.Errorf("%d bytes of names, counted as %d, and %d templates", size, sh.size, len(sh.templates))
	}
	for _, tt := range []struct {
		kind kind
		name string
	}{{tools, "good__a"}, {resources, "x:1"}} {
		if sv, _ := d.find(tt.kind, tt.name, servers); sv != good {
			t.Errorf("%s is no more where it was", tt.name)
		}
	}
	if sv, _ := d.find(resources, long+"-39-99", servers); sv != bad {
		t.Error("what was listed last is not known")
	}
}

// TestToolsAreBounded: so is what is known of a server's tools.
func TestToolsAreBounded(t *testing.T) {
	b := New(Config{Backend: newEchoing(t), Record: discard{}})
	defer b.Close()
	sv := newServer(b, ServerConfig{Name: "s"}, Facts{})
	for i := range 3 * toolsMax / 100 {
		var all [][]byte
		for k := range 100 {
			all = append(all, fmt.Appendf(nil, `{"name":"tool-%d-%d"}`, i, k))
		}
		sv.learn(wire.Object(wire.Member{Key: "tools", Value: wire.Array(all)}, wire.Member{Key: "nextCursor", Value: []byte(`"n"`)}), false)
	}
	if len(sv.tools) > toolsMax || len(sv.facts) > toolsMax {
		t.Errorf("%d tools and %d facts are known", len(sv.tools), len(sv.facts))
	}
}
