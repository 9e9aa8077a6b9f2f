package pin

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Book is what is pinned of one server. The zero Book is of a server that was never seen. Its methods may be called by
// any goroutine.
//
//	unseen kind ──Look──▶ approved ──Look: another form──▶ held ──Accept──▶ approved
//	                          ▲                             │ └──Reject──▶ held, and told of no more
//	                          └──Look: an approved form─────┘
type Book struct {
	mu     sync.Mutex // guards the fields below
	seen   map[Kind]bool
	things map[Thing]*entry
	held   int // of things
	more   int // things that are held beyond what is kept
	text   int // bytes of Text that are kept
}

// entry is what is kept of one thing.
type entry struct {
	approved []Form // newest first; none of a thing that was never approved
	held     *Form  // what is shown and not approved; nil: it is as it was approved
	by       Source // who has shown held last; nil when they are gone
	since    time.Time
	rejected Digest // the form that the owner rejected; "" is none
	changes  int    // how often it became another since the owner looked
}

// Source tells apart who shows things: two processes of one server may show two forms. nil is nobody in particular.
type Source any

const (
	// thingsMax bounds the things of a Book, heldMax those of them that are held, formsMax the approved forms of
	// each, and textSum the text of them all in bytes. What is beyond is held and not kept.
	thingsMax, heldMax, formsMax, textSum = 4096, 512, 4, 16 << 20
	// steadyFor is how often a thing may become another until it stays held, however it is shown, until the owner looks.
	steadyFor = 8
)

// Verdict is what a Book thinks of a page.
type Verdict struct {
	Held    []int   // which things of the page, by their place, are not as approved
	Became  []Thing // approved ones that became held
	New     []Thing // never approved ones that became held
	Back    []Thing // held ones that are as approved again
	First   int     // things that were approved because their kind was never seen before
	Changed bool    // something of it is worth keeping
}

// Look takes what a server shows of a kind on one page, and says what is held.
func (b *Book) Look(k Kind, from Source, page []Shown, now time.Time) (v Verdict) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := !b.seen[k]
	twice := map[Thing]Digest{}
	for i, s := range page {
		if s.Nameless {
			v.Held = append(v.Held, i)
			continue
		}
		if before, again := twice[s.Thing]; again && before != s.Digest {
			v.Held = append(v.Held, i)
			continue
		}
		twice[s.Thing] = s.Digest
		if !b.see(s, from, first, now, &v) {
			v.Held = append(v.Held, i)
		}
	}
	v.Changed = v.Changed || v.First+len(v.Became)+len(v.New)+len(v.Back) > 0
	return v
}

func (v *Verdict) became(t Thing, e *entry) {
	if len(e.approved) > 0 {
		v.Became = append(v.Became, t)
	} else {
		v.New = append(v.New, t)
	}
}

// see reports whether a thing is as approved. Called with b.mu held.
func (b *Book) see(s Shown, from Source, first bool, now time.Time, v *Verdict) bool {
	e := b.things[s.Thing]
	switch {
	case e.approves(s.Digest):
		if e.held != nil && (e.by == nil || e.by == from) && e.changes < steadyFor {
			b.letGo(e)
			v.Back = append(v.Back, s.Thing)
		}
		return e.changes < steadyFor
	case first && (e == nil && len(b.things) < thingsMax || e != nil && e.held == nil && len(e.approved) < formsMax):
		if e == nil {
			e = b.enter(s.Thing)
			v.First++
		}
		e.approved = append(e.approved, b.keep(s))
		return true
	case e != nil && e.held != nil && e.held.Digest == s.Digest:
		e.by = from
	case e != nil && e.held != nil:
		if e.rejected == e.held.Digest {
			e.rejected = ""
			v.became(s.Thing, e)
		}
		b.drop(*e.held)
		form := b.keep(s)
		e.held, e.by = &form, from
		e.changes++
		v.Changed = v.Changed || e.changes == steadyFor
	case b.held >= heldMax || e == nil && len(b.things) >= thingsMax:
		b.more++
	default:
		if e == nil {
			e = b.enter(s.Thing)
		}
		v.became(s.Thing, e)
		form := b.keep(s)
		e.held, e.by, e.since = &form, from, now
		e.changes++
		b.held++
	}
	return false
}

// approves is false of a nil entry.
func (e *entry) approves(d Digest) bool {
	return e != nil && slices.ContainsFunc(e.approved, func(f Form) bool { return f.Digest == d })
}

// enter makes an entry. Called with b.mu held.
func (b *Book) enter(t Thing) *entry {
	if b.things == nil {
		b.things = map[Thing]*entry{}
	}
	e := &entry{}
	b.things[t] = e
	return e
}

// keep is the form of a thing, without its text where there is no room. Called with b.mu held.
func (b *Book) keep(s Shown) Form {
	f := s.form()
	if b.text+len(f.Text) > textSum {
		f.Text = nil
	}
	b.text += len(f.Text)
	return f
}

// drop gives back the room of a form. Called with b.mu held.
func (b *Book) drop(f Form) { b.text -= len(f.Text) }

// letGo ends that an entry is held. Called with b.mu held.
func (b *Book) letGo(e *entry) {
	b.drop(*e.held)
	e.held, e.by, e.since = nil, nil, time.Time{}
	b.held--
}

// Ended says that a list is over: names are all that it had. What is held and is not among them is gone, and from now
// on the kind has been seen. It reports whether something of it is worth keeping.
func (b *Book) Ended(k Kind, from Source, names map[string]bool) (changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.seen[k] {
		if b.seen == nil {
			b.seen = map[Kind]bool{}
		}
		b.seen[k] = true
		changed = true
	}
	b.more = 0
	for t, e := range b.things {
		if t.Kind != k || e.held == nil || names[t.Name] || e.by != nil && e.by != from || e.changes >= steadyFor || e.rejected == e.held.Digest {
			continue
		}
		changed = true
		b.letGo(e)
		if len(e.approved) == 0 {
			delete(b.things, t)
		}
	}
	return changed
}

// Gone says that a source shows nothing any more. What it has shown last stays held.
func (b *Book) Gone(from Source) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.things {
		if e.by == from {
			e.by = nil
		}
	}
}

// Seen reports whether things of that kind were approved at first sight.
func (b *Book) Seen(k Kind) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen[k]
}

// Approves reports whether a thing that is shown in that form may be used.
func (b *Book) Approves(t Thing, d Digest) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.things[t]
	return e.approves(d) && e.changes < steadyFor
}

// Holds reports whether a thing was last shown as it is not approved.
func (b *Book) Holds(t Thing) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.things[t]
	return e != nil && e.held != nil
}

// Knows reports whether some form of a thing was approved.
func (b *Book) Knows(t Thing) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.things[t]
	return e != nil && len(e.approved) > 0
}

// Approved are the names of the things of a kind that are shown as they were approved.
func (b *Book) Approved(k Kind) (names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for t, e := range b.things {
		if t.Kind == k && e.held == nil {
			names = append(names, t.Name)
		}
	}
	return names
}

// Accept approves a thing as it is held, and is ErrNothingHeld when it is not. d is the form that the owner has looked
// at, or the beginning of its digest, as long as that of Short: if it is another by now it stays held, with ErrChangedAgain.
// Less of a digest is ErrUnseen: what was not looked at is not approved.
func (b *Book) Accept(t Thing, d Digest) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.find(t, d)
	if err != nil {
		return err
	}
	if len(d) < len(e.held.Digest.Short()) {
		return ErrUnseen
	}
	e.approved = append([]Form{*e.held}, e.approved...)
	e.held, e.by, e.since, e.rejected, e.changes = nil, nil, time.Time{}, "", 0
	b.held--
	for len(e.approved) > formsMax {
		b.drop(e.approved[formsMax])
		e.approved = e.approved[:formsMax]
	}
	return nil
}

// Reject has a thing stay as it is held without being told of any more, until it becomes another. d is as of
// Accept, and "" any form; the errors are ErrNothingHeld and ErrChangedAgain.
func (b *Book) Reject(t Thing, d Digest) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.find(t, d)
	if err == nil {
		e.rejected, e.changes = e.held.Digest, 0
	}
	return err
}

// find is the entry of a held thing. Called with b.mu held.
func (b *Book) find(t Thing, d Digest) (*entry, error) {
	e := b.things[t]
	switch {
	case e == nil || e.held == nil:
		return nil, ErrNothingHeld
	case !strings.HasPrefix(string(e.held.Digest), string(d)):
		return nil, ErrChangedAgain
	}
	return e, nil
}
