package signin

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

const (
	// wellKnown is where a resource describes itself: its path follows (RFC 9728 §3.1).
	wellKnown = "/.well-known/oauth-protected-resource"
	// scope is what an agent needs to enter at all.
	scope = "mcp"
)

// metadata is the protected resource metadata of RFC 9728 §2.
type metadata struct {
	Resource string   `json:"resource"`
	Issuers  []string `json:"authorization_servers,omitempty"`
	Scopes   []string `json:"scopes_supported"`
	Methods  []string `json:"bearer_methods_supported"`
	Name     string   `json:"resource_name"`
}

// serveMetadata describes the endpoint at that path, "" for the bridge as a whole. Any name of a
// server will do: the answer does not tell which exist.
func (g *Gate) serveMetadata(w http.ResponseWriter, r *http.Request, endpoint string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this document can only be read", http.StatusMethodNotAllowed)
		return
	}
	body, err := json.Marshal(metadata{
		Resource: g.origin(r) + endpoint, Issuers: g.issuers(r),
		Scopes: []string{scope}, Methods: []string{"header"}, Name: "Drawbridge",
	})
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store") // it depends on the address that was used
	_, _ = w.Write(body)               // whoever has gone gets nothing
}

// describedBy returns the endpoint that the well-known document at path describes, "" for the
// bridge as a whole, and whether path is such a document's.
func describedBy(path string) (endpoint string, ok bool) {
	rest, ok := strings.CutPrefix(path, wellKnown)
	if !ok || rest == "" {
		return "", ok
	}
	endpoint, ok = endpointOf(rest)
	return endpoint, ok && endpoint == rest
}

// endpointOf returns the endpoint that a path is part of, the path itself except where clients of
// HTTP+SSE post, and whether it is one: the path looks like one; whether the server exists is not asked.
func endpointOf(path string) (endpoint string, ok bool) {
	server, last := "", path
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		server, last = path[:i], path[i:]
		if len(server) > 33 || !isToken(server[1:], isNameByte) || server[0] != '/' {
			return "", false
		}
	}
	switch last {
	case "/mcp", "/sse", "/ws":
		return path, true
	case "/message":
		return server + "/sse", true
	}
	return "", false
}

// meant reports whether a grant for that audience (see caller.Caller) is good at path. A path that leads to no
// server is not asked.
func meant(audience, path string) bool {
	endpoint, ok := endpointOf(path)
	if audience == "" || !ok {
		return true
	}
	server := endpoint[1 : 1+max(strings.LastIndexByte(endpoint[1:], '/'), 0)]
	return server == audience || server == "" && audience == "*"
}

func isNameByte(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' }

// ownOrigin is the origin that the request itself was made to.
func ownOrigin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
