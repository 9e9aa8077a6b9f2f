package app

import (
	"encoding/json"
	"slices"
	"strings"

	"drawbridge/app/found"
	"drawbridge/app/settings"
	"drawbridge/bridge/audit"
)

// Import is a server that the owner takes over from another application.
type Import struct {
	Server   NewServer
	Disabled bool
	// Hide are the variables whose values go into the keychain; config.json then has a reference.
	Hide []string
}

// ImportOf is a server as it was found, with what looks like secrets in the keychain.
func ImportOf(s found.Server) Import {
	return Import{
		Server:   NewServer{Name: s.Name, Command: append([]string{s.Command}, s.Args...), Env: s.Env, Dir: s.Cwd},
		Disabled: s.Disabled, Hide: SecretVariables(s.Env),
	}
}

// SecretVariables are the names of those variables that look like secrets, by their names or by what they
// hold, in order. References are none.
func SecretVariables(env map[string]string) []string {
	var names []string
	for name, value := range env {
		if value != "" && !strings.HasPrefix(value, "${") && !strings.Contains(value, "${keychain:") && looksSecret(map[string]string{name: value}) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// SecretArguments reports whether something in a command looks like a secret, which config.json would have in plain text.
func SecretArguments(command []string) bool { return looksSecret(command) }

// looksSecret reports whether the record would keep something in v to itself.
func looksSecret(v any) bool {
	b, err := json.Marshal(v)
	return err == nil && strings.Contains(string(audit.Redact(b, nil, 8*len(b)+512)), "[redacted]")
}

// ImportServers adds servers to the configuration, all or none. The files that they come from are left alone.
func (a *App) ImportServers(all []Import) error {
	var names []string
	for i := range all {
		if err := all[i].Server.check(); err != nil {
			return err
		}
		names = append(names, all[i].Server.Name)
	}
	for i := range all {
		env, err := a.hide(all[i].Server.Name, all[i].Server.Env, all[i].Hide)
		if err != nil {
			return err
		}
		all[i].Server.Env = env
	}
	err := a.edit("imported servers "+strings.Join(names, ", "), func(d *settings.Draft) error {
		for _, s := range all {
			if err := add(d, s.Server, s.Disabled); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && a.isRunning() == nil {
		for _, s := range all {
			if !s.Disabled {
				a.bridge.Probe(s.Server.Name)
			}
		}
	}
	return err
}

// hide puts the values of some variables into the keychain, and returns env with references in their places.
func (a *App) hide(server string, env map[string]string, names []string) (map[string]string, error) {
	hidden := map[string]string{}
	for name, value := range env {
		hidden[name] = value
	}
	for _, name := range names {
		value := env[name]
		if value == "" || strings.HasPrefix(value, "${keychain:") {
			continue
		}
		key := SecretName(server, name)
		if err := a.SetSecret(key, value); err != nil {
			return nil, err
		}
		hidden[name] = "${keychain:" + key + "}"
	}
	return hidden, nil
}

// SecretName is what the value of a server's variable is called in the keychain.
func SecretName(server, variable string) string {
	return server + "-" + strings.ReplaceAll(strings.ToLower(variable), "_", "-")
}
