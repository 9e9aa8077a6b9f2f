package app

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/policy"
)

// Questions are the calls that wait for the owner's answer, or may be tried again once there is one; oldest first.
func (a *App) Questions() ([]bridge.Question, error) {
	if err := a.isRunning(); err != nil {
		return nil, err
	}
	snapshot, sub := a.Watch()
	sub.Close()
	return slices.SortedFunc(maps.Values(snapshot.Questions), func(x, y bridge.Question) int { return cmp.Compare(x.ID, y.ID) }), nil
}

// AnswerCall gives the owner's answer to a question. What is allowed always becomes a rule in config.json, right above
// the one that asks. The error says why a question is not open any more.
func (a *App) AnswerCall(id uint64, answer bridge.Answer) error {
	if err := a.isRunning(); err != nil {
		return err
	}
	if answer.Choice != bridge.AllowTool && answer.Choice != bridge.AllowArguments {
		return a.bridge.Answer(id, answer)
	}
	a.owner.Lock()
	defer a.owner.Unlock()
	what := ""
	err := settings.Edit(a.options.Places.Config, func(d *settings.Draft) error {
		rules, err := policy.Parse(d.Settings.Rules.JSON)
		if err != nil {
			return refusedRules(d.Settings.Rules, err)
		}
		r, at, err := a.bridge.RuleFor(id, answer, rules)
		if err != nil {
			return err
		}
		old := rules.Rules()
		now := slices.Insert(slices.Clone(old), at, r)
		what = difference(old, now)
		return d.PlaceRules(placed(old, now))
	})
	if err != nil {
		return err
	}
	a.note(what)
	err = a.bridge.Answer(id, answer)
	if again := a.reload(); again != nil {
		return fmt.Errorf("the rule is in config.json, and not in force yet: %w", again)
	}
	return err
}
