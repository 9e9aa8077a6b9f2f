package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"drawbridge/bridge/policy"
)

// Answer gives the owner's answer to a question. The error wraps ErrNoQuestion and says why when the question is not
// open: it was answered before, its agent gave the call up, or nobody came back for it. With AllowTool and
// AllowArguments the call passes; the rule is the caller's to put in place, see RuleFor.
func (b *Bridge) Answer(id uint64, a Answer) error {
	q, err := b.questions.take(id, a, b)
	if err != nil {
		return err
	}
	if a.Choice == AllowSession {
		q.asker.permit(q.key.use, a)
	}
	if q.call == nil || !q.call.resume(a) {
		b.questions.mu.Lock()
		defer b.questions.mu.Unlock()
		b.questions.stand(q.key, standing{a, false, b.now().Add(answerFor)})
	}
	return nil
}

// RuleFor is the rule that AllowTool and AllowArguments stand for, and where among the rules of p it has to be put to
// decide calls like the one that the question is about. The error says what to do instead.
func (b *Bridge) RuleFor(id uint64, a Answer, p *policy.Policy) (r policy.Rule, at int, err error) {
	q, err := b.questions.find(id)
	if err != nil {
		return r, 0, err
	}
	if err := q.seen(a); err != nil {
		return r, 0, err
	}
	r, err = q.rule(a.Choice)
	if err != nil {
		return r, 0, fmt.Errorf("answer %d: %w", id, err)
	}
	query := q.asker.query(q.Method, q.Name)
	query.Arguments = q.args
	at, err = p.Before(q.asker.owner(), q.Server, query)
	if err != nil {
		return r, 0, fmt.Errorf("answer %d: %w", id, err)
	}
	return r, at, nil
}

// rule is what the choice stands for.
func (q *openQuestion) rule(choice Choice) (r policy.Rule, err error) {
	r = policy.Rule{Who: []string{"agent:" + q.Agent}, Server: q.Server, Verdict: policy.Allow}
	if q.User != "" {
		r.Who = append(r.Who, "user:"+q.User)
	}
	if strings.ContainsAny(q.Name, "*?") {
		return r, errors.New("its name holds * or ?, which a rule would take for a pattern; allow it once")
	}
	switch q.Method {
	case "tools/call":
		r.Tool = q.Name
	case "prompts/get":
		r.Prompt = q.Name
	default:
		r.Resource = q.Name
	}
	if choice == AllowArguments {
		if r.Arguments, err = q.plainArguments(); err != nil {
			return r, err
		}
	}
	if _, err := policy.Parse([]byte("[" + string(r.JSON()) + "]")); err != nil {
		return r, fmt.Errorf("there can be no such rule, allow it once: %w", err)
	}
	return r, nil
}

// plainArguments are the arguments as they may stand in a file.
func (q *openQuestion) plainArguments() (json.RawMessage, error) {
	switch {
	case q.Method == "resources/read":
		return nil, errors.New("a resource has no arguments; allow it always instead")
	case q.raw == nil:
		return json.RawMessage("{}"), nil
	case q.args == nil || !sameJSON(q.args, q.raw):
		return nil, errors.New("the arguments hold a secret or are too long for config.json; allow the call once or for the session")
	}
	return q.args, nil
}

// sameJSON reports whether two texts of JSON say the same.
func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
