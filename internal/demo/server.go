// Package demo is the built-in server: a small, honest MCP server that uses every part of the
// protocol once. It lets a newcomer try the bridge, and the bridge try itself, without anything to
// install.
//
// It speaks both eras, at the same time if need be: the handshake revisions 2024-11-05 to 2025-11-25
// and the stateless 2026-07-28.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"drawbridge/internal/wire"
)

// modern is the revision without a handshake.
const modern = "2026-07-28"

// revisions are those with a handshake, newest first.
var revisions = [...]string{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"}

// requestsMost is how many requests may be in work at once.
const requestsMost = 1024

var errCancelled = errors.New("cancelled by the client")

// object is a JSON object to be sent.
type object = map[string]any

// Serve is the server on c until c ends; after a clean end it returns nil. version is what it tells of
// itself. It closes c.
func Serve(c wire.Conn, version string) error {
	s := &server{
		conn: c, version: version, key: make([]byte, 32),
		running: map[wire.ID]*request{}, asked: map[wire.ID]chan wire.Message{},
		watched: map[string]bool{}, listening: map[wire.ID]filter{},
		notes: map[string]string{"welcome": "Drawbridge lets remote agents use this server. Change me, or add a note."},
	}
	rand.Read(s.key) // never fails
	ctx, cancel := context.WithCancel(context.Background())
	err := s.read(ctx)
	cancel()
	s.wg.Wait()
	c.Close()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// server is one conversation.
type server struct {
	conn    wire.Conn
	version string
	key     []byte // signs what clients hand back
	wg      sync.WaitGroup

	mu        sync.Mutex // guards the fields below
	running   map[wire.ID]*request
	asks      int
	asked     map[wire.ID]chan wire.Message // hold the one answer each; never closed
	session   *session                      // nil before `initialize`
	watched   map[string]bool               // resources that the legacy client subscribed to
	listening map[wire.ID]filter            // the modern client's open subscriptions
	notes     map[string]string
}

// session is what `initialize` agreed on.
type session struct {
	capabilities []byte
	level        string // of log messages
}

// read takes messages until the connection ends. It never waits for anything else.
func (s *server) read(ctx context.Context) error {
	for {
		m, err := s.conn.Read()
		if err != nil {
			return err
		}
		switch m.Kind() {
		case wire.Request:
			s.start(ctx, m)
		case wire.Notification:
			if m.Method() == "notifications/cancelled" {
				s.cancel(m.RequestID())
			}
		case wire.Result, wire.Failure:
			s.answered(m)
		}
	}
}

// start answers a request in a goroutine of its own. `initialize` is answered at once, so that what
// follows finds the session.
func (s *server) start(ctx context.Context, m wire.Message) {
	r := &request{Message: m, server: s}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	switch refusal := s.admit(r); {
	case refusal != nil:
		r.reply(nil, refusal)
		r.cancel(nil)
	case m.Method() == "initialize":
		r.run()
	default:
		s.wg.Go(r.run)
	}
}

// admit makes r one of the requests in work, or returns why not.
func (s *server) admit(r *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.running[r.ID()] != nil:
		return &wire.Error{Code: wire.InvalidRequest, Message: "a request with this id is still in work"}
	case len(s.running) >= requestsMost:
		return &wire.Error{Code: wire.InternalError, Message: "too many requests at once; wait for answers first"}
	}
	s.running[r.ID()] = r
	return nil
}

func (s *server) cancel(id wire.ID) {
	s.mu.Lock()
	r := s.running[id]
	s.mu.Unlock()
	if r != nil {
		r.cancel(errCancelled)
	}
}

// notify sends a notification. One that cannot be sent is lost: the connection has ended then.
func (s *server) notify(method string, params object) {
	s.conn.Write(wire.NewNotification(method, encode(params)).Bytes())
}

// request is one request in work.
type request struct {
	wire.Message
	server *server
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// run answers the request, unless the client gave it up.
func (r *request) run() {
	result, err := r.serve()
	r.server.mu.Lock()
	delete(r.server.running, r.ID())
	r.server.mu.Unlock()
	if context.Cause(r.ctx) != errCancelled {
		r.reply(result, err)
	}
	r.cancel(nil)
}

func (r *request) reply(result object, err error) {
	var e *wire.Error
	var more *inputRequired
	switch {
	case errors.As(err, &more):
		result = more.result()
	case err != nil && !errors.As(err, &e):
		e = &wire.Error{Code: wire.InternalError, Message: err.Error()}
	}
	if e != nil {
		r.server.conn.Write(e.Reply(r.ID()).Bytes())
		return
	}
	if r.modern() {
		r.complete(result)
	}
	r.server.conn.Write(wire.Reply(r.ID(), encode(result)).Bytes())
}

// modern reports whether the request is of the revision without a handshake, or means to be.
func (r *request) modern() bool { return r.Version() != "" }

// complete puts into result what modern results have besides what was asked for.
func (r *request) complete(result object) {
	if result["resultType"] == nil {
		result["resultType"] = "complete"
	}
	meta, _ := result["_meta"].(object)
	if meta == nil {
		meta = object{}
		result["_meta"] = meta
	}
	meta["io.modelcontextprotocol/serverInfo"] = r.server.info()
	switch r.Method() {
	case "server/discover", "tools/list", "prompts/list", "resources/templates/list":
		result["ttlMs"], result["cacheScope"] = 3_600_000, "public"
	case "resources/list", "resources/read":
		result["ttlMs"], result["cacheScope"] = 0, "private"
	}
}

// arguments decodes params.arguments, or refuses the request.
func (r *request) arguments(into any) error {
	if raw := r.Arguments(); raw != nil {
		err := json.Unmarshal(raw, into)
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			return invalid("%s: the argument %q cannot be a %s", r.Name(), strings.ToLower(wrong.Field), wrong.Value)
		}
		if err != nil {
			return invalid("%s: %v", r.Name(), err)
		}
	}
	return nil
}

// invalid is the error for params that cannot be served.
func invalid(format string, a ...any) error {
	return &wire.Error{Code: wire.InvalidParams, Message: fmt.Sprintf(format, a...)}
}

// encode is v as JSON. What is encoded here is made of objects, strings and numbers alone.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
