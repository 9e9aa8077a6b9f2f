package app

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge/bridge"
	"drawbridge/bridge/pin"
	"drawbridge/bridge/policy"
)

// Strange are the names in a rule that nobody has, each in words that go on. That is no mistake: it may come yet. Of tools only what
// is listed of servers is known. Of agents or servers that are nil nothing is.
func Strange(r policy.Rule, agents []string, servers []bridge.Server) (all []string) {
	for _, who := range r.Who {
		if name, ok := strings.CutPrefix(who, "agent:"); ok && agents != nil && !slices.Contains(agents, name) {
			all = append(all, "no agent is called "+name)
		}
	}
	if servers == nil {
		return all
	}
	servers = slices.DeleteFunc(slices.Clone(servers), func(s bridge.Server) bool { return !policy.Fits(r.Server, s.Name) })
	switch {
	case len(servers) == 0 && strings.Trim(r.Server, "*") != "":
		all = append(all, "no server "+is(r.Server))
	case len(servers) > 0 && r.Tool != "" && !slices.ContainsFunc(servers, func(s bridge.Server) bool { return mayHave(s, r.Tool) }):
		all = append(all, fmt.Sprintf("no tool of %s %s", ofServers(servers), is(r.Tool)))
	}
	return all
}

// mayHave reports whether a server has a tool that the pattern fits, as far as anybody knows.
func mayHave(s bridge.Server, pattern string) bool {
	return s.Tools == nil || s.HeldMore > 0 ||
		slices.ContainsFunc(s.Tools, func(t bridge.Tool) bool { return policy.Fits(pattern, t.Name) }) ||
		slices.ContainsFunc(s.Held, func(h bridge.Held) bool { return h.Kind == pin.Tool && policy.Fits(pattern, h.Name) })
}

func is(pattern string) string {
	if strings.ContainsAny(pattern, "*?") {
		return "fits " + pattern
	}
	return "is called " + pattern
}

func ofServers(servers []bridge.Server) string {
	if len(servers) == 1 {
		return servers[0].Name
	}
	return "these servers"
}

// Otherwise says what becomes of calls that only the condition of a rule keeps it from; "" where it has none.
func Otherwise(r policy.Rule) string {
	if len(r.Where) == 0 && r.Arguments == nil {
		return ""
	}
	return "where the arguments are others this rule is passed over: a later one decides, or else what you approved the agent for"
}
