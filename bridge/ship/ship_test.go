package ship

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// journal is a record in memory, and how far its collector has it.
type journal struct {
	mu    sync.Mutex // guards the fields below
	first uint64     // the oldest that is kept
	at    uint64
	known bool
}

func (j *journal) Read(after, last uint64) (batch []Record, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for seq := max(after+1, j.first); seq <= last && len(batch) < 3; seq++ {
		batch = append(batch, record(seq))
	}
	return batch, nil
}

func (j *journal) Load() (uint64, bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.at, j.known, nil
}

func (j *journal) Save(seq uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.at, j.known = seq, true
	return nil
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

func record(seq uint64) Record {
	return Record{Seq: seq, Time: noon, Kind: "call-end", Line: fmt.Appendf(nil, `{"seq":%d}`, seq)}
}

// collector is at the other end of pipes. It reads frames by their counted length.
type collector struct {
	mu     sync.Mutex // guards the fields below
	down   bool       // it cannot be reached
	breaks int        // so many connections break after one message
	got    []string   // the messages' texts
	dials  int
}

func (c *collector) dial(context.Context) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dials++
	if c.down {
		return nil, errors.New("nobody there")
	}
	near, far := net.Pipe()
	breaks := c.breaks > 0
	if breaks {
		c.breaks--
	}
	go c.serve(far, breaks)
	return halfPipe{near}, nil
}

// halfPipe is a pipe of which one direction can be ended, by a word that collector knows.
type halfPipe struct{ net.Conn }

const bye = "bye "

func (p halfPipe) CloseWrite() error {
	_, err := io.WriteString(p.Conn, bye)
	return err
}

// serve reads until the other side ends its direction.
func (c *collector) serve(conn net.Conn, breaks bool) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		count, err := in.ReadString(' ')
		if err != nil || count == bye {
			return
		}
		n, _ := strconv.Atoi(strings.TrimSpace(count))
		message := make([]byte, n)
		if _, err := io.ReadFull(in, message); err != nil {
			return
		}
		c.mu.Lock()
		c.got = append(c.got, string(message))
		c.mu.Unlock()
		if breaks {
			return
		}
	}
}

// seqs are the numbers of the records that have come.
func (c *collector) seqs(t *testing.T) []int {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []int
	for _, m := range c.got {
		_, text, _ := strings.Cut(m, `{"seq":`)
		n, err := strconv.Atoi(strings.TrimSuffix(text, "}"))
		if err != nil {
			t.Fatalf("%q: %v", m, err)
		}
		all = append(all, n)
	}
	return all
}

func (c *collector) set(down bool, breaks int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down, c.breaks = down, breaks
}

// harbour is a shipment at work in a bubble.
type harbour struct {
	*testing.T
	journal
	collector
	mark     *Mark
	problems []string // "" is that there is none any more; only changes
	stop     func()
}

func newHarbour(t *testing.T, at uint64) *harbour {
	h := &harbour{T: t, mark: NewMark(at)}
	h.start()
	return h
}

func (h *harbour) start() {
	ctx, cancel := context.WithCancel(h.Context())
	var wg sync.WaitGroup
	s := &Shipment{
		To: "c", Mark: h.mark, Source: &h.journal, Position: &h.journal, Log: slog.New(slog.DiscardHandler),
		Sender: &Stream{Dial: h.dial, Origin: Origin{Host: "amber", PID: 7}},
		Problem: func(err error) {
			text := ""
			if err != nil {
				text = err.Error()
			}
			if n := len(h.problems); n == 0 && text != "" || n > 0 && h.problems[n-1] != text {
				h.problems = append(h.problems, text)
			}
		},
	}
	wg.Go(func() { s.Run(ctx) })
	h.stop = func() { cancel(); wg.Wait() }
}

func (h *harbour) want(seqs ...int) {
	h.Helper()
	synctest.Wait()
	if d := cmp.Diff(seqs, h.seqs(h.T)); d != "" {
		h.Errorf("(-want +got):\n%s", d)
	}
}

// TestShipment: a new collector gets what comes from now on; what was down gets what it has missed, in order.
func TestShipment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarbour(t, 5)
		h.want()
		h.mark.Set(9)
		h.want(6, 7, 8, 9)
		h.set(true, 0)
		h.mark.Set(11)
		time.Sleep(2 * time.Hour)
		h.mark.Set(13)
		h.want(6, 7, 8, 9)
		if n := h.collector.dials; n < 25 || n > 60 {
			t.Errorf("%d dials in two hours", n)
		}
		h.set(false, 0)
		time.Sleep(lastWait)
		h.want(6, 7, 8, 9, 10, 11, 12, 13)
		// The bridge was off, and more was recorded before it shipped again.
		h.stop()
		h.mark.Set(15)
		h.want(6, 7, 8, 9, 10, 11, 12, 13)
		h.start()
		h.want(6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
		h.stop()
		if d := cmp.Diff([]string{"the record does not reach c: nobody there", ""}, h.problems); d != "" {
			t.Error(d)
		}
	})
}

// TestShipmentBreaks: what a collector has not confirmed is sent again, so that every record arrives.
func TestShipmentBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarbour(t, 0)
		h.want()
		h.set(false, 3)
		h.mark.Set(7)
		time.Sleep(time.Minute)
		synctest.Wait()
		got := h.seqs(t)
		if d := cmp.Diff([]int{1, 2, 3, 4, 5, 6, 7}, slices.Compact(slices.Sorted(slices.Values(got)))); d != "" || len(got) == 7 {
			t.Errorf("%v %s", got, d)
		}
		if at, _, _ := h.Load(); at != 7 {
			t.Errorf("the position is %d", at)
		}
		h.stop()
	})
}

// TestShipmentGaps: records that are gone are passed over, and a record that begins anew is shipped from its beginning.
func TestShipmentGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarbour(t, 0)
		h.want()
		h.journal.mu.Lock()
		h.first = 4
		h.journal.mu.Unlock()
		h.mark.Set(5)
		h.want(4, 5)
		h.journal.mu.Lock()
		h.first = 0
		h.journal.mu.Unlock()
		h.mark.Set(2)
		h.want(4, 5, 1, 2)
		h.stop()
	})
}
