package app

import (
	"strings"
	"testing"

	"drawbridge/app/settings"
	"drawbridge/signin/authserver"
)

// TestWhoIsLetInUnasked: a rule lets in whom all that it names fits, and nobody who has not signed in.
func TestWhoIsLetInUnasked(t *testing.T) {
	const corp, other = "https://corp.example", "https://other.example"
	ada := authserver.User{Subject: corp + "|ada", Email: "ada@corp.example", Groups: []string{"dev", "ops"}}
	claude := authserver.Client{ID: "https://claude.ai/client.json", Name: "Claude", Host: "claude.ai"}
	for name, c := range map[string]struct {
		rule   settings.Approve
		user   authserver.User
		client authserver.Client
		want   bool
	}{
		"by group":                 {settings.Approve{Groups: []string{"x", "ops"}}, ada, claude, true},
		"by another group":         {settings.Approve{Groups: []string{"Dev", "de", ""}}, ada, claude, false},
		"by group, without groups": {settings.Approve{Groups: []string{""}}, authserver.User{Subject: corp + "|eve"}, claude, false},
		"by provider":              {settings.Approve{Providers: []string{corp}}, ada, claude, true},
		"by another provider":      {settings.Approve{Providers: []string{other}}, ada, claude, false},
		"by subject":               {settings.Approve{Subjects: []string{corp + "|ada"}}, ada, claude, true},
		"by a part of it":          {settings.Approve{Subjects: []string{"ada", corp}}, ada, claude, false},
		"by e-mail":                {settings.Approve{Subjects: []string{"ada@corp.example"}}, ada, claude, false},
		"by client":                {settings.Approve{Clients: []string{"claude.ai"}}, ada, claude, true},
		"by its domain's other":    {settings.Approve{Clients: []string{"ai", "evil.claude.ai", "claude.ai.evil.example"}}, ada, claude, false},
		"by client, by its word":   {settings.Approve{Clients: []string{"claude.ai", "Claude", ""}}, ada, authserver.Client{ID: "x", Name: "claude.ai"}, false},
		"group and client":         {settings.Approve{Groups: []string{"dev"}, Clients: []string{"claude.ai"}}, ada, claude, true},
		"group, another client":    {settings.Approve{Groups: []string{"dev"}, Clients: []string{"cursor.com"}}, ada, claude, false},
		"nobody signed in":         {settings.Approve{Clients: []string{"claude.ai"}}, authserver.User{}, claude, false},
	} {
		issuer, _, _ := strings.Cut(c.user.Subject, "|")
		if got := fits(c.rule, authserver.Pending{User: c.user, Client: c.client, Provider: issuer}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
