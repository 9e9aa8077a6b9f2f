package bridge

import (
	"slices"
	"strings"

	"drawbridge/internal/wire"
)

// union is what the members of a joined session say of themselves, as one.
type union []part

// unite takes the members' results of initialize or server/discover.
func unite(parts []part) union { return parts }

// capabilities is the union. What a server that is not there yet may bring is announced too, since a
// session's capabilities cannot grow later.
func (u union) capabilities() []byte {
	missing := slices.ContainsFunc(u, func(p part) bool { return p.result == nil })
	has := func(path ...string) bool {
		return slices.ContainsFunc(u, func(p part) bool {
			return wire.Get(p.result, append([]string{"capabilities"}, path...)...) != nil
		})
	}
	var fields []string
	for _, name := range []string{"tools", "prompts", "resources"} {
		if !has(name) && !missing {
			continue
		}
		inner := []string{"listChanged", "true"}
		if name == "resources" && (missing || has(name, "subscribe")) {
			inner = append(inner, "subscribe", "true")
		}
		fields = append(fields, name, string(object(inner...)))
	}
	for _, name := range []string{"logging", "completions"} {
		if has(name) || missing {
			fields = append(fields, name, "{}")
		}
	}
	return object(fields...)
}

// instructions are those of all members, each under its server's name; as JSON, "" when there are none.
func (u union) instructions() string {
	var all []string
	for _, p := range u {
		if text, ok := wire.String(wire.Get(p.result, "instructions")); ok && text != "" {
			all = append(all, "# "+p.server.name()+"\n"+text)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return quote(strings.Join(all, "\n\n"))
}

// keep are those of servers that want says so of.
func keep(servers []*server, want func(*server) bool) []*server {
	return slices.DeleteFunc(slices.Clone(servers), func(sv *server) bool { return !want(sv) })
}

// because is err as the end of a sentence; "" for none.
func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}
