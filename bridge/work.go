package bridge

import "sync"

// work is the goroutines of a session, or of the bridge. The zero work is ready.
type work struct {
	whole *work // what it is a part of, nil for none: that waits for these goroutines, too

	mu   sync.Mutex // guards the fields below
	over bool
	wg   sync.WaitGroup // grows under mu only, and no more once it is over
}

// start runs f in a goroutine, or reports false: it is over.
func (w *work) start(f func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return false
	}
	if w.whole == nil {
		w.wg.Go(f)
		return true
	}
	w.wg.Add(1)
	if !w.whole.start(func() { defer w.wg.Done(); f() }) {
		w.wg.Done()
		return false
	}
	return true
}

// end lets no more start. It does not wait for what runs.
func (w *work) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

// wait returns when nothing runs any more. After end that stays so.
func (w *work) wait() { w.wg.Wait() }
