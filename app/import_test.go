package app

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestImportServers(t *testing.T) {
	h := newHouse(t, `{/* mine */}`).run()
	env := map[string]string{"GITHUB_TOKEN": "ghp_0123456789abcdefghij", "LEVEL": "debug", "OTHER": "${env:HOME}"}
	if got := SecretVariables(env); cmp.Diff([]string{"GITHUB_TOKEN"}, got) != "" {
		t.Errorf("secrets: %q", got)
	}
	if got := SecretVariables(map[string]string{"AUTH_TOKEN": "Bearer ${keychain:k}"}); got != nil {
		t.Errorf("what has its secret in the keychain is one: %q", got)
	}
	err := h.ImportServers([]Import{
		{Server: NewServer{Name: "github", Command: []string{"docker", "run"}, Env: env}, Hide: []string{"GITHUB_TOKEN"}, Disabled: true},
		{Server: NewServer{Name: "files", Command: []string{"npx", "files"}, Dir: "/tmp"}, Disabled: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(h.options.Places.Config)
	if err != nil || strings.Contains(string(b), "ghp_") || !strings.Contains(string(b), "${keychain:github-github-token}") || !strings.Contains(string(b), "/* mine */") {
		t.Errorf("%s, %v", b, err)
	}
	if got, err := h.secret("github-github-token"); got != env["GITHUB_TOKEN"] || err != nil {
		t.Errorf("the keychain has %q, %v", got, err)
	}
	err = h.ImportServers([]Import{
		{Server: NewServer{Name: "new", Command: []string{"x"}}},
		{Server: NewServer{Name: "files", Command: []string{"x"}}},
	})
	if all, _ := h.Servers(); err == nil || len(all) != 2 {
		t.Errorf("a name that is taken: %v, %d servers", err, len(all))
	}
}

func TestChangeServer(t *testing.T) {
	h := newHouse(t, `{"mcpServers": {"a": {"command": "x", "args": ["1"], "disabled": true, "env": {"K": "v"}, "drawbridge": {"idle": "10m"}}}}`).run()
	before, err := h.ConfiguredServer("a")
	if d := cmp.Diff(NewServer{Name: "a", Command: []string{"x", "1"}, Env: map[string]string{"K": "v"}}, before); d != "" || err != nil {
		t.Errorf("%v, %s", err, d)
	}
	if err := h.ChangeServer(NewServer{Name: "a", Command: []string{"y"}}); err != nil {
		t.Fatal(err)
	}
	s := h.Settings().Servers[0]
	if s.Command != "y" || len(s.Args)+len(s.Env) != 0 || s.Idle == 0 || !s.Disabled {
		t.Errorf("%+v", s)
	}
	if h.ChangeServer(NewServer{Name: "b", Command: []string{"y"}}) == nil {
		t.Error("a server that is not there is changed")
	}
}

func TestSecretsThatShow(t *testing.T) {
	for _, command := range [][]string{{"x", "--url", "postgres://me:hunter22@db/x"}, {"x", "sk-0123456789abcdefghij"}} {
		if !SecretArguments(command) {
			t.Errorf("%q is not seen", command)
		}
	}
	if SecretArguments([]string{"npx", "-y", "@modelcontextprotocol/server-filesystem", "/home/ada"}) {
		t.Error("a plain command is a secret")
	}
}

func TestProblems(t *testing.T) {
	h := newHouse(t, `{`, func(o *Options) { o.Windowed = true })
	all := h.Problems()
	if len(all) != 1 || all[0].With != "settings" || !strings.Contains(all[0].Text, "config.json") {
		t.Errorf("%+v", all)
	}
}
