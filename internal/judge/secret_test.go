package judge

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSecretsStayHome: no token and no password is found in what the bridge writes, what it says
// and what its processes show of themselves; and agents' tokens don't reach the server.
func TestSecretsStayHome(t *testing.T) {
	needProc(t)
	const password = "canary-of-the-arguments"
	b := serve(t, map[string]entry{"echo": ourselves(t, "session", "plain", t.Name())})
	token := b.token(t, "keeper")
	l := b.open(t, b.client(t), "echo", token)
	if _, err := l.tool(deadline(t, 10*time.Second), "1", "echo", `{"text":"hello","password":"`+password+`"}`); err != nil {
		t.Fatal(err)
	}
	children := running(t.Name())
	if len(children) == 0 {
		t.Fatal("no server is running")
	}
	for _, pid := range append(children, b.pid) {
		for _, f := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(procFile(pid, f))
			if err != nil {
				t.Fatal(err)
			}
			if contains(text, token) || pid != b.pid && contains(text, passphrase) {
				t.Errorf("process %d has a secret in its %s", pid, f)
			}
		}
	}
	listed := b.run(t, "token", "list", "--json") + b.run(t, "status", "--json")
	b.stop()
	for name, text := range written(t, b.home) {
		for _, secret := range []string{token, password, passphrase} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
	}
	if strings.Contains(listed, token) {
		t.Error("a listing holds the token")
	}
}

// written is every file below dir, by name.
func written(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Errorf("no file below %s", dir)
	}
	return files
}

// TestAuditFindsAChange: the record of calls verifies, and does not once a byte of it is another.
func TestAuditFindsAChange(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"echo": ourselves(t, "session")})
	l := b.open(t, b.client(t), "echo", b.token(t, "clerk"))
	if err := chatter(deadline(t, 30*time.Second), l, "clerk"); err != nil {
		t.Fatal(err)
	}
	b.run(t, "audit", "verify")
	b.stop()
	b.run(t, "audit", "verify")
	for name, text := range written(t, filepath.Join(b.home, "audit")) {
		if i := strings.Index(text, "tools/call"); i >= 0 {
			if err := os.WriteFile(name, []byte(text[:i]+"tools/list"+text[i+10:]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out, err := b.command("audit", "verify").CombinedOutput(); err == nil {
		t.Errorf("a changed record verifies: %s", out)
	}
}
