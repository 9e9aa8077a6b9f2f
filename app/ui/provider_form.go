package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"drawbridge/app/ui/look"
)

// editProvider opens the dialog for an identity provider, or with -1 for a new one.
func (w *window) editProvider(l *settingList, at int) *entryForm {
	f := newEntryForm(l, at)
	title := "Add an identity provider"
	if at >= 0 {
		title = fmt.Sprintf("Edit identity provider %d", at+1)
	}
	issuer := f.field("Issuer", "issuer", "https://login.example.com", "Its address, exactly as it writes it", text)
	f.missing = f.required(map[string]string{"issuer": "Write the provider's address.", "clientId": "Write the id that it gives."})
	f.open(title, "Register Drawbridge there, with the redirect /callback under its address, and under http://127.0.0.1 for your own sign-in.", f.fields["issuer"].Entry,
		issuer,
		f.field("Client id", "clientId", "drawbridge", "That it gives", text),
		f.secret("Client secret", "clientSecret", "", "That it gives with the id, if any. The keychain keeps it", func() string {
			return f.freeName("provider-"+hostOf(f.fields["issuer"].Entry.Text), "client-secret")
		}),
		twoOf(f.field("Name", "name", "Example Corp", "As people read it", text), f.field("Groups are in the claim", "claims.groups", "groups", "As it calls them", text)),
		look.NewText("Who may enter. Of each that is not empty, a person must have one", look.Note),
		f.list("Groups", "allow.groups", "engineering", "One a line"),
		f.list("Domains of e-mail addresses", "allow.domains", "example.com", "One a line"),
		f.list("Subjects", "allow.subjects", "", "One a line, as it numbers people"))
	return f
}

// providerWords is what an identity provider is.
func providerWords(raw json.RawMessage) string {
	var p struct {
		Issuer, Name string
		Allow        struct{ Groups, Domains, Subjects []string }
	}
	_ = json.Unmarshal(raw, &p) // what is none was never read
	name := p.Name
	if u, err := url.Parse(p.Issuer); name == "" && err == nil {
		name = u.Host
	}
	if name == "" {
		return "nobody may sign in yet"
	}
	var who []string
	for _, all := range [][]string{p.Allow.Groups, p.Allow.Domains, p.Allow.Subjects} {
		if len(all) > 0 {
			who = append(who, listed(all, 3))
		}
	}
	return "at " + name + ": " + cmp.Or(strings.Join(who, ", and "), "whoever has an account there") + " may sign in"
}
