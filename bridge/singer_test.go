package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// singer is a client of one era that makes several calls at a time.
type singer struct {
	t       *testing.T
	era     era.Era
	session front.Session
	beside  chan wire.Message // capacity: more than ever comes at once

	mu    sync.Mutex // guards the fields below
	ids   int
	calls map[string]*aria // by tag, those of the scene
	heard []string
	uris  []string
	sub   front.Call // a modern client's subscription
}

const singerCapabilities = `{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}`

func newSinger(t *testing.T, b *Bridge, e era.Era) *singer {
	c := &singer{t: t, era: e, calls: map[string]*aria{}, beside: make(chan wire.Message, 1000)}
	ctx := caller.With(context.Background(), &caller.Caller{Agent: "ann", Grant: "g", Scopes: []caller.Scope{{Server: "*"}}})
	var err error
	if e == era.Modern {
		c.session, err = b.Stateless(ctx, "s")
	} else {
		c.session, err = b.Open(ctx, "s", channel(c.beside))
	}
	if err != nil {
		t.Fatal(err)
	}
	if e == era.Modern {
		c.listen()
		return c
	}
	c.request("initialize", `{"protocolVersion":"2025-11-25","clientInfo":{"name":"c","version":"1"},"capabilities":`+singerCapabilities+`}`)
	c.session.Handle(wire.NewNotification("notifications/initialized", nil), nil)
	c.request("logging/setLevel", `{"level":"info"}`)
	return c
}

// channel is a Sink.
type channel chan wire.Message

func (c channel) Send(m wire.Message, _ bool) bool { c <- m; return true }

// send makes a request; what comes of it comes on the channel.
func (c *singer) send(method, params string) (wire.ID, front.Call, channel) {
	c.mu.Lock()
	c.ids++
	id := wire.ID(strconv.Itoa(c.ids))
	c.mu.Unlock()
	raw := wire.Set([]byte(params), []byte(`"token `+string(id)+`"`), "_meta", "progressToken")
	if c.era == era.Modern {
		for key, value := range map[string]string{
			"protocolVersion": `"2026-07-28"`, "clientInfo": `{"name":"c","version":"1"}`, "clientCapabilities": singerCapabilities,
		} {
			raw = wire.Set(raw, []byte(value), "_meta", "io.modelcontextprotocol/"+key)
		}
		if method != "subscriptions/listen" { // which tells no log messages
			raw = wire.Set(raw, []byte(`"info"`), "_meta", "io.modelcontextprotocol/logLevel")
		}
	}
	to := make(channel, 100)
	return id, c.session.Handle(wire.NewRequest(id, method, raw), to), to
}

// request makes a request that asks nothing.
func (c *singer) request(method, params string) string {
	_, _, from := c.send(method, params)
	for m := range from {
		if m.Kind() != wire.Notification {
			return plainly(m)
		}
	}
	return ""
}

// play plays a scene to its end.
func (c *singer) play(s scene) result {
	<-time.After(time.Second)
	r := result{Scene: fmt.Sprintf("%+v", s)}
	switch {
	case s.Wait > 0:
		<-time.After(s.Wait)
	case s.Subscribe != "":
		c.subscribe(s.Subscribe)
	case s.Method != "":
		r.Calls = append(r.Calls, &told{Answer: c.request(s.Method, s.Params)})
	}
	var wg sync.WaitGroup
	for _, p := range s.Calls {
		a := &aria{singer: c, role: p, asked: map[string]bool{}, give: make(chan struct{}, 1)}
		c.mu.Lock()
		c.calls[p.Tag] = a
		c.mu.Unlock()
		r.Calls = append(r.Calls, &a.told)
		wg.Go(a.sing)
	}
	stop := make(chan struct{})
	var beside sync.WaitGroup
	beside.Go(func() { c.hear(stop) })
	wg.Wait()
	<-time.After(500 * time.Millisecond)
	close(stop)
	beside.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.calls {
		slices.Sort(a.Asked)
		if a.Cancel > 0 || a.GiveUp { // how far it came is chance
			a.Asked, a.Progress = nil, nil
		}
	}
	r.Heard, c.heard = c.heard, nil
	slices.Sort(r.Heard)
	clear(c.calls)
	return r
}

// hear takes what comes beside the calls.
func (c *singer) hear(stop chan struct{}) {
	for {
		select {
		case m := <-c.beside:
			c.aside(m)
		case <-stop:
			return
		}
	}
}

func (c *singer) aside(m wire.Message) {
	switch {
	case m.Kind() == wire.Request:
		c.asked(m)
	case m.Kind() == wire.Failure: // the subscription's process has died
		c.listen()
	case m.Kind() == wire.Notification && m.Method() != "notifications/cancelled":
		c.mu.Lock()
		c.heard = append(c.heard, m.Method()+" "+m.URI()+string(wire.Get(m.Params(), "data")))
		c.mu.Unlock()
	}
}

// asked answers a question to a legacy client. Which call it is of its params alone say.
func (c *singer) asked(m wire.Message) {
	tag, _ := wire.String(wire.Get(m.Params(), "_meta", "tag"))
	c.mu.Lock()
	a := c.calls[tag]
	c.mu.Unlock()
	answer := []byte(`{"action":"cancel"}`) // of a call that is over
	if a != nil {
		var ok bool
		if answer, ok = a.answer(m.Method(), m.Params()); !ok {
			return
		}
	}
	c.session.Handle(wire.Reply(m.ID(), answer), nil)
}

func (c *singer) subscribe(uri string) {
	uri, off := strings.CutPrefix(uri, "-")
	method := "resources/subscribe"
	if off {
		method = "resources/unsubscribe"
	}
	c.mu.Lock()
	c.uris = slices.DeleteFunc(c.uris, func(u string) bool { return u == uri })
	if !off {
		c.uris = append(c.uris, uri)
	}
	c.mu.Unlock()
	if c.era == era.Legacy {
		c.request(method, string(object("uri", quote(uri))))
		return
	}
	c.listen()
}

// listen is a modern client's subscription, in place of the one before.
func (c *singer) listen() {
	c.mu.Lock()
	before, uris := c.sub, slices.Clone(c.uris)
	c.mu.Unlock()
	_, call, from := c.send("subscriptions/listen", string(object("notifications", string(object("resourcesListChanged", "true", "resourceSubscriptions", string(wire.QuoteAll(uris)))))))
	if m := <-from; m.Method() != "notifications/subscriptions/acknowledged" {
		c.t.Errorf("the subscription got %s", m.Bytes())
	}
	if before != nil {
		before.Cancel()
	}
	c.mu.Lock()
	c.sub = call
	c.mu.Unlock()
	go func() {
		for m := range from {
			if m.Kind() == wire.Invalid {
				return
			}
			c.beside <- m
			if m.Kind() != wire.Notification {
				return
			}
		}
	}()
}

// aria is one call that a client makes.
type aria struct {
	*singer
	role
	told
	asked map[string]bool // guarded by singer.mu
	give  chan struct{}   // it has asked, and is given up. Capacity 1: one token says it
}

func (a *aria) sing() {
	<-time.After(a.Begin)
	text, _ := json.Marshal(a.script)
	params := string(object("name", `"play"`, "arguments", string(object("script", quote(string(text))))))
	id, call, from := a.send(a.role.Method, params)
	var cancel <-chan time.Time
	if a.Cancel > 0 {
		cancel = time.After(a.Cancel)
	}
	for {
		select {
		case <-cancel:
			a.cancel(id, call)
		case <-a.give:
			a.cancel(id, call)
		case m := <-from:
			switch {
			case m.Kind() == wire.Invalid:
				a.Answer = "none"
			case m.Method() == "notifications/progress":
				a.Progress = append(a.Progress, string(wire.Get(m.Params(), "progress")))
				continue
			case m.Kind() == wire.Request:
				a.singer.asked(m)
				continue
			case m.Kind() == wire.Notification:
				a.aside(m)
				continue
			case m.ResultType() == "input_required":
				again, ok := a.again(params, m)
				if !ok {
					a.Answer = "none"
					break
				}
				id, call, from = a.send(a.role.Method, again)
				continue
			case m.ErrorCode() == wire.URLElicitationRequired:
				for e := range wire.Elements(wire.Get(m.Err(), "data", "elicitations")) {
					a.answer("elicitation/create", e)
				}
				id, call, from = a.send(a.role.Method, params)
				continue
			default:
				a.Answer = plainly(m)
			}
			return
		}
	}
}

func (a *aria) cancel(id wire.ID, call front.Call) {
	if a.era == era.Modern {
		call.Cancel()
		return
	}
	a.session.Handle(wire.NewNotification("notifications/cancelled", object("requestId", string(id))), nil)
}

// again is the call with the answers to what input_required asks for, all of them or the first; false when it is given up.
func (a *aria) again(params string, m wire.Message) (string, bool) {
	var answers []wire.Member
	for key, q := range wire.Fields(wire.Get(m.Result(), "inputRequests")) {
		method, _ := wire.String(wire.Get(q, "method"))
		if tag, _ := wire.String(wire.Get(q, "params", "_meta", "tag")); tag != a.Tag {
			a.t.Errorf("the call of %s is asked %s", a.Tag, q)
		}
		answer, ok := a.answer(method, wire.Get(q, "params"))
		if !ok {
			return "", false
		}
		if !a.Thrice || answers == nil {
			answers = append(answers, wire.Member{Key: key, Value: answer})
		}
	}
	again := wire.Set([]byte(params), wire.Object(answers...), "inputResponses")
	return string(wire.Set(again, wire.Get(m.Result(), "requestState"), "requestState")), true
}

// answer is what the client says to a question, always the same; false when it gives the call up instead.
func (a *aria) answer(method string, params []byte) ([]byte, bool) {
	said := question(method, wire.Without(params, "elicitationId"))
	a.mu.Lock()
	if !a.asked[said] {
		a.asked[said] = true
		a.Asked = append(a.Asked, said)
	} else if a.era == era.Legacy {
		a.t.Errorf("the call of %s asks twice: %s", a.Tag, said)
	}
	a.mu.Unlock()
	if a.GiveUp {
		select {
		case a.give <- struct{}{}:
		default:
		}
		return nil, false
	}
	<-time.After(time.Duration(len(said)) * time.Millisecond)
	switch {
	case method == "sampling/createMessage":
		return fmt.Appendf(nil, `{"role":"assistant","model":"m","content":{"type":"text","text":%s}}`, quote("about "+said)), true
	case method == "roots/list":
		return []byte(`{"roots":[{"uri":"file:///é"}]}`), true
	case len(said)%4 == 0:
		return []byte(`{"action":"decline"}`), true
	}
	return fmt.Appendf(nil, `{"action":"accept","content":{"to":%s}}`, quote(said)), true
}

// plainly is an answer without what only one of the eras has.
func plainly(m wire.Message) string {
	if m.Kind() == wire.Failure {
		return string(m.Err())
	}
	return string(wire.Without(m.Result(), "resultType", "ttlMs", "cacheScope", "_meta"))
}
