package ui

import (
	"encoding/json"
	"fmt"
	"slices"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/bridge/policy"
	"drawbridge/internal/caller"
)

func (f *fake) Rules() ([]policy.Rule, error) {
	p, err := policy.Parse(f.Settings().Rules.JSON)
	return p.Rules(), err
}

func (f *fake) SetRules(seen, rules []policy.Rule) error {
	if was, err := f.Rules(); err != nil || !slices.EqualFunc(was, seen, policy.Rule.Equal) {
		return fmt.Errorf("the rules have been changed meanwhile: %w", err)
	}
	raw, err := json.Marshal(rules)
	if err == nil {
		err = f.ask("rules %s", raw)
	}
	if err == nil {
		f.rule(string(raw))
	}
	return err
}

// rule makes these the rules that are in force.
func (f *fake) rule(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.chosen.Rules = settings.Raw{JSON: []byte(text)}
}

func (f *fake) ExplainPolicy(q app.PolicyQuestion) (app.PolicyAnswer, error) {
	if err := f.ask("explain %s %s %s %s %s", q.Agent, q.Server, q.Kind, q.Name, q.Arguments); err != nil {
		return app.PolicyAnswer{}, err
	}
	p, err := policy.Parse(f.Settings().Rules.JSON)
	c := &caller.Caller{Agent: q.Agent, Groups: q.Groups, Scopes: []caller.Scope{{Server: "*"}}}
	return app.PolicyAnswer{Explanation: p.Explain(c, q.Server, policy.Query{Method: "tools/call", Name: q.Name, Arguments: q.Arguments})}, err
}
