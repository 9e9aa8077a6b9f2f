package app

import (
	"fmt"
	"maps"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"

	"drawbridge/app/settings"
	"drawbridge/tunnel"
)

// TunnelTool is a known tool that gives the bridge an address, with a tunnel that has the bridge run it. The tunnel's URL is the
// owner's to write, and so is what stands in capitals in its command.
type TunnelTool struct {
	Name   string
	Note   string // what the owner should know of it
	Tunnel settings.Tunnel
}

// TunnelTools are the tools that are known.
func TunnelTools() (all []TunnelTool) {
	for _, t := range tunnel.Templates() {
		x := settings.External{Command: t.Program.Args, Env: t.Program.Env}
		if t.End == tunnel.EndInProcess {
			x.TLSEnd = onMachine
		}
		name := settings.FitName(path.Base(x.Command[0]))
		all = append(all, TunnelTool{Name: t.Name, Note: t.Note, Tunnel: settings.Tunnel{Name: name, Driver: "external", External: x}})
	}
	return all
}

// onMachine is that a tool ends TLS on this machine, in config.json.
const onMachine = "machine"

// TunnelBeside gives t what none of the tunnels has: a name, and where a tool provides it a place to deliver to and names for what
// the keychain has.
func TunnelBeside(t settings.Tunnel, all []settings.Tunnel) settings.Tunnel {
	taken := func(has func(settings.Tunnel) bool) bool { return slices.ContainsFunc(all, has) }
	base := t.Name
	for n := 2; taken(func(old settings.Tunnel) bool { return old.Name == t.Name }); n++ {
		t.Name = fmt.Sprintf("%s-%d", base, n)
	}
	if t.Driver != "external" {
		return t
	}
	t.External.Listen = toolListen(all)
	if variable, name := ToolSecret(t.External); name != "" {
		t.External.Env = maps.Clone(t.External.Env)
		refer := func(name string) string { return "${keychain:" + name + "}" }
		base := name
		for n := 2; taken(func(old settings.Tunnel) bool { return old.External.Env[variable] == refer(name) }); n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		t.External.Env[variable] = refer(name)
	}
	return t
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

// ToolSecret is the variable of a tool that the keychain has a value for, and by which name; "" is none.
func ToolSecret(x settings.External) (variable, name string) {
	for _, variable := range slices.Sorted(maps.Keys(x.Env)) {
		if name, ok := strings.CutPrefix(x.Env[variable], "${keychain:"); ok {
			return variable, strings.TrimSuffix(name, "}")
		}
	}
	return "", ""
}

// ToolBlank is what the owner still has to write into a tool's command, a word in capitals; "" is nothing.
func ToolBlank(x settings.External) string {
	for _, word := range x.Command {
		if len(word) > 1 && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
			return word
		}
	}
	return ""
}
