package stdio

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// environ is a set of environment variables.
type environ map[string]string

// newEnviron reads a list as os.Environ gives it, without the bridge's own variables.
func newEnviron(list []string) environ {
	e := make(environ, len(list))
	for _, kv := range list {
		// Windows has names that begin with "=", for the current directory of each drive.
		if k, v, ok := strings.Cut(kv, "="); ok && k != "" && !strings.HasPrefix(k, "DRAWBRIDGE_") {
			e[k] = v
		}
	}
	return e
}

// get looks a variable up; on Windows upper and lower case are one.
func (e environ) get(name string) (string, bool) {
	v, ok := e[name]
	if ok || runtime.GOOS != "windows" {
		return v, ok
	}
	for k, v := range e {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

func (e environ) set(name, value string) {
	if runtime.GOOS == "windows" {
		for k := range e {
			if strings.EqualFold(k, name) {
				delete(e, k)
			}
		}
	}
	e[name] = value
}

// home is the owner's home directory.
func (e environ) home() string {
	name := "HOME"
	if runtime.GOOS == "windows" {
		name = "USERPROFILE"
	}
	v, _ := e.get(name)
	if v == "" {
		v, _ = os.UserHomeDir()
	}
	return cmp.Or(v, os.TempDir())
}

// list is the form in which a process takes it, in a fixed order.
func (e environ) list() []string {
	list := make([]string, 0, len(e))
	for k, v := range e {
		list = append(list, k+"="+v)
	}
	slices.Sort(list)
	return list
}

// Servers get these variables of the owner's and no others: what the official SDKs pass on, and what
// programs need to find their settings, speak the owner's language, reach the display and get
// through a company's proxy. Nothing that is a credential by itself.
var (
	inherited = []string{
		"HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER",
		"LANG", "LANGUAGE", "TZ", "TMPDIR",
		"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
	}
	inheritedWindows = []string{
		"ALLUSERSPROFILE", "APPDATA", "COMMONPROGRAMFILES", "COMPUTERNAME", "COMSPEC", "HOMEDRIVE", "HOMEPATH",
		"LOCALAPPDATA", "NUMBER_OF_PROCESSORS", "OS", "PATHEXT", "PROCESSOR_ARCHITECTURE",
		"PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "PUBLIC",
		"SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "USERNAME", "USERPROFILE", "WINDIR",
	}
)

// allowed is what every server gets of e.
func (e environ) allowed() environ {
	out := environ{}
	for k, v := range e {
		// A value that begins so is a function that an old shell exported: code, not text.
		if isInherited(k) && !strings.HasPrefix(v, "()") {
			out[k] = v
		}
	}
	return out
}

func isInherited(name string) bool {
	if runtime.GOOS == "windows" {
		name = strings.ToUpper(name)
		if slices.Contains(inheritedWindows, name) {
			return true
		}
	}
	return slices.Contains(inherited, name) || strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "XDG_")
}

// expand puts the looked-up values into env and returns them too.
func expand(env map[string]string, owner environ, secret func(string) (string, error)) (environ, secrets, error) {
	out := make(environ, len(env))
	var found secrets
	for k, v := range env {
		if k == "" || strings.ContainsAny(k, "=\x00") {
			return nil, nil, fmt.Errorf("%q cannot be the name of an environment variable", k)
		}
		text, err := expandValue(v, owner, secret, &found)
		if err != nil {
			return nil, nil, fmt.Errorf("environment variable %q: %w", k, err)
		}
		if strings.ContainsRune(text, 0) {
			return nil, nil, fmt.Errorf("environment variable %q contains a NUL byte", k)
		}
		out[k] = text
	}
	return out, found, nil
}

// Expand replaces ${keychain:NAME} and ${env:NAME} in text, as they are in the environment of a server. environ is as os.Environ
// gives it.
func Expand(text string, environ []string, secret func(string) (string, error)) (string, error) {
	return expandValue(text, newEnviron(environ), secret, new(secrets))
}

// expandValue replaces ${env:NAME} and ${keychain:NAME} in v; any other ${…} stays as it is.
func expandValue(v string, owner environ, secret func(string) (string, error), found *secrets) (string, error) {
	var b strings.Builder
	for {
		i := strings.Index(v, "${")
		if i < 0 {
			b.WriteString(v)
			return b.String(), nil
		}
		b.WriteString(v[:i])
		inner, rest, closed := strings.Cut(v[i+2:], "}")
		kind, name, _ := strings.Cut(inner, ":")
		if !closed || kind != "env" && kind != "keychain" {
			b.WriteString("${")
			v = v[i+2:]
			continue
		}
		value, err := lookUpValue(kind, name, owner, secret)
		if err != nil {
			return "", err
		}
		found.add(kind, value)
		b.WriteString(value)
		v = rest
	}
}

func lookUpValue(kind, name string, owner environ, secret func(string) (string, error)) (string, error) {
	if kind == "env" {
		v, ok := owner.get(name)
		if !ok {
			return "", fmt.Errorf("${env:%s}: your environment has no %s; set it where your shell starts, or write the value here", name, name)
		}
		return v, nil
	}
	if secret == nil {
		return "", fmt.Errorf("${keychain:%s}: there is no keychain", name)
	}
	v, err := secret(name)
	if err != nil {
		return "", fmt.Errorf("${keychain:%s}: %w", name, err)
	}
	return v, nil
}
