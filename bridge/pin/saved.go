package pin

import (
	"encoding/json"
	"time"
)

// saved is a Book as it is kept.
type saved struct {
	Seen   []Kind       `json:"seen"`
	Things []savedThing `json:"things"`
}

type savedThing struct {
	Thing
	Approved []Form    `json:"approved,omitempty"`
	Held     *Form     `json:"held,omitempty"`
	Since    time.Time `json:"since,omitzero"`
	Rejected Digest    `json:"rejected,omitempty"`
	Changes  int       `json:"changes,omitempty"`
}

// MarshalJSON makes of a Book what is kept between runs.
func (b *Book) MarshalJSON() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var s saved
	for _, k := range Kinds {
		if b.seen[k] {
			s.Seen = append(s.Seen, k)
		}
	}
	for t, e := range b.things {
		s.Things = append(s.Things, savedThing{t, e.approved, e.held, e.since, e.rejected, e.changes})
	}
	return json.Marshal(s)
}

// UnmarshalJSON makes a zero Book what was kept.
func (b *Book) UnmarshalJSON(data []byte) error {
	var s saved
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = map[Kind]bool{}
	for _, k := range s.Seen {
		b.seen[k] = true
	}
	for _, t := range s.Things {
		e := b.enter(t.Thing)
		e.approved, e.held, e.since, e.rejected, e.changes = t.Approved, t.Held, t.Since, t.Rejected, t.Changes
		for _, f := range t.Approved {
			b.text += len(f.Text)
		}
		if t.Held != nil {
			b.text += len(t.Held.Text)
			b.held++
		}
	}
	return nil
}

// Closed is the Book of a server whose pins were lost: everything that it shows is held until the owner accepts it.
func Closed() *Book {
	b := &Book{seen: map[Kind]bool{}}
	for _, k := range Kinds {
		b.seen[k] = true
	}
	return b
}
