package audit

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// writer is the growing end of the chain.
type writer struct {
	config Config
	sealer *sealer
	head   Head      // of what is in the file
	file   *os.File  // the newest segment
	size   int64     // where in it the next record goes
	begun  time.Time // when it was begun
	torn   bool      // a part of a failed write stands behind size
	failed error     // why the last sync failed; nil when it did not
	out    []byte

	rotated bool // a segment was closed since the last look at what has expired
}

// write seals the entries of b and puts them into the file, all or none.
func (w *writer) write(b *batch) error {
	if w.failed != nil {
		return w.failed
	}
	if err := w.cutTorn(); err != nil {
		return err
	}
	if w.full(b) {
		if err := w.rotate(); err != nil {
			return err
		}
	}
	out, head, from := w.out[:0], w.head, 0
	for _, end := range b.ends {
		out, head = w.sealer.appendRecord(out, b.bodies[from:end], head)
		from = end
	}
	if cap(out) <= 1<<20 {
		w.out = out
	}
	if _, err := w.file.WriteAt(out, w.size); err != nil {
		w.torn = true
		return errors.Join(fmt.Errorf("write record: %w", err), w.cutTorn())
	}
	w.size += int64(len(out))
	w.head = head
	return nil
}

// cutTorn takes back what a failed write left, so that the next record starts on a line of its own.
func (w *writer) cutTorn() error {
	if !w.torn {
		return nil
	}
	if err := w.file.Truncate(w.size); err != nil {
		return fmt.Errorf("take back an unfinished record: %w", err)
	}
	w.torn = false
	return nil
}

// full reports whether b should begin a new segment. Where old segments are to be removed they
// also get full by age, or a quiet log would never have one to remove.
func (w *writer) full(b *batch) bool {
	if w.size == 0 {
		return false
	}
	grown := w.size + int64(len(b.bodies)) + int64(len(b.ends)*(sealTail+32))
	return grown > w.config.SegmentSize || w.config.Keep > 0 && time.Since(w.begun) > w.config.Keep/8
}

// rotate closes the segment, synced, and begins the next.
func (w *writer) rotate() error {
	if err := w.file.Sync(); err != nil {
		return err
	}
	old := w.file
	if err := w.begin(); err != nil {
		return err
	}
	w.rotated = true
	return old.Close()
}

// begin makes a new segment for the record after head.
func (w *writer) begin() error {
	path := segmentPath(w.config.Dir, w.head.Seq+1)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := syncDir(w.config.Dir); err != nil {
		return errors.Join(err, f.Close(), os.Remove(path))
	}
	w.file, w.size, w.begun = f, 0, time.Now()
	return nil
}

func (w *writer) close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

// pending is what a sync has to bring to disk.
type pending struct {
	file *os.File
	head Head
}

func (w *writer) unsynced() pending { return pending{w.file, w.head} }

func (p pending) sync(c Checkpoint) error {
	// A file that was closed meanwhile was synced before that.
	if err := p.file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	if c == nil {
		return nil
	}
	if err := c.Save(p.head); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	return nil
}
