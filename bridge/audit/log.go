package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Config is what a Log needs.
type Config struct {
	Dir string // required; made with 0700 when it is missing
	Key []byte // required: 32 bytes or more that nothing else is signed with

	// Checkpoint keeps the head outside of Dir. nil means that a cut tail can't be noticed.
	Checkpoint Checkpoint

	SegmentSize int64         // a file is closed when it would grow beyond this; 0 is 64 MiB
	Keep        time.Duration // segments with nothing younger are removed; 0 keeps everything
	KeepSize    int64         // the oldest segments are removed when all are larger; 0 is no limit
}

// Checkpoint keeps the newest head that is safely on disk. Its methods are called by one goroutine at a
// time.
type Checkpoint interface {
	// Load returns what was saved last, the zero Head when nothing was.
	Load() (Head, error)
	// Save returns when h would outlive a power failure.
	Save(h Head) error
}

const (
	defaultSegmentSize = 64 << 20
	syncEvery          = time.Second
)

// ErrClosed is what Append returns after Close.
var ErrClosed = errors.New("audit: the log is closed")

// Log writes the record. There must be one at a time for a directory, in all programs; who opens it
// holds the lock for that. All methods may be called at any time by any goroutine.
type Log struct {
	config Config
	dirty  chan struct{} // one token: something was written since the last sync; never closed
	done   chan struct{} // closed by Close
	wg     sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	next   *batch     // who waits for the writer; nil when nobody does
	spare  *batch     // an empty one to use again
	times  stamp
	closed bool

	writing sync.Mutex // guards w; never taken while mu is held
	w       writer

	syncing sync.Mutex // held during a sync, so that heads are saved in order
}

// batch is entries that are written together.
type batch struct {
	bodies []byte
	ends   []int         // of each entry in bodies
	done   chan struct{} // nil until somebody joins who does not write; closed when err is set
	err    error
}

// Open opens the log in config.Dir for writing, and mends what a sudden death left at its end: see Mended,
// Damaged and Lost. It refuses a log that config.Key did not sign. The caller closes the Log.
func Open(config Config) (*Log, error) {
	if config.SegmentSize <= 0 {
		config.SegmentSize = defaultSegmentSize
	}
	l := &Log{config: config, dirty: make(chan struct{}, 1), done: make(chan struct{})}
	remarks, err := l.w.open(config)
	if err != nil {
		return nil, fmt.Errorf("open audit log %q: %w", config.Dir, err)
	}
	for _, e := range append(remarks, Entry{Kind: Opened}) {
		if err := l.Append(&e); err != nil {
			return nil, errors.Join(err, l.w.close())
		}
	}
	l.w.rotated = true // look once for what has expired since the last run
	l.wg.Go(l.keepSynced)
	return l, nil
}

// Append writes e. When it returns nil the record is in the file: it outlives the program, and a second later the
// power as well. After an error nothing of it is in the record, and what it tells of must not happen. It does not keep e.
//
// Entries that arrive during a write go out together with the next: the first of them writes
// for all, so that without contention no goroutine waits for another.
func (l *Log) Append(e *Entry) error {
	if e.Kind == "" {
		return errors.New("audit: an entry has no kind")
	}
	b, done, err := l.join(e)
	switch {
	case err != nil:
		return err
	case done != nil:
		<-done
		return b.err
	}
	return l.write(b)
}

// join adds e to the batch that is written next. done is nil for the first in it, who has to write it.
func (l *Log) join(e *Entry) (b *batch, done chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, nil, ErrClosed
	}
	if l.next != nil { // somebody is about to write it
		b = l.next
		if b.done == nil {
			b.done = make(chan struct{})
		}
		b.add(e, &l.times)
		return b, b.done, nil
	}
	if l.spare == nil {
		l.spare = &batch{}
	}
	b, l.spare = l.spare, nil
	l.next = b
	b.add(e, &l.times)
	return b, nil, nil
}

func (b *batch) add(e *Entry, times *stamp) {
	stamped := *e
	if e.Time.IsZero() {
		stamped.Time = time.Now()
	}
	b.bodies = appendBody(b.bodies, &stamped, times)
	b.ends = append(b.ends, len(b.bodies))
}

// write waits for the batch before b, writes b and tells those who joined it.
func (l *Log) write(b *batch) error {
	l.writing.Lock()
	l.mu.Lock()
	l.next = nil // from here on nobody joins b
	l.mu.Unlock()
	err := l.w.write(b)
	l.writing.Unlock()
	if err != nil {
		err = fmt.Errorf("audit: %w", err)
	} else {
		l.markDirty()
	}
	if b.done != nil {
		b.err = err
		close(b.done)
		return err
	}
	l.reuse(b)
	return err
}

// reuse keeps b, which nobody else holds, for the next Append.
func (l *Log) reuse(b *batch) {
	if cap(b.bodies) > 64<<10 {
		return
	}
	b.bodies, b.ends = b.bodies[:0], b.ends[:0]
	l.mu.Lock()
	l.spare = b
	l.mu.Unlock()
}

func (l *Log) markDirty() {
	select {
	case l.dirty <- struct{}{}:
	default:
	}
}

// keepSynced brings what was written to disk, a second after it was written.
func (l *Log) keepSynced() {
	for {
		select {
		case <-l.done:
			return
		case <-l.dirty:
		}
		wait := time.NewTimer(syncEvery)
		select {
		case <-l.done:
			wait.Stop()
			return
		case <-wait.C:
		}
		select {
		case <-l.dirty: // the sync that comes covers it
		default:
		}
		if l.Sync() != nil {
			l.markDirty() // try again; until it works appends are refused
			continue
		}
		l.expire()
	}
}

// expire removes old segments after a rotation and notes it in the record.
func (l *Log) expire() {
	l.writing.Lock()
	due, config := l.w.rotated, l.w.config
	l.w.rotated = false
	l.writing.Unlock()
	if !due {
		return
	}
	first, err := expire(config, time.Now())
	e := Entry{Kind: Expired, Note: fmt.Sprintf("the record now begins with %d", first)}
	switch {
	case err != nil:
		e.Note, e.Error = "old segments could not be removed", err.Error()
	case first == 0:
		return
	}
	// An error here is the next Append's too: who cannot record is refused there.
	_ = l.Append(&e)
}

// SetKeep changes how long records are kept, and how much; see Config. What is too much by then is removed soon.
func (l *Log) SetKeep(keep time.Duration, size int64) {
	l.writing.Lock()
	l.w.config.Keep, l.w.config.KeepSize = keep, size
	l.w.rotated = true
	l.writing.Unlock()
	l.markDirty()
}

// Sync brings everything that was appended to disk and saves the checkpoint. While the last Sync has
// failed, Append refuses: a record that may not last is none.
func (l *Log) Sync() error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	l.writing.Lock()
	pending := l.w.unsynced()
	l.writing.Unlock()
	err := pending.sync(l.config.Checkpoint)
	if err != nil {
		err = fmt.Errorf("sync audit log %q: %w", l.config.Dir, err)
	}
	l.writing.Lock()
	l.w.failed = err
	l.writing.Unlock()
	return err
}

// Verify checks the log while it is written to, up to the record that was the newest when it began.
func (l *Log) Verify(ctx context.Context) (Report, error) {
	l.writing.Lock()
	head := l.w.head
	l.writing.Unlock()
	return verify(ctx, l.config.Dir, l.config.Key, head, head.Seq)
}

// Close brings everything to disk and ends the log. Appends that are under way either succeed before that or fail.
func (l *Log) Close() error {
	l.mu.Lock()
	closed := l.closed
	l.closed = true
	l.mu.Unlock()
	if closed {
		return nil
	}
	close(l.done)
	l.wg.Wait()
	err := l.Sync()
	l.writing.Lock()
	defer l.writing.Unlock()
	return errors.Join(err, l.w.close())
}
