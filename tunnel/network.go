package tunnel

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	lookEvery = 2 * time.Second
	sleptFor  = 10 * time.Second // when so much time has passed since the last look, the machine slept
)

// network tells when this machine's addresses have changed, or it has slept: what was connected may be dead
// without a word.
type network struct {
	addresses func() ([]net.Addr, error) // net.InterfaceAddrs, but in tests
	clock     func() time.Time           // time.Now, but in tests

	mu      sync.Mutex    // guards the field below
	changes chan struct{} // closed, and replaced, at every change
}

func newNetwork() *network {
	return &network{addresses: net.InterfaceAddrs, clock: time.Now, changes: make(chan struct{})}
}

// changed returns a channel that is closed at the next change.
func (n *network) changed() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.changes
}

// watch looks until ctx is done.
func (n *network) watch(ctx context.Context) {
	last, before := n.look(), n.clock().Round(0)
	for pause(ctx, lookEvery) {
		now := n.clock().Round(0) // by the clock on the wall, which runs on in sleep
		slept := now.Sub(before) > sleptFor
		seen := n.look()
		if slept || seen != last {
			n.tell()
		}
		last, before = seen, now
	}
}

func (n *network) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.changes)
	n.changes = make(chan struct{})
}

// look returns the addresses in one text; "" where they cannot be read.
func (n *network) look() string {
	all, _ := n.addresses()
	texts := make([]string, 0, len(all))
	for _, a := range all {
		texts = append(texts, a.String())
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}
