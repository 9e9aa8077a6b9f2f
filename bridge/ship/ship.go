// Package ship takes the record to a collector while it grows: by syslog (RFC 5424) or as OTLP logs.
//
//	Mark.Set -> Run: Source.Read -> Sender.Send … -> Sender.Confirm -> Position.Save
//
// It never holds up who writes the record, and keeps one batch in memory. What a collector has not taken stays in the record,
// and is sent again: a collector may see a record twice, and knows it by its number.
package ship

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Record is one record on its way.
type Record struct {
	Seq  uint64 // its number
	Time time.Time
	Kind string
	Bad  bool        // something was refused, failed or is damaged
	Line []byte      // as it is stored: JSON on one line
	With [][2]string // what of it a collector may want to search by: names and values; no value is ""
}

// Source is the record.
type Source interface {
	// Read returns a batch of the oldest records after the one numbered after, none beyond last; none at all when there are none.
	Read(after, last uint64) ([]Record, error)
}

// Position keeps how far a collector has taken the record.
type Position interface {
	Load() (seq uint64, known bool, err error)
	Save(seq uint64) error
}

// Sender brings records to one collector. Its methods are called by one goroutine; they end soon after ctx does.
type Sender interface {
	// Send hands a batch over.
	Send(ctx context.Context, batch []Record) error
	// Confirm returns nil once the collector has taken all that was sent since the last Confirm, and holds no connection open
	// then. After an error of either it is sent again.
	Confirm(ctx context.Context) error
}

// Mark is how far the record has grown, as far as it would outlive a power failure.
type Mark struct {
	mu    sync.Mutex // guards the fields below
	seq   uint64
	moved chan struct{} // closed when seq changes
}

// NewMark returns a mark at record seq.
func NewMark(seq uint64) *Mark { return &Mark{seq: seq, moved: make(chan struct{})} }

// Set moves the mark. It never waits.
func (m *Mark) Set(seq uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if seq != m.seq {
		m.seq = seq
		close(m.moved)
		m.moved = make(chan struct{})
	}
}

// now is where the mark is, and a channel that is closed when it moves.
func (m *Mark) now() (uint64, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seq, m.moved
}

// Shipment is the record on its way to one collector. All fields are required.
type Shipment struct {
	To       string // the collector, for the owner
	Mark     *Mark
	Source   Source
	Position Position
	Sender   Sender
	Log      *slog.Logger
	// Problem is told why nothing arrives, and with nil that it does again.
	Problem func(error)
}

const (
	firstWait = time.Second // before what failed is tried again; doubled each time
	lastWait  = 5 * time.Minute
	burst     = 64 // batches between two confirmations
)

// Run ships the record until ctx is done. A collector that is new gets what is recorded from now on; one that was known,
// what it has not taken yet.
func (s *Shipment) Run(ctx context.Context) {
	defer func() { _ = s.Sender.Confirm(ctx) }() // ends its connection; what is not confirmed is sent another time
	wait := firstWait
	for ctx.Err() == nil {
		err := s.follow(ctx, func() { wait = firstWait })
		if err == nil || ctx.Err() != nil {
			continue
		}
		s.Problem(fmt.Errorf("the record does not reach %s: %w", s.To, err))
		pause(ctx, wait/2+rand.N(wait/2))
		wait = min(2*wait, lastWait)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// follow ships what there is and what comes, until something fails. well is called when something has arrived.
func (s *Shipment) follow(ctx context.Context, well func()) error {
	at, err := s.begin()
	for err == nil && ctx.Err() == nil {
		last, moved := s.Mark.now()
		if last < at {
			s.Log.Warn("ship: the record begins anew", "to", s.To, "had", at, "has", last)
			at = 0
		}
		var sent uint64
		if sent, err = s.send(ctx, at, last); err != nil {
			return err
		}
		if sent == at {
			select {
			case <-moved:
			case <-ctx.Done():
			}
			continue
		}
		if err = s.Position.Save(sent); err != nil {
			return fmt.Errorf("keep how far it got: %w", err)
		}
		at = sent
		well()
		s.Problem(nil)
	}
	return err
}

// begin is where to begin: where the collector was, or at the end of what is recorded.
func (s *Shipment) begin() (uint64, error) {
	at, known, err := s.Position.Load()
	if known || err != nil {
		return at, err
	}
	at, _ = s.Mark.now()
	return at, s.Position.Save(at)
}

// send sends records after at up to last, a burst of them, and returns the number of the last that the collector has taken.
func (s *Shipment) send(ctx context.Context, at, last uint64) (uint64, error) {
	sent := at
	for range burst {
		batch, err := s.Source.Read(sent, last)
		if err != nil {
			return at, err
		}
		if len(batch) == 0 {
			break
		}
		if first := batch[0].Seq; first > sent+1 {
			s.Log.Warn("ship: records were no longer there", "to", s.To, "from", sent+1, "until", first-1)
		}
		if err := s.Sender.Send(ctx, batch); err != nil {
			return at, err
		}
		sent = batch[len(batch)-1].Seq
	}
	if sent == at {
		return at, nil
	}
	return sent, s.Sender.Confirm(ctx)
}
