package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/bridge/pin"
	"drawbridge/internal/wire"
)

// Pins keeps between runs what was approved of servers. A Book is more than a few bytes only for servers with many tools.
type Pins interface {
	// Load is what was saved last of that server; nil when nothing was.
	Load(server string) ([]byte, error)
	Save(server string, book []byte) error
}

// Pinning says what happens to what is not as the owner approved it.
type Pinning string

const (
	PinHold Pinning = ""     // it is hidden and refused until the owner accepts it
	PinNote Pinning = "note" // it is shown to the owner, and agents use it
)

// Held is what a server shows and the owner has not approved.
type Held struct {
	Kind     pin.Kind
	Name     string // "" for the instructions
	New      bool   // it was never approved in another form
	Rejected bool   // the owner has looked, and wants it to stay as it is
	Unsteady bool   // it keeps changing
	Since    time.Time
}

// Waiting is how many things of the server are held and wait for the owner.
func (s Server) Waiting() int {
	n := s.HeldMore
	for _, h := range s.Held {
		if !h.Rejected {
			n++
		}
	}
	return n
}

// heldShown is how many of them a Server lists.
const heldShown = 100

// pinned is what was approved of a server, and how that is kept.
type pinned struct {
	book *pin.Book
	pins Pins

	saving sync.Mutex // held while the book is saved; guards the field below
	over   bool       // the server was removed: nothing of it is kept any more
}

// newPinned is what is kept of a server; nil where nothing is pinned. What cannot be read is not taken for a server that
// was never seen: everything of it is held.
func (b *Bridge) newPinned(server string) *pinned {
	if b.pins == nil {
		return nil
	}
	data, err := b.pins.Load(server)
	book := &pin.Book{}
	if err == nil && data != nil {
		err = json.Unmarshal(data, book)
	}
	if err != nil {
		b.log.Error("what was approved of a server cannot be read; everything of it is held", "server", server, "err", err)
		book = pin.Closed()
	}
	return &pinned{book: book, pins: b.pins}
}

// save keeps the book as it is now.
func (p *pinned) save(server string) error {
	p.saving.Lock()
	defer p.saving.Unlock()
	if p.over {
		return nil
	}
	data, err := json.Marshal(p.book)
	if err != nil {
		return err
	}
	return p.pins.Save(server, data)
}

// end has nothing saved any more. It may be called on nil.
func (p *pinned) end() {
	if p != nil {
		p.saving.Lock()
		p.over = true
		p.saving.Unlock()
	}
}

// holding reports whether what is not approved is hidden and refused.
func (sv *server) holding() bool { return sv.pinned != nil && sv.settings().Pins != PinNote }

// listEnded notes that a list is over which had those names.
func (sv *server) listEnded(k pin.Kind, from pin.Source, names map[string]bool) {
	if sv.pinned.book.Ended(k, from, names) {
		sv.keepPins()
	}
}

// judged does what a look has led to: it is kept, recorded and shown, and agents hear of what they have been shown before.
func (sv *server) judged(k pin.Kind, v pin.Verdict) {
	if !v.Changed {
		return
	}
	sv.recordPins(k, v)
	sv.keepPins()
	if len(v.Became)+len(v.Back) > 0 {
		sv.tellChanged(k)
	}
}

// keepPins saves the book and shows what it holds.
func (sv *server) keepPins() {
	if err := sv.pinned.save(sv.name()); err != nil {
		sv.b.log.Error("what was approved of a server is not kept", "server", sv.name(), "err", err)
	}
	sv.showPins()
}

// showPins shows what the book holds.
func (sv *server) showPins() {
	held, more := heldOf(sv.pinned.book)
	sv.mu.Lock()
	sv.held, sv.heldMore = held, more
	sv.mu.Unlock()
	sv.b.serverChanged(sv)
}

func heldOf(book *pin.Book) (held []Held, more int) {
	items, more := book.Items()
	for _, it := range items {
		switch {
		case it.Held == nil:
			return held, more // held ones come first
		case len(held) == heldShown:
			more++
		default:
			held = append(held, Held{it.Kind, it.Name, it.Approved == nil, it.Rejected, it.Unsteady, it.Since})
		}
	}
	return held, more
}

// recordPins writes down what a look has led to.
func (sv *server) recordPins(k pin.Kind, v pin.Verdict) {
	note := func(name, outcome, text string) {
		e := audit.Entry{Kind: audit.Pin, Server: sv.name(), Outcome: outcome, Note: text}
		if name != "" || k == pin.Instructions {
			e.Method, e.Name = string(k), clip(name)
		}
		sv.b.write(e)
	}
	if v.First > 0 {
		note("", "approved", "seen for the first time: "+howMany(v.First, k))
	}
	outcome := "held"
	if !sv.holding() {
		outcome = "noted"
	}
	for _, part := range []struct {
		things []pin.Thing
		text   string
	}{{v.Became, "it is not as it was approved"}, {v.New, "it is new"}} {
		for i, t := range part.things {
			if i == heldShown {
				note("", outcome, "and "+howMany(len(part.things)-i, k)+" more")
				break
			}
			note(t.Name, outcome, part.text)
		}
	}
}

// howMany is a number of things of a kind, in words.
func howMany(n int, k pin.Kind) string {
	switch {
	case k == pin.Instructions:
		return "the instructions"
	case n == 1:
		return "1 " + string(k)
	}
	return fmt.Sprintf("%d %ss", n, k)
}

// greeted is what the server says of itself, without instructions that are held. Lists can become others now whatever
// the server says, so agents may be told.
func (sv *server) greeted(result []byte) []byte {
	if sv.pinned == nil {
		return result
	}
	page, err := pin.Greeting(result)
	names := map[string]bool{}
	v := pin.Verdict{}
	if err == nil {
		for _, s := range page {
			names[s.Name] = true
		}
		v = sv.pinned.book.Look(pin.Instructions, nil, page, sv.b.now())
		sv.judged(pin.Instructions, v)
		sv.listEnded(pin.Instructions, nil, names)
	}
	if err != nil || len(v.Held) > 0 && sv.holding() {
		result = pin.WithoutInstructions(result)
	}
	for _, of := range listOf {
		if c := wire.Get(result, "capabilities", of.capability); c != nil && sv.holding() {
			result = wire.Set(result, []byte("true"), "capabilities", of.capability, "listChanged")
		}
	}
	return result
}

// tellChanged tells agents that a list of the server's is not as it was.
func (sv *server) tellChanged(k pin.Kind) {
	of, lists := listOf[k]
	if !lists || !sv.holding() {
		return
	}
	m := wire.NewNotification("notifications/"+of.capability+"/list_changed", nil)
	for _, l := range sv.allLinks() {
		if l.era == era.Legacy {
			l.publish(m)
		}
	}
	for _, s := range sv.b.single() {
		if s.target != sv {
			continue
		}
		if s.Revision() != "" {
			s.out.Send(m, false)
		}
		for _, c := range s.running() {
			c.tellChanged(m, of.capability)
		}
	}
}

// tellChanged tells a subscription at a modern process, whose own acknowledgement comes first.
func (c *call) tellChanged(m wire.Message, capability string) {
	if c.acknowledged.Load() && string(wire.Get(c.m.Params(), "notifications", capability+"ListChanged")) == "true" {
		c.send(m.With(wire.Edit{Meta: []wire.Member{{Key: "io.modelcontextprotocol/subscriptionId", Value: []byte(c.m.ID())}}}))
	}
}

// ErrNoServer is the error for a server that there is not.
var ErrNoServer = errors.New("there is no server of that name")

// Pins are all things of a server that are pinned, held ones first, and how many more are held than can be kept. The
// error is ErrNoServer.
func (b *Bridge) Pins(server string) (all []pin.Item, more int, err error) {
	sv := b.server(server)
	if sv == nil {
		return nil, 0, fmt.Errorf("pins of %q: %w", server, ErrNoServer)
	}
	if sv.pinned == nil {
		return nil, 0, nil
	}
	all, more = sv.pinned.book.Items()
	return all, more, nil
}

// AcceptPins approves things of a server as they are held, and returns those. Why others are not is in the error:
// ErrNoServer, pin.ErrNothingHeld, pin.ErrChangedAgain, pin.ErrUnseen.
func (b *Bridge) AcceptPins(server string, which []PinForm) ([]PinForm, error) {
	return b.decidePins(server, which, "accept", (*pin.Book).Accept)
}

// RejectPins has things of a server stay held without the owner being told of them any more. What it returns is as of
// AcceptPins.
func (b *Bridge) RejectPins(server string, which []PinForm) ([]PinForm, error) {
	return b.decidePins(server, which, "reject", (*pin.Book).Reject)
}

// PinForm is a thing in the form that the owner has looked at: its digest, or as much of it as Digest.Short. "" is
// whatever is held, which can only be rejected.
type PinForm struct {
	pin.Thing
	Digest pin.Digest
}

func (b *Bridge) decidePins(server string, which []PinForm, verb string, do func(*pin.Book, pin.Thing, pin.Digest) error) (done []PinForm, err error) {
	sv := b.server(server)
	if sv == nil || sv.pinned == nil {
		return nil, fmt.Errorf("%s pins of %q: %w", verb, server, ErrNoServer)
	}
	var errs []error
	var kinds []pin.Kind
	for _, w := range which {
		if err := do(sv.pinned.book, w.Thing, w.Digest); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", verb, strings.TrimSpace(string(w.Kind)+" "+w.Name), err))
			continue
		}
		done = append(done, w)
		if !slices.Contains(kinds, w.Kind) {
			kinds = append(kinds, w.Kind)
		}
	}
	if err := sv.pinned.save(sv.name()); err != nil {
		errs = append(errs, fmt.Errorf("it holds until the bridge ends, but is not kept: %w", err))
	}
	sv.showPins()
	for _, k := range kinds {
		sv.tellChanged(k)
	}
	return done, errors.Join(errs...)
}
