package found

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// entry is a server as applications write it. Members that it does not have are of no use here.
type entry struct {
	Type      string         `json:"type" toml:"type"`
	Command   string         `json:"command" toml:"command"`
	Args      []string       `json:"args" toml:"args"`
	Env       map[string]any `json:"env" toml:"env"`
	EnvVars   []string       `json:"-" toml:"env_vars"` // names that Codex passes on
	EnvFile   string         `json:"envFile" toml:"-"`
	Cwd       string         `json:"cwd" toml:"cwd"`
	URL       string         `json:"url" toml:"url"`
	ServerURL string         `json:"serverUrl" toml:"-"`
	HTTPURL   string         `json:"httpUrl" toml:"-"`
	Disabled  bool           `json:"disabled" toml:"-"`
	Enabled   *bool          `json:"-" toml:"enabled"`
}

// Bounds of one entry. They are far above what a person writes.
const (
	mostArgs = 1_000
	mostText = 64 << 10 // bytes of a command with its arguments, and of a value
)

// server is what the entry says, in Drawbridge's own words.
func (r rawEntry) server(d dialect, home string) (Server, error) {
	var e entry
	if err := r.into(&e); err != nil {
		return Server{}, errors.New("it is not understood: " + err.Error())
	}
	if e.URL != "" || e.ServerURL != "" || e.HTTPURL != "" || e.Type != "" && e.Type != "stdio" {
		return Server{}, errors.New("it is a remote server: agents can connect to it without a bridge")
	}
	if strings.TrimSpace(e.Command) == "" {
		return Server{}, errors.New("it has no command")
	}
	if err := e.check(); err != nil {
		return Server{}, err
	}
	t := translator{dialect: d, home: home}
	s := Server{Disabled: e.Disabled || e.Enabled != nil && !*e.Enabled}
	s.Command, s.Cwd = t.text(e.Command), t.text(e.Cwd)
	for _, a := range e.Args {
		s.Args = append(s.Args, t.text(a))
	}
	if err := e.environment(&s, &t); err != nil {
		return Server{}, err
	}
	if e.EnvFile != "" {
		t.note("It reads variables from %s, which is not done here: add them to its environment.", e.EnvFile)
	}
	s.Notes = t.notes
	return s, nil
}

func (e *entry) check() error {
	size := len(e.Command) + len(e.Cwd)
	for _, a := range e.Args {
		size += len(a)
	}
	if len(e.Args) > mostArgs || size > mostText {
		return errors.New("its command is too long")
	}
	if strings.ContainsRune(e.Command+e.Cwd+strings.Join(e.Args, ""), 0) {
		return errors.New("its command has a NUL byte in it")
	}
	return nil
}

// environment gives s the entry's variables.
func (e *entry) environment(s *Server, t *translator) error {
	if len(e.Env) > mostArgs {
		return errors.New("it has too many variables")
	}
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		value, ok := scalar(e.Env[name])
		if name == "" || strings.ContainsAny(name, "=\x00") || !ok || len(value) > mostText || strings.ContainsRune(value, 0) {
			return fmt.Errorf("its variable %q is not understood", name)
		}
		s.set(name, t.value(value))
	}
	for _, name := range e.EnvVars {
		if name != "" && !strings.ContainsAny(name, "=\x00}") && s.Env[name] == "" {
			s.set(name, "${env:"+name+"}")
		}
	}
	return nil
}

func (s *Server) set(name, value string) {
	if s.Env == nil {
		s.Env = map[string]string{}
	}
	s.Env[name] = value
}

// scalar is the text of a variable's value; numbers and truths are often written without quotes.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		b, err := json.Marshal(v)
		return string(b), err == nil
	}
	return "", false
}
