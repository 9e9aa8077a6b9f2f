package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tailscale/hujson"
)

// SignIn says how people sign in, and whom of them the owner lets in unasked. Its zero value has no provider:
// the owner approves each agent by its code.
type SignIn struct {
	Providers []Provider
	// OwnerFirst keeps the bridge raised while the owner is not signed in at the first provider.
	OwnerFirst bool
	Approve    []Approve     // the first that fits decides
	AccessLife time.Duration // of an access token; 0 is the default
}

// Provider is a company's identity provider, by OpenID Connect. Only Issuer and ClientID are required.
type Provider struct {
	Issuer       string // its address, exactly as it writes it
	ClientID     string
	ClientSecret string // `${keychain:NAME}`; "" is none
	Name         string // for people
	Callback     string // where the owner's browser comes back to; "" is a free port of 127.0.0.1
	Scopes       []string
	Params       map[string]string // added to the address of the sign-in page
	Hosts        []string          // of the provider's besides the issuer's, in the company's network
	Claims       Claims
	Allow        Allow
	Assertions   bool   // it may vouch for agents by itself
	Tokens       Tokens // its own access tokens as a way in
}

// Claims are the paths of a person's attributes; "" is where OpenID Connect has them.
type Claims struct{ Subject, Email, Name, Groups string }

// Allow says who may enter. Each list that is not empty has to have something of the person's.
type Allow struct{ Groups, Domains, Subjects []string }

// Tokens trusts the access tokens that a provider makes for Audiences: whoever presents one is Agent. Without
// an audience nothing is trusted.
type Tokens struct {
	Audiences, Algorithms []string
	Agent                 string
	Servers, Tools        []string
}

// Approve lets agents in that it fits, unasked. An empty list fits all; one of Providers, Groups, Subjects and Clients is
// required, and where it is Providers alone they have to say in Allow who may enter.
type Approve struct {
	Providers []string // issuers
	Groups    []string // of who signed in
	Subjects  []string // `issuer|subject`
	Clients   []string // hosts that vouch for the client, by its metadata document
	Servers   []string // that it may use; "*" is every one
	Tools     []string // globs; nil is everything
}

const (
	maxProviders = 8
	maxApprove   = 1000
)

func (s *SignIn) choices() table {
	return table{
		known: map[string]reader{
			"providers":   list(&s.Providers, maxProviders, (*Provider).read),
			"ownerFirst":  truth(&s.OwnerFirst),
			"approve":     list(&s.Approve, maxApprove, (*Approve).read),
			"accessToken": duration(&s.AccessLife, 5*time.Second, time.Hour),
		},
		strict: true,
		check:  s.check,
	}
}

func (s *SignIn) check(n node) error {
	switch {
	case s.OwnerFirst && len(s.Providers) == 0:
		return n.fail("has ownerFirst, but no provider at which the owner could sign in; add one to providers")
	case slices.ContainsFunc(s.Approve, needsGroups) && !slices.ContainsFunc(s.Providers, tellsGroups):
		return n.fail("approves by groups, but no provider says where it has them; %s", addGroups)
	}
	for i, a := range s.Approve {
		if why := s.unbounded(a); why != "" {
			return n.fail("approve[%d] %s", i, why)
		}
	}
	return nil
}

// unbounded says what is wrong with the providers that a rule names; "" is nothing.
func (s *SignIn) unbounded(a Approve) string {
	for _, issuer := range a.Providers {
		i := slices.IndexFunc(s.Providers, func(p Provider) bool { return p.Issuer == issuer })
		switch {
		case i < 0:
			return fmt.Sprintf("names the provider %q, which is not among providers; write the issuer as it stands there", issuer)
		case a.byProvider() && reflect.DeepEqual(s.Providers[i].Allow, Allow{}):
			return fmt.Sprintf("lets in everybody who has an account at %q; say in that provider's \"allow\" who may enter, or name groups, subjects or clients here", issuer)
		}
	}
	return ""
}

// byProvider reports whether a goes by nothing but the provider.
func (a *Approve) byProvider() bool {
	return len(a.Groups) == 0 && len(a.Subjects) == 0 && len(a.Clients) == 0
}

const addGroups = `add to it "claims": {"groups": "groups"}, or what the provider calls them`

func needsGroups(a Approve) bool  { return len(a.Groups) > 0 }
func tellsGroups(p Provider) bool { return p.Claims.Groups != "" }

func (p *Provider) read(n node) error {
	err := n.only(map[string]reader{
		"issuer":       text(&p.Issuer),
		"clientId":     text(&p.ClientID),
		"clientSecret": reference(&p.ClientSecret),
		"name":         text(&p.Name),
		"callback":     text(&p.Callback),
		"scopes":       texts(&p.Scopes),
		"params":       environment(&p.Params),
		"hosts":        texts(&p.Hosts),
		"claims":       p.Claims.read,
		"allow":        p.Allow.read,
		"assertions":   truth(&p.Assertions),
		"tokens":       p.Tokens.read,
	})
	switch {
	case err != nil:
		return err
	case p.Issuer == "":
		return n.fail("has no issuer; add \"issuer\": the provider's address, exactly as it writes it")
	case p.ClientID == "":
		return n.fail("has no clientId; register Drawbridge at the provider and add the id that it gives")
	case len(p.Allow.Groups) > 0 && !tellsGroups(*p):
		return n.fail("allows groups, but says not where the provider has them, so that nobody could come in; %s", addGroups)
	}
	return nil
}

func (c *Claims) read(n node) error {
	return n.only(map[string]reader{
		"subject": text(&c.Subject), "email": text(&c.Email), "name": text(&c.Name), "groups": text(&c.Groups),
	})
}

func (a *Allow) read(n node) error {
	return n.only(map[string]reader{
		"groups": texts(&a.Groups), "domains": texts(&a.Domains), "subjects": texts(&a.Subjects),
	})
}

func (t *Tokens) read(n node) error {
	err := n.only(map[string]reader{
		"audiences": texts(&t.Audiences), "algorithms": texts(&t.Algorithms), "agent": text(&t.Agent),
		"servers": texts(&t.Servers), "tools": texts(&t.Tools),
	})
	switch {
	case err != nil:
		return err
	case len(t.Audiences) == 0:
		return n.fail("has no audiences; name what the provider writes into tokens for this bridge, or remove it")
	case t.Agent == "" || len(t.Servers) == 0:
		return n.fail("needs an agent, the name under which such tokens come in, and servers, those that they may use")
	}
	return nil
}

func (a *Approve) read(n node) error {
	err := n.only(map[string]reader{
		"providers": texts(&a.Providers), "groups": texts(&a.Groups), "subjects": texts(&a.Subjects),
		"clients": texts(&a.Clients), "servers": texts(&a.Servers), "tools": texts(&a.Tools),
	})
	switch {
	case err != nil:
		return err
	case a.byProvider() && len(a.Providers) == 0:
		return n.fail("fits everybody; name providers, groups, subjects or clients that are let in unasked")
	case len(a.Servers) == 0:
		return n.fail("has no servers; name those that such agents may use, or \"*\" for all")
	}
	return nil
}

// reference reads the name of a secret, which has no place in the file itself.
func reference(to *string) reader {
	return func(n node) error {
		s, err := n.string()
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(s, "${keychain:")
		if name, closed := strings.CutSuffix(name, "}"); !ok || !closed || name == "" {
			return n.fail("is a secret, which has no place in this file; run drawbridge secrets set NAME, and write \"${keychain:NAME}\" here")
		}
		*to = s
		return nil
	}
}

// list reads a list of at most that many objects.
func list[T any](to *[]T, most int, read func(*T, node) error) reader {
	return func(n node) error {
		array, ok := n.v.Value.(*hujson.Array)
		if !ok {
			return n.fail("must be a list of objects: [{ … }]")
		}
		if len(array.Elements) > most {
			return n.fail("has more than %d entries", most)
		}
		*to = nil
		for i := range array.Elements {
			var one T
			if err := read(&one, node{n.doc, fmt.Sprintf("%s[%d]", n.name, i), &array.Elements[i]}); err != nil {
				return err
			}
			*to = append(*to, one)
		}
		return nil
	}
}

// Equal reports whether s and t choose the same.
func (s SignIn) Equal(t SignIn) bool { return reflect.DeepEqual(s, t) }
