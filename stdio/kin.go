//go:build unix

package stdio

import (
	"golang.org/x/sys/unix"
)

// proc is one line of the kernel's table of processes.
type proc struct {
	pid, parent, group, session int    // session is 0 where the table doesn't say
	start                       uint64 // when it started, in the kernel's units; with pid it names a process for ever
}

// ward is one server that a guardian watches over. Its process leads a group of its own.
type ward struct {
	id    uint64 // the bridge's number for it
	pid   int
	mark  string
	start uint64
	dead  bool           // its process has ended; what it left may not have
	known map[int]uint64 // pid and start of what was once found to belong to it
}

// has reports whether p belongs to w by itself, whoever its parent is.
func (w *ward) has(p proc) bool {
	start, known := w.known[p.pid]
	return p.group == w.pid || p.session == w.pid || known && start == p.start
}

// kinship finds out which process belongs to which ward.
type kinship struct {
	table  []proc
	wards  map[uint64]*ward
	orphan func(p proc) bool    // whether p's own parent is unknown: p is a ward or was left by one
	mark   func(pid int) string // markOf, but for tests

	below   map[int][]proc
	visited map[int]bool
	kin     map[*ward][]proc
	strays  []proc // below an orphan that belongs to nobody for certain
}

// find fills kin and strays. A process belongs to the ward whose process is above it. When its own
// parent has died, to the ward whose group or session it is in, or to whom it once was found to belong, or
// whose mark it carries; so do its descendants.
func (k *kinship) find() {
	k.below, k.visited, k.kin = map[int][]proc{}, map[int]bool{}, map[*ward][]proc{}
	for _, p := range k.table {
		k.below[p.parent] = append(k.below[p.parent], p)
	}
	for _, p := range k.table {
		if k.orphan(p) {
			k.visit(p, nil)
		}
	}
}

// visit gives p and what is below it to w, or to its own ward when w is nil.
func (k *kinship) visit(p proc, w *ward) {
	if k.visited[p.pid] {
		return
	}
	k.visited[p.pid] = true
	if w == nil {
		w = k.wardOf(p)
	}
	if w == nil {
		k.strays = append(k.strays, p)
	} else {
		k.kin[w] = append(k.kin[w], p)
	}
	for _, child := range k.below[p.pid] {
		k.visit(child, w)
	}
}

func (k *kinship) wardOf(p proc) *ward {
	for _, w := range k.wards {
		if w.has(p) {
			return w
		}
	}
	if mark := k.mark(p.pid); mark != "" {
		for _, w := range k.wards {
			if w.mark == mark {
				return w
			}
		}
	}
	return nil
}

// lost is the strays that no living ward can have left: all of those that were there when it
// started have died. A process gets among the strays by leaving its group, its session and its environment.
func (k *kinship) lost() []proc {
	var lost []proc
	if !straysAreOurs {
		return nil
	}
	for _, p := range k.strays {
		claimed := false
		for _, w := range k.wards {
			claimed = claimed || !w.dead && w.start <= p.start
		}
		if !claimed {
			lost = append(lost, p)
		}
	}
	return lost
}

// everything is all that is ours to end.
func (k *kinship) everything() []proc {
	var all []proc
	if straysAreOurs {
		all = append(all, k.strays...)
	}
	for _, kin := range k.kin {
		all = append(all, kin...)
	}
	return all
}

// signal sends sig to p, unless p is gone and its number somebody else's.
func (p proc) signal(sig unix.Signal) {
	if now, ok := lookProc(p.pid); ok && now.start == p.start {
		_ = unix.Kill(p.pid, sig)
	}
}
