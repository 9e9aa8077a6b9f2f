package tunnel

// Template is a known tool for an External.
type Template struct {
	Name    string
	Program Program
	End     TLSEnd
	Note    string // what the owner should know, and what stands in capitals in Program
}

// Templates are the tools whose command lines are known. What stands in capitals is the owner's to write.
func Templates() []Template {
	return []Template{
		{
			Name:    "cloudflared",
			Program: Program{Args: []string{"cloudflared", "tunnel", "--no-autoupdate", "run", "--url", "http://{address}", "NAME"}},
			Note:    "NAME is a tunnel that `cloudflared tunnel create` made and `cloudflared tunnel route dns` gave its host name. Quick tunnels have no name that stays, and hold streams back.",
		},
		{
			Name:    "cloudflared (token)",
			Program: Program{Args: []string{"cloudflared", "tunnel", "--no-autoupdate", "run"}, Env: map[string]string{"TUNNEL_TOKEN": "${keychain:cloudflared}"}},
			Note:    "The dashboard gives the token; its public host name must lead to http://{address}.",
		},
		{
			Name:    "frpc",
			Program: Program{Args: []string{"frpc", "http", "--server-addr", "SERVER", "--local-port", "{port}", "--custom-domain", "{host}", "--proxy-name", "drawbridge"}},
			Note:    "SERVER is an frps with an HTTP port and TLS in front of it.",
		},
		{
			Name:    "ngrok",
			Program: Program{Args: []string{"ngrok", "http", "--url", "{url}", "--log", "stderr", "{address}"}},
			Note:    "The host name is one that ngrok reserves for your account.",
		},
		{
			Name:    "tailscale funnel",
			Program: Program{Args: []string{"tailscale", "funnel", "{port}"}},
			End:     EndInProcess,
			Note:    "Funnel must be allowed in the tailnet's policy. TLS ends in tailscaled on this machine.",
		},
		{
			Name:    "devtunnel",
			Program: Program{Args: []string{"devtunnel", "host", "ID"}},
			Note:    "ID is a tunnel that `devtunnel create --allow-anonymous` made, with {port} added by `devtunnel port create`.",
		},
	}
}
