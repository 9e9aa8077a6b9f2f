package authserver

import (
	"net/url"
	"slices"
	"strings"
)

// Audiences of a grant. Any other is the name of a server, on all its fronts.
const (
	anywhere = ""  // the client asked for no resource, as those of 2025-03-26 do
	joined   = "*" // the endpoints that join all servers
)

// fronts are the last parts of the addresses that agents use.
var fronts = []string{"mcp", "sse", "ws"}

// audienceOf returns what a resource (RFC 8707) of the bridge at issuer stands for: joined, or a
// server's name. The bridge's own address stands for the joined endpoints.
func audienceOf(resource, issuer string, servers []string) (string, bool) {
	u, err := url.Parse(resource)
	if err != nil || u.User != nil || u.Opaque != "" || strings.ContainsAny(resource, "?#") || u.RawPath != "" {
		return "", false
	}
	if !strings.EqualFold(u.Scheme+"://"+u.Host, issuer) {
		return "", false
	}
	server, front := "", strings.TrimPrefix(u.Path, "/")
	if i := strings.IndexByte(front, '/'); i >= 0 {
		server, front = front[:i], front[i+1:]
		if !slices.Contains(servers, server) {
			return "", false
		}
	}
	switch {
	case server == "" && (u.Path == "" || u.Path == "/"):
		return joined, true
	case !slices.Contains(fronts, front) || server == "" && strings.Count(u.Path, "/") != 1:
		return "", false
	case server == "":
		return joined, true
	}
	return server, true
}

// scopeServer is what begins a scope that names a server.
const scopeServer = "server:"

// askedServers returns the servers that a client asks for: by its audience, else by its scopes. nil
// is whichever the owner picks. Scopes that this bridge does not have are ignored (RFC 6749 §3.3):
// many clients ask for OpenID Connect's everywhere.
func askedServers(audience string, scopes, servers []string) []string {
	if audience != anywhere && audience != joined {
		return []string{audience}
	}
	var asked []string
	for _, s := range scopes {
		name, ok := strings.CutPrefix(s, scopeServer)
		if ok && slices.Contains(servers, name) && !slices.Contains(asked, name) {
			asked = append(asked, name)
		}
	}
	return asked
}
