package app

import (
	"encoding/json"
	"fmt"
	"slices"

	"drawbridge/app/settings"
	"drawbridge/bridge/policy"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// PolicyQuestion is a call that nobody makes: what would become of it?
type PolicyQuestion struct {
	Agent, Server string          // required
	Kind          string          // what Name names: tool, prompt or resource; "" is tool
	Name          string          // required
	Arguments     json.RawMessage `json:",omitempty"` // an object; nil is none
	User          string          // `issuer|subject`; "" without sign-in
	Groups        []string        // of the user
}

// PolicyAnswer is what the rules make of a call, and why.
type PolicyAnswer struct {
	policy.Explanation
	// Note is what the owner should know beside that; "" is nothing.
	Note string
}

// ExplainPolicy says what the rules that are in force make of a call. It is the function that decides calls.
func (a *App) ExplainPolicy(q PolicyQuestion) (PolicyAnswer, error) {
	chosen := a.Settings()
	rules, err := policy.Parse(chosen.Rules.JSON)
	if err != nil {
		return PolicyAnswer{}, refusedRules(chosen.Rules, err)
	}
	method, ok := map[string]string{"": "tools/call", "tool": "tools/call", "prompt": "prompts/get", "resource": "resources/read"}[q.Kind]
	if !ok {
		return PolicyAnswer{}, &fault{fmt.Sprintf("explain %q: write tool, prompt or resource", q.Kind), usage}
	}
	if err := checkArguments(q.Arguments); err != nil {
		return PolicyAnswer{}, err
	}
	who, err := a.wouldBe(q)
	if err != nil {
		return PolicyAnswer{}, err
	}
	i := slices.IndexFunc(chosen.Servers, func(s settings.Server) bool { return s.Name == q.Server })
	if i < 0 {
		return PolicyAnswer{}, fmt.Errorf("explain server %q: %w", q.Server, ErrUnknown)
	}
	annotations, known := a.bridge.Annotations(q.Server, q.Name)
	answer := PolicyAnswer{Explanation: rules.Explain(who, q.Server, policy.Query{
		Method: method, Name: q.Name, Annotations: annotations, Arguments: q.Arguments,
	})}
	switch {
	case method != "tools/call" || !rules.Annotated():
	case !chosen.Servers[i].TrustAnnotations:
		answer.Note = q.Server + " is not trusted to say what its tools do, so this one counts as destructive and open-world; trustAnnotations in its entry changes that"
	case !known:
		answer.Note = "no list has shown this tool since the bridge began, so until one does it counts as destructive and open-world"
	}
	return answer, nil
}

// wouldBe is the caller that a question is about.
func (a *App) wouldBe(q PolicyQuestion) (*caller.Caller, error) {
	agents, err := a.Agents()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(agents, func(agent Agent) bool { return agent.Name == q.Agent })
	if i < 0 {
		return nil, fmt.Errorf("explain agent %q: %w", q.Agent, ErrUnknown)
	}
	return &caller.Caller{Agent: q.Agent, User: q.User, Groups: q.Groups, Scopes: agents[i].scopesFor(q.User)}, nil
}

// checkArguments refuses what a call could not have, in the words of who would refuse it.
func checkArguments(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	m, err := wire.Parse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":%s}}`, raw), wire.Limits{})
	if err == nil && (len(raw) == 0 || m.Arguments()[0] != '{') {
		err = fmt.Errorf(`they must be an object, like {"path": "/srv"}`)
	}
	if err != nil {
		return &fault{"arguments: " + err.Error(), usage}
	}
	return nil
}
