package front

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"drawbridge/internal/wire"
)

// Guard returns a handler that makes the cheap refusals and passes on the rest, to be wrapped around the gate
// and all that is behind it:
//
//   - paths that are spelled in more than one way, and hosts that are not the bridge's: everywhere;
//   - foreign origins, wrong methods, content types and sizes: at the endpoints of New. It answers CORS preflights
//     there, which carry no credentials. What other endpoints want of these is for them to say.
//
// Nothing is trusted because it is local: a page in the owner's browser can send requests to this machine too.
func Guard(c Config, next http.Handler) http.Handler {
	return &guard{next: next, hosts: c.Hosts, origins: c.Origins, refused: c.refused(), size: c.size()}
}

type guard struct {
	next    http.Handler
	hosts   func(*http.Request, string) bool
	origins []string
	refused func(*http.Request, error)
	size    int
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isPlain(r.URL) {
		noEndpoint(w)
		return
	}
	if !g.ours(r) {
		g.refused(r, ErrHost)
		refuse(w, http.StatusForbidden, "", &wire.Error{Code: wire.InvalidRequest, Message: "this bridge is not known under that host name"})
		return
	}
	if _, end := locate(r.URL.Path); end == nowhere || g.admits(w, r, end) {
		g.next.ServeHTTP(w, r)
	}
}

// admits reports whether a request for a front may pass. If not it has been answered.
func (g *guard) admits(w http.ResponseWriter, r *http.Request, end endpoint) bool {
	if !allowedOrigin(g.origins, r) {
		g.refused(r, ErrOrigin)
		foreignOrigin(w)
		return false
	}
	if origin := r.Header.Get("Origin"); slices.Contains(g.origins, origin) && lend(w, r, origin, end) {
		return false
	}
	switch {
	case !end.takes(r.Method):
		wrongMethod(w, end.methods()...)
	case r.Method == http.MethodPost && end != ticket && !isJSON(r.Header):
		refuse(w, http.StatusUnsupportedMediaType, "", &wire.Error{Code: wire.InvalidRequest, Message: "the body must be application/json, without a content encoding"})
	case r.Method == http.MethodPost && end == mcp && !(accepts(r.Header, "application/json") && accepts(r.Header, "text/event-stream")):
		refuse(w, http.StatusNotAcceptable, "", &wire.Error{Code: wire.InvalidRequest, Message: "the client must accept application/json and text/event-stream"})
	case r.Method == http.MethodGet && end != ws && !accepts(r.Header, "text/event-stream"):
		refuse(w, http.StatusNotAcceptable, "", &wire.Error{Code: wire.InvalidRequest, Message: "the client must accept text/event-stream"})
	case r.ContentLength > int64(g.size):
		tooLarge(w, g.size)
	default:
		return true
	}
	return false
}

// isPlain reports whether u's path has one spelling only: nothing is encoded, no dots or empty parts lead elsewhere.
func isPlain(u *url.URL) bool {
	clean := path.Clean(u.Path)
	return u.RawPath == "" && strings.HasPrefix(u.Path, "/") && !strings.Contains(u.Path, `\`) && (u.Path == clean || u.Path == clean+"/")
}

// ours reports whether a request's Host header names this bridge.
func (g *guard) ours(r *http.Request) bool {
	name := strings.ToLower(r.Host)
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, ']') {
		if strings.Trim(name[i+1:], "0123456789") != "" {
			return false
		}
		name = name[:i]
	}
	if g.hosts == nil {
		return IsLoopback(name)
	}
	return g.hosts(r, name)
}

// IsLoopback reports whether the name of a host, in lower case, is one by which every machine calls itself.
func IsLoopback(name string) bool {
	return name == "127.0.0.1" || name == "localhost" || name == "[::1]"
}

// isJSON reports whether a body is JSON that can be read as it comes.
func isJSON(h http.Header) bool {
	kind, ok := one(h, "Content-Type")
	if kind != "application/json" {
		kind, _, _ = strings.Cut(kind, ";")
	}
	return ok && strings.EqualFold(strings.TrimSpace(kind), "application/json") && h["Content-Encoding"] == nil
}

// accepts reports whether the client takes kind. One that says nothing takes everything. Weights are not looked at.
func accepts(h http.Header, kind string) bool {
	vs := h["Accept"]
	group, _, _ := strings.Cut(kind, "/")
	for _, v := range vs {
		for t := range strings.SplitSeq(v, ",") {
			t, _, _ = strings.Cut(t, ";")
			if t = strings.TrimSpace(t); strings.EqualFold(t, kind) || t == "*/*" || strings.EqualFold(t, group+"/*") {
				return true
			}
		}
	}
	return len(vs) == 0
}
