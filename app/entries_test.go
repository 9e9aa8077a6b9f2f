package app

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"drawbridge/app/settings"
	"drawbridge/bridge/audit"
)

// TestEntryChange: an entry is found where it is now, and changed only as the owner has seen it.
func TestEntryChange(t *testing.T) {
	raw := func(text string) json.RawMessage {
		if text == "" {
			return nil
		}
		return json.RawMessage(text)
	}
	for _, c := range []struct {
		all       string
		at        int
		seen, now string
		step      int
		past      string
		want      string // "" is ErrEntry
	}{
		{"[]", -1, "", "1", 0, "", "[1]"},
		{"[1]", -1, "", "2", 0, "", "[1,2]"},
		{"[1,2]", 1, "2", "3", 0, "", "[1,3]"},
		{"[9,1,2]", 1, "2", "3", 0, "", "[9,1,3]"},
		{"[1,1]", 1, "1", "3", 0, "", "[1,3]"},
		{"[2,1]", 0, "1", "", 0, "", "[2]"},
		{"[1]", 0, "1", "", 0, "", "[]"},
		{"[1]", 0, "2", "3", 0, "", ""},
		{"[1,2,3]", 1, "2", "2", -1, "1", "[2,1,3]"},
		{"[1,2,3]", 1, "2", "2", 1, "3", "[1,3,2]"},
		{"[9,1,2,3]", 1, "2", "2", -1, "1", "[9,2,1,3]"},
		{"[1,9,2]", 1, "2", "2", -1, "1", ""},
		{"[2,3]", 1, "2", "2", -1, "1", ""},
	} {
		var all []json.RawMessage
		if err := json.Unmarshal([]byte(c.all), &all); err != nil {
			t.Fatal(err)
		}
		got, err := EntryChange{At: c.at, Seen: raw(c.seen), Now: raw(c.now), Step: c.step, Past: raw(c.past)}.In(all)
		text, _ := json.Marshal(got)
		if (c.want == "") != errors.Is(err, ErrEntry) || c.want != "" && string(text) != c.want {
			t.Errorf("%+v: %s, %v", c, text, err)
		}
		if same, _ := json.Marshal(all); string(same) != c.all {
			t.Errorf("%+v: the list is %s", c, same)
		}
	}
}

// TestChangeEntry: a list is changed in the file as it is when it is written, with what is said beside its entries.
func TestChangeEntry(t *testing.T) {
	const key = "limits.quotas"
	h := newHouse(t, `{"drawbridge": {"limits": {"quotas": [
      // everybody
      {"atOnce": 9},
      // ours
      {"agent": "a&b", "atOnce": 2}
    ]}}}`).run()
	file := func() string {
		b, _ := os.ReadFile(h.options.Places.Config)
		return string(b)
	}
	seen := entriesOf(h.Settings(), key)
	if err := h.ChangeEntry(key, EntryChange{At: 1, Seen: seen[1], Now: seen[1], Step: -1, Past: seen[0]}); err != nil {
		t.Fatal(err)
	}
	if ours, all := strings.Index(file(), "// ours\n      {\"agent\": \"a&b\""), strings.Index(file(), "// everybody\n      {\"atOnce\": 9}"); ours < 0 || all < ours {
		t.Errorf("the file is %s", file())
	}
	if err := h.ChangeEntry(key, EntryChange{At: 1, Seen: seen[1], Now: seen[1], Step: -1, Past: seen[0]}); !errors.Is(err, ErrEntry) {
		t.Errorf("what the owner has not seen is moved: %v", err)
	}
	before := file()
	if err := h.ChangeEntry(key, EntryChange{At: 0, Seen: seen[0], Now: json.RawMessage(`{"atOnce":0}`)}); err == nil || file() != before {
		t.Errorf("a quota that bounds nothing is kept: %v", err)
	}
	for _, one := range seen {
		if err := h.ChangeEntry(key, EntryChange{Seen: one}); err != nil {
			t.Fatal(err)
		}
	}
	if len(h.Settings().Quotas) > 0 {
		t.Errorf("the file is %s", file())
	}
	if err := h.ChangeEntry("audit.ship", EntryChange{Now: json.RawMessage(`{"otlp":"https://otel.example.com/v1/logs","headers":{"X-Team":"swordfish"}}`)}); err != nil {
		t.Fatal(err)
	}
	if got := all(t, h.Audit(t.Context(), audit.Filter{Texts: []string{"swordfish"}})); len(got) > 0 {
		t.Errorf("the record has %s", got[0].Line)
	}
	for _, did := range []string{"moved up in limits.quotas: ", "removed from limits.quotas: ", "added to audit.ship: "} {
		if got := all(t, h.Audit(t.Context(), audit.Filter{Texts: []string{did}})); len(got) == 0 {
			t.Errorf("the record has not that it %s", did)
		}
	}
}

// TestProviderRefused: what cannot be a provider is refused with what of it is to blame.
func TestProviderRefused(t *testing.T) {
	h := newHouse(t, "{}").run()
	for entry, want := range map[string]string{
		`{"issuer":"ftp://id.example.com","clientId":"a"}`:                                                                                   "issuer has to be",
		`{"issuer":"https://id.example.com","clientId":"a","callback":"https://example.com"}`:                                                "callback is",
		`{"issuer":"https://id.example.com","clientId":"a","params":{"state":"x"}}`:                                                          `params has "state"`,
		`{"issuer":"https://id.example.com","clientId":"a","claims":{"email":"a."}}`:                                                         `claims.email is "a."`,
		`{"issuer":"https://id.example.com","clientId":"a","tokens":{"audiences":["b"],"agent":"c","servers":["*"],"algorithms":["HS256"]}}`: `tokens.algorithms has "HS256"`,
	} {
		var e *settings.Error
		err := h.ChangeEntry("signIn.providers", EntryChange{Now: json.RawMessage(entry)})
		if !errors.As(err, &e) || !strings.HasPrefix(e.Text, "drawbridge.signIn.providers[0]."+want) {
			t.Errorf("%s: %v", entry, err)
		}
	}
}
