package front

import (
	"net/http"
	"slices"
	"strings"

	"drawbridge/internal/wire"
)

// allowedOrigin reports whether a request comes from no web page, from one of origins, or from a page of the host that it goes to,
// which Guard has found to be the bridge's own.
func allowedOrigin(origins []string, r *http.Request) bool {
	vs := r.Header["Origin"]
	if len(vs) != 1 {
		return len(vs) == 0
	}
	if slices.Contains(origins, vs[0]) {
		return true
	}
	scheme, host, _ := strings.Cut(vs[0], "://")
	return (scheme == "http" || scheme == "https") && host != "" && strings.EqualFold(host, r.Host)
}

func foreignOrigin(w http.ResponseWriter) {
	refuse(w, http.StatusForbidden, "", &wire.Error{Code: wire.InvalidRequest, Message: "web pages of this origin may not call; the owner can add it"})
}

// lend lets the page of an allowed origin read the answer. It reports whether r was a preflight, which it has then answered.
func lend(w http.ResponseWriter, r *http.Request, origin string, end endpoint) bool {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(end.methods(), ", "))
	h.Set("Access-Control-Allow-Headers", strings.Join(lentHeaders(r), ", "))
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// lentHeaders are the headers that a page may send: those of the transports, and any Mcp-Param-*.
func lentHeaders(r *http.Request) []string {
	names := []string{"Authorization", "Content-Type", "Accept", "Last-Event-ID", "MCP-Protocol-Version", "Mcp-Session-Id", "Mcp-Method", "Mcp-Name"}
	for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
		if name = strings.TrimSpace(name); len(name) > len(paramPrefix) && strings.EqualFold(name[:len(paramPrefix)], paramPrefix) {
			names = append(names, name)
		}
	}
	return names
}
