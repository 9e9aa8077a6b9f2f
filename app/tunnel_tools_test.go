package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"drawbridge/app/settings"
	"drawbridge/tunnel"
)

// TestTunnelTools: each entry is one that the settings file may have, beside the others, and says what is left to write.
func TestTunnelTools(t *testing.T) {
	all := TunnelTools()
	if len(all) != len(tunnel.Templates()) {
		t.Fatalf("%d tools", len(all))
	}
	path := filepath.Join(t.TempDir(), "config.json")
	var taken []settings.Tunnel
	for _, tool := range all {
		name, entry := tool.Entry.Beside(taken)
		err := settings.Edit(path, func(d *settings.Draft) error { return d.Set("tunnels."+name, entry.JSON()) })
		if err != nil {
			t.Fatalf("%s: %v", tool.Name, err)
		}
		s, _, err := settings.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		taken = s.Tunnels
	}
	if len(taken) != len(all) {
		text, _ := os.ReadFile(path)
		t.Errorf("%d of %d have a name of their own: %s", len(taken), len(all), text)
	}
	blanks := map[string]string{"cloudflared": "NAME", "frpc": "SERVER", "devtunnel": "ID"}
	for i, tool := range all {
		if got := tool.Entry.Blank(); got != blanks[tool.Name] {
			t.Errorf("%s wants %q to be written, not %q", tool.Name, got, blanks[tool.Name])
		}
		if (tool.Entry.End() == tunnel.EndInProcess) != (tool.Name == "tailscale funnel") {
			t.Errorf("TLS of %s ends %v", tool.Name, tool.Entry.End())
		}
		for _, other := range taken[:i] {
			if other.External.Listen == taken[i].External.Listen {
				t.Errorf("%s and %s deliver to the same place", other.Name, taken[i].Name)
			}
		}
	}
	if variable, name := all[1].Entry.Secret(); variable != "TUNNEL_TOKEN" || name != "cloudflared" {
		t.Errorf("the secret of %s is %q in %q", all[1].Name, name, variable)
	}
	var read TunnelEntry
	if err := json.Unmarshal(all[0].Entry.JSON(), &read); err != nil || read.Driver != "external" {
		t.Error(read, err)
	}
}
