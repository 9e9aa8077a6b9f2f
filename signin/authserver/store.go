package authserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// store is the room's part of the state database. Everything in it is JSON; tokens and codes are
// there by their signature alone.
//
// A request to /token is one transaction, which fosite's handlers find in their context: what they
// read cannot change before they write, so that a code is exchanged once whatever happens at the
// same time.
type store struct {
	db    *bbolt.DB
	index *index
	ended func(grant string)

	mu     sync.Mutex      // held by whoever writes, until index says the same; guards the fields below
	swept  time.Time       // when what is over was last deleted
	failed map[string]bool // agents, in lower case, whose end could not be written
}

var roomBucket = []byte("authserver")

// kind is what a bucket is of.
type kind string

const (
	clientsBucket kind = "clients"    // by id
	grantsBucket  kind = "grants"     // by id
	seenBucket    kind = "assertions" // digests of assertions that were used, until their end

	// By signature.
	kindCode      kind = "codes"
	kindChallenge kind = "challenges"
	kindAccess    kind = "access"
	kindRefresh   kind = "refresh"
)

const (
	maxClients = 2000
	sweepEvery = 10 * time.Minute
	// rememberUsed is how long a refresh token that was used is known as such.
	rememberUsed = 7 * 24 * time.Hour
)

// openStore reads what is there into x. ended is called, without locks, for each grant that ends.
func openStore(db *bbolt.DB, x *index, ended func(grant string)) (*store, error) {
	s := &store{db: db, index: x, ended: ended, failed: map[string]bool{}}
	return s, db.Update(func(tx *bbolt.Tx) error {
		room, err := tx.CreateBucketIfNotExists(roomBucket)
		if err != nil {
			return err
		}
		for _, name := range []kind{clientsBucket, grantsBucket, seenBucket, kindCode, kindChallenge, kindAccess, kindRefresh} {
			if _, err := room.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		if err := s.sweep(tx, time.Now()); err != nil {
			return err
		}
		return s.load(room)
	})
}

func (s *store) load(room *bbolt.Bucket) error {
	err := room.Bucket([]byte(grantsBucket)).ForEach(func(id, value []byte) error {
		var r grantRecord
		if err := json.Unmarshal(value, &r); err != nil || r.ID != string(id) {
			return fmt.Errorf("state.db is damaged at grant %q", id)
		}
		s.index.put(r)
		return nil
	})
	if err != nil {
		return err
	}
	return room.Bucket([]byte(kindAccess)).ForEach(func(signature, value []byte) error {
		var r tokenRecord
		if err := json.Unmarshal(value, &r); err != nil {
			return errors.New("state.db is damaged at an access token")
		}
		s.index.addAccess(string(signature), access{r.Grant, r.Ends})
		return nil
	})
}

// txKey is the key of a transaction in a context.
type txKey struct{}

// write runs do in a transaction, which its context carries. An error of OAuth's is an outcome
// like another: what was written before it stays, such as that a grant was revoked because its
// refresh token came twice. Any other error undoes all.
func (s *store) write(ctx context.Context, do func(ctx context.Context, tx *bbolt.Tx) error) error {
	var outcome error
	var ended []string
	err := s.update(func(tx *bbolt.Tx) error {
		ctx := context.WithValue(ctx, txKey{}, &transaction{tx, &ended})
		if outcome = do(ctx, tx); outcome != nil && problemOf(outcome) == problemOurs {
			return outcome
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, grant := range ended {
		s.ended(grant)
	}
	return outcome
}

// update runs do in a transaction. When it returns, index says what the database says.
func (s *store) update(do func(tx *bbolt.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db.Update(func(tx *bbolt.Tx) error {
		if err := s.sweep(tx, time.Now()); err != nil {
			return err
		}
		return do(tx)
	})
}

// transaction is one that is under way, and the grants that end with it.
type transaction struct {
	*bbolt.Tx
	ended *[]string
}

func (tx *transaction) bucket(k kind) *bbolt.Bucket { return bucketIn(tx.Tx, k) }

// within returns the transaction that ctx carries.
func within(ctx context.Context) *transaction { return ctx.Value(txKey{}).(*transaction) }

func bucketIn(tx *bbolt.Tx, k kind) *bbolt.Bucket { return tx.Bucket(roomBucket).Bucket([]byte(k)) }

func put(b *bbolt.Bucket, key string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.Put([]byte(key), value)
}

// putGrant writes a grant, which Verify knows once the transaction is over.
func (s *store) putGrant(tx *bbolt.Tx, r grantRecord) error {
	tx.OnCommit(func() { s.index.put(r) })
	return put(bucketIn(tx, grantsBucket), r.ID, r)
}

// endGrant deletes a grant. Its tokens are worth nothing from then on, and are swept later.
func (s *store) endGrant(tx *transaction, id string) error {
	tx.OnCommit(func() { s.index.drop(id) })
	*tx.ended = append(*tx.ended, id)
	return bucketIn(tx.Tx, grantsBucket).Delete([]byte(id))
}

// endAgent ends all grants of an agent: in memory first, so that none is accepted even if that
// cannot be written.
func (s *store) endAgent(agent string) error {
	of := func(r *grantRecord) bool { return strings.EqualFold(r.Agent, agent) }
	s.mu.Lock()
	ended := s.index.all(of)
	for _, r := range ended {
		s.index.drop(r.ID)
	}
	err := s.db.Update(func(tx *bbolt.Tx) error { return deleteGrants(bucketIn(tx, grantsBucket), of) })
	if delete(s.failed, strings.ToLower(agent)); err != nil {
		s.failed[strings.ToLower(agent)] = true
	}
	s.mu.Unlock()
	for _, r := range ended {
		s.ended(r.ID)
	}
	return err
}

func deleteGrants(grants *bbolt.Bucket, of func(*grantRecord) bool) error {
	c := grants.Cursor()
	for id, value := c.First(); id != nil; id, value = c.Next() {
		var r grantRecord
		if json.Unmarshal(value, &r) != nil || !of(&r) {
			continue
		}
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}

// unwritten reports whether the end of that agent could not be written.
func (s *store) unwritten(agent string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed[strings.ToLower(agent)]
}

// client returns a client that registered itself.
func (s *store) client(id string) (*client, error) {
	c := &client{}
	err := s.db.View(func(tx *bbolt.Tx) error {
		value := bucketIn(tx, clientsBucket).Get([]byte(id))
		if value == nil {
			return errNoClient
		}
		return json.Unmarshal(value, c)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// addClient keeps a client. Where there are too many, the oldest one that has no grant goes.
func (s *store) addClient(c *client, granted map[string]bool) error {
	return s.write(context.Background(), func(_ context.Context, tx *bbolt.Tx) error {
		clients := bucketIn(tx, clientsBucket)
		count, oldest, age := 0, []byte(nil), time.Now()
		err := clients.ForEach(func(id, value []byte) error {
			count++
			var other client
			if json.Unmarshal(value, &other) == nil && !granted[other.ID] && other.Created.Before(age) {
				oldest, age = append([]byte(nil), id...), other.Created
			}
			return nil
		})
		if err != nil {
			return err
		}
		if count >= maxClients {
			if oldest == nil {
				return problemBusy
			}
			if err := clients.Delete(oldest); err != nil {
				return err
			}
		}
		return put(clients, c.ID, c)
	})
}

// useAssertion notes that an assertion was used, and reports whether it was for the first time.
func useAssertion(tx *bbolt.Tx, digest []byte, ends time.Time) (first bool, err error) {
	seen := bucketIn(tx, seenBucket)
	if seen.Get(digest) != nil {
		return false, nil
	}
	return true, put(seen, string(digest), tokenRecord{Ends: ends})
}

// sweep deletes what is over, now and then.
func (s *store) sweep(tx *bbolt.Tx, now time.Time) error {
	if now.Sub(s.swept) < sweepEvery {
		return nil
	}
	s.swept = now
	for _, k := range []kind{grantsBucket, seenBucket, kindCode, kindChallenge, kindAccess, kindRefresh} {
		if err := s.sweepBucket(tx, k, now); err != nil {
			return err
		}
	}
	tx.OnCommit(func() { s.index.sweep(now) })
	return nil
}

func (s *store) sweepBucket(tx *bbolt.Tx, k kind, now time.Time) error {
	c := bucketIn(tx, k).Cursor()
	for key, value := c.First(); key != nil; key, value = c.Next() {
		var r struct{ Ends, Used time.Time } // what grants and tokens have in common
		if json.Unmarshal(value, &r) == nil && now.Before(r.Ends) && (k != kindRefresh || r.Used.IsZero() || now.Sub(r.Used) < rememberUsed) {
			continue
		}
		if id := string(key); k == grantsBucket {
			tx.OnCommit(func() { s.index.drop(id) })
		}
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}
