package ui

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// editApprove opens the dialog for whom the owner lets in unasked, or with -1 for new ones.
func (w *window) editApprove(l *settingList, at int) *entryForm {
	f := newEntryForm(l, at)
	title := "Let agents in unasked"
	if at >= 0 {
		title = fmt.Sprintf("Edit who is let in unasked, %d", at+1)
	}
	f.missing = func(entry map[string]any) lack {
		if entry["groups"] == nil && entry["subjects"] == nil && entry["clients"] == nil && entry["providers"] == nil {
			return lack{text: "Write whom: groups, people, clients or providers."}
		}
		if entry["servers"] == nil {
			return lack{text: "Write the servers that they may use; * is all of them."}
		}
		return lack{}
	}
	f.words = []wording{
		{"approves by groups, but no provider", "groups", "No identity provider says who is in a group. Edit one, and write the claim in which it does."},
		{"lets in everybody who has an account", "providers", "Everybody who has an account there would come in. Write groups, people or clients here, or edit the provider and write who may enter."},
	}
	groups := f.list("Groups", "groups", "platform", "Of the person who signed in; one a line")
	f.open(title, "Agents that fit all that is not empty need no answer of yours. The first that fits decides.", f.fields["groups"].Entry,
		groups,
		f.list("People", "subjects", "https://login.example.com|42", "ISSUER|SUBJECT, one a line"),
		f.list("Clients", "clients", "claude.ai", "The hosts that vouch for them, one a line"),
		f.list("Providers", "providers", "https://login.example.com", "Their issuers, one a line"),
		twoOf(f.list("Servers", "servers", "files", "That they may use; * is all"), f.list("Tools", "tools", "Everything", "Names or patterns")))
	return f
}

// approveWords is who is let in unasked, and to what.
func approveWords(raw json.RawMessage) string {
	var a struct{ Providers, Groups, Subjects, Clients, Servers, Tools []string }
	_ = json.Unmarshal(raw, &a) // what is none was never read
	var who []string
	add := func(kind string, all []string) {
		if len(all) > 0 {
			who = append(who, kind+" "+listed(all, 3))
		}
	}
	add("in", a.Groups)
	add("known as", a.Subjects)
	add("with clients of", a.Clients)
	add("who sign in at", a.Providers)
	if who == nil {
		return "nobody is let in yet"
	}
	return "those " + strings.Join(who, ", ") + " may use " + approvedTo(a.Servers, a.Tools)
}

// approvedTo is what may be used of servers.
func approvedTo(servers, tools []string) string {
	to := "no server yet"
	switch {
	case slices.Contains(servers, "*"):
		to = "all servers"
	case len(servers) > 0:
		to = listed(servers, 3)
	}
	if len(tools) > 0 {
		to += ", there " + listed(tools, 3)
	}
	return to
}
