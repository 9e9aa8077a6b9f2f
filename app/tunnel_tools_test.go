package app

import (
	"path/filepath"
	"testing"

	"drawbridge/app/settings"
	"drawbridge/tunnel"
)

// TestTunnelTools: each is a tunnel that the settings file may have, beside the others, and says what is left to write.
func TestTunnelTools(t *testing.T) {
	all := TunnelTools()
	if len(all) != len(tunnel.Templates()) {
		t.Fatalf("%d tools", len(all))
	}
	path := filepath.Join(t.TempDir(), "config.json")
	var taken []settings.Tunnel
	for _, tool := range all {
		one := TunnelBeside(tool.Tunnel, taken)
		one.External.URL = "https://bridge.example.com"
		if faults := CheckTunnel(one); len(faults) > 0 {
			t.Errorf("%s: %v", tool.Name, faults)
		}
		if err := settings.Edit(path, func(d *settings.Draft) error { return d.SetTunnel(one) }); err != nil {
			t.Fatalf("%s: %v", tool.Name, err)
		}
		s, _, err := settings.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		taken = s.Tunnels
	}
	if len(taken) != len(all) {
		t.Fatalf("%d of %d have a name of their own: %+v", len(taken), len(all), taken)
	}
	blanks := map[string]string{"cloudflared": "NAME", "frpc": "SERVER", "devtunnel": "ID"}
	for i, tool := range all {
		if got := ToolBlank(tool.Tunnel.External); got != blanks[tool.Name] {
			t.Errorf("%s wants %q to be written, not %q", tool.Name, got, blanks[tool.Name])
		}
		if (TunnelEnd(tool.Tunnel) == tunnel.EndInProcess) != (tool.Name == "tailscale funnel") {
			t.Errorf("TLS of %s ends %v", tool.Name, TunnelEnd(tool.Tunnel))
		}
		for _, other := range taken[:i] {
			if other.External.Listen == taken[i].External.Listen {
				t.Errorf("%s and %s deliver to the same place", other.Name, taken[i].Name)
			}
		}
	}
	if variable, name := ToolSecret(all[1].Tunnel.External); variable != "TUNNEL_TOKEN" || name != "cloudflared" {
		t.Errorf("the secret of %s is %q in %q", all[1].Name, name, variable)
	}
}
