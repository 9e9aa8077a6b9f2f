package bridge

import (
	"slices"
	"strings"

	"drawbridge/bridge/policy"
	"drawbridge/internal/wire"
)

// look finds who has a thing that no list has named yet, by listing what there is, and passes the request on. Only the servers
// that the caller may use are asked.
//
//	survey   what is listed
//	seek     a resource that is not: its only possible server, or whoever answers the read
func (j *joined) look(g *gathering) ([]byte, *wire.Error) {
	have, late := g.survey(kindOf(g.m))
	sv, name := j.find(g.m)
	if sv == nil {
		var result []byte
		if sv, result, late = g.seek(have, late); result != nil {
			return result, nil
		}
		name = subject(g.m)
	}
	if sv == nil {
		e := missing(g.m, late)
		j.b.turnAway(j.owner(), j.way, "", g.m, e)
		return nil, e
	}
	mb, e := j.member(sv, g.m)
	if e != nil {
		return nil, e
	}
	return g.hand(mb, name)
}

// survey enters what all servers list of that kind into the directory. It returns the servers that have lists of it, and those
// that did not answer in time.
func (g *gathering) survey(k kind) (have, late []*server) {
	j := g.joined
	all := j.visible()
	for _, method := range k.lists() {
		params := map[*server][]byte{}
		servers := all
		for page := 0; page < toolPages && len(servers) > 0; page++ {
			parts := g.ask(servers, method, func(sv *server) []byte {
				if p := params[sv]; p != nil {
					return p
				}
				return g.meta()
			})
			have, late = sorted(parts, have, late)
			_, next := j.names.enter(method, parts, page == 0, j.b.allServers())
			servers = keep(servers, func(sv *server) bool { _, more := next[sv.name()]; return more })
			for _, sv := range servers {
				params[sv] = wire.Set(g.meta(), wire.Quote(next[sv.name()]), "cursor")
			}
		}
	}
	return keep(all, func(sv *server) bool { return slices.Contains(have, sv) }), late
}

// sorted adds the servers that gave a result to have, and those that did not answer in time to late.
func sorted(parts []part, have, late []*server) (_, _ []*server) {
	for _, p := range parts {
		switch {
		case p.result != nil:
			have = append(have, p.server)
		case p.err == nil:
			late = append(late, p.server)
		}
	}
	return have, late
}

// seek finds who has a resource that no server lists: links in results, for one, need not be listed
// (https://modelcontextprotocol.io/specification/2026-07-28/server/tools#resource-links). The only server that has resources and may
// be asked for it is the one. Of several, those that need no word of the owner's are asked to read it, and the first result is the
// answer; where none has it, the one is the only other. To late it adds who did not answer in time.
func (g *gathering) seek(have, late []*server) (only *server, result []byte, _ []*server) {
	method := g.m.Method()
	if kindOf(g.m) != resources || method == "completion/complete" {
		return nil, nil, late
	}
	free, held := g.readers(have)
	if all := slices.Concat(free, held); len(all) == 1 && len(late) == 0 {
		return all[0], nil, nil
	}
	if method != "resources/read" {
		return nil, nil, late
	}
	result, slow := g.readAt(free)
	late = append(late, slow...)
	if result == nil && len(held) == 1 && len(late) == 0 {
		return held[0], nil, nil
	}
	return nil, result, late
}

// readers are the servers where the agent may use the resource that the request names: freely, or when the owner says so.
func (g *gathering) readers(servers []*server) (free, held []*server) {
	j := g.joined
	q := policy.Query{Method: g.m.Method(), Name: g.m.URI()}
	for _, sv := range servers {
		switch v, _ := j.b.policy.Load().For(j.owner(), sv.name()).Decide(q); v {
		case policy.Allow:
			free = append(free, sv)
		case policy.Ask:
			held = append(held, sv)
		}
	}
	return free, held
}

// readAt has all of the servers read a resource. What several have is the first one's, which is remembered; nil is nobody's.
func (g *gathering) readAt(servers []*server) (result []byte, late []*server) {
	parts := g.ask(servers, g.m.Method(), g.same)
	found, late := sorted(parts, nil, nil)
	if len(found) == 0 {
		return nil, late
	}
	if len(found) > 1 {
		g.joined.b.log.Warn("other servers have the same; the first in the configuration keeps it", "server", found[0].name(), "list", g.m.Method(), "things", 1)
	}
	g.joined.names.learn(found[0], g.m.URI())
	first := slices.IndexFunc(parts, func(p part) bool { return p.result != nil })
	return parts[first].result, late
}

// missing is the error for what no server has. Where one that could have it did not answer in time, that is not known.
func missing(m wire.Message, late []*server) *wire.Error {
	var names []string
	for _, sv := range late {
		could := kindOf(m) == resources || strings.HasPrefix(subject(m), sv.name()+"__")
		if could && !slices.Contains(names, sv.name()) {
			names = append(names, sv.name())
		}
	}
	if len(names) == 0 {
		return unknown(m)
	}
	return &wire.Error{Code: wire.InternalError, Message: clip(subject(m)) + " is not known yet: no answer from " + listing(names) + " in time; try again"}
}

// meta is the _meta of the request as params of another one.
func (g *gathering) meta() []byte {
	if meta := wire.Get(g.m.Params(), "_meta"); meta != nil {
		return object("_meta", string(meta))
	}
	return []byte("{}")
}
