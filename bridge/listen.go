package bridge

import (
	"sync"
	"time"

	"drawbridge/internal/wire"
)

// subscription is one subscriptions/listen on the joined endpoint: a stream of each member, made one.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions
type subscription struct {
	g *gathering

	mu      sync.Mutex // guards the fields below
	acked   bool
	granted map[string]bool // kinds of changes that some member sends
	uris    []byte          // elements of a JSON array
	waiting []wire.Message  // came before the acknowledgement
	open    int             // members that have neither acknowledged nor ended
	live    int             // members that have not ended
	changed chan struct{}   // capacity 1: a hint that open or live changed
}

// ackFor is how long the acknowledgement waits for slow members.
const ackFor = 2 * time.Second

// listen subscribes at every member and is one stream to the agent, until the agent or the last member ends it.
func (j *joined) listen(g *gathering) ([]byte, *wire.Error) {
	s := &subscription{g: g, granted: map[string]bool{}, changed: make(chan struct{}, 1)}
	filter := wire.Get(g.m.Params(), "notifications")
	byServer := j.wanted(g, filter)
	var inner []func()
	for _, sv := range j.visible() {
		mb, err := j.member(sv, g.m)
		if err != nil {
			continue
		}
		s.mu.Lock()
		s.open, s.live = s.open+1, s.live+1
		s.mu.Unlock()
		params := wire.Set(g.m.Params(), byServer(sv), "notifications", "resourceSubscriptions")
		request := wire.NewRequest(wire.ID(quote(j.b.random())), g.m.Method(), params)
		inner = append(inner, mb.Handle(request, &branch{subscription: s}).Cancel)
	}
	late := time.NewTimer(ackFor)
	defer late.Stop()
	for !s.acknowledged() {
		select {
		case <-s.changed:
		case <-late.C:
			s.acknowledge()
		case <-g.ctx.Done():
		}
		if g.ctx.Err() != nil {
			break
		}
	}
	for g.ctx.Err() == nil && !s.over() {
		select {
		case <-s.changed:
		case <-g.ctx.Done():
		}
	}
	for _, cancel := range inner {
		cancel()
	}
	if g.ctx.Err() != nil {
		return nil, nil
	}
	return object("resultType", `"complete"`, "_meta", subscriptionMeta(g.m.ID())), nil
}

// wanted sorts the resources of a filter by who has them. Where no list has named one yet, the servers are asked for their lists.
func (j *joined) wanted(g *gathering, filter []byte) func(*server) []byte {
	of := map[*server][]string{}
	surveyed := false
	for raw := range wire.Elements(wire.Get(filter, "resourceSubscriptions")) {
		uri, _ := wire.String(raw)
		sv, _ := j.names.find(resources, uri, j.b.allServers())
		if sv == nil && !surveyed {
			surveyed = true
			g.survey(resources)
			sv, _ = j.names.find(resources, uri, j.b.allServers())
		}
		if sv != nil {
			of[sv] = append(of[sv], uri)
		}
	}
	return func(sv *server) []byte { return wire.QuoteAll(of[sv]) }
}

// branch is a member's end of the subscription.
type branch struct {
	subscription *subscription
	heard        bool // it has acknowledged
}

// Send implements front.Sink.
func (b *branch) Send(m wire.Message, last bool) bool {
	s := b.subscription
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case last:
		s.live--
		if !b.heard {
			s.open--
		}
	case m.Method() == "notifications/subscriptions/acknowledged":
		b.heard = true
		s.open--
		s.grant(wire.Get(m.Params(), "notifications"))
	case !s.acked:
		if len(s.waiting) < heldMax {
			s.waiting = append(s.waiting, m)
		}
		return true
	default:
		return s.g.reply.Send(m.With(wire.Edit{SubscriptionID: s.g.m.ID()}), false)
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return true
}

// grant adds what a member agreed to. Called with s.mu held.
func (s *subscription) grant(filter []byte) {
	for name, raw := range wire.Fields(filter) {
		if string(raw) == "true" {
			s.granted[name] = true
		}
	}
	for raw := range wire.Elements(wire.Get(filter, "resourceSubscriptions")) {
		if len(s.uris) > 0 {
			s.uris = append(s.uris, ',')
		}
		s.uris = append(s.uris, raw...)
	}
}

// acknowledged acknowledges once all members have; it reports whether that has been done.
func (s *subscription) acknowledged() bool {
	s.mu.Lock()
	all := s.open == 0
	s.mu.Unlock()
	if all {
		s.acknowledge()
	}
	return all
}

// acknowledge tells the agent what it will hear, before anything else of the subscription.
func (s *subscription) acknowledge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.acked {
		return
	}
	s.acked, s.open = true, 0
	var fields []string
	for _, name := range []string{"toolsListChanged", "promptsListChanged", "resourcesListChanged"} {
		if s.granted[name] {
			fields = append(fields, name, "true")
		}
	}
	if len(s.uris) > 0 {
		fields = append(fields, "resourceSubscriptions", "["+string(s.uris)+"]")
	}
	params := object("_meta", subscriptionMeta(s.g.m.ID()), "notifications", string(object(fields...)))
	s.g.reply.Send(wire.NewNotification("notifications/subscriptions/acknowledged", params), false)
	for _, m := range s.waiting {
		s.g.reply.Send(m.With(wire.Edit{SubscriptionID: s.g.m.ID()}), false)
	}
	s.waiting = nil
}

func (s *subscription) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live == 0
}

func subscriptionMeta(id wire.ID) string {
	return `{"io.modelcontextprotocol/subscriptionId":` + string(id) + `}`
}
