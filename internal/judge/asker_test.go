package judge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

// question is one request of a server to the client. A server chooses its own ID where there is none.
type question struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params,omitempty"`
}

// order is one call of an asker: what it shall ask, round after round, before it answers with the answers. Tests write it
// into the arguments of the tool or prompt "ask"; the tools of the conformance suite have theirs in scripts_test.go.
type order struct {
	id, token json.RawMessage // token is of progress; nil for none
	method    string
	rounds    [][]question
	manner    string
	state     json.RawMessage // of a retry
	responses map[string]json.RawMessage
}

func readOrder(m message) (order, error) {
	var p struct {
		Name      string `json:"name"`
		Arguments struct{ Rounds, Manner, Prompt, Message string }
		Meta      struct{ ProgressToken json.RawMessage } `json:"_meta"`
		Responses map[string]json.RawMessage              `json:"inputResponses"`
		State     json.RawMessage                         `json:"requestState"`
	}
	o := order{id: m.ID, method: m.Method}
	if err := json.Unmarshal(m.Params, &p); err != nil {
		return o, err
	}
	o.token, o.manner, o.state, o.responses = p.Meta.ProgressToken, p.Arguments.Manner, p.State, p.Responses
	rounds := p.Arguments.Rounds
	if p.Name != "ask" {
		rounds = script(p.Name, p.Arguments.Prompt+p.Arguments.Message)
	}
	if p.Name == "test_input_required_result_capabilities" {
		o.manner = "polite"
	}
	if rounds == "" {
		return o, nil
	}
	return o, json.Unmarshal([]byte(rounds), &o.rounds)
}

// reply answers the order with what the client answered, as text. The order of rounds and questions is kept.
func (o order) reply(answers [][]json.RawMessage) message {
	raw, err := json.Marshal(answers)
	if err != nil {
		panic(err)
	}
	text, _ := json.Marshal(string(raw))
	if o.method == "prompts/get" {
		return message{ID: o.id, Result: json.RawMessage(`{"messages":[{"role":"user","content":{"type":"text","text":` + string(text) + `}}]}`)}
	}
	return message{ID: o.id, Result: json.RawMessage(`{"content":[{"type":"text","text":` + string(text) + `}]}`)}
}

// declared are those of the questions that capabilities cover.
func declared(questions []question, capabilities json.RawMessage) (all []question) {
	var c map[string]json.RawMessage
	_ = json.Unmarshal(capabilities, &c)
	for _, q := range questions {
		name, _, _ := bytes.Cut([]byte(q.Method), []byte("/"))
		if _, ok := c[string(name)]; ok {
			all = append(all, q)
		}
	}
	return all
}

// asker is a legacy server that asks in the middle of its calls. The manners of an order:
//
//	late    asks nothing until a moment after it has been told that the call is cancelled
//	never   waits until it is told that the call is cancelled, and says nothing more
//	owed    fails with -32042 at first, and not the next time
//	dies    ends the process a moment after it has asked
//	polite  asks only what the client declared
//	slow    takes 300 ms before it answers
//
// A process that is started to `list` asks for roots before it lists its tools.
type asker struct {
	*server
	lists bool

	state        sync.Mutex // guards the fields below
	stops        map[string]chan struct{}
	capabilities json.RawMessage
	paid         bool
}

// ask runs the role: `asker legacy` or `asker modern`, then what marks the process for tests.
func ask(args []string) int {
	s := &server{out: os.Stdout, asked: map[string]chan json.RawMessage{}}
	lists := len(args) > 1 && args[1] == "list"
	if args[0] == "modern" {
		(&modernAsker{server: s, lists: lists}).serve(os.Stdin)
		return 0
	}
	(&asker{server: s, lists: lists, stops: map[string]chan struct{}{}}).serve(os.Stdin)
	return 0
}

func (a *asker) serve(in io.Reader) {
	for r := bufio.NewReaderSize(in, 1<<20); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(line, &m) != nil {
			continue
		}
		switch {
		case m.Method == "" && m.ID != nil:
			a.answered(m)
		case m.Method == "notifications/cancelled":
			a.cancelled(m)
		case m.ID != nil:
			stop := make(chan struct{})
			a.state.Lock()
			a.stops[string(m.ID)] = stop
			a.state.Unlock()
			a.calls.Go(func() { a.handle(m, stop) })
		}
	}
}

func (a *asker) cancelled(m message) {
	var p struct{ RequestID json.RawMessage }
	_ = json.Unmarshal(m.Params, &p)
	a.state.Lock()
	defer a.state.Unlock()
	if stop := a.stops[string(p.RequestID)]; stop != nil {
		close(stop)
		delete(a.stops, string(p.RequestID))
	}
}

func (a *asker) handle(m message, stop <-chan struct{}) {
	switch m.Method {
	case "initialize":
		var p struct{ Capabilities json.RawMessage }
		_ = json.Unmarshal(m.Params, &p)
		a.state.Lock()
		a.capabilities = p.Capabilities
		a.state.Unlock()
		a.send(message{ID: m.ID, Result: json.RawMessage(`{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"prompts":{}},"serverInfo":{"name":"asker","version":"1"}}`)})
	case "ping":
		a.send(message{ID: m.ID, Result: json.RawMessage(`{}`)})
	case "tools/list":
		if a.lists {
			a.round([]question{{Method: "roots/list"}}, stop)
		}
		a.send(message{ID: m.ID, Result: json.RawMessage(`{"tools":` + offer(`"inputSchema":{"type":"object"}`) + `}`)})
	case "prompts/list":
		a.send(message{ID: m.ID, Result: json.RawMessage(`{"prompts":` + offer(`"arguments":[{"name":"rounds"}]`) + `}`)})
	case "tools/call", "prompts/get":
		o, err := readOrder(m)
		if err != nil {
			a.send(message{ID: m.ID, Error: &failure{Code: -32602, Message: err.Error()}})
			return
		}
		a.run(o, stop)
	default:
		a.send(message{ID: m.ID, Error: &failure{Code: -32601, Message: "Method not found"}})
	}
}

// run does what the order says.
func (a *asker) run(o order, stop <-chan struct{}) {
	a.progress(o, 1)
	if o.manner == "owed" && !a.settled() {
		a.send(message{ID: o.id, Error: &failure{Code: -32042, Message: "This request requires more information.", Data: json.RawMessage(
			`{"elicitations":[{"mode":"url","elicitationId":"e1","url":"https://example.com/pay","message":"pay the toll"}]}`)}})
		return
	}
	if o.manner == "late" {
		<-stop
		<-time.After(100 * time.Millisecond)
		stop = nil
	}
	if o.manner == "never" {
		<-stop
		return
	}
	var all [][]json.RawMessage
	for _, questions := range o.rounds {
		if o.manner == "polite" {
			questions = declared(questions, a.declares())
		}
		if o.manner == "dies" {
			time.AfterFunc(200*time.Millisecond, func() { os.Exit(7) })
		}
		if o.token != nil {
			time.AfterFunc(100*time.Millisecond, func() { a.progress(o, 2) })
		}
		answers, ok := a.round(questions, stop)
		if !ok {
			return
		}
		all = append(all, answers)
	}
	if o.manner == "slow" {
		<-time.After(300 * time.Millisecond)
	}
	a.progress(o, 3)
	a.send(o.reply(all))
}

func (a *asker) declares() json.RawMessage {
	a.state.Lock()
	defer a.state.Unlock()
	return a.capabilities
}

// settled reports whether the toll has been asked for before.
func (a *asker) settled() bool {
	a.state.Lock()
	defer a.state.Unlock()
	before := a.paid
	a.paid = !a.paid
	return before
}

func (a *asker) progress(o order, n int) {
	if o.token != nil {
		a.send(message{Method: "notifications/progress", Params: json.RawMessage(fmt.Sprintf(`{"progressToken":%s,"progress":%d}`, o.token, n))})
	}
}

// round asks all at once and waits for every answer. It reports false when stop is closed before.
func (a *asker) round(questions []question, stop <-chan struct{}) (answers []json.RawMessage, ok bool) {
	var ids []string
	open, got := map[string]chan json.RawMessage{}, map[string]json.RawMessage{}
	for _, q := range questions {
		id := string(q.ID)
		a.mu.Lock()
		if id == "" {
			a.next++
			id = strconv.Itoa(1000 + a.next)
		}
		if open[id] == nil {
			open[id] = make(chan json.RawMessage, 1) // the one answer
			a.asked[id] = open[id]
		}
		a.mu.Unlock()
		ids = append(ids, id)
		a.send(message{ID: json.RawMessage(id), Method: q.Method, Params: q.Params})
	}
	for id, answer := range open {
		select {
		case got[id] = <-answer:
		case <-stop:
			return nil, false
		}
	}
	for _, id := range ids {
		answers = append(answers, got[id])
	}
	return answers, true
}
