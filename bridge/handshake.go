package bridge

import (
	"bytes"
	"maps"
	"slices"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// handshake is what a legacy client has said of itself and asked for; enough to say it again to a new process.
type handshake struct {
	params   []byte              // of initialize; nil before
	revision string              // agreed; "" before
	level    []byte              // the least level of log messages that it asked for, as JSON; nil before
	subs     map[string]struct{} // the resources that it is subscribed to
}

const (
	// wordsMax bounds what a client says that is kept as long as its session, in bytes.
	wordsMax = 64 << 10
	// uriMax bounds a URI that is subscribed to.
	uriMax = 4 << 10
)

// wordy is the error for a request that says more than can be kept; nil for any other.
func wordy(m wire.Message) *wire.Error {
	switch {
	case len(m.ClientInfo())+len(m.ClientCapabilities()) > wordsMax,
		m.Method() == "initialize" && len(m.Params()) > wordsMax,
		m.Method() == "logging/setLevel" && len(m.Params()) > wordsMax,
		m.Method() == "resources/subscribe" && len(m.URI()) > uriMax:
		return &wire.Error{Code: wire.InvalidParams, Message: "this is more than a client may say of itself, or too long a URI"}
	}
	return nil
}

// remember keeps what must be said again to a new process. It reports false when it is too much.
func (s *session) remember(m wire.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m.Method() {
	case "logging/setLevel":
		s.handshake.level = bytes.Clone(wire.Get(m.Params(), "level"))
	case "resources/subscribe":
		if len(s.handshake.subs) >= s.b.limits.Subscriptions {
			return false
		}
		s.handshake.subs[m.URI()] = struct{}{}
	case "resources/unsubscribe":
		delete(s.handshake.subs, m.URI())
	}
	return true
}

// replay tells a new process what the one before it had been told. What it answers matters to nobody.
func (s *session) replay(l *link) {
	s.opened(l)
	if l.era == era.Modern {
		return
	}
	if level := s.level(); level != nil {
		_, _ = l.start("logging/setLevel", object("level", string(level)))
	}
	for _, uri := range s.subscriptions() {
		_, _ = l.start("resources/subscribe", object("uri", quote(uri)))
	}
}

// client is what the legacy client says of itself, for a server that wants it with every request.
func (s *session) client() era.Client {
	level, _ := wire.String(s.level())
	s.mu.Lock()
	defer s.mu.Unlock()
	return era.Client{
		Info: wire.Get(s.handshake.params, "clientInfo"), Capabilities: wire.Get(s.handshake.params, "capabilities"), LogLevel: level,
	}
}

// capable reports whether the legacy client said that it answers such a request.
func (s *session) capable(m wire.Message) bool { return era.Declares(s.client().Capabilities, m) }

// level is the least level of log messages that the agent asked for, as JSON; nil when it did not ask.
func (s *session) level() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handshake.level
}

func (s *session) subscribed(uri string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.handshake.subs[uri]
	return ok
}

func (s *session) subscriptions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.handshake.subs))
}
