//go:build unix

package stdio

import (
	"maps"
	"slices"
	"testing"
)

func TestKinship(t *testing.T) {
	a := &ward{id: 1, pid: 10, mark: "A", start: 100, dead: true, known: map[int]uint64{50: 300}}
	b := &ward{id: 2, pid: 20, mark: "B", start: 200, known: map[int]uint64{}}
	marks := map[int]string{40: "A", 41: "B", 60: "A"}
	k := &kinship{
		table: []proc{
			{pid: 1},
			{pid: 5, parent: 1}, // the guardian
			{pid: 11, parent: 5, group: 10, session: 5, start: 110},            // of a's group
			{pid: 12, parent: 11, group: 12, session: 12, start: 111},          // its child, in a session of its own
			{pid: 20, parent: 5, group: 20, session: 5, start: 200},            // b
			{pid: 21, parent: 20, group: 21, session: 21, start: 201},          // b's child
			{pid: 40, parent: 5, group: 40, session: 40, start: 150},           // an orphan with a's mark
			{pid: 41, parent: 5, group: 41, session: 41, start: 250},           // one with b's
			{pid: 42, parent: 5, group: 42, session: 42, start: 150},           // one without, older than b
			{pid: 43, parent: 5, group: 43, session: 43, start: 250},           // one without, that may be b's
			{pid: 44, parent: 42, group: 44, session: 44, start: 150},          // a stray's child
			{pid: 50, parent: 5, group: 50, session: 50, start: 300},           // one that was seen with a
			{pid: 60, parent: 1, group: 60, session: 60, start: 150},           // not below the guardian
			{pid: 70, parent: 71, group: 70}, {pid: 71, parent: 70, group: 70}, // a table that was read while it changed
		},
		wards:  map[uint64]*ward{1: a, 2: b},
		orphan: func(p proc) bool { return p.parent == 5 },
		mark:   func(pid int) string { return marks[pid] },
	}
	k.find()
	pids := func(list []proc) []int {
		set := map[int]bool{}
		for _, p := range list {
			set[p.pid] = true
		}
		return slices.Sorted(maps.Keys(set))
	}
	check := func(what string, got []proc, want ...int) {
		t.Helper()
		if !slices.Equal(pids(got), want) {
			t.Errorf("%s: got %v, want %v", what, pids(got), want)
		}
	}
	check("a", k.kin[a], 11, 12, 40, 50)
	check("b", k.kin[b], 20, 21, 41)
	if straysAreOurs {
		check("lost", k.lost(), 42, 44)
		check("everything", k.everything(), 11, 12, 20, 21, 40, 41, 42, 43, 44, 50)
		return
	}
	check("lost", k.lost())
	check("everything", k.everything(), 11, 12, 20, 21, 40, 41, 50)
}
