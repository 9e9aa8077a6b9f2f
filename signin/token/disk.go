package token

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"drawbridge/signin/keychain"
)

// The room's bucket holds a digest that tells whether the pepper is the right one, and two buckets:
// the agents' records by folded name, and the key ids whose copy in the keychain, if there is one, nobody needs.
var (
	roomBucket   = []byte("token")
	pepperKey    = []byte("pepper")
	agentsBucket = []byte("agents")
	forgetBucket = []byte("forget")
)

// pepperText is what pepperKey's digest is of. It is no token.
const pepperText = "pepper"

// load reads all records, after making sure that the digests in them can be checked.
func (s *Store) load() (records []record, err error) {
	err = s.db.Update(func(tx *bbolt.Tx) error {
		room, err := tx.CreateBucketIfNotExists(roomBucket)
		if err != nil {
			return err
		}
		agents, err := room.CreateBucketIfNotExists(agentsBucket)
		if err != nil {
			return err
		}
		if _, err := room.CreateBucketIfNotExists(forgetBucket); err != nil {
			return err
		}
		err = agents.ForEach(func(name, value []byte) error {
			r, err := decode(name, value)
			records = append(records, r)
			return err
		})
		if err != nil {
			return err
		}
		if s.matches(pepperText, room.Get(pepperKey)) {
			return nil
		}
		if len(records) > 0 {
			return ErrOtherRoot
		}
		return room.Put(pepperKey, s.digest(pepperText))
	})
	return records, err
}

func decode(name, value []byte) (record, error) {
	var r record
	if err := json.Unmarshal(value, &r); err != nil {
		return r, fmt.Errorf("state.db is damaged at agent %q: %w", name, err)
	}
	sound := fold(r.Name) == string(name) && checkName(r.Name) == nil
	for _, k := range r.Keys {
		sound = sound && len(k.ID) == idSize && len(k.Digest) == sha256.Size
	}
	if !sound {
		return r, fmt.Errorf("state.db is damaged at agent %q", name)
	}
	return r, nil
}

// change is one transaction on the room's two buckets.
func (s *Store) change(do func(agents, forget *bbolt.Bucket) error) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		room := tx.Bucket(roomBucket)
		return do(room.Bucket(agentsBucket), room.Bucket(forgetBucket))
	})
}

func save(agents *bbolt.Bucket, r record) error {
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return agents.Put([]byte(fold(r.Name)), value)
}

// lend puts a token into the keychain. Its id is in the forget bucket first, so that a copy which no record
// comes to own is found and deleted.
func (s *Store) lend(id, text string) error {
	err := s.change(func(_, forget *bbolt.Bucket) error { return forget.Put([]byte(id), nil) })
	if err != nil {
		return err
	}
	return s.keychain.Set(id, text)
}

// sweep deletes the copies in the keychain that nobody needs. What it cannot delete waits for the
// next time: such a copy opens nothing. With s.mu held.
func (s *Store) sweep() {
	var gone [][]byte
	_ = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(roomBucket).Bucket(forgetBucket).ForEach(func(id, _ []byte) error {
			gone = append(gone, append([]byte(nil), id...))
			return nil
		})
	})
	if len(gone) == 0 {
		return
	}
	for i, id := range gone {
		if err := s.keychain.Delete(string(id)); err != nil && !errors.Is(err, keychain.ErrNotFound) {
			gone = gone[:i]
			break
		}
	}
	_ = s.change(func(_, forget *bbolt.Bucket) error {
		for _, id := range gone {
			if err := forget.Delete(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeUsed is what lazy runs.
func (s *Store) writeUsed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if s.flush() != nil && s.dirty.CompareAndSwap(false, true) {
		s.lazy.Reset(usedEvery)
	}
}

// flush writes the last uses that are not written yet. With s.mu held.
func (s *Store) flush() error {
	s.dirty.Store(false)
	var changed []*agent
	for _, a := range s.now.Load().agents {
		if r := a.current(); !r.Used.Equal(a.record.Used) && len(a.keys) > 0 {
			changed = append(changed, &agent{record: r, keys: a.keys, uses: a.uses})
		}
	}
	if len(changed) == 0 {
		return nil
	}
	err := s.change(func(agents, _ *bbolt.Bucket) error {
		for _, a := range changed {
			if err := save(agents, a.record); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, a := range changed {
		s.put(fold(a.record.Name), a)
	}
	return nil
}
