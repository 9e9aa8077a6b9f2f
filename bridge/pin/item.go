package pin

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Item is a thing as the owner sees it.
type Item struct {
	Thing
	Approved *Form     // as it was approved last; nil when it never was
	Held     *Form     // as it is shown, where that is not approved; nil is as approved
	Since    time.Time // when it was first seen as it is not approved
	Rejected bool      // the owner rejected Held
	Unsteady bool      // it keeps changing, and so stays held until the owner looks
}

// Items are all things: held ones first, then by kind and name. The forms are shared, and never change. more is how many
// further ones are held and not kept.
func (b *Book) Items() (all []Item, more int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for t, e := range b.things {
		item := Item{Thing: t, Held: e.held, Since: e.since, Unsteady: e.changes >= steadyFor}
		if len(e.approved) > 0 {
			item.Approved = &e.approved[0]
		}
		item.Rejected = e.held != nil && e.rejected == e.held.Digest
		all = append(all, item)
	}
	rank := func(i Item) int {
		if i.Held != nil {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(x, y Item) int {
		return cmp.Or(rank(x)-rank(y), slices.Index(Kinds[:], x.Kind)-slices.Index(Kinds[:], y.Kind), strings.Compare(x.Name, y.Name))
	})
	return all, b.more
}

// Count is how many things are held and wait for the owner; rejected ones do not.
func (b *Book) Count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.more
	for _, e := range b.things {
		if e.held != nil && e.rejected != e.held.Digest {
			n++
		}
	}
	return n
}
