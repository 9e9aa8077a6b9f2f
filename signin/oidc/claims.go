package oidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Claims are paths in what the provider says of a person: names with dots between them, as in
// `realm_access.roles`. A name that has dots itself is found as well: where several names fit, the
// longest does. In an array a path goes on in every element.
type Claims struct {
	Subject string // "" is `sub`; it must be one that people cannot change and that is never given again
	Email   string // "" is `email`
	Name    string // "" is `name`
	Groups  string // a string or an array of strings; "" is no groups
}

const (
	maxPath   = 256
	maxGroups = 4096
	maxGroup  = 512 // bytes
)

func (c Claims) filled() Claims {
	for p, usual := range map[*string]string{&c.Subject: "sub", &c.Email: "email", &c.Name: "name"} {
		if *p == "" {
			*p = usual
		}
	}
	return c
}

func (c Claims) check() error {
	for _, p := range []struct{ name, path string }{{"subject", c.Subject}, {"email", c.Email}, {"name", c.Name}, {"groups", c.Groups}} {
		if len(p.path) > maxPath || strings.HasPrefix(p.path, ".") || strings.HasSuffix(p.path, ".") {
			return &Fault{"claims." + p.name, fmt.Sprintf("is %.40q; write names with dots between them", p.path)}
		}
	}
	return nil
}

// claims is what the provider says of a person.
type claims map[string]any

func parseClaims(text []byte) (claims, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var c claims
	if err := d.Decode(&c); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || c == nil {
		return nil, errors.New("it is not one JSON object")
	}
	return c, nil
}

// find returns what lies at path; nil is nothing.
func (c claims) find(path string) any { return find(map[string]any(c), path) }

func find(value any, path string) any {
	if path == "" {
		return value
	}
	switch v := value.(type) {
	case map[string]any:
		for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
			if inner, ok := v[path[:end]]; ok {
				return find(inner, strings.TrimPrefix(path[end:], "."))
			}
		}
	case []any:
		var all []any
		for _, e := range v {
			switch found := find(e, path).(type) {
			case nil:
			case []any:
				all = append(all, found...)
			default:
				all = append(all, found)
			}
		}
		if all != nil {
			return all
		}
	}
	return nil
}

// text returns the string at path, "" where there is none.
func (c claims) text(path string) string {
	s, _ := c.find(path).(string)
	return s
}

// truth returns the boolean at path, which some providers write as a string.
func (c claims) truth(path string) bool {
	v := c.find(path)
	return v == true || v == "true"
}

// groups returns the groups at path, sorted. Ones that cannot be told are an error, not fewer: the
// owner's rules may take something away by group.
func (c claims) groups(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	found := c.find(path)
	if found == nil {
		return nil, c.overflow(path)
	}
	list, ok := found.([]any)
	if !ok {
		list = []any{found}
	}
	if len(list) > maxGroups {
		return nil, fmt.Errorf("there are more than %d groups in the claim %q", maxGroups, path)
	}
	groups := make([]string, 0, len(list))
	for _, e := range list {
		g, ok := e.(string)
		if !ok || len(g) > maxGroup {
			return nil, fmt.Errorf("the claim %q is not a list of names", path)
		}
		if g != "" {
			groups = append(groups, g)
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups), nil
}

// overflow says that the provider left the groups out because there are too many: it then names
// another place for them (OpenID Connect Core §5.6.2), which this bridge does not ask.
func (c claims) overflow(path string) error {
	elsewhere, _ := c["_claim_names"].(map[string]any)
	first, _, _ := strings.Cut(path, ".")
	if elsewhere[path] != nil || elsewhere[first] != nil || c.truth("hasgroups") {
		return fmt.Errorf("the provider left out the claim %q, as this person has too many groups: have it send only the groups of this application", path)
	}
	return nil
}
