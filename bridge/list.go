package bridge

import (
	"slices"
	"strconv"

	"drawbridge/bridge/era"
	"drawbridge/bridge/policy"
	"drawbridge/internal/wire"
)

// What is looked at in answers: lists are filtered by what decides calls, and what a modern server lets clients
// keep is kept for this agent alone and not long. All other answers pass as they came.

// list is a method whose result is a list of things that an agent may or may not use.
type list struct {
	field string // of the result
	name  string // of each element: what a call names it by
	use   string // the method of that call
	class policy.Class
}

var lists = map[string]list{
	"tools/list":               {"tools", "name", "tools/call", policy.Tools},
	"prompts/list":             {"prompts", "name", "prompts/get", policy.Prompts},
	"resources/list":           {"resources", "uri", "resources/read", policy.Resources},
	"resources/templates/list": {"resourceTemplates", "uriTemplate", "resources/read", policy.Resources},
}

// keptFor is the longest time, in milliseconds, that an agent may keep a list: what it may see changes with
// its credential.
const keptFor = 60_000

// shape makes the process's answer the agent's: its id back, and of lists what it may see.
func (c *call) shape(m wire.Message) wire.Message {
	if m.Kind() != wire.Result {
		return m.WithID(c.m.ID())
	}
	result := m.Result()
	l, isList := lists[c.m.Method()]
	if isList {
		if l.class == policy.Tools {
			c.session.target.learn(result, wire.Get(c.m.Params(), "cursor") == nil)
		}
		result = c.session.visible(result, l)
	}
	switch c.m.Method() {
	case "server/discover":
		result = c.session.offered(result)
		fallthrough
	case "tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read":
		if c.era == era.Modern && m.ResultType() != "input_required" {
			result = private(result)
		}
		return wire.Reply(c.m.ID(), result)
	}
	edit := wire.Edit{ID: c.m.ID()}
	if m.SubscriptionID() != "" {
		edit.SubscriptionID = c.m.ID()
	}
	return m.With(edit)
}

// visible is a list's result without what the agent may not use.
func (s *session) visible(result []byte, l list) []byte {
	rules := s.rules.Load()
	if rules.AllowsAll(l.class) {
		return result
	}
	var kept [][]byte
	for raw := range wire.Elements(wire.Get(result, l.field)) {
		name, _ := wire.String(wire.Get(raw, l.name))
		if rules.Shows(s.query(l.use, name)) {
			kept = append(kept, raw)
		}
	}
	return wire.Set(result, wire.Array(kept), l.field)
}

// narrowed is a request to listen without the resources that the agent may not use; any other request as it is.
func (s *session) narrowed(m wire.Message) wire.Message {
	if m.Method() != "subscriptions/listen" || s.rules.Load().AllowsAll(policy.Resources) {
		return m
	}
	asked := wire.Get(m.Params(), "notifications", "resourceSubscriptions")
	if asked == nil {
		return m
	}
	var kept [][]byte
	for raw := range wire.Elements(asked) {
		if uri, ok := wire.String(raw); ok && s.mayRead(uri) {
			kept = append(kept, raw)
		}
	}
	return m.With(wire.Edit{Cuts: []wire.Cut{{Old: asked, New: wire.Array(kept)}}})
}

// offered is the result of initialize or server/discover without the capabilities that the agent may not use at all, and
// without what is held.
func (s *session) offered(result []byte) []byte {
	result = s.target.greeted(result)
	rules := s.rules.Load()
	var denied []string
	for _, name := range []string{"tools", "prompts", "resources"} {
		if !rules.Shows(policy.Query{Method: name + "/list"}) {
			denied = append(denied, name)
		}
	}
	capabilities := wire.Get(result, "capabilities")
	if capabilities == nil || len(denied) == 0 {
		return result
	}
	return wire.Set(result, wire.Without(capabilities, denied...), "capabilities")
}

// private bounds who may keep a modern result and how long.
func private(result []byte) []byte {
	ttl, err := strconv.ParseFloat(string(wire.Get(result, "ttlMs")), 64)
	if err != nil || ttl > keptFor || ttl < 0 {
		result = wire.Set(result, strconv.AppendInt(nil, keptFor, 10), "ttlMs")
	}
	return wire.Set(result, []byte(`"private"`), "cacheScope")
}

// toolFacts is what a tool says of itself that the bridge must know.
type toolFacts struct {
	secret      []string // arguments that never reach the record
	mirrored    []mirrored
	annotations policy.Annotations
}

// isSecret reports whether the schema marks that argument as secret.
func (f toolFacts) isSecret(argument string) bool { return slices.Contains(f.secret, argument) }

const (
	toolsMax    = 4096    // how many tools of a server are known
	toolNameMax = 1 << 10 // the longest name of one, in bytes
	secretsMax  = 256     // how many of its arguments are known to be secret, or mirrored
)

// readTools reads the tools of one page. What cannot be read is left out: it is for the owner to see and for headers
// to be checked, and allows nothing.
func readTools(result []byte) (tools []Tool, facts map[string]toolFacts) {
	facts = map[string]toolFacts{}
	for raw := range wire.Elements(wire.Get(result, "tools")) {
		text := func(key string) string {
			s, _ := wire.String(wire.Get(raw, key))
			return clip(s)
		}
		name, ok := wire.String(wire.Get(raw, "name"))
		if !ok || len(name) > toolNameMax {
			continue
		}
		if len(tools) == toolsMax {
			break
		}
		tools = append(tools, Tool{Name: name, Title: text("title"), Description: text("description")})
		schema := wire.Get(raw, "inputSchema")
		f := toolFacts{mirrored: mirrors(schema, nil), annotations: readAnnotations(wire.Get(raw, "annotations"))}
		for name, property := range wire.Fields(wire.Get(schema, "properties")) {
			if len(f.secret) < secretsMax && secretSchema(property) {
				f.secret = append(f.secret, name)
			}
		}
		facts[name] = f
	}
	return tools, facts
}

func readAnnotations(raw []byte) policy.Annotations {
	is := func(hint, value string) bool { return string(wire.Get(raw, hint)) == value }
	return policy.Annotations{ReadOnly: is("readOnlyHint", "true"), Additive: is("destructiveHint", "false"), Closed: is("openWorldHint", "false")}
}

func secretSchema(schema []byte) bool {
	format, _ := wire.String(wire.Get(schema, "format"))
	return format == "password" || string(wire.Get(schema, "writeOnly")) == "true"
}

// mergeTools adds a later page of tools to those known.
func mergeTools(known, page []Tool) []Tool {
	at := map[string]int{}
	merged := append([]Tool(nil), known...)
	for i, t := range merged {
		at[t.Name] = i
	}
	for _, t := range page {
		if i, ok := at[t.Name]; ok {
			merged[i] = t
			continue
		}
		merged = append(merged, t)
	}
	return merged
}
