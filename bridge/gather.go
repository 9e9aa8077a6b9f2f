package bridge

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/internal/wire"
)

// gathering is a request to the joined endpoint that several members answer: lists, openings, subscriptions.
// It runs in a goroutine of its own and is one answer to the agent.
type gathering struct {
	joined *joined
	m      wire.Message
	era    era.Era
	reply  stream
	ctx    context.Context
	cancel context.CancelFunc
	passed bool // a member has answered the agent itself
}

// Cancel implements front.Call.
func (g *gathering) Cancel() { g.cancel() }

// gather runs how in a goroutine; its result or error is the answer. A nil result without an error ends the request
// without one.
func (j *joined) gather(m wire.Message, reply front.Sink, how func(*gathering) ([]byte, *wire.Error)) front.Call {
	g := &gathering{joined: j, m: m, era: eraOf(m), reply: stream{to: reply}}
	g.ctx, g.cancel = context.WithCancel(j.ctx)
	if e := j.add(g); e != nil {
		g.cancel()
		return j.turnAway(m, e, reply)
	}
	if !j.work.start(func() { g.run(how) }) {
		_ = j.drop(g)
		reply.Send(endedSession().Reply(m.ID()), true)
	}
	return g
}

// add takes g into the session's books, or says why not.
func (j *joined) add(g *gathering) *wire.Error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closed != nil:
		return endedSession()
	case j.running[g.m.ID()] != nil:
		return sameID()
	case !j.account.take(j.b.mostCalls.Load()):
		return tooManyCalls()
	}
	if j.byID {
		j.running[g.m.ID()] = g
	}
	j.busy++
	return nil
}

// drop takes g out of the books. It returns why the session has ended; nil if it has not.
func (j *joined) drop(g *gathering) error {
	g.cancel()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.account.calls.Add(-1)
	j.busy--
	j.last = j.b.now()
	if j.running[g.m.ID()] == g {
		delete(j.running, g.m.ID())
	}
	return j.closed
}

// run is the goroutine of g. What was cancelled by the agent gets no answer.
func (g *gathering) run(how func(*gathering) ([]byte, *wire.Error)) {
	result, err := how(g)
	cancelled := g.ctx.Err() != nil
	over := g.joined.drop(g)
	switch {
	case g.passed:
	case over != nil:
		g.reply.Send((&wire.Error{Code: wire.InternalError, Message: over.Error()}).Reply(g.m.ID()), true)
	case cancelled || result == nil && err == nil:
		g.reply.Send(wire.Message{}, true)
	case err != nil:
		g.reply.Send(err.Reply(g.m.ID()), true)
	default:
		g.reply.Send(wire.Reply(g.m.ID(), result), true)
	}
}

// part is what one member answered.
type part struct {
	server *server
	result []byte // nil when it did not answer in time, or with an error
	err    error
}

// ask puts a request to the members of those servers, all at once, and returns the answers in their order. Who
// takes longer than joinFor is left out; of one that is not even open the agent hears when it is.
func (g *gathering) ask(servers []*server, method string, params func(*server) []byte) []part {
	parts := make([]part, len(servers))
	answers := make([]collector, len(servers))
	late, stop := context.WithTimeout(g.ctx, joinFor)
	defer stop()
	for i, sv := range servers {
		parts[i].server, answers[i] = sv, make(collector, 1)
		mb, e := g.joined.member(sv, g.m)
		if e != nil {
			answers[i] <- e.Reply("0")
			continue
		}
		request := wire.NewRequest(wire.ID(quote(g.joined.b.random())), method, params(sv))
		if !g.joined.work.start(func() { answers[i] <- mb.answer(late, request) }) {
			answers[i] <- wire.Message{} // the session has ended
		}
	}
	for i, answer := range answers {
		if m := <-answer; m.Kind() != wire.Invalid {
			parts[i].fill(m)
		} else {
			g.announce(servers[i])
		}
	}
	return parts
}

// answer puts a request to the member once that is open, and returns its answer. With ctx it is given up: when the zero
// message comes back, the process has been told.
func (mb *member) answer(ctx context.Context, request wire.Message) wire.Message {
	select {
	case <-mb.opened:
	case <-ctx.Done():
		return wire.Message{}
	}
	if mb.err != nil {
		return mb.failed().Reply("0")
	}
	own := make(collector, 1)
	c := mb.Handle(request, own)
	select {
	case m := <-own:
		return m
	case <-ctx.Done():
		c.Cancel()
		return wire.Message{}
	}
}

func (p *part) fill(m wire.Message) {
	if m.Kind() == wire.Result {
		p.result = m.Result()
		return
	}
	p.err = answerError(m)
}

// announce tells a legacy client that there is more to list, once a server that was left out has come up.
func (g *gathering) announce(sv *server) {
	j := g.joined
	j.mu.Lock()
	defer j.mu.Unlock()
	mb := j.members[seat{sv, era.Legacy}]
	if g.era == era.Modern || mb == nil || mb.late {
		return
	}
	select {
	case <-mb.opened: // it is there, and slow
	default:
		mb.late = j.work.start(func() { j.tellWhenOpen(mb) })
	}
}

func (j *joined) tellWhenOpen(mb *member) {
	select {
	case <-mb.opened:
	case <-j.ctx.Done():
		return
	}
	if mb.err != nil {
		return
	}
	for _, what := range []string{"tools", "prompts", "resources"} {
		j.out.Send(wire.NewNotification("notifications/"+what+"/list_changed", nil), false)
	}
}

// same gives every server the request's own params.
func (g *gathering) same(*server) []byte { return g.m.Params() }

// initialize opens every member with what the client says, and answers with the union.
func (j *joined) initialize(g *gathering) ([]byte, *wire.Error) {
	j.mu.Lock()
	again := j.params != nil
	j.params = g.m.Params()
	j.mu.Unlock()
	if again {
		return nil, &wire.Error{Code: wire.InvalidRequest, Message: "this session is open already"}
	}
	asked, _ := wire.String(wire.Get(g.m.Params(), "protocolVersion"))
	agreed := era.Agree(asked, era.LegacyRevision)
	servers := j.visible()
	parts := g.greetings(servers)
	j.mu.Lock()
	j.revision = agreed
	j.mu.Unlock()
	u := unite(parts)
	return object(
		"protocolVersion", quote(agreed), "capabilities", string(u.capabilities()), "serverInfo", ownInfo,
		"instructions", u.instructions()), nil
}

// greetings opens every member and waits for their greetings, at most joinFor for all.
func (g *gathering) greetings(servers []*server) []part {
	parts := make([]part, len(servers))
	members := make([]*member, len(servers))
	for i, sv := range servers {
		parts[i].server = sv
		members[i], _ = g.joined.member(sv, g.m)
	}
	late, stop := context.WithTimeout(g.ctx, joinFor)
	defer stop()
	for i, mb := range members {
		if mb == nil {
			continue
		}
		select {
		case <-mb.opened:
		case <-late.Done():
		}
		select {
		case <-mb.opened:
			parts[i].err = mb.err
			if g := mb.greeting(); g != nil && mb.err == nil {
				parts[i].result = mb.offered(g)
			}
		default:
			g.announce(servers[i])
		}
	}
	return parts
}

// discover answers with the union of what the members answer.
func (j *joined) discover(g *gathering) ([]byte, *wire.Error) {
	u := unite(g.ask(j.visible(), "server/discover", g.same))
	return object(
		"resultType", `"complete"`, "supportedVersions", string(wire.QuoteAll(era.Revisions())), "capabilities", string(u.capabilities()),
		"instructions", u.instructions(), "ttlMs", "0", "cacheScope", `"private"`,
		"_meta", `{"io.modelcontextprotocol/serverInfo":`+ownInfo+`}`), nil
}

// everyone passes a request on to all members; it succeeds when it does for one.
func (j *joined) everyone(g *gathering) ([]byte, *wire.Error) {
	j.mu.Lock()
	j.level = g.m
	j.mu.Unlock()
	var last error
	parts := g.ask(j.visible(), g.m.Method(), g.same)
	for _, p := range parts {
		if p.result != nil {
			return []byte("{}"), nil
		}
		last = p.err
	}
	return nil, &wire.Error{Code: wire.MethodNotFound, Message: "no server takes " + g.m.Method() + because(last)}
}

// list is one page of what the members list. The cursor holds those of all members that have more.
func (j *joined) list(g *gathering) ([]byte, *wire.Error) {
	servers := j.visible()
	at := map[string]string{}
	if raw := wire.Get(g.m.Params(), "cursor"); raw != nil {
		text, _ := wire.String(raw)
		data, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || json.Unmarshal(data, &at) != nil || len(at) == 0 {
			return nil, &wire.Error{Code: wire.InvalidParams, Message: "unknown cursor; start the list again"}
		}
		servers = keep(servers, func(sv *server) bool { _, more := at[sv.name()]; return more })
	}
	params := func(sv *server) []byte {
		if cursor, ok := at[sv.name()]; ok {
			return wire.Set(g.m.Params(), wire.Quote(cursor), "cursor")
		}
		return g.m.Params()
	}
	l := lists[g.m.Method()]
	things, next := j.names.enter(g.m.Method(), g.ask(servers, g.m.Method(), params), len(at) == 0, j.b.allServers())
	fields := []string{l.field, string(things)}
	if g.era == era.Modern {
		fields = append(fields, "resultType", `"complete"`, "ttlMs", "0", "cacheScope", `"private"`)
	}
	if len(next) > 0 {
		data, _ := json.Marshal(next)
		fields = append(fields, "nextCursor", quote(base64.RawURLEncoding.EncodeToString(data)))
	}
	return object(fields...), nil
}
