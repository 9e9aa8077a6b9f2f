package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"

	"drawbridge/app/settings"
	"drawbridge/tunnel"
)

// TunnelTool is a known tool that gives the bridge an address, with a tunnel that has the bridge run it. What stands in capitals
// in its command is the owner's to write, and so is its URL.
type TunnelTool struct {
	Name  string
	Note  string // what the owner should know of it
	Entry TunnelEntry
}

// TunnelEntry is a tunnel by a tool, as it stands below `tunnels` in config.json.
type TunnelEntry struct {
	Driver  string            `json:"driver"`
	URL     string            `json:"url"`
	Listen  string            `json:"listen"`
	TLSEnd  string            `json:"tlsEnd,omitempty"`
	Command []string          `json:"command"`
	Env     map[string]string `json:"env,omitempty"`
}

// TunnelTools are the tools that are known.
func TunnelTools() (all []TunnelTool) {
	for _, t := range tunnel.Templates() {
		e := TunnelEntry{Driver: "external", URL: "https://bridge.example.com", Listen: toolListen(nil), Command: t.Program.Args, Env: t.Program.Env}
		if t.End == tunnel.EndInProcess {
			e.TLSEnd = "machine"
		}
		all = append(all, TunnelTool{Name: t.Name, Note: t.Note, Entry: e})
	}
	return all
}

// JSON is the entry on one line.
func (e TunnelEntry) JSON() json.RawMessage {
	var text bytes.Buffer
	j := json.NewEncoder(&text)
	j.SetEscapeHTML(false)
	if err := j.Encode(e); err != nil {
		panic(err) // it is all text
	}
	return bytes.TrimSpace(text.Bytes())
}

// End is where the tool ends TLS.
func (e TunnelEntry) End() tunnel.TLSEnd {
	if e.TLSEnd == "machine" {
		return tunnel.EndInProcess
	}
	return tunnel.EndAtRelay
}

// Secret is the variable of the tool that the keychain has a value for, and by which name; "" is none.
func (e TunnelEntry) Secret() (variable, name string) {
	for variable, value := range e.Env {
		if name, ok := strings.CutPrefix(value, "${keychain:"); ok {
			return variable, strings.TrimSuffix(name, "}")
		}
	}
	return "", ""
}

// Blank is what the owner still has to write into the command, a word in capitals; "" is nothing.
func (e TunnelEntry) Blank() string {
	for _, word := range e.Command {
		if len(word) > 1 && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
			return word
		}
	}
	return ""
}

// Beside gives the entry a name and a place to deliver to that none of the tunnels has.
func (e TunnelEntry) Beside(tunnels []settings.Tunnel) (name string, free TunnelEntry) {
	e.Listen = toolListen(tunnels)
	base := settings.FitName(path.Base(e.Command[0]))
	name = base
	for n := 2; slices.ContainsFunc(tunnels, func(t settings.Tunnel) bool { return t.Name == name }); n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name, e
}

// toolListen is where a tool delivers that is not among these tunnels.
func toolListen(tunnels []settings.Tunnel) string {
	for port := 7041; ; port++ {
		listen := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if !slices.ContainsFunc(tunnels, func(t settings.Tunnel) bool { return t.External.Listen == listen }) {
			return listen
		}
	}
}
