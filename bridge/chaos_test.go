package bridge

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/internal/wire"
)

// chaos is a Backend whose processes do everything a server must not: they answer late, twice or never, ask
// at random and under the ids of other questions, flood, and die. What they say of a call carries that call's
// tag, so that it can be seen where it went.
type chaos struct {
	tb testing.TB

	mu    sync.Mutex // guards the fields below
	r     *rand.Rand
	procs map[string]*chaotic
	all   []*chaotic
}

// chaotic is one process.
type chaotic struct {
	host      *chaos
	conn, end wire.Conn
	modern    bool
	leases    int // guarded by chaos.mu
	once      bool

	wg sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	asks    int
	waiting map[wire.ID]chan wire.Message
}

// chance reports true once in n.
func (h *chaos) chance(n int) bool { return h.number(n) == 0 }

func (h *chaos) number(n int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.r.IntN(n)
}

// nap is a while.
func (h *chaos) nap(most time.Duration) <-chan time.Time {
	return time.After(time.Duration(h.number(int(most))))
}

func (h *chaos) Acquire(ctx context.Context, server string, k Key) (wire.Conn, func(), error) {
	if h.chance(30) {
		return nil, nil, errors.New("no such program")
	}
	if h.chance(4) {
		<-h.nap(3 * time.Second) // whatever becomes of who asked
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.procs[server+" "+k.ID]
	if p == nil {
		conn, end := wire.Pipe()
		p = &chaotic{host: h, end: end, modern: strings.HasPrefix(server, "new"), once: k.Once, waiting: map[wire.ID]chan wire.Message{}}
		p.conn = mortal{conn, server}
		h.procs[server+" "+k.ID] = p
		h.all = append(h.all, p)
		p.wg.Go(func() { p.run(server + " " + k.ID) })
	}
	p.leases++
	given := false
	return p.conn, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if given {
			h.tb.Error("a lease was given back twice")
		}
		given = true
		if p.leases--; p.leases == 0 && p.once {
			_ = p.end.Close()
		}
	}, nil
}

// close ends all processes and looks for leases that were never given back.
func (h *chaos) close() {
	for _, p := range h.all {
		_ = p.end.Close()
		p.wg.Wait()
		if p.leases != 0 {
			h.tb.Errorf("%d leases on a process are left", p.leases)
		}
	}
}

func (p *chaotic) run(key string) {
	for {
		m, err := p.end.Read()
		if err != nil {
			break
		}
		switch m.Kind() {
		case wire.Request:
			p.wg.Go(func() { p.request(m) })
		case wire.Result, wire.Failure:
			p.mu.Lock()
			c := p.waiting[m.ID()]
			delete(p.waiting, m.ID())
			p.mu.Unlock()
			if c != nil {
				c <- m
			}
		}
	}
	p.host.mu.Lock()
	defer p.host.mu.Unlock()
	delete(p.host.procs, key)
}

func (p *chaotic) say(format string, args ...any) {
	_ = p.end.Write(fmt.Appendf(nil, `{"jsonrpc":"2.0",`+format+`}`, args...))
}

func (p *chaotic) request(m wire.Message) {
	h := p.host
	if h.chance(3) {
		<-h.nap(2 * time.Second)
	}
	switch m.Method() {
	case "initialize":
		switch {
		case p.modern || h.chance(20):
			p.say(`"id":%s,"error":{"code":-32601,"message":"no initialize here"}`, m.ID())
		case h.chance(20): // never
		default:
			p.say(`"id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"logging":{},"tasks":{}},"serverInfo":{"name":"chaos","version":"1"}}`, m.ID())
		}
	case "server/discover":
		if !p.modern {
			p.say(`"id":%s,"error":{"code":0,"message":"what?"}`, m.ID())
			return
		}
		p.say(`"id":%s,"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}`, m.ID())
	case "tools/list":
		p.say(`"id":%s,"result":{"resultType":"complete","tools":[{"name":"a"},{"name":"b"}]}`, m.ID())
	case "subscriptions/listen":
		p.say(`"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":%s},"notifications":{}}`, m.ID())
		if h.chance(3) {
			<-h.nap(time.Minute)
			p.say(`"method":"notifications/cancelled","params":{"requestId":%s}`, m.ID())
		}
	case "tools/call":
		p.call(m)
	default:
		if !h.chance(10) {
			p.say(`"id":%s,"result":{}`, m.ID())
		}
	}
}

// call does something wild with a call.
func (p *chaotic) call(m wire.Message) {
	tag, _ := wire.String(wire.Get(m.Arguments(), "tag"))
	h := p.host
	for range h.number(3) {
		p.noise(m, tag)
	}
	for n := h.number(3); n > 0 && !p.modern; n-- {
		p.ask(tag)
	}
	if p.modern && h.chance(3) && wire.Get(m.Params(), "inputResponses") == nil {
		p.say(`"id":%s,"result":{"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{"message":%s}}},"requestState":"s"}`, m.ID(), quote("tag "+tag))
		return
	}
	switch h.number(20) {
	case 0: // never
	case 1:
		p.say(`"id":%s,"error":{"code":-32000,"message":%s}`, m.ID(), quote("tag "+tag))
	case 2:
		p.say(`"id":%s,"error":{"code":-32042,"message":"go","data":{"elicitations":[{"mode":"url","elicitationId":"e","url":"https://x","message":%s}]}}`, m.ID(), quote("tag "+tag))
	case 3:
		_ = p.end.Close()
	case 4:
		p.say(`"id":%s,"result":{"text":%s}`, m.ID(), quote("tag "+tag))
		p.say(`"id":%s,"result":{"text":%s}`, m.ID(), quote("tag "+tag))
	case 5:
		p.say(`"id":%d,"result":{"text":"tag of nobody"}`, 100_000+h.number(1000))
		p.say(`"id":"x","result":{"text":"tag of nobody"}`)
		fallthrough
	default:
		p.say(`"id":%s,"result":{"text":%s,"task":{"taskId":%s}}`, m.ID(), quote("tag "+tag), quote("task "+tag))
	}
}

// noise is what nobody may have asked for.
func (p *chaotic) noise(m wire.Message, tag string) {
	switch p.host.number(8) {
	case 0, 1:
		if token := m.ProgressToken(); token != "" {
			p.say(`"method":"notifications/progress","params":{"progressToken":%s,"progress":1,"message":%s}`, token, quote("tag "+tag))
		}
	case 2:
		p.say(`"method":"notifications/progress","params":{"progressToken":%d,"progress":1}`, p.host.number(50))
	case 3:
		p.say(`"method":"notifications/resources/updated","params":{"uri":"x:1"}`)
	case 4:
		for range 20 {
			p.say(`"method":"notifications/tools/list_changed"`)
		}
	case 5:
		p.say(`"method":"notifications/tasks/status","params":{"taskId":%s}`, quote("task "+tag))
	case 6:
		if !p.modern || m.LogLevel() != "" {
			p.say(`"method":"notifications/message","params":{"level":"error","data":%s}`, quote("tag "+tag))
		}
	case 7:
		p.say(`"method":"notifications/cancelled","params":{"requestId":%d}`, p.host.number(20))
	}
}

// ask asks in the middle of a call. It tells the call's tag only where it keeps the rule that makes its owner
// certain: it waits for the answer, or takes the question back, before it answers the call.
func (p *chaotic) ask(tag string) {
	h := p.host
	answer := make(chan wire.Message, 1)
	p.mu.Lock()
	p.asks++
	id := wire.ID(strconv.Itoa(p.asks))
	p.waiting[id] = answer
	p.mu.Unlock()
	waits := !h.chance(4)
	if !waits {
		tag = anybody
	}
	if !waits && h.chance(2) {
		id = "1"
	}
	method := []string{"elicitation/create", "sampling/createMessage", "roots/list", "some/thing"}[h.number(4)]
	p.say(`"id":%s,"method":%q,"params":{"message":%s}`, id, method, quote("tag "+tag))
	if !waits {
		return
	}
	select {
	case <-answer:
	case <-h.nap(10 * time.Second):
		p.say(`"method":"notifications/cancelled","params":{"requestId":%s}`, id)
	}
}

// anybody is the tag of what can be anybody's.
const anybody = "anybody"
