package demo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"time"

	"drawbridge/internal/wire"
)

// stateFor is how long a client may take to retry a call with what it was asked for.
const stateFor = 10 * time.Minute

func raw(id wire.ID) json.RawMessage { return json.RawMessage(id) }

// question is something that only the client can answer.
type question struct {
	key        string // unique within one call
	method     string
	capability string // that the client must have
	params     object
}

// ask puts q to the client and returns the result that it answers with. A legacy client is asked
// while the call waits. A modern one is asked by the call's result, which is ask's error then, and
// answers with a retry of the call.
//
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
func (r *request) ask(q question) ([]byte, error) {
	if r.modern() {
		return r.askByResult(q)
	}
	if wire.Get(r.session().capabilities, q.capability) == nil {
		return nil, toolError("this client does not support " + q.capability)
	}
	id, answer := r.server.expect()
	defer r.server.forget(id)
	if err := r.server.conn.Write(wire.NewRequest(id, q.method, encode(q.params)).Bytes()); err != nil {
		return nil, err
	}
	select {
	case m := <-answer:
		if e := m.Error(); e != nil {
			return nil, toolError("the client did not answer: " + e.Message)
		}
		return m.Result(), nil
	case <-r.ctx.Done():
		return nil, r.ctx.Err()
	}
}

func (s *server) expect() (wire.ID, chan wire.Message) {
	answer := make(chan wire.Message, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asks++
	id := wire.ID(strconv.Itoa(s.asks))
	s.asked[id] = answer
	return id, answer
}

func (s *server) forget(id wire.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.asked, id)
}

// answered hands an answer to who asked. Nobody may have, or no longer wait.
func (s *server) answered(m wire.Message) {
	s.mu.Lock()
	answer := s.asked[m.ID()]
	delete(s.asked, m.ID())
	s.mu.Unlock()
	if answer != nil {
		answer <- m
	}
}

func (r *request) askByResult(q question) ([]byte, error) {
	if wire.Get(r.ClientCapabilities(), q.capability) == nil {
		data := encode(object{"requiredCapabilities": object{q.capability: object{}}})
		return nil, &wire.Error{Code: wire.MissingClientCapability, Message: "this client does not support " + q.capability, Data: data}
	}
	state, given := wire.String(wire.Get(r.Params(), "requestState"))
	if given && !r.signed(state) {
		return nil, invalid("requestState does not belong to this call, or came too late; call again without it")
	}
	if answer := wire.Get(r.Params(), "inputResponses", q.key); given && answer != nil {
		return answer, nil
	}
	return nil, &inputRequired{question: q, state: r.sign(time.Now().Add(stateFor))}
}

// inputRequired is the error of a call that a modern client must answer a question for.
type inputRequired struct {
	question question
	state    string
}

func (i *inputRequired) Error() string { return "input required: " + i.question.method }

func (i *inputRequired) result() object {
	return object{
		"resultType":    "input_required",
		"inputRequests": object{i.question.key: object{"method": i.question.method, "params": i.question.params}},
		"requestState":  i.state,
	}
}

// sign is a state that is good for a retry of this call until then: the time, and a MAC over it and the
// call. Nothing is kept here.
func (r *request) sign(until time.Time) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(b, r.mac(b)...))
}

func (r *request) signed(state string) bool {
	b, err := base64.RawURLEncoding.DecodeString(state)
	if err != nil || len(b) != 8+sha256.Size {
		return false
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(b)), 0)
	return hmac.Equal(b[8:], r.mac(b[:8])) && time.Now().Before(until)
}

// mac binds until to the method and what it is asked to do, however a client spells that.
func (r *request) mac(until []byte) []byte {
	var arguments any
	json.Unmarshal(r.Arguments(), &arguments) // none are null
	h := hmac.New(sha256.New, r.server.key)
	h.Write(until)
	h.Write(encode([]any{r.Method(), r.Name(), arguments}))
	return h.Sum(nil)
}
