package cli

import (
	"fmt"
	"strings"

	"drawbridge/app"
	"drawbridge/app/settings"
)

type tunnelToolsCmd struct{}

func (*tunnelToolsCmd) Run(c *console) error {
	for _, t := range app.TunnelTools() {
		fmt.Fprintf(c.Stdout, "%s: %s\n%s\n\n", t.Name, t.Note, addToolLine(t.Tunnel))
	}
	c.hint("Each adds one, with your own host name as its --url; drawbridge secrets set NAME keeps what ${keychain:NAME} stands for.")
	return nil
}

// addToolLine is the command that adds a tunnel by a tool.
func addToolLine(t settings.Tunnel) string {
	words := []string{"drawbridge", "tunnel", "add", "external", t.Name, "--url", "https://bridge.example.com"}
	if t.External.TLSEnd != "" {
		words = append(words, "--tls-end", t.External.TLSEnd)
	}
	for name, value := range t.External.Env {
		words = append(words, "--env", name+"="+value)
	}
	words = append(append(words, "--"), t.External.Command...)
	for i, w := range words {
		if strings.ContainsAny(w, "{}$ ") { // shells have a use for them
			words[i] = "'" + w + "'"
		}
	}
	return strings.Join(words, " ")
}
