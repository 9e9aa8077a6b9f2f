package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// providerForm is the dialog for an identity provider.
type providerForm struct {
	*entryForm
	vouches *look.Check
}

// editProvider opens the dialog for an identity provider, or with -1 for a new one.
func (w *window) editProvider(l *settingList, at int) *entryForm {
	f := &providerForm{entryForm: newEntryForm(l, at)}
	f.missing = f.lacks
	f.words = []wording{
		{".clientSecret is a secret", "clientSecret", "Type the secret, or ${keychain:NAME} and nothing else."},
		{"approves by groups, but no provider", "claims.groups", "Agents are let in unasked by groups, and no provider would say any more who is in one. Write the claim in which this one does."},
	}
	title := "Add an identity provider"
	if at >= 0 {
		title = fmt.Sprintf("Edit identity provider %d", at+1)
	}
	issuer := f.field("Issuer", "issuer", "https://login.example.com", "Its address, exactly as it writes it", text)
	f.open(title, "Register Drawbridge there, with the redirect /callback under its address, and under http://127.0.0.1 for your own sign-in, which is at the first provider.", f.fields["issuer"].Entry,
		issuer,
		f.field("Client id", "clientId", "drawbridge", "That it gives", text),
		f.secret("Client secret", "clientSecret", "", "That it gives with the id, if any. The keychain keeps it", func() string {
			return f.freeName("provider-"+hostOf(f.fields["issuer"].Entry.Text), "client-secret")
		}),
		twoOf(f.field("Name", "name", "Example Corp", "As people read it", text), f.field("Groups are in the claim", "claims.groups", "groups", "As it calls them", text)),
		look.NewText("Who may enter. Of each that is not empty, a person must have one", look.Note),
		f.list("Groups", "allow.groups", "engineering", "One a line"),
		f.list("Domains of e-mail addresses", "allow.domains", "example.com", "One a line"),
		f.list("Subjects", "allow.subjects", "", "One a line, as it numbers people"),
		f.others())
	return f.entryForm
}

// others are what few providers need.
func (f *providerForm) others() fyne.CanvasObject {
	f.vouches = look.NewCheck("It may vouch for agents by itself, without a person", func(bool) { f.check() })
	f.vouches.Tick(string(f.was("assertions")) == "true")
	f.more = func(entry map[string]any) {
		delete(entry, "assertions")
		if f.vouches.Checked {
			entry["assertions"] = true
		}
	}
	return f.seldom(f.vouches.Checked,
		f.field("Your browser comes back to", "callback", "A free port of 127.0.0.1", "After your own sign-in, such as http://127.0.0.1:8400/callback", text),
		twoOf(f.list("Scopes", "scopes", "profile\nemail", "Besides openid; one a line"), f.list("Hosts of its own network", "hosts", "keys.example.com", "Besides the issuer's; one a line")),
		f.pairs("Parameters of its sign-in page", "params", "prompt=consent", "One NAME=value a line"),
		look.NewText("What it says of a person, where it calls that otherwise", look.Note),
		twoOf(f.field("Subject", "claims.subject", "sub", "Must never change or be given again", text), f.field("E-mail address", "claims.email", "email", "The claim that has it", text)),
		f.field("Name of the person", "claims.name", "name", "The claim that has it", text),
		look.Inset(-6, 0, -6, -6, f.vouches),
		look.NewText("Its own access tokens, if whoever has one may come in with it", look.Note),
		f.list("Audiences", "tokens.audiences", "drawbridge", "What it writes into those for this bridge; one a line"),
		twoOf(f.field("They come in as the agent", "tokens.agent", "company", "A name", text), f.list("Signatures", "tokens.algorithms", "RS256\nES256", "Empty is all that are safe")),
		twoOf(f.list("Servers", "tokens.servers", "files", "That they may use; * is all"), f.list("Tools", "tokens.tools", "Everything", "Names or patterns")))
}

func (f *providerForm) lacks(entry map[string]any) lack {
	has := func(key string) bool { return strings.TrimSpace(f.fields[key].Entry.Text) != "" }
	tokens := entry["tokens"] != nil
	for _, needs := range []struct {
		when bool
		lack
	}{
		{true, lack{"issuer", "Write the provider's address."}},
		{true, lack{"clientId", "Write the id that it gives."}},
		{has("allow.groups"), lack{"claims.groups", "Write what it calls them. Without it nobody could come in by a group."}},
		{tokens, lack{"tokens.audiences", "Write what the provider writes into tokens for this bridge."}},
		{tokens, lack{"tokens.agent", "Write the name under which such tokens come in."}},
		{tokens, lack{"tokens.servers", "Write the servers that they may use; * is all of them."}},
	} {
		if needs.when && !has(needs.key) {
			return needs.lack
		}
	}
	return lack{}
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
