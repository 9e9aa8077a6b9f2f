package app

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"drawbridge/app/settings"
	"drawbridge/bridge/audit"
)

// TestKept: the record says what the owner changed, without the secrets that stand in it.
func TestKept(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	for key, value := range map[string]string{
		"audit.ship":       `[{"otlp": "https://127.0.0.1:1/v1/logs", "headers": {"X-Team": "swordfish"}}]`,
		"signIn.providers": `[{"issuer": "https://idp.example.com", "clientId": "me", "params": {"hint": "swordfish"}}]`,
		"tunnels":          `{"tool": {"driver": "external", "url": "https://a.example.com", "listen": "127.0.0.1:7999", "disabled": true, "env": {"A": "swordfish"}}}`,
		"theme":            `"dark"`,
	} {
		if err := h.Choose(key, json.RawMessage(value)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Choose("tunnels.tool.env.TOKEN", json.RawMessage(`"swordfish"`)); err != nil {
		t.Fatal(err)
	}
	if err := h.PutServer(NewServer{Name: "x", Command: []string{os.Args[0], "--token", "swordfish", "run", "--api-key=swordfish", "--fast"}}); err != nil {
		t.Fatal(err)
	}
	tool := settings.External{URL: "https://b.example.com", Command: []string{"no-such-tool", "--authtoken", "swordfish", "http"}}
	if err := h.PutTunnel(settings.Tunnel{Name: "other", Driver: "external", External: tool}); err != nil {
		t.Fatal(err)
	}
	var record strings.Builder
	for _, r := range all(t, h.Audit(t.Context(), audit.Filter{})) {
		record.WriteString(r.Note + "\n")
	}
	if strings.Contains(record.String(), "swordfish") {
		t.Errorf("a secret is in the record:\n%s", record.String())
	}
	for _, want := range []string{
		`chose theme: "dark"`, `chose audit.ship: [{"otlp":"https://127.0.0.1:1/v1/logs","headers":"[redacted]"}]`,
		`"issuer":"https://idp.example.com"`, `chose tunnels.tool.env.TOKEN: [redacted]`,
		`--token [redacted] run --api-key=[redacted] --fast`, `no-such-tool --authtoken [redacted] http`,
	} {
		if !strings.Contains(record.String(), want) {
			t.Errorf("%s is not in the record:\n%s", want, record.String())
		}
	}
}
