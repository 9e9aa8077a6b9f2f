package app

import (
	"errors"
	"fmt"
	"slices"

	"drawbridge/app/settings"
	"drawbridge/bridge/policy"
)

// ErrRules is returned by SetRules when the rules are not as the owner has seen them.
var ErrRules = errors.New("the rules have been changed meanwhile; look at them again")

// Rules are the rules that are in force, the first that applies deciding.
func (a *App) Rules() ([]policy.Rule, error) { return rulesOf(a.Settings()) }

func rulesOf(s settings.Settings) ([]policy.Rule, error) {
	p, err := policy.Parse(s.Rules.JSON)
	if err != nil {
		return nil, refusedRules(s.Rules, err)
	}
	return p.Rules(), nil
}

// SetRules makes the rules of config.json those, if they are still as the owner has seen them, else the error is ErrRules. A rule
// that stays keeps its place in the file's text, with the comments around it; what cannot be a rule is refused.
func (a *App) SetRules(seen, rules []policy.Rule) error {
	if err := checkRules(rules); err != nil {
		return err
	}
	return a.edit(difference(seen, rules), func(d *settings.Draft) error {
		now, err := rulesOf(d.Settings)
		switch {
		case err != nil:
			return err
		case !slices.EqualFunc(now, seen, policy.Rule.Equal):
			return ErrRules
		}
		return d.PlaceRules(placed(seen, rules))
	})
}

// checkRules refuses what the file would be refused for.
func checkRules(rules []policy.Rule) error {
	raw := []byte{'['}
	for i, r := range rules {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, r.JSON()...)
	}
	if _, err := policy.Parse(append(raw, ']')); err != nil {
		return &fault{err.Error(), usage}
	}
	return nil
}

// placed says of each rule which one of the file it is. One that is in none takes the words of the one whose place it has.
func placed(old, now []policy.Rule) []settings.PlacedRule {
	left := map[string][]int{} // indices of old, by what they say
	for i, r := range old {
		left[string(r.JSON())] = append(left[string(r.JSON())], i)
	}
	all := make([]settings.PlacedRule, len(now))
	for i, r := range now {
		all[i] = settings.PlacedRule{Of: -1, Rule: r.JSON()}
		if same := left[string(r.JSON())]; len(same) > 0 {
			all[i] = settings.PlacedRule{Of: same[0]}
			left[string(r.JSON())] = same[1:]
		}
	}
	if len(old) == len(now) { // one that is in no other place was changed in its own
		for i, r := range old {
			if all[i].Of < 0 && slices.Contains(left[string(r.JSON())], i) {
				all[i].Of = i
			}
		}
	}
	return all
}

// difference says what the owner did to the rules, for the record.
func difference(old, now []policy.Rule) string {
	i := 0
	for i < min(len(old), len(now)) && old[i].Equal(now[i]) {
		i++
	}
	switch n := len(now) - len(old); {
	case n == 1:
		return fmt.Sprintf("added rule %d: %s", i+1, now[i])
	case n == -1:
		return fmt.Sprintf("removed rule %d: %s", i+1, old[i])
	case n != 0:
		return fmt.Sprintf("changed the rules: %d instead of %d", len(now), len(old))
	case i == len(old):
		return "left the rules as they are"
	}
	for to := range now {
		if moved := slices.Insert(slices.Delete(slices.Clone(old), i, i+1), to, old[i]); slices.EqualFunc(moved, now, policy.Rule.Equal) {
			return fmt.Sprintf("moved rule %d to %d: %s", i+1, to+1, old[i])
		}
	}
	return fmt.Sprintf("changed rule %d to: %s; it was: %s", i+1, now[i], old[i])
}
