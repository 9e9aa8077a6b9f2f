package bench

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/internal/wire"
)

// talk is one session, as an agent has it.
type talk interface {
	// caller makes one call at a time; a talk may have many.
	caller() (caller, error)
	close()
}

// caller is one road to a talk.
type caller interface {
	// call returns the answer, good until the next call.
	call(id int64, msg []byte) ([]byte, error)
	// tell sends what has no answer.
	tell(msg []byte) error
	close()
}

// lastID counts the requests of all talks: an id names one call, whoever makes it.
var lastID atomic.Int64

// patience is how long calls may take together with the phase that they are in: longer, and they count as lost.
const patience = time.Minute

// greet opens a session of the handshake revisions.
func greet(c caller) error {
	id := lastID.Add(1)
	msg := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`, id)
	answer, err := c.call(id, msg)
	if err != nil {
		return fmt.Errorf("initialize: %w", err)
	}
	if wire.Get(answer, "result", "protocolVersion") == nil {
		return fmt.Errorf("initialize was answered %.300q", answer)
	}
	return c.tell([]byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`))
}

// gather opens n talks, a few at a time as they would come.
func gather(n int, open func() (talk, error)) ([]talk, error) {
	talks, errs := make([]talk, n), make([]error, n)
	door := make(chan struct{}, 8) // how many may knock at once
	var wg sync.WaitGroup
	for i := range talks {
		wg.Go(func() {
			door <- struct{}{}
			defer func() { <-door }()
			talks[i], errs[i] = open()
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		closeAll(talks)
		return nil, err
	}
	return talks, nil
}

func closeAll(talks []talk) {
	var wg sync.WaitGroup
	for _, t := range talks {
		if t != nil {
			wg.Go(t.close)
		}
	}
	wg.Wait()
}
