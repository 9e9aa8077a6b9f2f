package bridge

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// TestParkedCrowd: 64 calls of 8 agents are parked at the same time and taken up again in another order, each
// by its own agent with its own answer; a quarter of them never. Each gets what its own answer led to, and
// nothing is left.
func TestParkedCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &askers{host: newHost(t), served: map[*proc]bool{}}
		b := New(Config{Backend: h, Record: discard{}, Memory: memory{"s": {Era: era.Legacy, Asks: true}}})
		b.SetServer(ServerConfig{Name: "s"})
		var calls []*parkedCall
		for agent := range 8 {
			for n := range 8 {
				calls = append(calls, &parkedCall{t: t, b: b, agent: fmt.Sprint("agent", agent), tag: fmt.Sprintf("%d-%d", agent, n)})
			}
		}
		for _, c := range calls {
			c.make("")
		}
		<-time.After(time.Second)
		for _, c := range calls {
			c.parked()
		}
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(calls), func(i, k int) { calls[i], calls[k] = calls[k], calls[i] })
		var wg sync.WaitGroup
		for _, c := range calls[:48] {
			wg.Go(func() {
				c.make("nonsense") // which is asked again
				c.parked()
				c.make(c.tag)
			})
		}
		wg.Wait()
		<-time.After(time.Second)
		for _, c := range calls[:48] {
			c.answered()
		}
		<-time.After(2 * parkedFor)
		for _, s := range b.everySession() {
			s.Close()
		}
		<-time.After(11 * time.Minute) // cancelled ones are forgotten
		synctest.Wait()
		nothingRemains(t, b)
		if h.cancelled != 16 {
			t.Errorf("%d calls were cancelled at the server", h.cancelled)
		}
		b.Close()
		h.close()
		h.wg.Wait()
	})
}

// parkedCall is a call whose server asks in the middle of it.
type parkedCall struct {
	t          *testing.T
	b          *Bridge
	agent, tag string
	state      string // as JSON
	inbox      chan string
}

// make makes the call, or with an answer makes it again.
func (c *parkedCall) make(answer string) {
	s, err := c.b.Stateless(named(c.agent), "s")
	if err != nil {
		c.t.Fatal(err)
	}
	retry := ""
	if answer == "nonsense" {
		retry = fmt.Sprintf(`"inputResponses":{"1":[],"x":{}},"requestState":%s,`, c.state)
	} else if answer != "" {
		retry = fmt.Sprintf(`"inputResponses":{"1":{"action":"accept","content":{"tag":%q}}},"requestState":%s,`, answer, c.state)
	}
	c.inbox = make(chan string, 1)
	s.Handle(mustParse(c.t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{%s"name":"a","arguments":{"tag":%q},`+
		`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}}`, retry, c.tag)), sink{c.inbox, "1"})
}

// parked looks for the question of this call and no other.
func (c *parkedCall) parked() {
	m := mustParse(c.t, <-c.inbox)
	message, _ := wire.String(wire.Get(m.Result(), "inputRequests", "1", "params", "message"))
	if m.ResultType() != "input_required" || message != "who is "+c.tag {
		c.t.Errorf("the call of %s got %s", c.tag, m.Bytes())
	}
	c.state = string(wire.Get(m.Result(), "requestState"))
}

func (c *parkedCall) answered() {
	m := mustParse(c.t, <-c.inbox)
	if text, _ := wire.String(wire.Get(m.Result(), "text")); text != c.tag+" is "+c.tag {
		c.t.Errorf("the call of %s got %s", c.tag, m.Bytes())
	}
}

// askers is a Backend of servers that ask in the middle of each call who its tag is, and answer with what they hear.
type askers struct {
	*host
	wg sync.WaitGroup

	mu        sync.Mutex // guards the fields below
	served    map[*proc]bool
	cancelled int
}

func (h *askers) Acquire(ctx context.Context, server string, k Key) (wire.Conn, func(), error) {
	conn, release, err := h.host.Acquire(ctx, server, k)
	h.host.mu.Lock()
	procs := slices.Clone(h.host.all[server])
	h.host.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range procs {
		if p.conn == conn && !h.served[p] {
			h.served[p] = true
			h.wg.Go(func() { h.serve(p) })
		}
	}
	return conn, release, err
}

// serve is one of the servers. It has one call at a time.
func (h *askers) serve(p *proc) {
	var call wire.ID
	var tag string
	for {
		var m wire.Message
		select {
		case text := <-p.inbox:
			m = mustParse(h.host.tb, text)
		case <-p.done:
			return
		}
		switch {
		case m.Method() == "initialize":
			_ = p.end.Write(wire.Reply(m.ID(), []byte(`{"protocolVersion":"2025-11-25","capabilities":{}}`)).Bytes())
		case m.Method() == "tools/call":
			call = m.ID()
			tag, _ = wire.String(wire.Get(m.Arguments(), "tag"))
			_ = p.end.Write(wire.NewRequest("1", "elicitation/create", object("message", quote("who is "+tag))).Bytes())
		case m.Method() == "notifications/cancelled":
			h.mu.Lock()
			h.cancelled++
			h.mu.Unlock()
		case m.Kind() == wire.Result:
			told, _ := wire.String(wire.Get(m.Result(), "content", "tag"))
			_ = p.end.Write(wire.Reply(call, object("text", quote(tag+" is "+told))).Bytes())
		}
	}
}
