package authserver

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ory/fosite"
)

// client is a program that asks for tokens: one that registered itself, or one whose id is the
// address of a document about it. It is never changed. It is also fosite's Client.
type client struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Redirects []string  `json:"redirects"`
	Secret    []byte    `json:"secret,omitempty"` // digest; none for a public client
	Refreshes bool      `json:"refreshes"`
	Created   time.Time `json:"created"`
	Host      string    `json:"-"` // where its document was read; "" for one that registered itself
}

func (c *client) GetID() string                      { return c.ID }
func (c *client) GetHashedSecret() []byte            { return c.Secret }
func (c *client) GetRedirectURIs() []string          { return c.Redirects }
func (c *client) GetResponseTypes() fosite.Arguments { return fosite.Arguments{"code"} }
func (c *client) GetScopes() fosite.Arguments        { return nil }
func (c *client) GetAudience() fosite.Arguments      { return nil }
func (c *client) IsPublic() bool                     { return c.Secret == nil }

func (c *client) GetGrantTypes() fosite.Arguments {
	if c.Refreshes {
		return fosite.Arguments{"authorization_code", "refresh_token"}
	}
	return fosite.Arguments{"authorization_code"}
}

// assured reports whether nobody but this client gets tokens for a code that is sent to it: it has a secret of its own, or
// the code goes over https to a host that is its own. What leads back to the person's own machine, any program there may
// take; so the client is not assured if it has registered any such redirect, as the code may be handed on there.
func (c *client) assured() bool { return !c.IsPublic() || !slices.ContainsFunc(c.Redirects, leadsHome) }

func (c *client) public() Client { return Client{ID: c.ID, Name: c.Name, Host: c.Host} }

// allows reports whether the client registered that redirect.
func (c *client) allows(redirect string) bool {
	return slices.ContainsFunc(c.Redirects, func(registered string) bool { return matches(registered, redirect) })
}

// errNoClient means that no client has that id.
var errNoClient = errors.New("no such client")

// findClient returns the client with that id, which may mean to read its document. The error says
// what is wrong with an id or a document, for people.
func (s *Server) findClient(ctx context.Context, id string) (*client, error) {
	if strings.Contains(id, "://") {
		return s.documents.client(ctx, id)
	}
	return s.store.client(id)
}

// authenticate returns the client that makes a request to /token or /revoke (RFC 6749 §2.3).
func (s *Server) authenticate(ctx context.Context, r *http.Request, form url.Values) (*client, error) {
	id, secret, err := credentials(r, form)
	if err != nil {
		return nil, err
	}
	c, err := s.findClient(ctx, id)
	if err != nil {
		return nil, problemClient
	}
	if c.IsPublic() {
		if secret != "" {
			return nil, problemClient
		}
		return c, nil
	}
	if subtle.ConstantTimeCompare(s.keys.digest(secret), c.Secret) != 1 {
		return nil, problemClient
	}
	return c, nil
}

func credentials(r *http.Request, form url.Values) (id, secret string, err error) {
	user, password, basic := r.BasicAuth()
	if !basic {
		if r.Header.Get("Authorization") != "" || form.Get("client_id") == "" {
			return "", "", problemClient
		}
		return form.Get("client_id"), form.Get("client_secret"), nil
	}
	id, err1 := url.QueryUnescape(user)
	secret, err2 := url.QueryUnescape(password)
	if err1 != nil || err2 != nil || form.Has("client_secret") || form.Has("client_id") && form.Get("client_id") != id {
		return "", "", badRequest("the client's credentials are malformed, or there is more than one kind")
	}
	return id, secret, nil
}

// plainName makes what a client calls itself fit to be shown: printable, on one line, short.
func plainName(name string) string {
	name = strings.ToValidUTF8(name, "\ufffd")
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }), " ")
	if runes := []rune(name); len(runes) > 64 {
		name = string(runes[:63]) + "…"
	}
	return name
}
