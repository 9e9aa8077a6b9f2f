package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// world is a Backend of players of one era, and what lies outside of their processes.
type world struct {
	tb  testing.TB
	era era.Era
	wg  sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	players map[string]*player
	version map[string]int  // of resources
	paid    map[string]bool // by tag
}

func newWorld(tb testing.TB, e era.Era) *world {
	return &world{tb: tb, era: e, players: map[string]*player{}, version: map[string]int{}, paid: map[string]bool{}}
}

func (w *world) Acquire(_ context.Context, server string, k Key) (wire.Conn, func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.players[k.ID]
	if p == nil {
		conn, end := wire.Pipe()
		p = &player{
			world: w, conn: mortal{conn, server}, end: oneEra{end, w.era, w.tb},
			running: map[wire.ID]chan struct{}{}, asked: map[wire.ID]chan []byte{}, listening: map[wire.ID][]byte{}, watched: map[string]bool{},
		}
		w.players[k.ID] = p
		w.wg.Go(p.live)
	}
	return p.conn, func() {}, nil
}

// touch changes a resource; every process tells who watches it.
func (w *world) touch(uri string) {
	w.mu.Lock()
	w.version[uri]++
	players := slices.Collect(maps.Values(w.players))
	w.mu.Unlock()
	for _, p := range players {
		p.tell("notifications/resources/updated", uri)
		p.tell("notifications/resources/list_changed", "")
	}
}

// die ends a process. It is found no more.
func (w *world) die(p *player) {
	w.mu.Lock()
	maps.DeleteFunc(w.players, func(_ string, other *player) bool { return other == p })
	w.mu.Unlock()
	_ = p.end.Close()
}

func (w *world) close() {
	w.mu.Lock()
	players := slices.Collect(maps.Values(w.players))
	w.mu.Unlock()
	for _, p := range players {
		_ = p.end.Close()
	}
	w.wg.Wait()
}

// player is a process of a server whose calls do what their script says, in the way of its era.
type player struct {
	world *world
	conn  wire.Conn
	end   wire.Conn
	wg    sync.WaitGroup // of its performances

	mu        sync.Mutex // guards the fields below
	running   map[wire.ID]chan struct{}
	asks      int
	asked     map[wire.ID]chan []byte // the answers of legacy clients
	listening map[wire.ID][]byte      // modern subscriptions: what they are to be told
	watched   map[string]bool         // legacy subscriptions
}

// script is what a call does and how it ends.
type script struct {
	Tag   string
	Steps []act
}

// act is one step of a script: one of its fields.
type act struct {
	Progress int     `json:",omitempty"`
	Log      string  `json:",omitempty"`
	Pause    int     `json:",omitempty"` // in milliseconds
	Ask      []query `json:",omitempty"` // all at once
	Page     string  `json:",omitempty"` // that the client must have visited; a script's first step
	Touch    string  `json:",omitempty"` // a resource
	Fail     int     `json:",omitempty"` // with this code
	Wrong    bool    `json:",omitempty"` // the tool says that it failed
	Die      bool    `json:",omitempty"`
	// Never: it waits until it is cancelled, and then does the rest: ends without a word, answers all the same, or asks
	// after a while.
	Never string `json:",omitempty"`
}

// query is a request of the server's. Its params say which call it is of.
type query struct {
	Method string
	Params json.RawMessage
}

func (p *player) say(text []byte) { _ = p.end.Write(text) } // what a dead process says is lost

func (p *player) live() {
	p.read()
	p.world.die(p)
	p.mu.Lock()
	for _, stop := range p.running {
		close(stop)
	}
	p.running = nil
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *player) read() {
	for {
		m, err := p.end.Read()
		if err != nil {
			return
		}
		switch {
		case m.Method() == "notifications/cancelled":
			p.cancelled(m.RequestID())
		case m.Method() == "tools/call" || m.Method() == "prompts/get":
			stop := make(chan struct{})
			p.mu.Lock()
			p.running[m.ID()] = stop
			p.mu.Unlock()
			p.wg.Go(func() { (&performance{player: p, m: m, stop: stop}).run() })
		case m.Kind() == wire.Request:
			p.request(m)
		case m.Kind() == wire.Result || m.Kind() == wire.Failure:
			p.mu.Lock()
			c := p.asked[m.ID()]
			p.mu.Unlock()
			if c != nil {
				c <- append(m.Result(), m.Err()...)
			}
		}
	}
}

func (p *player) cancelled(id wire.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if stop := p.running[id]; stop != nil {
		close(stop)
		delete(p.running, id)
	}
	delete(p.listening, id)
}

// request answers what is no call.
func (p *player) request(m wire.Message) {
	w := p.world
	reply := func(format string, a ...any) {
		if w.era == era.Modern {
			format = `{"resultType":"complete","ttlMs":1,"cacheScope":"public",` + format[1:]
		}
		p.say(wire.Reply(m.ID(), fmt.Appendf(nil, format, a...)).Bytes())
	}
	const capabilities = `"capabilities":{"tools":{},"prompts":{},"logging":{},"completions":{},"resources":{"subscribe":true,"listChanged":true}}`
	switch m.Method() {
	case "initialize":
		reply(`{"protocolVersion":"2025-11-25",` + capabilities + `,"serverInfo":{"name":"player","version":"1"}}`)
	case "server/discover":
		reply(`{"supportedVersions":["2026-07-28"],` + capabilities + `}`)
	case "tools/list":
		reply(`{"tools":[{"name":"play","inputSchema":{"type":"object"}}]}`)
	case "resources/list":
		if string(wire.Get(m.Params(), "cursor")) == "" {
			reply(`{"resources":[{"uri":"x:1","name":"one"}],"nextCursor":"é"}`)
			return
		}
		reply(`{"resources":[{"uri":"x:2","name":"two"}]}`)
	case "resources/read":
		w.mu.Lock()
		n := w.version[m.URI()]
		w.mu.Unlock()
		if n == 0 {
			e := wire.Error{Code: wire.ResourceNotFound, Message: "not there", Data: object("uri", quote(m.URI()))}
			if w.era == era.Modern {
				e.Code = wire.InvalidParams
			}
			p.say(e.Reply(m.ID()).Bytes())
			return
		}
		reply(`{"contents":[{"uri":%s,"text":"version %d"}]}`, quote(m.URI()), n)
	case "completion/complete":
		reply(`{"completion":{"values":["a","\u00e9"]}}`)
	case "resources/subscribe", "resources/unsubscribe":
		p.mu.Lock()
		p.watched[m.URI()] = m.Method() == "resources/subscribe"
		p.mu.Unlock()
		reply(`{}`)
	case "subscriptions/listen":
		wanted := wire.Get(m.Params(), "notifications")
		p.say(wire.NewNotification("notifications/subscriptions/acknowledged", object("_meta", subscriptionMeta(m.ID()), "notifications", string(wanted))).Bytes())
		p.mu.Lock()
		p.listening[m.ID()] = wanted
		p.mu.Unlock()
	default:
		reply(`{}`)
	}
}

// tell tells the clients of a change, of one resource or of the list.
func (p *player) tell(method, uri string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.world.era == era.Legacy {
		switch {
		case uri == "":
			p.say(wire.NewNotification(method, nil).Bytes())
		case p.watched[uri]:
			p.say(wire.NewNotification(method, object("uri", quote(uri))).Bytes())
		}
		return
	}
	for id, wanted := range p.listening {
		told := uri == "" && string(wire.Get(wanted, "resourcesListChanged")) == "true"
		for one := range wire.Elements(wire.Get(wanted, "resourceSubscriptions")) {
			told = told || uri != "" && string(one) == quote(uri)
		}
		if told && uri == "" {
			p.say(wire.NewNotification(method, object("_meta", subscriptionMeta(id))).Bytes())
		} else if told {
			p.say(wire.NewNotification(method, object("uri", quote(uri), "_meta", subscriptionMeta(id))).Bytes())
		}
	}
}

// performance is one request of a call at work.
type performance struct {
	*player
	m    wire.Message
	stop chan struct{} // closed when it is cancelled
	headway
}

// headway is how far a call is. A modern client carries it from request to request.
type headway struct {
	Step    int
	Got     []json.RawMessage          // answers, in the order of the questions
	Partial map[string]json.RawMessage // of this step
}

func (p *performance) run() {
	var s script
	text, _ := wire.String(wire.Get(p.m.Arguments(), "script"))
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		p.world.tb.Errorf("%s: %v", p.m.Bytes(), err)
	}
	if state, ok := wire.String(wire.Get(p.m.Params(), "requestState")); ok {
		if err := json.Unmarshal([]byte(state), &p.headway); err != nil {
			p.world.tb.Errorf("%s: %v", p.m.Bytes(), err)
		}
	}
	for ; p.Step < len(s.Steps); p.Step++ {
		if !p.do(s.Tag, s.Steps[p.Step]) {
			return
		}
	}
	p.finish(false)
}

// finish answers with all that was heard.
func (p *performance) finish(wrong bool) {
	heard, _ := json.Marshal(p.Got)
	result := object("content", `[{"type":"text","text":`+quote(string(heard))+`}]`, "isError", strconv.FormatBool(wrong))
	if p.m.Method() == "prompts/get" {
		result = object("messages", `[{"role":"user","content":{"type":"text","text":`+quote(string(heard))+`}}]`)
	}
	p.reply(result)
}

func (p *performance) reply(result []byte) {
	p.mu.Lock()
	delete(p.running, p.m.ID())
	p.mu.Unlock()
	p.say(wire.Reply(p.m.ID(), result).Bytes())
}

// do does one step; false ends the request.
func (p *performance) do(tag string, a act) bool {
	switch {
	case a.Progress > 0:
		p.say(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":%d}}`, p.m.ProgressToken(), a.Progress))
	case a.Log != "":
		p.say(wire.NewNotification("notifications/message", object("level", `"info"`, "data", quote(a.Log))).Bytes())
	case a.Pause > 0:
		select {
		case <-time.After(time.Duration(a.Pause) * time.Millisecond):
		case <-p.stop:
			return false
		}
	case a.Ask != nil && p.world.era == era.Legacy:
		return p.ask(a.Ask)
	case a.Ask != nil:
		return p.require(a.Ask)
	case a.Page != "":
		return p.page(tag, a.Page)
	case a.Touch != "":
		p.world.touch(a.Touch)
	case a.Fail != 0:
		p.mu.Lock()
		delete(p.running, p.m.ID())
		p.mu.Unlock()
		e := wire.Error{Code: a.Fail, Message: "failed as told"}
		p.say(e.Reply(p.m.ID()).Bytes())
		return false
	case a.Wrong:
		p.finish(true)
		return false
	case a.Die:
		p.world.die(p.player)
		return false
	case a.Never != "":
		p.never(tag, a.Never)
		return false
	}
	return true
}

// ask is a legacy server's: it asks and waits.
func (p *performance) ask(questions []query) bool {
	answers := make([]chan []byte, len(questions))
	for i, q := range questions {
		answers[i] = make(chan []byte, 1) // the one answer
		p.mu.Lock()
		p.asks++
		id := wire.ID(strconv.Itoa(p.asks))
		p.asked[id] = answers[i]
		p.mu.Unlock()
		p.say(wire.NewRequest(id, q.Method, q.Params).Bytes())
	}
	for _, answer := range answers {
		select {
		case got := <-answer:
			p.Got = append(p.Got, got)
		case <-p.stop:
			return false
		}
	}
	return true
}

// require is a modern server's: it asks for what it has not been told, and the request ends; or it has been told all.
func (p *performance) require(questions []query) bool {
	if p.Partial == nil {
		p.Partial = map[string]json.RawMessage{}
	}
	for key, value := range wire.Fields(wire.Get(p.m.Params(), "inputResponses")) {
		p.Partial[key] = value
	}
	var missing []wire.Member
	for i, q := range questions {
		key := fmt.Sprintf("%d.%d", p.Step, i)
		if p.Partial[key] == nil {
			missing = append(missing, wire.Member{Key: key, Value: object("method", quote(q.Method), "params", string(q.Params))})
		}
	}
	if missing == nil {
		for i := range questions {
			p.Got = append(p.Got, p.Partial[fmt.Sprintf("%d.%d", p.Step, i)])
		}
		p.Partial = nil
		return true
	}
	state, _ := json.Marshal(p.headway)
	p.reply(wire.Object(
		wire.Member{Key: "resultType", Value: []byte(`"input_required"`)}, wire.Member{Key: "inputRequests", Value: wire.Object(missing...)},
		wire.Member{Key: "requestState", Value: wire.Quote(string(state))},
	))
	return false
}

// page wants a page visited: by a question, or, as legacy servers do, by an error; the call is made again then.
func (p *performance) page(tag, url string) bool {
	params := object("mode", `"url"`, "url", quote(url), "message", `"go there"`, "_meta", string(object("tag", quote(tag))))
	if p.world.era == era.Modern {
		if !p.require([]query{{"elicitation/create", params}}) {
			return false
		}
		p.Got = nil // legacy servers hear of no answer
		return true
	}
	p.world.mu.Lock()
	paid := p.world.paid[tag]
	p.world.paid[tag] = true
	p.world.mu.Unlock()
	if paid {
		return true
	}
	e := wire.Error{Code: wire.URLElicitationRequired, Message: "go there first", Data: object("elicitations",
		string(wire.Array([][]byte{wire.Set(params, []byte(`"e"`), "elicitationId")})))}
	p.mu.Lock()
	delete(p.running, p.m.ID())
	p.mu.Unlock()
	p.say(e.Reply(p.m.ID()).Bytes())
	return false
}

// never waits until the call is cancelled.
func (p *performance) never(tag, then string) {
	<-p.stop
	switch {
	case then == "answers":
		p.say((&wire.Error{Message: "cancelled"}).Reply(p.m.ID()).Bytes())
	case then == "asks" && p.world.era == era.Legacy:
		<-time.After(time.Duration(len(tag)) * 700 * time.Millisecond)
		p.say(wire.NewRequest(wire.ID(quote("late "+tag)), "elicitation/create", object("message", `"really?"`, "_meta", string(object("tag", quote(tag))))).Bytes())
	}
}
