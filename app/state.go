package app

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/bridge/ship"
)

// openState opens the state database at path, in a home that is locked.
func openState(path string) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Second, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType,
	})
	if err != nil {
		return nil, fmt.Errorf("open state.db: %w", err)
	}
	return db, nil
}

// put writes one value of one of App's own buckets.
func put(db *bbolt.DB, bucket, key string, value []byte) error {
	return db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(bucket))
		if err != nil {
			return err
		}
		return b.Put([]byte(key), value)
	})
}

// get reads one value; nil when it was never written.
func get(db *bbolt.DB, bucket, key string) (value []byte, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(bucket)); b != nil {
			value = append([]byte(nil), b.Get([]byte(key))...)
		}
		return nil
	})
	return value, err
}

// checkpoint keeps the head of the audit log in state.db: apart from the log, so that a tail that was
// cut off shows.
type checkpoint struct {
	db    *bbolt.DB
	saved *ship.Mark // told of what was saved; nil is nobody
}

func (c checkpoint) Load() (h audit.Head, err error) {
	b, err := get(c.db, "audit", "head")
	switch {
	case err != nil || len(b) == 0:
		return h, err
	case len(b) != 8+len(h.MAC):
		return h, errors.New("state.db: the audit checkpoint is damaged")
	}
	h.Seq = binary.BigEndian.Uint64(b)
	copy(h.MAC[:], b[8:])
	return h, nil
}

func (c checkpoint) Save(h audit.Head) error {
	err := put(c.db, "audit", "head", append(binary.BigEndian.AppendUint64(nil, h.Seq), h.MAC[:]...))
	if err == nil && c.saved != nil {
		c.saved.Set(h.Seq)
	}
	return err
}

// memory keeps what was learned about servers in state.db: a value is the version of the
// configuration that it was learned under, a blank, the era, and after another blank "asks" where the server does.
type memory struct {
	db  *bbolt.DB
	log *slog.Logger
}

func (m memory) Recall(server, version string) bridge.Facts {
	b, err := get(m.db, "era", server)
	words := strings.Fields(string(b))
	if err != nil || len(words) < 2 || words[0] != version {
		return bridge.Facts{}
	}
	for e := range era.Both + 1 {
		if words[1] == e.String() {
			return bridge.Facts{Era: e, Asks: len(words) > 2}
		}
	}
	return bridge.Facts{}
}

func (m memory) Remember(server, version string, f bridge.Facts) {
	text := version + " " + f.Era.String()
	if f.Asks {
		text += " asks"
	}
	if err := put(m.db, "era", server, []byte(text)); err != nil {
		m.log.Warn("what a server speaks is not remembered", "server", server, "err", err)
	}
}
