package cli

import (
	"bytes"
	"encoding/json"
	"fmt"

	"drawbridge/tunnel"
)

type tunnelToolsCmd struct{}

// toolEntry is an entry below tunnels in config.json.
type toolEntry struct {
	Driver  string            `json:"driver"`
	URL     string            `json:"url"`
	Listen  string            `json:"listen"`
	TLSEnd  string            `json:"tlsEnd,omitempty"`
	Command []string          `json:"command"`
	Env     map[string]string `json:"env,omitempty"`
}

func (*tunnelToolsCmd) Run(c *console) error {
	for _, t := range tunnel.Templates() {
		e := toolEntry{Driver: "external", URL: "https://bridge.example.com", Listen: "127.0.0.1:7041", Command: t.Program.Args, Env: t.Program.Env}
		if t.End == tunnel.EndInProcess {
			e.TLSEnd = "machine"
		}
		var text bytes.Buffer
		j := json.NewEncoder(&text)
		j.SetEscapeHTML(false)
		if err := j.Encode(e); err != nil {
			return err
		}
		fmt.Fprintf(c.Stdout, "%s: %s\n%s\n", t.Name, t.Note, text.Bytes())
	}
	return nil
}
