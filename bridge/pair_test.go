package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/internal/caller"
	"drawbridge/internal/demo"
	"drawbridge/internal/wire"

	"github.com/google/go-cmp/cmp"
)

// TestPairs: a random conversation gives a client the same results whether the server behind the bridge is of its own
// era or of the other, questions in the middle of calls included.
func TestPairs(t *testing.T) {
	for _, client := range []era.Era{era.Modern, era.Legacy} {
		for seed := range uint64(8) {
			t.Run(fmt.Sprint(client, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					same := converse(t, client, client, seed)
					other := converse(t, client, era.Both&^client, seed)
					if diff := cmp.Diff(same, other); diff != "" {
						t.Errorf("the server of the other era differs:\n%s", diff)
					}
				})
			})
		}
	}
}

// exchange is one request of a conversation and all that came of it that matters to a client.
type exchange struct {
	Request  string
	Answer   any
	Asked    []string // questions of the server, in their order
	Progress int
	Logged   []string
}

// converse plays the conversation of that seed between a client and the built-in server, each of one era.
func converse(t *testing.T, client, server era.Era, seed uint64) (all []exchange) {
	h := &demos{tb: t, era: server, procs: map[string]*demoProcess{}}
	b := New(Config{Backend: h, Record: discard{}, Memory: memory{"demo": {Era: server}}})
	defer func() { b.Close(); h.close() }()
	b.SetServer(ServerConfig{Name: "demo"})
	c := newTalker(t, b, client)
	r := rand.New(rand.NewPCG(seed, 7))
	for range 60 {
		method, params := sentence(r)
		all = append(all, c.talk(method, params))
	}
	return all
}

// sentence is a random request.
func sentence(r *rand.Rand) (method string, params map[string]any) {
	note := func() string { return "note " + strconv.Itoa(r.IntN(4)) }
	tool := func(name string, arguments map[string]any) (string, map[string]any) {
		return "tools/call", map[string]any{"name": name, "arguments": arguments}
	}
	switch r.IntN(16) {
	case 0:
		return []string{"tools/list", "prompts/list", "resources/list", "resources/templates/list"}[r.IntN(4)], map[string]any{}
	case 1:
		return tool("echo", map[string]any{"text": fmt.Sprint("é\u200d", r.IntN(100))})
	case 2:
		return tool("add", map[string]any{"a": r.IntN(10), "b": r.IntN(10)})
	case 3, 4:
		return tool("write-note", map[string]any{"name": note(), "text": fmt.Sprint(r.IntN(100))})
	case 5:
		return tool("delete-note", map[string]any{"name": note()})
	case 6, 7:
		return tool("ask-name", nil)
	case 8, 9:
		return tool("summarize", map[string]any{"text": fmt.Sprint(r.IntN(100))})
	case 10:
		return tool("slow", map[string]any{"seconds": r.Float64()})
	case 11:
		return tool([]string{"echo", "nonsense"}[r.IntN(2)], map[string]any{})
	case 12, 13:
		return "resources/read", map[string]any{"uri": "note:///note%20" + strconv.Itoa(r.IntN(5))}
	case 14:
		return "prompts/get", map[string]any{"name": []string{"greet", "review-note", "no"}[r.IntN(3)], "arguments": map[string]any{"name": "Ann", "note": note()}}
	}
	return "completion/complete", map[string]any{
		"ref": map[string]any{"type": "ref/prompt", "name": "greet"}, "argument": map[string]any{"name": "language", "value": []string{"", "e", "x"}[r.IntN(3)]},
	}
}

// talker is a client that answers whatever it is asked.
type talker struct {
	t       *testing.T
	era     era.Era
	session front.Session
	inbox   chan wire.Message
	ids     int
	asked   int // questions so far
}

const talkerCapabilities = `{"elicitation":{"form":{}},"sampling":{},"roots":{}}`

func newTalker(t *testing.T, b *Bridge, e era.Era) *talker {
	c := &talker{t: t, era: e, inbox: make(chan wire.Message, 1000)}
	ctx := caller.With(context.Background(), &caller.Caller{Agent: "ann", Grant: "g", Scopes: []caller.Scope{{Server: "*"}}})
	var err error
	if e == era.Modern {
		c.session, err = b.Stateless(ctx, "demo")
	} else {
		c.session, err = b.Open(ctx, "demo", c)
	}
	if err != nil {
		t.Fatal(err)
	}
	if e == era.Legacy {
		c.send("initialize", []byte(`{"protocolVersion":"2025-11-25","clientInfo":{"name":"c","version":"1"},"capabilities":`+talkerCapabilities+`}`))
		<-c.inbox
		c.session.Handle(wire.NewNotification("notifications/initialized", nil), nil)
		c.send("logging/setLevel", []byte(`{"level":"info"}`))
		<-c.inbox
	}
	return c
}

// Send implements front.Sink.
func (c *talker) Send(m wire.Message, last bool) bool {
	c.inbox <- m
	return true
}

func (c *talker) send(method string, params []byte) {
	c.ids++
	c.session.Handle(wire.NewRequest(wire.ID(strconv.Itoa(c.ids)), method, params), c)
}

// talk makes a request and sees it through.
func (c *talker) talk(method string, params map[string]any) exchange {
	raw, _ := json.Marshal(params)
	x := exchange{Request: method + " " + string(raw)}
	raw = wire.Set(raw, []byte(`"token"`), "_meta", "progressToken")
	if c.era == era.Modern {
		for key, value := range map[string]string{
			"protocolVersion": `"2026-07-28"`, "clientInfo": `{"name":"c","version":"1"}`, "clientCapabilities": talkerCapabilities, "logLevel": `"info"`,
		} {
			raw = wire.Set(raw, []byte(value), "_meta", "io.modelcontextprotocol/"+key)
		}
	}
	c.send(method, raw)
	for m := range c.inbox {
		switch {
		case m.Method() == "notifications/progress":
			x.Progress++
		case m.Method() == "notifications/message":
			x.Logged = append(x.Logged, string(wire.Get(m.Params(), "data")))
		case m.Kind() == wire.Notification: // a list changed
		case m.Kind() == wire.Request:
			x.Asked = append(x.Asked, question(m.Method(), m.Params()))
			c.session.Handle(wire.Reply(m.ID(), c.answer(m.Method(), m.Params())), nil)
		case m.ResultType() == "input_required":
			var answers []wire.Member
			for key, q := range wire.Fields(wire.Get(m.Result(), "inputRequests")) {
				method, _ := wire.String(wire.Get(q, "method"))
				x.Asked = append(x.Asked, question(method, wire.Get(q, "params")))
				answers = append(answers, wire.Member{Key: key, Value: c.answer(method, wire.Get(q, "params"))})
			}
			again := wire.Set(raw, wire.Object(answers...), "inputResponses")
			c.send(method, wire.Set(again, wire.Get(m.Result(), "requestState"), "requestState"))
		default:
			x.Answer = c.plain(m)
			return x
		}
	}
	return x
}

func question(method string, params []byte) string {
	var v any
	_ = json.Unmarshal(params, &v)
	sorted, _ := json.Marshal(v)
	return method + " " + string(sorted)
}

// answer answers a question: the same one at the same place of a conversation always in the same way.
func (c *talker) answer(method string, params []byte) []byte {
	c.asked++
	switch {
	case method == "sampling/createMessage":
		return fmt.Appendf(nil, `{"role":"assistant","model":"m","content":{"type":"text","text":"about %d bytes"}}`, len(params))
	case c.asked%3 == 0:
		return []byte(`{"action":"decline"}`)
	}
	return fmt.Appendf(nil, `{"action":"accept","content":{"name":"Ann %d"}}`, c.asked)
}

// plain is an answer without what only one of the eras has.
func (c *talker) plain(m wire.Message) any {
	var v map[string]any
	if err := json.Unmarshal(m.Bytes(), &v); err != nil {
		c.t.Fatal(err)
	}
	delete(v, "id")
	if result, ok := v["result"].(map[string]any); ok {
		for _, key := range []string{"resultType", "ttlMs", "cacheScope", "_meta"} {
			delete(result, key)
		}
	}
	return v
}

// demos is a Backend of built-in servers that are spoken to in one era alone.
type demos struct {
	tb  testing.TB
	era era.Era

	mu    sync.Mutex // guards the field below
	procs map[string]*demoProcess
}

type demoProcess struct {
	conn wire.Conn
	done chan struct{}
}

func (h *demos) Acquire(_ context.Context, _ string, k Key) (wire.Conn, func(), error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.procs[k.ID]
	if p == nil {
		conn, end := wire.Pipe()
		p = &demoProcess{conn: conn, done: make(chan struct{})}
		h.procs[k.ID] = p
		go func() {
			defer close(p.done)
			_ = demo.Serve(oneEra{end, h.era, h.tb}, "1")
		}()
	}
	return p.conn, func() {}, nil
}

func (h *demos) close() {
	for _, p := range h.procs {
		_ = p.conn.Close()
		<-p.done
	}
}

// oneEra is a server's end on which no request of the other era may come.
type oneEra struct {
	wire.Conn
	era era.Era
	tb  testing.TB
}

func (c oneEra) Read() (wire.Message, error) {
	m, err := c.Conn.Read()
	if err == nil && m.Kind() == wire.Request && eraOf(m) != c.era {
		c.tb.Errorf("a %s server got %s", c.era, m.Bytes())
	}
	return m, err
}
