// Package token issues, checks, rotates and revokes the tokens of agents.
//
// A token is kept in two places: the token itself in the owner's keychain, so that it can be copied again, and a keyed
// digest of it in the state database. Checking one touches neither.
package token

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"drawbridge/internal/caller"
	"drawbridge/signin/keychain"
)

// Why Verify refuses, besides ErrMalformed. An agent is to be told none of this.
var (
	// ErrUnknown means a token that was never issued, or was revoked.
	ErrUnknown = errors.New("unknown or revoked token")
	// ErrExpired means a token whose time is over. It is caller.ErrEnded.
	ErrExpired = fmt.Errorf("expired token: %w", caller.ErrEnded)
)

var (
	// ErrNoAgent means that no agent has that name.
	ErrNoAgent = errors.New("no such agent")
	// ErrTaken means that there is an agent of that name, in whatever case.
	ErrTaken = errors.New("there is an agent of that name already: choose another name, or rotate or revoke its token")
	// ErrOtherRoot means that the tokens in the database were made under another root secret, so
	// that none of them could be checked.
	ErrOtherRoot = errors.New("the agents' tokens were made with another keychain: start with the one used before, or move state.db away and issue new tokens")
)

// Config is what a Store needs.
type Config struct {
	// DB is the state database, required. The store does not close it.
	DB *bbolt.DB
	// Pepper keys the digests, required: 32 bytes that are always the same, and not in DB.
	Pepper []byte
	// Keychain holds the tokens themselves under `token/` and the key id; required.
	Keychain keychain.Keychain
	// Moved, if not nil, is told that a key, which is a grant to the gate, ends at another time than
	// Verify said before. A time that is not in the future means now: the key is refused already. It is
	// called without locks, before the method that moved the end returns.
	Moved func(grant string, ends time.Time)
}

// Store is the tokens of all agents. All its methods may be called by any number of goroutines.
type Store struct {
	db       *bbolt.DB
	keychain keychain.Keychain
	moved    func(string, time.Time)
	hashers  sync.Pool // of *hasher under the pepper

	now   atomic.Pointer[index] // what Verify and List see; replaced, never changed
	dirty atomic.Bool           // some agent was used since its record was written; who sets it starts lazy
	lazy  *time.Timer           // runs writeUsed

	mu     sync.Mutex // held by whoever changes agents, on disk and in now; guards the fields below
	closed bool
}

// index is every agent and every key at one moment.
type index struct {
	agents map[string]*agent // by folded name
	keys   map[string]*key   // by key id
}

// usedEvery is how often the last uses are written, at most.
const usedEvery = time.Minute

// Open returns the store in cfg.DB. Whatever an earlier run could not finish is finished.
func Open(cfg Config) (*Store, error) {
	if len(cfg.Pepper) < 32 {
		return nil, fmt.Errorf("open tokens: a pepper of %d bytes is too short", len(cfg.Pepper))
	}
	if cfg.Moved == nil {
		cfg.Moved = func(string, time.Time) {}
	}
	s := &Store{db: cfg.DB, keychain: keychain.Under(cfg.Keychain, "token/"), moved: cfg.Moved}
	pepper := slices.Clone(cfg.Pepper)
	s.hashers.New = func() any { return newHasher(pepper) }
	records, err := s.load()
	if err != nil {
		return nil, fmt.Errorf("open tokens: %w", err)
	}
	agents := make([]*agent, len(records))
	for i, r := range records {
		agents[i] = newAgent(r)
	}
	s.now.Store(newIndex(agents))
	s.lazy = time.AfterFunc(usedEvery, s.writeUsed)
	s.lazy.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	return s, nil
}

// Close writes the last uses and ends the writing of them. It does not close the database.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.lazy.Stop()
	if err := s.flush(); err != nil {
		return fmt.Errorf("close tokens: %w", err)
	}
	return nil
}

// Verify returns who presents the token and when that ends, which is the zero time for never. The
// error is ErrMalformed, ErrUnknown or ErrExpired. It reads neither disk nor keychain.
func (s *Store) Verify(token string) (*caller.Caller, time.Time, error) {
	if err := Check(token); err != nil {
		return nil, time.Time{}, err
	}
	k := s.now.Load().keys[keyID(token)]
	if k == nil || !s.matches(token, k.digest) {
		return nil, time.Time{}, ErrUnknown
	}
	now := time.Now()
	if k.overAt(now) {
		return nil, time.Time{}, ErrExpired
	}
	if k.uses.mark(now) && s.dirty.CompareAndSwap(false, true) {
		s.lazy.Reset(usedEvery)
	}
	return k.caller, k.ends, nil
}

// List returns all agents, ordered by name. It is the holder's own.
func (s *Store) List() []Info {
	now := time.Now()
	agents := s.now.Load().agents
	list := make([]Info, 0, len(agents))
	for _, a := range agents {
		list = append(list, a.info(now))
	}
	slices.SortFunc(list, func(a, b Info) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return list
}

func newIndex(agents []*agent) *index {
	x := &index{agents: map[string]*agent{}, keys: map[string]*key{}}
	for _, a := range agents {
		x.agents[fold(a.record.Name)] = a
		for _, k := range a.keys {
			x.keys[k.id] = k
		}
	}
	return x
}

// put makes a the agent of that folded name, or removes it if a is nil. With s.mu held.
func (s *Store) put(folded string, a *agent) {
	var agents []*agent
	for name, other := range s.now.Load().agents {
		if name != folded {
			agents = append(agents, other)
		}
	}
	if a != nil {
		agents = append(agents, a)
	}
	s.now.Store(newIndex(agents))
}
