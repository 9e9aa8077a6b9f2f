package oidc

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Identity is somebody who has signed in.
type Identity struct {
	Subject  string   // `issuer|subject`, the one name of this person
	Email    string   // for display only, never for decisions
	Verified bool     // the provider has checked Email
	Name     string   // for display only
	Groups   []string // sorted; those of Config.Claims
	// Session is what Recheck takes. It is secret, so it is kept under encryption. nil where the
	// provider gave no refresh token: then this person has to sign in again after a while.
	Session []byte
}

// Allow says who of those that the provider knows may enter. Each list that is not empty has to
// have something of the person's.
type Allow struct {
	Groups   []string // at least one of the person's groups
	Domains  []string // the domain of a verified e-mail address, or of Google's `hd`
	Subjects []string // the provider's own names of people, without the issuer
}

const (
	maxSubject = 255 // bytes (OpenID Connect Core §2)
	maxShown   = 256 // characters
)

// identify is who c is about, if that person may enter.
func (p *Provider) identify(c claims) (Identity, error) {
	subject := c.text(p.cfg.Claims.Subject)
	if subject == "" || len(subject) > maxSubject || !utf8.ValidString(subject) || strings.ContainsFunc(subject, unicode.IsControl) {
		return Identity{}, fmt.Errorf("%w: the claim %q names nobody", ErrDenied, p.cfg.Claims.Subject)
	}
	groups, err := c.groups(p.cfg.Claims.Groups)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrDenied, err)
	}
	if err := p.cfg.Allow.check(subject, groups, p.domains(c)); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return Identity{
		Subject: p.cfg.Issuer + "|" + subject, Groups: groups,
		Email: shown(c.text(p.cfg.Claims.Email)), Verified: p.cfg.Claims.Email == "email" && c.truth("email_verified"),
		Name: shown(c.text(p.cfg.Claims.Name)),
	}, nil
}

func (a Allow) check(subject string, groups, domains []string) error {
	if len(a.Subjects) > 0 && !slices.Contains(a.Subjects, subject) {
		return errors.New("this person is not among those that the owner allows")
	}
	if len(a.Groups) > 0 && !slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(a.Groups, g) }) {
		return errors.New("this person is in none of the groups that the owner allows")
	}
	allowed := func(d string) bool {
		return slices.ContainsFunc(a.Domains, func(want string) bool { return strings.EqualFold(d, want) })
	}
	if len(a.Domains) > 0 && !slices.ContainsFunc(domains, allowed) {
		return errors.New("this person has no verified e-mail address in a domain that the owner allows")
	}
	return nil
}

// google alone has a claim for the organization that it keeps an account for.
const google = "https://accounts.google.com"

// domains are those that the provider vouches for.
func (p *Provider) domains(c claims) []string {
	var domains []string
	if d := c.text("hd"); d != "" && p.cfg.Issuer == google {
		domains = append(domains, d)
	}
	email := c.text("email")
	if at := strings.LastIndexByte(email, '@'); at > 0 && at < len(email)-1 && c.truth("email_verified") {
		domains = append(domains, email[at+1:])
	}
	return domains
}

// shown is text as a person can be shown it: no control characters, none that turn the direction of
// what follows, not too long.
func shown(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text))
	for i := range text {
		if utf8.RuneCountInString(text[:i]) == maxShown {
			return text[:i]
		}
	}
	return text
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
