package policy

import "slices"

// table finds the first of many globs that matches a name without trying them all: literal ones by their
// text, the others by what they begin with. The zero table is empty.
type table struct {
	entries  []entry
	exact    map[string]int   // the first entry with this literal text
	prefixed map[string][]int // entries by the prefix of their glob, in order
	lengths  []int            // of the prefixes, ascending
	closed   bool             // the last entry matches every name
}

type entry struct {
	glob    glob
	verdict Verdict
	why     string
}

// add appends an entry. What stands behind one that matches everything can never be the first, and is left out.
func (t *table) add(g glob, v Verdict, why string) {
	if t.closed {
		return
	}
	if t.exact == nil {
		t.exact, t.prefixed = map[string]int{}, map[string][]int{}
	}
	i := len(t.entries)
	t.entries = append(t.entries, entry{g, v, why})
	switch {
	case g.everything():
		t.closed = true
	case g.literal():
		if _, known := t.exact[g.text]; !known {
			t.exact[g.text] = i
		}
	default:
		t.prefixed[g.prefix] = append(t.prefixed[g.prefix], i)
		if at, known := slices.BinarySearch(t.lengths, len(g.prefix)); !known {
			t.lengths = slices.Insert(t.lengths, at, len(g.prefix))
		}
	}
}

// first returns the first entry whose glob matches name, or nil.
func (t *table) first(name string) *entry {
	best := len(t.entries)
	if t.closed {
		best--
	}
	if i, ok := t.exact[name]; ok && i < best {
		best = i
	}
	for _, n := range t.lengths {
		if n > len(name) {
			break
		}
		for _, i := range t.prefixed[name[:n]] {
			if i >= best {
				break
			}
			if t.entries[i].glob.match(name) {
				best = i
				break
			}
		}
	}
	if best == len(t.entries) {
		return nil
	}
	return &t.entries[best]
}

// always reports that every name meets an entry and that all entries say v.
func (t *table) always(v Verdict) bool { return t.closed && t.only(v) }

// only reports that no entry says anything but v.
func (t *table) only(v Verdict) bool {
	return !slices.ContainsFunc(t.entries, func(e entry) bool { return e.verdict != v })
}
