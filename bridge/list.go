package bridge

import (
	"encoding/json"
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

// keptFor is the longest time, in milliseconds, that an agent may keep a list: what it may see changes with its credential.
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
	kept := []byte{'['}
	for raw := range wire.Elements(wire.Get(result, l.field)) {
		name, _ := wire.String(wire.Get(raw, l.name))
		if !rules.Shows(policy.Query{Method: l.use, Name: name}) {
			continue
		}
		if len(kept) > 1 {
			kept = append(kept, ',')
		}
		kept = append(kept, raw...)
	}
	return wire.Set(result, append(kept, ']'), l.field)
}

// offered is the result of initialize or server/discover without the capabilities that the agent may not use at all.
func (s *session) offered(result []byte) []byte {
	rules := s.rules.Load()
	kept := []byte{'{'}
	for name, raw := range wire.Fields(wire.Get(result, "capabilities")) {
		method := map[string]string{"tools": "tools/list", "prompts": "prompts/list", "resources": "resources/list"}[name]
		if method != "" && !rules.Shows(policy.Query{Method: method}) {
			continue
		}
		if len(kept) > 1 {
			kept = append(kept, ',')
		}
		kept = append(append(append(kept, quote(name)...), ':'), raw...)
	}
	return wire.Set(result, append(kept, '}'), "capabilities")
}

// private bounds who may keep a modern result and how long.
func private(result []byte) []byte {
	ttl, err := strconv.ParseFloat(string(wire.Get(result, "ttlMs")), 64)
	if err != nil || ttl > keptFor || ttl < 0 {
		result = wire.Set(result, strconv.AppendInt(nil, keptFor, 10), "ttlMs")
	}
	return wire.Set(result, []byte(`"private"`), "cacheScope")
}

// readTools reads the tools of one page, and which of their arguments the schema marks as secret. What cannot be read is left out:
// it is for the owner to see and decides nothing.
func readTools(result []byte) (tools []Tool, hints map[string][]string) {
	hints = map[string][]string{}
	for raw := range wire.Elements(wire.Get(result, "tools")) {
		var t struct {
			Name, Title, Description string
			InputSchema              struct {
				Properties map[string]json.RawMessage
			}
		}
		if json.Unmarshal(raw, &t) != nil || t.Name == "" {
			continue
		}
		tools = append(tools, Tool{Name: t.Name, Title: t.Title, Description: clip([]byte(t.Description))})
		for name, schema := range t.InputSchema.Properties {
			if secretSchema(schema) {
				hints[t.Name] = append(hints[t.Name], name)
			}
		}
	}
	return tools, hints
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
