package bench

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"

	"drawbridge/internal/wire"
)

// splice is the least that can stand between net/http and a server's pipes: it changes ids and waits. It asks
// nobody who they are, records nothing, and trusts the server to answer each id once.
type splice struct {
	pipe    io.Writer
	writing sync.Mutex // held while one writes to pipe

	mu      sync.Mutex // guards the fields below
	last    uint64
	waiting map[string]chan []byte // by the id at the server
}

// newSplice starts the server, which ends with us.
func newSplice() (*splice, error) {
	_, in, out, err := spawn(self(), "echo", "legacy")
	if err != nil {
		return nil, err
	}
	s := &splice{pipe: in, waiting: map[string]chan []byte{}}
	go s.read(newLines(out)) // ends with the process
	return s, nil
}

// read hands answers to those who wait.
func (s *splice) read(l *lines) {
	for {
		line, err := l.next()
		if err != nil {
			fmt.Fprintln(os.Stderr, "splice:", err)
			return
		}
		id := string(wire.Get(line, "id"))
		s.mu.Lock()
		wait := s.waiting[id]
		delete(s.waiting, id)
		s.mu.Unlock()
		wait <- bytes.Clone(line)
	}
}

// send gives msg to the server under an id of its own. Nobody waits where it has none.
func (s *splice) send(msg, id []byte) (chan []byte, error) {
	var wait chan []byte
	if id != nil {
		wait = make(chan []byte, 1) // 1: the reader waits for nobody
		s.mu.Lock()
		s.last++
		own := strconv.FormatUint(s.last, 10)
		s.waiting[own] = wait
		s.mu.Unlock()
		msg = wire.Set(msg, []byte(own), "id")
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	_, err := s.pipe.Write(append(msg, '\n'))
	return wait, err
}

func (s *splice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, max(0, r.ContentLength), max(0, r.ContentLength)+1)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id := wire.Get(body, "id")
	wait, err := s.send(body, id)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	case wait == nil:
		w.WriteHeader(http.StatusAccepted)
		return
	}
	answer := wire.Set(<-wait, id, "id")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer)
}
