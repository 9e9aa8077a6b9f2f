package signin

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	// carrier is how a WebSocket client in a browser, which cannot set headers, brings its token: as a
	// subprotocol that ends in the token in base64url. It is taken out of the list that the server may choose from.
	carrier = "base64url.bearer.authorization.mcp."

	// maxToken bounds a token, in bytes.
	maxToken = 8 << 10
)

// takeToken removes every credential from r and returns the bearer token, or why there is none that
// could be tried. It and the tickets that it takes are the only readers of credentials.
func (g *Gate) takeToken(r *http.Request) (string, *refusal) {
	authorization, carried := take(r.Header)
	if tokenInQuery(r.URL.RawQuery) {
		return "", refuseQuery
	}
	ticket := takeTicket(r)
	switch {
	case len(authorization) == 1:
		return bearerOf(authorization[0])
	case len(authorization) > 1 || len(carried) > 1:
		return "", refuseTwo
	case len(carried) == 1 && isUpgrade(r):
		return decodeCarried(carried[0])
	case ticket != "" && isUpgrade(r):
		return g.tickets.redeem(ticket)
	}
	return "", refuseNone
}

func isUpgrade(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

// stripBearer removes every credential from r except one of the Basic scheme.
func stripBearer(r *http.Request) {
	found, _ := take(r.Header)
	if len(found) == 1 && len(found[0]) > 6 && strings.EqualFold(found[0][:6], "Basic ") {
		r.Header["Authorization"] = found
	}
}

// take removes all credentials from h, however their keys are spelled. It returns the values of
// Authorization, and what the subprotocols that carry tokens have after their prefix.
func take(h http.Header) (authorization, carried []string) {
	for k, values := range h {
		switch {
		case len(k) == len("Authorization") && strings.EqualFold(k, "Authorization"):
			if authorization == nil {
				authorization = values
			} else {
				authorization = slices.Concat(authorization, values)
			}
			delete(h, k)
		case len(k) == len("Proxy-Authorization") && strings.EqualFold(k, "Proxy-Authorization"):
			delete(h, k)
		case len(k) == len("Sec-WebSocket-Protocol") && strings.EqualFold(k, "Sec-WebSocket-Protocol"):
			kept, found := sift(values)
			if found == nil {
				continue
			}
			carried = append(carried, found...)
			if kept == nil {
				delete(h, k)
			} else {
				h[k] = []string{strings.Join(kept, ", ")}
			}
		}
	}
	return authorization, carried
}

// sift splits lists of subprotocols into those that are kept and what the others carry.
func sift(lists []string) (kept, carried []string) {
	for _, list := range lists {
		for p := range strings.SplitSeq(list, ",") {
			p = strings.TrimSpace(p)
			switch {
			case len(p) >= len(carrier) && strings.EqualFold(p[:len(carrier)], carrier):
				carried = append(carried, p[len(carrier):])
			case p != "":
				kept = append(kept, p)
			}
		}
	}
	return kept, carried
}

// bearerOf returns the token in an Authorization header (RFC 6750 §2.1).
func bearerOf(value string) (string, *refusal) {
	scheme, token, _ := strings.Cut(value, " ")
	token = strings.Trim(token, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		if isToken(scheme, isSchemeByte) && token != "" {
			return "", refuseNone // a scheme that this bridge does not have
		}
		return "", refuseSyntax
	}
	if !isBearer(token) {
		return "", refuseSyntax
	}
	return token, nil
}

func decodeCarried(text string) (string, *refusal) {
	if len(text) > 2*maxToken {
		return "", refuseSyntax
	}
	token, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(text, "="))
	if err != nil || !isBearer(string(token)) {
		return "", refuseSyntax
	}
	return string(token), nil
}

// tokenInQuery reports whether a query carries a bearer token (RFC 6750 §2.3), which this bridge
// takes from nobody: addresses end up in logs and histories.
func tokenInQuery(query string) bool {
	for query != "" {
		pair := query
		if i := strings.IndexAny(query, "&;"); i >= 0 {
			pair, query = query[:i], query[i+1:]
		} else {
			query = ""
		}
		key, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(key); err == nil {
			key = plain
		}
		if strings.EqualFold(key, "access_token") {
			return true
		}
	}
	return false
}

// isBearer reports whether text has the form of a bearer token: b64token in RFC 6750 §2.1.
func isBearer(text string) bool {
	return len(text) <= maxToken && isToken(strings.TrimRight(text, "="), isBearerByte)
}

func isToken(text string, allowed func(c byte) bool) bool {
	for i := range len(text) {
		if !allowed(text[i]) {
			return false
		}
	}
	return text != ""
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func isBearerByte(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("-._~+/", c) >= 0 }

func isSchemeByte(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
