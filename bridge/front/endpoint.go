package front

import (
	"net/http"
	"slices"
	"strings"
)

// endpoint is what a path leads to.
type endpoint string

const (
	nowhere endpoint = ""
	mcp     endpoint = "mcp"
	sse     endpoint = "sse"
	message endpoint = "message" // where clients of sse post to
	ws      endpoint = "ws"
	ticket  endpoint = "ws-ticket" // the gate's; here it is only guarded
)

// locate splits a path into the server's name, "" for all of them joined, and the endpoint. Only the
// exact spelling counts.
func locate(path string) (server string, e endpoint) {
	last, ok := strings.CutPrefix(path, "/")
	if !ok {
		return "", nowhere
	}
	if first, rest, two := strings.Cut(last, "/"); two {
		if !isServerName(first) {
			return "", nowhere
		}
		server, last = first, rest
	}
	switch e = endpoint(last); e {
	case mcp, sse, message, ws:
		return server, e
	case ticket:
		if server == "" {
			return "", e
		}
	}
	return "", nowhere
}

func isServerName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return 0 < len(s) && len(s) <= 32
}

// methods are the HTTP methods that the endpoint takes.
func (e endpoint) methods() []string {
	switch e {
	case mcp:
		return []string{http.MethodPost, http.MethodGet, http.MethodDelete}
	case sse, ws:
		return []string{http.MethodGet}
	case message, ticket:
		return []string{http.MethodPost}
	}
	return nil
}

func (e endpoint) takes(method string) bool {
	return slices.Contains(e.methods(), method)
}
