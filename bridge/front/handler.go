package front

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// Config is what Guard, New and Server need; all get the same.
type Config struct {
	Bridge Bridge      // required by New
	Limits wire.Limits // of a message from an agent; zero fields are the defaults of wire

	// Origins are the web pages that may call besides the bridge's own, spelled as browsers do:
	// "https://example.com". Case matters; there is no wildcard. nil is none.
	Origins []string
	// Hosts reports whether a request may be for a host, whose name comes in lower case and without its port. It is
	// called for every request. nil is IsLoopback.
	Hosts func(r *http.Request, name string) bool

	// StepUp is the challenge to a client whose token lacks some of these scopes; nil is none.
	StepUp func(r *http.Request, scopes []string) string

	// Refused, if not nil, is told of requests for a host that is not the bridge's, of requests from web pages that may not
	// call, and of what an agent sends that is no message. The caller is in r's context, if the gate has seen it. It returns
	// soon.
	Refused func(r *http.Request, why error)

	// Memory is how many bytes may wait for slow agents, all together; 0 is 256 MiB. When it is used
	// up, those who have much waiting are cut first.
	Memory int64

	Log *slog.Logger // nil is silence
}

func (c Config) refused() func(*http.Request, error) {
	if c.Refused == nil {
		return func(*http.Request, error) {}
	}
	return c.Refused
}

func (c Config) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}

// size is the largest message in bytes.
func (c Config) size() int {
	if c.Limits.Size <= 0 {
		return 32 << 20
	}
	return c.Limits.Size
}

// Times that hold for all fronts.
const (
	commitAfter = 5 * time.Second  // a response without an answer becomes a stream
	keepAlive   = 20 * time.Second // between signs of life on a silent stream or socket, within pieceTime; tunnels cut at about 125 s
	pieceTime   = 30 * time.Second // for a peer to send a piece of a body, or to take a piece of what is written
	resumeFor   = 2 * time.Minute  // a stream that lost its connection waits
	endGrace    = time.Second      // for the bridge to answer the calls of a session that has ended
	closeTime   = time.Second / 2  // for a peer to take the last words: all is over within a second
)

// piece is how many bytes are read or written under one deadline: what is larger may take longer.
const piece = 256 << 10

// New returns the handler of all fronts:
//
//	/{server}/mcp  /mcp                         Streamable HTTP, both eras
//	/{server}/sse  /sse  and  …/message         HTTP+SSE of 2024-11-05
//	/{server}/ws   /ws                          WebSocket
//
// It expects requests that Guard and the gate have let in, the caller in their context. A context
// that is cancelled with a cause of package caller ends what the request holds open.
func New(c Config) http.Handler {
	return &handler{
		bridge: c.Bridge, limits: c.Limits, size: c.size(), origins: c.Origins, stepUp: c.StepUp, refused: c.refused(),
		memory: newMemory(c.Memory, int64(c.size())), log: c.log(),
	}
}

type handler struct {
	bridge  Bridge
	limits  wire.Limits
	size    int
	origins []string
	stepUp  func(*http.Request, []string) string
	refused func(*http.Request, error)
	memory  *memory
	log     *slog.Logger
	roll    roll
	timers  sync.Pool // of stopped *time.Timer: one is needed for each request
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	server, end := locate(r.URL.Path)
	switch {
	case end == nowhere, end == ticket:
		noEndpoint(w)
	case !end.takes(r.Method):
		wrongMethod(w, end.methods()...)
	case end == mcp:
		h.streamable(w, r, server)
	case end == sse:
		h.sse(w, r, server)
	case end == message:
		h.message(w, r, server)
	case end == ws:
		h.websocket(w, r, server)
	}
}

// cut tells the owner of an agent whose session ends because it does not read; when the grant has ended, it is that.
func (h *handler) cut(r *http.Request, front string) {
	if r.Context().Err() != nil {
		return
	}
	h.log.WarnContext(r.Context(), "an agent was cut off: it does not read what it is sent", "agent", caller.From(r.Context()).Agent, "front", front)
}

// timer returns one that fires after d. It goes back with release.
func (h *handler) timer(d time.Duration) *time.Timer {
	if t, ok := h.timers.Get().(*time.Timer); ok {
		t.Reset(d)
		return t
	}
	return time.NewTimer(d)
}

func (h *handler) release(t *time.Timer) {
	t.Stop()
	h.timers.Put(t)
}
