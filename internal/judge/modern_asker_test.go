package judge

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// modernAsker is a server of 2026-07-28 that does an order by input_required: it keeps nothing, all is in requestState.
// It refuses requests without the metadata of that revision. The manners of an order:
//
//	empty   asks without saying what
//	polite  asks only what the client declared
//
// A process that is started to `list` asks where it may not: when it shall list its prompts.
type modernAsker struct {
	*server
	lists bool
}

func (a *modernAsker) serve(in io.Reader) {
	for r := bufio.NewReaderSize(in, 1<<20); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(line, &m) == nil && m.Method != "" && m.ID != nil {
			a.handle(m)
		}
	}
}

func (a *modernAsker) handle(m message) {
	var p struct {
		Meta struct {
			Version      string          `json:"io.modelcontextprotocol/protocolVersion"`
			Capabilities json.RawMessage `json:"io.modelcontextprotocol/clientCapabilities"`
		} `json:"_meta"`
	}
	_ = json.Unmarshal(m.Params, &p)
	const kept = `"resultType":"complete","ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"asker","version":"2"}}`
	reply := message{ID: m.ID}
	switch {
	case p.Meta.Version != "2026-07-28" || p.Meta.Capabilities == nil:
		reply.Error = &failure{Code: -32022, Message: "Unsupported protocol version", Data: json.RawMessage(`{"supported":["2026-07-28"]}`)}
	case m.Method == "server/discover":
		reply.Result = json.RawMessage(`{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"prompts":{}},` + kept + `}`)
	case m.Method == "tools/list":
		reply.Result = json.RawMessage(`{"tools":` + offer(`"inputSchema":{"type":"object"}`) + `,` + kept + `}`)
	case m.Method == "prompts/list" && a.lists:
		reply.Result = json.RawMessage(`{"resultType":"input_required","inputRequests":{"r":{"method":"roots/list","params":{}}}}`)
	case m.Method == "prompts/list":
		reply.Result = json.RawMessage(`{"prompts":` + offer(`"arguments":[{"name":"rounds"}]`) + `,` + kept + `}`)
	case m.Method == "tools/call", m.Method == "prompts/get":
		reply = a.run(m, p.Meta.Capabilities)
	default:
		reply.Error = &failure{Code: -32601, Message: "Method not found"}
	}
	a.send(reply)
}

// progressed is what requestState says: how far an order is.
type progressed struct {
	Of      string              `json:"of"` // which order
	Round   int                 `json:"round"`
	Answers [][]json.RawMessage `json:"answers"`
}

// run does the next part of an order.
func (a *modernAsker) run(m message, capabilities json.RawMessage) message {
	o, err := readOrder(m)
	if err != nil {
		return message{ID: m.ID, Error: &failure{Code: -32602, Message: err.Error()}}
	}
	at := progressed{Of: fmt.Sprintf("%s %s %x", m.Method, o.manner, sha256.Sum256(fmt.Append(nil, o.rounds)))}
	if o.state != nil {
		if at, err = unseal(o.state, at.Of); err != nil {
			return message{ID: m.ID, Error: &failure{Code: -32602, Message: err.Error()}}
		}
		if answers, ok := o.answersTo(at.Round); ok {
			at.Round, at.Answers = at.Round+1, append(at.Answers, answers)
		}
	}
	if at.Round == len(o.rounds) {
		reply := o.reply(at.Answers)
		reply.Result = append([]byte(`{"resultType":"complete",`), reply.Result[1:]...)
		return reply
	}
	if o.manner == "polite" {
		o.rounds[at.Round] = declared(o.rounds[at.Round], capabilities)
	}
	return message{ID: m.ID, Result: o.required(at)}
}

// required asks the questions of the round.
func (o order) required(at progressed) json.RawMessage {
	result := map[string]any{"resultType": "input_required", "requestState": at.seal()}
	requests := map[string]question{}
	for i, q := range o.rounds[at.Round] {
		if q.Params == nil {
			q.Params = json.RawMessage(`{}`)
		}
		requests[key(q, at.Round, i)] = question{Method: q.Method, Params: q.Params}
	}
	if len(requests) > 0 {
		result["inputRequests"] = requests
	}
	if o.manner == "empty" {
		delete(result, "requestState")
		delete(result, "inputRequests")
	}
	raw, err := json.Marshal(result)
	if err != nil {
		panic(err)
	}
	return raw
}

// answersTo are the answers to a round's questions; false when one is missing.
func (o order) answersTo(n int) (all []json.RawMessage, ok bool) {
	for i, q := range o.rounds[n] {
		answer := o.responses[key(q, n, i)]
		if answer == nil {
			return nil, false
		}
		all = append(all, answer)
	}
	return all, true
}

// key is what a question is called: its id as text.
func key(q question, round, i int) string {
	var text string
	switch {
	case q.ID == nil:
		return "q" + strconv.Itoa(round) + "-" + strconv.Itoa(i)
	case json.Unmarshal(q.ID, &text) == nil:
		return text
	}
	return string(q.ID)
}

func (p progressed) seal() string {
	raw, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(append(sum(raw), raw...))
}

func unseal(state json.RawMessage, of string) (p progressed, err error) {
	var text string
	if err := json.Unmarshal(state, &text); err != nil {
		return p, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < sha256.Size || !hmac.Equal(raw[:sha256.Size], sum(raw[sha256.Size:])) {
		return p, fmt.Errorf("requestState %.20q… is not this server's (%v)", text, err)
	}
	if err := json.Unmarshal(raw[sha256.Size:], &p); err != nil {
		return p, err
	}
	if p.Of != of {
		return p, fmt.Errorf("requestState is of %s, not of %s", p.Of, of)
	}
	return p, nil
}

func sum(raw []byte) []byte {
	h := hmac.New(sha256.New, []byte("the seal of the toll house"))
	h.Write(raw)
	return h.Sum(nil)
}
