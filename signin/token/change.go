package token

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"drawbridge/internal/caller"
	"drawbridge/signin/keychain"
)

// New issues the first token of a new agent and returns it. Scopes must not be empty; the zero expires
// is never. The name is 1 to 64 printable characters that no agent has in any case, else ErrTaken.
//
// On an error there is no such agent. A crash leaves either that or an agent in List whose token
// Reveal returns.
func (s *Store) New(name string, scopes []caller.Scope, expires time.Time) (string, Info, error) {
	token, info, err := s.create(name, scopes, expires)
	if err != nil {
		return "", Info{}, fmt.Errorf("new token for %q: %w", name, err)
	}
	return token, info, nil
}

func (s *Store) create(name string, scopes []caller.Scope, expires time.Time) (string, Info, error) {
	now := moment(time.Now())
	if err := checkName(name); err != nil {
		return "", Info{}, err
	}
	if err := checkScopes(scopes); err != nil {
		return "", Info{}, err
	}
	if over(expires, now) {
		return "", Info{}, errors.New("its end has passed already")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.Load().agents[fold(name)] != nil {
		return "", Info{}, ErrTaken
	}
	r := record{Name: name, Scopes: cloneScopes(scopes), Created: now, Expires: moment(expires)}
	token, r, err := s.addKey(r, now)
	if err != nil {
		return "", Info{}, err
	}
	a := newAgent(r)
	s.put(fold(name), a)
	return token, a.info(now), nil
}

// Rotate issues another token for the agent and returns it. The one before it is accepted for grace
// longer, or not any more if grace is not positive; an older one ends at once. What the agent may do
// and when it expires stays as it is. On an error nothing has changed.
func (s *Store) Rotate(name string, grace time.Duration) (string, error) {
	token, moved, err := s.rotate(name, grace)
	if err != nil {
		return "", fmt.Errorf("rotate the token of %q: %w", name, err)
	}
	for _, k := range moved {
		s.moved(k.ID, k.Ends)
	}
	return token, nil
}

func (s *Store) rotate(name string, grace time.Duration) (token string, moved []Key, err error) {
	now := moment(time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.now.Load().agents[fold(name)]
	if a == nil {
		return "", nil, ErrNoAgent
	}
	r := a.current()
	if over(r.Expires, now) {
		return "", nil, errors.New("the agent has expired: revoke it and issue a new token")
	}
	if len(a.keys) == 0 {
		return "", nil, errNotWritten
	}
	for i, k := range a.keys {
		ends := now
		if i == 0 {
			ends = earlier(k.ends, now.Add(max(grace, 0)))
		}
		moved = append(moved, Key{ID: k.id, Ends: ends})
	}
	r.Keys = slices.Clone(r.Keys[:1])
	r.Keys[0].Ends = moved[0].Ends
	if over(r.Keys[0].Ends, now) {
		r.Keys = nil
	}
	token, r, err = s.addKey(r, now)
	if err != nil {
		return "", nil, err
	}
	s.put(fold(name), a.with(r))
	s.sweep()
	return token, moved, nil
}

// addKey mints a token and writes r with its key, the newest: first the token to the keychain, then
// the record, so that no token is alive that the owner cannot see. With s.mu held.
func (s *Store) addKey(r record, now time.Time) (string, record, error) {
	token, id := mint()
	if err := s.lend(id, token); err != nil {
		s.sweep()
		return "", r, err
	}
	added := keyRecord{ID: id, Digest: s.digest(token), Created: now}
	r.Keys = append([]keyRecord{added}, r.Keys...)
	err := s.change(func(agents, forget *bbolt.Bucket) error {
		// Only the newest token can be copied again.
		if old := s.now.Load().agents[fold(r.Name)]; old != nil {
			if err := forgetKeys(forget, old); err != nil {
				return err
			}
		}
		return errors.Join(save(agents, r), forget.Delete([]byte(id)))
	})
	if err != nil {
		s.sweep()
		return "", r, err
	}
	return token, r, nil
}

var errNotWritten = errors.New("it is being revoked: revoke it again to finish")

// Revoke ends an agent and all its tokens. When it returns, none is accepted any more, also if there is an error
// other than ErrNoAgent: then they would be again after a restart, and Revoke may be called again.
func (s *Store) Revoke(name string) error {
	ended, err := s.revoke(name)
	now := time.Now()
	for _, k := range ended {
		s.moved(k.id, now)
	}
	if err != nil {
		return fmt.Errorf("revoke %q: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	return nil
}

func (s *Store) revoke(name string) (ended []*key, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.now.Load().agents[fold(name)]
	if a == nil {
		return nil, ErrNoAgent
	}
	s.put(fold(name), &agent{record: a.record, uses: a.uses}) // no key: refused from here on
	err = s.change(func(agents, forget *bbolt.Bucket) error {
		if err := forgetKeys(forget, a); err != nil {
			return err
		}
		return agents.Delete([]byte(fold(name)))
	})
	if err != nil {
		return a.keys, fmt.Errorf("refused from now on, but that could not be written: mend the cause and revoke again, or a restart brings it back: %w", err)
	}
	s.put(fold(name), nil)
	return a.keys, nil
}

func forgetKeys(forget *bbolt.Bucket, a *agent) error {
	for _, k := range a.record.Keys {
		if err := forget.Put([]byte(k.ID), nil); err != nil {
			return err
		}
	}
	return nil
}

// Reveal returns the agent's newest token from the keychain.
func (s *Store) Reveal(name string) (string, error) {
	token, err := s.reveal(name)
	if err != nil {
		return "", fmt.Errorf("reveal the token of %q: %w", name, err)
	}
	return token, nil
}

func (s *Store) reveal(name string) (string, error) {
	a := s.now.Load().agents[fold(name)]
	if a == nil {
		return "", ErrNoAgent
	}
	if len(a.keys) == 0 {
		return "", errNotWritten
	}
	k := a.keys[0]
	text, err := s.keychain.Get(k.id)
	if errors.Is(err, keychain.ErrNotFound) {
		return "", fmt.Errorf("%w: rotate it to get another", err)
	}
	if err != nil {
		return "", err
	}
	if Check(text) != nil || !bytes.Equal(s.digest(text), k.digest) {
		return "", errors.New("the keychain holds something else under its name: rotate it to get another")
	}
	return text, nil
}

// moment is t as it is after a restart.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Round(0)
}
