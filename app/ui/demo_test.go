//go:build demo && cgo && !nogui

package ui

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"drawbridge/bridge"
)

// TestMain runs the real window with a household in it, to look at.
//
//	go test -c -tags demo,migrated_fynedo,x11,gles -o demo ./app/ui
func TestMain(*testing.M) {
	f := newFake()
	if os.Getenv("DRAWBRIDGE_EMPTY") == "" {
		f.state, f.payloads = house(time.Now()), housePayloads()
	}
	ctx, stop := context.WithCancel(context.Background())
	go f.live(ctx)
	err := Run(ctx, Config{App: f, Theme: os.Getenv("DRAWBRIDGE_THEME")})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, "asked:", f.said())
}

// live makes calls come in, run and end.
func (f *fake) live(ctx context.Context) {
	tick := time.NewTicker(700 * time.Millisecond)
	defer tick.Stop()
	kinds := houseCalls(time.Now())
	var open []uint64
	for id := uint64(len(kinds) + 1); ; id++ {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			f.mu.Lock()
			raised := f.state.Raised
			f.mu.Unlock()
			if raised || os.Getenv("DRAWBRIDGE_STILL") != "" {
				continue
			}
			c := kinds[int(id)%len(kinds)]
			end := c.End
			c.ID, c.Started, c.Ended, c.End = id, now, false, bridge.Outcome{}
			f.publish(bridge.CallStarted{Call: c})
			if open = append(open, id); len(open) > 3 {
				if end.Result == "" {
					end = bridge.Outcome{Result: bridge.OK}
				}
				end.Took = 2100 * time.Millisecond
				f.publish(bridge.CallEnded{ID: open[0], End: end})
				open = slices.Delete(open, 0, 1)
			}
		}
	}
}
