package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"drawbridge/internal/wire"

	"github.com/coder/websocket"
)

// stream is a talk whose answers all come one way, in any order: HTTP+SSE, WebSocket and STDIO.
type stream struct {
	send func(msg []byte) error
	post func() (*connection, error) // for HTTP+SSE: a connection of each caller's own, instead of send
	head string                      // of its requests
	end  func()

	mu      sync.Mutex // guards the fields below
	waiting map[int64]chan []byte
	err     error // why nothing comes any more
}

// listen hands answers to their callers until there are none; next gives what may be kept.
func (s *stream) listen(next func() ([]byte, error)) {
	for {
		msg, err := next()
		if err != nil {
			s.fail(err)
			return
		}
		id, err := strconv.ParseInt(string(wire.Get(msg, "id")), 10, 64)
		if err != nil || wire.Get(msg, "method") != nil {
			continue
		}
		s.mu.Lock()
		answer := s.waiting[id]
		delete(s.waiting, id)
		s.mu.Unlock()
		if answer != nil {
			answer <- msg
		}
	}
}

func (s *stream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	for _, answer := range s.waiting {
		close(answer)
	}
	clear(s.waiting)
}

func (s *stream) close() { s.end() }

func (s *stream) caller() (caller, error) {
	c := &streamCaller{stream: s, answer: make(chan []byte, 1)} // one call at a time
	if s.post == nil {
		return c, nil
	}
	var err error
	c.posts, err = s.post()
	return c, err
}

// open starts listening and opens the session.
func (s *stream) open(next func() ([]byte, error)) (talk, error) {
	s.waiting = map[int64]chan []byte{}
	go s.listen(next) // ends with the stream
	c, err := s.caller()
	if err == nil {
		defer c.close()
		err = greet(c)
	}
	if err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

type streamCaller struct {
	*stream
	answer chan []byte
	posts  *connection // nil but for HTTP+SSE
}

func (c *streamCaller) tell(msg []byte) error {
	if c.posts == nil {
		return c.send(msg)
	}
	_, _, err := c.posts.ask(c.head, msg)
	return err
}

func (c *streamCaller) call(id int64, msg []byte) ([]byte, error) {
	c.mu.Lock()
	err := c.err
	if err == nil {
		c.waiting[id] = c.answer
	}
	c.mu.Unlock()
	if err == nil {
		err = c.tell(msg)
	}
	if err != nil {
		return nil, err
	}
	answer, ok := <-c.answer
	if !ok {
		return nil, errors.New("the stream ended before the answer")
	}
	return answer, nil
}

func (c *streamCaller) close() {
	if c.posts != nil {
		_ = c.posts.conn.Close()
	}
}

// openSSE opens a session over HTTP+SSE.
func openSSE(host, path, token string) (talk, error) {
	c, err := dial(host)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(c.conn, head("GET", host, path, token)+"0\r\n\r\n"); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	l := newLines(resp.Body)
	next := func() ([]byte, error) {
		for {
			line, err := l.next()
			if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok || err != nil {
				return bytes.Clone(data), err
			}
		}
	}
	endpoint, err := next()
	if err != nil {
		return nil, err
	}
	s := &stream{
		head: head("POST", host, string(endpoint), token),
		post: func() (*connection, error) { return dial(host) },
		end:  func() { _ = c.conn.Close() },
	}
	_ = c.conn.SetDeadline(time.Time{}) // it stays open through many phases
	return s.open(next)
}

// openSocket opens a session over a WebSocket.
func openSocket(host, path, token string) (talk, error) {
	c, _, err := websocket.Dial(context.Background(), "ws://"+host+path, &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}, Subprotocols: []string{"mcp"},
	})
	if err != nil {
		return nil, err
	}
	c.SetReadLimit(-1)
	s := &stream{
		send: func(msg []byte) error { return c.Write(context.Background(), websocket.MessageText, msg) },
		end:  func() { _ = c.Close(websocket.StatusNormalClosure, "") },
	}
	return s.open(func() ([]byte, error) {
		_, msg, err := c.Read(context.Background())
		return msg, err
	})
}

// spawn starts a program, and gives what it reads and writes.
func spawn(path string, args ...string) (cmd *exec.Cmd, in io.WriteCloser, out io.Reader, err error) {
	cmd = exec.Command(path, args...)
	if in, err = cmd.StdinPipe(); err == nil {
		out, err = cmd.StdoutPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	return cmd, in, out, err
}

// openPipes starts the server and talks with it directly.
func openPipes(path string, args ...string) (talk, error) {
	cmd, in, out, err := spawn(path, args...)
	if err != nil {
		return nil, fmt.Errorf("STDIO: %w", err)
	}
	var mu sync.Mutex // guards line: callers take turns at the pipe
	var line []byte
	s := &stream{
		send: func(msg []byte) error {
			mu.Lock()
			defer mu.Unlock()
			line = append(append(line[:0], msg...), '\n')
			_, err := in.Write(line)
			return err
		},
		end: func() { _ = in.Close(); _ = cmd.Wait() },
	}
	l := newLines(out)
	return s.open(func() ([]byte, error) {
		line, err := l.next()
		return bytes.Clone(line), err
	})
}
