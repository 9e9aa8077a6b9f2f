package settings

import (
	"fmt"
	"strings"
	"time"

	"github.com/tailscale/hujson"
)

const maxServers = 1000

// servers reads mcpServers. Remote servers, which other apps keep there too, are warned of and left out.
func servers(to *[]Server) reader {
	return func(n node) error {
		return n.each(func(name string, at int, m node) error {
			if remote(m.v) {
				n.doc.warn(at, "%s is a remote server and left out; Drawbridge shares programs on this machine, and agents connect to that server directly", m.name)
				return m.unique() // the rest is another program's to say
			}
			if err := CheckName(name); err != nil {
				return n.doc.fail(at, "%v", err)
			}
			if len(*to) == maxServers {
				return n.doc.fail(at, "there are more than %d servers", maxServers)
			}
			s := Server{Name: name}
			if err := s.read(m); err != nil {
				return err
			}
			*to = append(*to, s)
			return nil
		})
	}
}

// read reads one entry of mcpServers.
func (s *Server) read(n node) error {
	err := n.fields(map[string]reader{
		"type":       func(n node) error { _, err := n.string(); return err }, // "stdio", or the server were remote
		"command":    text(&s.Command),
		"args":       texts(&s.Args),
		"env":        environment(&s.Env),
		"cwd":        text(&s.Cwd),
		"disabled":   truth(&s.Disabled),
		"drawbridge": s.own,
	})
	if err != nil {
		return err
	}
	if strings.TrimSpace(s.Command) == "" {
		return n.fail("has no command; add \"command\": the program that is the server")
	}
	return nil
}

// own reads the `drawbridge` object of an entry.
func (s *Server) own(n node) error {
	return n.fields(map[string]reader{
		"share":          oneOf(&s.Share, "session", "agent", "all"),
		"idle":           duration(&s.Idle, time.Second, 365*day),
		"maxProcesses":   whole(&s.MaxProcesses, 1, 10_000),
		"maxCallTime":    duration(&s.MaxCallTime, time.Second, 7*day),
		"parallel":       oneOf(&s.Parallel, "always", "never", "learn"),
		"stderrToAgents": truth(&s.StderrToAgents),

		"pins":             oneOf(&s.Pins, "hold", "note"),
		"trustAnnotations": truth(&s.TrustAnnotations),
	})
}

// remote reports whether an entry is of a server that is not on this machine: by its kind, as VS Code and others note
// it, or its address.
func remote(entry *hujson.Value) bool {
	obj, ok := entry.Value.(*hujson.Object)
	if !ok {
		return false
	}
	for i := range obj.Members {
		switch obj.Members[i].Name.Value.(hujson.Literal).String() {
		case "url", "serverUrl", "httpUrl":
			return true
		case "type":
			kind, ok := obj.Members[i].Value.Value.(hujson.Literal)
			if ok && kind.Kind() == '"' && kind.String() != "stdio" {
				return true
			}
		}
	}
	return false
}

// environment reads an object of texts.
func environment(to *map[string]string) reader {
	return func(n node) error {
		*to = map[string]string{}
		return n.each(func(name string, at int, m node) error {
			if name == "" || strings.ContainsAny(name, "=\x00") {
				return n.doc.fail(at, "%s has the name %q; a variable's name has neither = nor NUL and is not empty", n.name, name)
			}
			value, err := m.string()
			(*to)[name] = value
			return err
		})
	}
}

// MaxName is the longest name of a server, which leaves room for a tool's name in `server__tool`.
const MaxName = 32

// CheckName returns nil when a server may be called name: 1 to 32 of a-z, 0-9 and -, and not a word that is
// a path of its own. Otherwise it says what to do.
func CheckName(name string) error {
	if reserved(name) {
		return fmt.Errorf("a server can't be called %q, which is a part of Drawbridge's own addresses; rename it, for example to %q", name, name+"-server")
	}
	if fits := FitName(name); fits != name || name == "" {
		return fmt.Errorf("a server can't be called %q; a name is 1 to %d of a-z, 0-9 and -, so rename it, for example to %q", name, MaxName, fits)
	}
	return nil
}

// FitName returns a name like name that CheckName allows; name itself when it is.
func FitName(name string) string {
	if fits := suggest(name); !reserved(fits) {
		return fits
	}
	return suggest(name) + "-server"
}

// suggest returns a name like name of the characters that are allowed; name itself when it is.
func suggest(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case b.Len() == MaxName:
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-':
			b.WriteRune(r)
		case 'A' <= r && r <= 'Z':
			b.WriteRune(r + 'a' - 'A')
		default:
			b.WriteByte('-')
		}
	}
	fits := b.String()
	if fits != name {
		fits = strings.Trim(fits, "-")
	}
	if fits == "" {
		return "server"
	}
	return fits
}

func reserved(name string) bool {
	switch name {
	case "mcp", "sse", "ws", "ws-ticket", "message", "messages",
		"authorize", "token", "register", "revoke", "introspect", "consent", "callback", "login", "logout", "oauth",
		"healthz", "metrics", "well-known", "assets", "favicon", "robots", "drawbridge":
		return true
	}
	return false
}
