package policy

import "slices"

// table finds the first of many entries that applies to a name without trying them all: literal globs by their
// text, the others by what they begin with. The zero table is empty.
type table struct {
	entries  []entry
	exact    map[string][]int // entries with this literal text, in order
	prefixed map[string][]int // entries by the prefix of their glob, in order
	lengths  []int            // of the prefixes, ascending
	closed   bool             // the last entry applies to every name
}

type entry struct {
	glob    glob
	verdict Verdict
	why     string
	rule    *ready // nil for a scope
}

// open reports that the entry applies to whatever its glob matches.
func (e *entry) open() bool { return e.rule == nil || e.rule.open() }

// add appends an entry. What stands behind one that applies to everything can never be the first, and is left out.
func (t *table) add(e entry) {
	if t.closed {
		return
	}
	if t.exact == nil {
		t.exact, t.prefixed = map[string][]int{}, map[string][]int{}
	}
	i := len(t.entries)
	t.entries = append(t.entries, e)
	g := e.glob
	if g.literal() {
		t.exact[g.text] = append(t.exact[g.text], i)
		return
	}
	t.closed = g.everything() && e.open()
	t.prefixed[g.prefix] = append(t.prefixed[g.prefix], i)
	if at, known := slices.BinarySearch(t.lengths, len(g.prefix)); !known {
		t.lengths = slices.Insert(t.lengths, at, len(g.prefix))
	}
}

// first returns the first entry that applies to q, or nil. With any it is the first that does for some arguments.
func (t *table) first(q *lookup, any bool) *entry {
	best := t.among(t.exact[q.Name], len(t.entries), q, any)
	for _, n := range t.lengths {
		if n > len(q.Name) {
			break
		}
		best = t.among(t.prefixed[q.Name[:n]], best, q, any)
	}
	if best == len(t.entries) {
		return nil
	}
	return &t.entries[best]
}

// among returns the first of some entries that applies to q and comes before best; best when there is none.
func (t *table) among(some []int, best int, q *lookup, any bool) int {
	for _, i := range some {
		if i >= best {
			break
		}
		e := &t.entries[i]
		if (e.glob.literal() || e.glob.match(q.Name)) && (e.open() || e.rule.applies(q, any)) {
			return i
		}
	}
	return best
}

// always reports that every name meets an entry and that all entries say v.
func (t *table) always(v Verdict) bool { return t.closed && t.only(v) }

// only reports that no entry says anything but v.
func (t *table) only(v Verdict) bool {
	return !slices.ContainsFunc(t.entries, func(e entry) bool { return e.verdict != v })
}
