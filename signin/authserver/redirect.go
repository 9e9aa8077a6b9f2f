package authserver

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	maxRedirects = 16
	maxRedirect  = 512 // bytes
)

// customRedirects are the redirects with a scheme of their own that are let in, each in its exact
// spelling: any program on a machine may claim such a scheme, so none is let in by pattern.
var customRedirects = []string{"cursor://anysphere.cursor-mcp/oauth/callback"}

// checkRedirect says why a client may not register a redirect: it must be https, http on the
// person's own machine, or one of customRedirects.
func checkRedirect(redirect string) error {
	if slices.Contains(customRedirects, redirect) {
		return nil
	}
	if len(redirect) > maxRedirect || strings.ContainsFunc(redirect, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) {
		return errors.New("a redirect is at most 512 printable ASCII characters")
	}
	u, err := url.Parse(redirect)
	switch {
	case err != nil:
		return errors.New("a redirect is not an address")
	case strings.Contains(redirect, "#"), u.User != nil, u.Opaque != "":
		return errors.New("a redirect has neither a fragment nor a user")
	case u.Hostname() == "" || u.Hostname() != strings.ToLower(u.Hostname()) || strings.HasSuffix(u.Host, ":"):
		return errors.New("a redirect names a host, in lower case")
	case u.Scheme == "https" && strings.HasPrefix(redirect, "https://"):
		return nil
	case u.Scheme == "http" && strings.HasPrefix(redirect, "http://") && isLoopback(u.Hostname()):
		return nil
	}
	return errors.New("a redirect is https, or http on localhost")
}

// matches reports whether a client that registered one redirect may be answered at another. They are
// the same, byte for byte, except for the port on the person's own machine (RFC 8252 §7.3).
func matches(registered, asked string) bool {
	if registered == asked {
		return true
	}
	host, rest, ok := cutLoopback(registered)
	if !ok {
		return false
	}
	askedHost, askedRest, ok := cutLoopback(asked)
	return ok && host == askedHost && rest == askedRest
}

// cutLoopback splits an http redirect to the person's own machine into its host and what follows
// the port, which may be missing.
func cutLoopback(redirect string) (host, rest string, ok bool) {
	after, ok := strings.CutPrefix(redirect, "http://")
	if !ok {
		return "", "", false
	}
	end := strings.IndexAny(after, "/?")
	if end < 0 {
		end = len(after)
	}
	authority, rest := after[:end], after[end:]
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
		port, ok := strings.CutPrefix(authority, host)
		if ok && (port == "" || port[0] == ':' && isPort(port[1:])) {
			return host, rest, true
		}
	}
	return "", "", false
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == text
}

// isLoopback reports whether host is the person's own machine, as a URL's Hostname gives it.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && (a == netip.IPv6Loopback() || a == netip.AddrFrom4([4]byte{127, 0, 0, 1}))
}

// hostOf is where a redirect leads, for people: a host, or the whole of one with its own scheme.
func hostOf(redirect string) string {
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return redirect
	}
	return u.Host
}

// leadsHome reports whether a redirect stays on the machine where the browser runs: anybody who runs
// a program there may have asked for it.
func leadsHome(redirect string) bool {
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme != "https" {
		return true
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	a, err := netip.ParseAddr(host)
	return err == nil && (a.Unmap().IsLoopback() || a.IsUnspecified()) || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
