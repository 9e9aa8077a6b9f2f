package app

import (
	"cmp"
	"slices"
)

// Problem is something that keeps the bridge from being as the owner chose.
type Problem struct {
	With string // what it is with: settings, address, control, watch …
	Text string // what is wrong and what to do, as it was found
}

// Problems is all that is wrong now, by what it is with.
func (a *App) Problems() []Problem {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []Problem
	for with, err := range a.problem {
		all = append(all, Problem{with, err.Error()})
	}
	slices.SortFunc(all, func(a, b Problem) int { return cmp.Compare(a.With, b.With) })
	return all
}
