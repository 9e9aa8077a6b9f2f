package token

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"drawbridge/internal/caller"
)

// Info is an agent as the owner is shown it. It holds no secret.
type Info struct {
	Name    string
	Scopes  []caller.Scope
	Created time.Time
	Expires time.Time // zero is never
	Used    time.Time // to the second; zero is never
	// Keys are the ones that are accepted, newest first: two while a rotation overlaps, none when
	// the agent has expired or its revocation could not be written.
	Keys []Key
}

// Key is one token of an agent without its secret. Its ID is the grant of the callers it admits.
type Key struct {
	ID      string
	Created time.Time
	Ends    time.Time // zero is never
}

// record is an agent in the database.
type record struct {
	Name    string         `json:"name"`
	Scopes  []caller.Scope `json:"scopes"`
	Created time.Time      `json:"created"`
	Expires time.Time      `json:"expires,omitzero"`
	Used    time.Time      `json:"used,omitzero"`
	Keys    []keyRecord    `json:"keys"` // newest first, two at most
}

type keyRecord struct {
	ID      string    `json:"id"`
	Digest  []byte    `json:"digest"` // HMAC-SHA-256 of the token under the pepper
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends,omitzero"` // only when a rotation ends it, before the agent expires
}

// agent is a record in memory. Only its uses change.
type agent struct {
	record record
	keys   []*key
	uses   *uses
}

type key struct {
	id      string
	digest  []byte
	created time.Time
	ends    time.Time // zero is never
	caller  *caller.Caller
	uses    *uses // the agent's
}

// uses is when an agent was last used, in seconds of Unix time.
type uses struct{ last atomic.Int64 }

// mark notes a use and reports whether that changed anything.
func (u *uses) mark(now time.Time) bool {
	t := now.Unix()
	return u.last.Load() < t && u.last.Swap(t) != t
}

func newAgent(r record) *agent {
	a := &agent{record: r, uses: &uses{}}
	if !r.Used.IsZero() {
		a.uses.last.Store(r.Used.Unix())
	}
	return a.with(r)
}

// with returns the agent as r says, with the uses that a has and goes on to have.
func (a *agent) with(r record) *agent {
	next := &agent{record: r, uses: a.uses}
	for _, k := range r.Keys {
		next.keys = append(next.keys, &key{
			id: k.ID, digest: k.Digest, created: k.Created, ends: earlier(r.Expires, k.Ends), uses: a.uses,
			caller: &caller.Caller{Agent: r.Name, Grant: k.ID, Scopes: cloneScopes(r.Scopes)},
		})
	}
	return next
}

// current is the agent's record with its last use.
func (a *agent) current() record {
	r := a.record
	if t := a.uses.last.Load(); t != 0 {
		r.Used = time.Unix(t, 0).UTC()
	}
	return r
}

func (a *agent) info(now time.Time) Info {
	r := a.current()
	i := Info{Name: r.Name, Scopes: cloneScopes(r.Scopes), Created: r.Created, Expires: r.Expires, Used: r.Used}
	for _, k := range a.keys {
		if !k.overAt(now) {
			i.Keys = append(i.Keys, Key{ID: k.id, Created: k.created, Ends: k.ends})
		}
	}
	return i
}

func (k *key) overAt(now time.Time) bool { return over(k.ends, now) }

// over reports whether what ends then has ended; the zero time is never.
func over(ends, now time.Time) bool { return !ends.IsZero() && !now.Before(ends) }

// earlier returns the earlier of two ends, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func cloneScopes(scopes []caller.Scope) []caller.Scope {
	scopes = slices.Clone(scopes)
	for i := range scopes {
		scopes[i].Tools = slices.Clone(scopes[i].Tools)
	}
	return scopes
}

const maxName = 64

// checkName says what is wrong with a name. What is allowed can be shown and told apart by a person.
func checkName(name string) error {
	printable := utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
	if !printable || name == "" || utf8.RuneCountInString(name) > maxName || strings.TrimSpace(name) != name {
		return fmt.Errorf("an agent's name is 1 to %d printable characters, without spaces around them", maxName)
	}
	return nil
}

// checkScopes says what is wrong with the scopes of a new token.
func checkScopes(scopes []caller.Scope) error {
	if len(scopes) == 0 {
		return fmt.Errorf("it would allow nothing: name a server, or %q for all", "*")
	}
	for _, s := range scopes {
		if s.Server == "" || slices.Contains(s.Tools, "") {
			return fmt.Errorf("a server or a tool has no name")
		}
	}
	return nil
}

// fold maps names that differ in case alone to one: of each character's variants it takes the first.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		first := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			first = min(first, next)
		}
		return first
	}, name)
}
