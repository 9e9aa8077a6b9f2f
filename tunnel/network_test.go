package tunnel

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestNetworkWatch: another address and a night's sleep are told, and nothing else.
func TestNetworkWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var address atomic.Pointer[net.IP]
		var slept atomic.Int64 // nanoseconds
		moves := func(last byte) { ip := net.IPv4(192, 0, 2, last); address.Store(&ip) }
		moves(1)
		n := newNetwork()
		n.addresses = func() ([]net.Addr, error) {
			return []net.Addr{&net.IPNet{IP: *address.Load(), Mask: net.CIDRMask(24, 32)}}, nil
		}
		n.clock = func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go n.watch(ctx)
		synctest.Wait()
		for _, c := range []struct {
			name   string
			change func()
			told   bool
		}{
			{"nothing", func() {}, false},
			{"another address", func() { moves(2) }, true},
			{"still that one", func() {}, false},
			{"an hour's sleep", func() { slept.Add(int64(time.Hour)) }, true},
			{"a clock that is set by seconds", func() { slept.Add(int64(time.Second)) }, false},
		} {
			changed := n.changed()
			c.change()
			time.Sleep(lookEvery + time.Millisecond)
			synctest.Wait()
			if isClosed(changed) != c.told {
				t.Errorf("%s: told is %v", c.name, !c.told)
			}
		}
	})
}
