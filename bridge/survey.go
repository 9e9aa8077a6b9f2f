package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"drawbridge/bridge/era"
	"drawbridge/bridge/pin"
	"drawbridge/internal/wire"
)

// lookParams are of a modern list of the bridge's own: of a client that can do everything, so that it is shown everything.
const lookParams = `{"_meta":{"io.modelcontextprotocol/protocolVersion":"` + era.ModernRevision + `","io.modelcontextprotocol/clientInfo":{"name":"drawbridge","title":"Drawbridge","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"roots":{},"sampling":{"context":{},"tools":{}},"elicitation":{"form":{},"url":{}}}}}`

func errUnlisted(sv *server, k pin.Kind) error {
	return &wire.Error{Code: wire.InternalError, Message: fmt.Sprintf("server %q did not list its %ss, so the bridge cannot tell whether they are as its owner approved them; try again", sv.name(), k)}
}

// survey reads all that the process, spoken to in e, lists of a kind. last says that no other process is looked at for the same: the kind
// has been seen then. A process that lists nothing of the kind is no error, one that does not answer is.
func (l *link) survey(ctx context.Context, e era.Era, k pin.Kind, last bool) error {
	names, held := map[string]bool{}, map[pin.Thing]pin.Digest{}
	whole := !l.lists(k)
	params := []byte("{}")
	if e == era.Legacy {
		l.initializedOnce()
	} else {
		params = []byte(lookParams)
	}
	for page := 0; page < lookPages && !whole; page++ {
		m, err := l.do(ctx, listOf[k].method, params)
		var refusal *wire.Error
		switch {
		case ctx.Err() != nil || err != nil && !errors.As(err, &refusal):
			return errors.Join(err, context.Cause(ctx))
		case err != nil:
			if whole = refusal.Code == wire.MethodNotFound; !whole {
				l.saw(k, held, true, false)
				return nil
			}
			continue
		}
		seen, _, err := l.judge(k, m, names)
		if err != nil {
			return &wire.Error{Code: wire.InternalError, Message: err.Error()}
		}
		maps.Copy(held, seen.held)
		if k == pin.Tool {
			l.server.learn(seen.result, page == 0)
		}
		next := wire.Get(m.Result(), "nextCursor")
		whole = next == nil
		params = wire.Set(params, next, "cursor")
	}
	l.saw(k, held, true, true)
	if last {
		l.server.listEnded(k, l, names)
	}
	return nil
}

// lists reports whether the process may list things of that kind at all.
func (l *link) lists(k pin.Kind) bool {
	return l.greeting == nil || wire.Get(l.greeting, "capabilities", listOf[k].capability) != nil
}

// page is a page of a list after it was judged.
type page struct {
	result []byte // without what is held, where that is hidden
	held   map[pin.Thing]pin.Digest
}

// judge compares a page of a list with what was approved. names gets what it has. cut is the change that makes of the
// answer what an agent may see; its Old is nil when nothing has to go.
func (l *link) judge(k pin.Kind, m wire.Message, names map[string]bool) (p page, cut wire.Cut, err error) {
	sv := l.server
	p.result = m.Result()
	all, err := pin.List(k, p.result)
	if err != nil {
		return p, cut, err
	}
	v := sv.pinned.book.Look(k, l, all, sv.b.now())
	p.held = map[pin.Thing]pin.Digest{}
	hidden := make([]bool, len(all))
	for _, i := range v.Held {
		hidden[i] = true
	}
	for i, s := range all {
		names[s.Name] = true
		if hidden[i] && !s.Nameless {
			p.held[s.Thing] = s.Digest
		}
	}
	if len(v.Held) > 0 && sv.holding() {
		var kept [][]byte
		list := wire.Get(p.result, pin.Field(k))
		i := 0
		for raw := range wire.Elements(list) {
			if !hidden[i] {
				kept = append(kept, raw)
			}
			i++
		}
		cut = wire.Cut{Old: list, New: wire.Array(kept)}
		p.result = wire.Set(p.result, cut.New, pin.Field(k))
	}
	sv.judged(k, v)
	return p, cut, nil
}

// saw notes what of a kind is held on the process. known says that it was looked at as it is now, whole that held
// is all that is held of the kind.
func (l *link) saw(k pin.Kind, held map[pin.Thing]pin.Digest, known, whole bool) {
	l.sight.mu.Lock()
	defer l.sight.mu.Unlock()
	now := &seen{known: map[pin.Kind]bool{}, held: map[pin.Thing]pin.Digest{}}
	if before := l.sight.seen.Load(); before != nil {
		maps.Copy(now.known, before.known)
		now.flood = before.flood
		for t, d := range before.held {
			if !whole || t.Kind != k {
				now.held[t] = d
			}
		}
	}
	now.known[k] = now.known[k] || known
	for t, d := range held {
		if len(now.held) == sightMax {
			now.flood = true
			break
		}
		now.held[t] = d
	}
	l.sight.seen.Store(now)
}

// screened is the process's answer without what is held. What was seen on the way is noted.
func (l *link) screened(c *call, m wire.Message) (wire.Message, error) {
	k := listed(c.m.Method())
	if l.server.pinned == nil || k == "" || m.Kind() != wire.Result {
		return m, nil
	}
	names := map[string]bool{}
	p, cut, err := l.judge(k, m, names)
	if err != nil {
		return m, err
	}
	whole := wire.Get(c.m.Params(), "cursor") == nil && wire.Get(m.Result(), "nextCursor") == nil
	l.saw(k, p.held, whole, whole)
	if whole {
		l.server.listEnded(k, l, names)
	}
	if cut.Old == nil {
		return m, nil
	}
	return m.With(wire.Edit{Cuts: []wire.Cut{cut}}), nil
}

// stale notes that the process says that a list of its has changed.
func (l *link) stale(method string) {
	if l.server.pinned == nil {
		return
	}
	for k, of := range listOf {
		if method != "notifications/"+of.capability+"/list_changed" {
			continue
		}
		l.sight.mu.Lock()
		if before := l.sight.seen.Load(); before != nil && before.known[k] {
			now := *before
			now.known = maps.Clone(before.known)
			delete(now.known, k)
			l.sight.seen.Store(&now)
			if l.sight.looking[k] == nil && l.server.b.now().Sub(l.sight.last[k]) > lookAgain {
				l.glance(k)
			}
		}
		l.sight.mu.Unlock()
	}
}

// surveyAll looks at everything for the first time, in a probe. e and last are as survey's. That it fails matters to nobody: what is
// not known is looked at again before it is used.
func (l *link) surveyAll(ctx context.Context, e era.Era, last bool) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	if l.greeting != nil {
		l.server.greeted(l.greeting)
	}
	for _, k := range pin.Kinds {
		if _, lists := listOf[k]; lists {
			_ = l.survey(ctx, e, k, last)
		}
	}
}
