package bridge

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/bridge/policy"
	"drawbridge/internal/limit"
	"drawbridge/internal/wire"
)

// Quota bounds what agents may use of the bridge. A call must have room in every quota that it falls under. Calls are
// uses of tools, prompts and resources, and completions; lists and upkeep are none.
type Quota struct {
	Agent  string // an agent's name; "" is each agent by itself
	Server string // a glob; "" is every server
	Tool   string // a glob of tools; "" is tools, prompts, resources and completions
	Shared bool   // all that it is about together, instead of each agent by itself

	Calls  int   // a minute; 0 is no bound. So many may come at once after a quiet minute
	AtOnce int   // in flight; 0 is no bound
	Bytes  int64 // of requests and answers, a minute; 0 is no bound. What goes beyond is waited for before the next call
}

// ErrLimited is why a call is refused that has no room in a quota.
var ErrLimited = errors.New("over a limit that the owner has set")

// SetQuotas puts other quotas in place. What was used of one that stays counts on.
func (b *Bridge) SetQuotas(quotas []Quota) {
	before := b.quotas.Load()
	now := &allowances{}
	for i, q := range quotas {
		a := &allowance{
			Quota: q, server: policy.NewGlob(q.Server), tool: policy.NewGlob(q.Tool), name: "quota " + strconv.Itoa(i+1), meters: &sync.Map{},
		}
		if old := before.find(q); old != nil {
			a.meters = old.meters
		}
		*now = append(*now, a)
	}
	b.quotas.Store(now)
}

// SetLimits sets how many sessions and calls in flight one caller may have from now on. What there is goes on.
func (b *Bridge) SetLimits(sessions, calls int) {
	l := Limits{Sessions: sessions, Calls: calls}.orDefault()
	b.mostSessions.Store(int64(l.Sessions))
	b.mostCalls.Store(int64(l.Calls))
}

// allowances are the quotas in force. It is never changed.
type allowances []*allowance

func (as *allowances) find(q Quota) *allowance {
	if as == nil {
		return nil
	}
	for _, a := range *as {
		if a.Quota == q {
			return a
		}
	}
	return nil
}

// allowance is a Quota and what is used of it.
type allowance struct {
	Quota
	server, tool policy.Glob
	name         string
	meters       *sync.Map // *meter by the agent's name; "" is all together
}

// covers reports whether a call falls under the quota.
func (a *allowance) covers(c *call) bool {
	return (a.Agent == "" || a.Agent == c.info.Agent) && a.server.Match(c.info.Server) &&
		(a.Tool == "" || c.m.Method() == "tools/call" && a.tool.Match(c.m.Name()))
}

func (a *allowance) meter(agent string) *meter {
	if a.Shared {
		agent = ""
	}
	if m, ok := a.meters.Load(agent); ok {
		return m.(*meter)
	}
	m, _ := a.meters.LoadOrStore(agent, &meter{})
	return m.(*meter)
}

// meter is what somebody has used of a quota. It is used without locks.
type meter struct {
	calls, bytes limit.Rate
	inFlight     atomic.Int64
}

// use is a call's share in a meter.
type use struct {
	of *allowance
	m  *meter
}

// take takes room for one call, or says how long there will be none.
func (u use) take(now time.Time, bytes int) (wait time.Duration, why string) {
	a, m := u.of, u.m
	if a.AtOnce > 0 && m.inFlight.Add(1) > int64(a.AtOnce) {
		m.inFlight.Add(-1)
		return time.Second, plural(int64(a.AtOnce), "call") + " at once"
	}
	if a.Bytes > 0 {
		if wait = m.bytes.Over(now); wait > 0 {
			u.leave()
			return wait, plural(a.Bytes, "byte") + " a minute"
		}
	}
	if a.Calls > 0 {
		if wait = m.calls.Take(now, limit.Share(1, int64(a.Calls))); wait > 0 {
			u.leave()
			return wait, plural(int64(a.Calls), "call") + " a minute"
		}
	}
	u.spend(now, bytes)
	return 0, ""
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

func (u use) leave() {
	if u.of.AtOnce > 0 {
		u.m.inFlight.Add(-1)
	}
}

func (u use) spend(now time.Time, bytes int) {
	if u.of.Bytes > 0 {
		u.m.bytes.Charge(now, limit.Share(bytes, u.of.Bytes))
	}
}

// giveBack undoes take for a call that another quota has no room for.
func (u use) giveBack(bytes int) {
	u.leave()
	if u.of.Calls > 0 {
		u.m.calls.Return(limit.Share(1, int64(u.of.Calls)))
	}
	if u.of.Bytes > 0 {
		u.m.bytes.Return(limit.Share(bytes, u.of.Bytes))
	}
}

// metered takes room for the call in all quotas that it falls under. When it returns false the call has been answered.
func (c *call) metered() bool {
	quotas := c.session.b.quotas.Load()
	if quotas == nil || !isUse(c.m.Method()) {
		return true
	}
	now, size := c.session.b.now(), len(c.m.Bytes())
	var taken []use
	for _, a := range *quotas {
		if !a.covers(c) {
			continue
		}
		u := use{a, a.meter(c.info.Agent)}
		if wait, bound := u.take(now, size); wait > 0 {
			for _, t := range taken {
				t.giveBack(size)
			}
			c.why = a.name + ": " + bound
			c.refuse(wire.Limited(fmt.Sprintf("too many calls: the owner allows %s; try again in %v", bound, (wait+time.Second-1).Truncate(time.Second)), wait), ErrLimited)
			return false
		}
		taken = append(taken, u)
	}
	c.uses = taken
	return true
}

// isUse reports whether a method uses something that a server offers.
func isUse(method string) bool {
	switch method {
	case "tools/call", "prompts/get", "resources/read", "completion/complete":
		return true
	}
	return false
}

// settle gives back what the ended call held of its quotas and charges its answer.
func (c *call) settle() {
	for _, u := range c.uses {
		u.leave()
		u.spend(c.session.b.now(), c.info.End.Bytes)
	}
}
