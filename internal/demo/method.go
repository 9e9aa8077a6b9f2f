package demo

import (
	"slices"

	"drawbridge/internal/wire"
)

// methods are those of both eras.
var methods = map[string]func(*request) (object, error){
	"prompts/list":             (*request).listPrompts,
	"prompts/get":              (*request).getPrompt,
	"resources/list":           (*request).listNotes,
	"resources/templates/list": (*request).listTemplates,
	"resources/read":           (*request).readNote,
	"tools/list":               (*request).listTools,
	"tools/call":               (*request).callTool,
	"completion/complete":      (*request).completion,
}

var modernMethods = map[string]func(*request) (object, error){
	"server/discover":      (*request).discover,
	"subscriptions/listen": (*request).listen,
}

var legacyMethods = map[string]func(*request) (object, error){
	"initialize":            (*request).initialize,
	"ping":                  (*request).ping,
	"logging/setLevel":      (*request).setLevel,
	"resources/subscribe":   (*request).subscribe,
	"resources/unsubscribe": (*request).unsubscribe,
}

// serve finds out what the request is about. The error is a *wire.Error or an *inputRequired.
func (r *request) serve() (object, error) {
	own := legacyMethods
	if r.modern() {
		own = modernMethods
		if err := r.checkMeta(); err != nil {
			return nil, err
		}
	}
	serve := own[r.Method()]
	if serve == nil {
		serve = methods[r.Method()]
	}
	switch {
	case serve == nil:
		return nil, &wire.Error{Code: wire.MethodNotFound, Message: "no such method: " + r.Method()}
	case !r.modern() && r.Method() != "initialize" && r.Method() != "ping" && r.session() == nil:
		return nil, &wire.Error{Code: wire.InvalidRequest, Message: "initialize first"}
	case slices.Contains(lists, r.Method()) && wire.Get(r.Params(), "cursor") != nil:
		return nil, invalid("no such cursor")
	}
	return serve(r)
}

// lists are the methods with pages. Everything here is on the first.
var lists = []string{"tools/list", "prompts/list", "resources/list", "resources/templates/list"}

// checkMeta refuses a modern request that does not say what every one must.
func (r *request) checkMeta() error {
	level := r.LogLevel()
	switch {
	case r.Version() != modern:
		data := encode(object{"supported": supported(), "requested": r.Version()})
		return &wire.Error{Code: wire.UnsupportedProtocolVersion, Message: "unsupported protocol version", Data: data}
	case r.ClientCapabilities() == nil:
		return invalid("_meta has no io.modelcontextprotocol/clientCapabilities")
	case level != "" && !slices.Contains(levels, level):
		return invalid("no such log level: %q", level)
	}
	return nil
}

func supported() []string { return append([]string{modern}, revisions[:]...) }

func (s *server) info() object {
	return object{"name": "drawbridge-demo", "title": "Drawbridge demo", "version": s.version}
}

const instructions = "A server to try Drawbridge with. Notes are kept in memory until the process ends."

func capabilities() object {
	return object{
		"tools":       object{},
		"prompts":     object{},
		"resources":   object{"subscribe": true, "listChanged": true},
		"completions": object{},
		"logging":     object{},
	}
}

func (r *request) discover() (object, error) {
	return object{"supportedVersions": supported(), "capabilities": capabilities(), "instructions": instructions}, nil
}

// initialize begins a session, or begins it anew.
func (r *request) initialize() (object, error) {
	wanted, ok := wire.String(wire.Get(r.Params(), "protocolVersion"))
	if !ok {
		return nil, invalid("params have no protocolVersion")
	}
	if !slices.Contains(revisions[:], wanted) {
		wanted = revisions[0]
	}
	s := r.server
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session = &session{capabilities: wire.Get(r.Params(), "capabilities")}
	clear(s.watched)
	return object{
		"protocolVersion": wanted, "capabilities": capabilities(), "serverInfo": s.info(), "instructions": instructions,
	}, nil
}

func (r *request) ping() (object, error) { return object{}, nil }

// session is what `initialize` agreed on; nil before.
func (r *request) session() *session {
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	return r.server.session
}
