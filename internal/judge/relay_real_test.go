package judge

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRelayReal sets a relay up as deploy/relay/README.md says, with its own scripts and places, and the laptop beside it:
// in a network and with a file system of its own, so that port 443 and /etc are free to use. It takes root.
//
// The TypeScript SDK's client then comes in by OAuth, and calls.
func TestRelayReal(t *testing.T) {
	judging(t)
	tool(t, "/usr/sbin/sshd", "openssh-server")
	tool(t, "/usr/sbin/haproxy", "haproxy")
	if os.Getuid() != 0 {
		t.Skip("a relay's accounts take root")
	}
	if os.Getenv(pebbleEnv) == "" {
		pebble, _ := pebbles(t)
		t.Setenv(pebbleEnv, pebble)
	}
	if alone(t) {
		relayInside(t)
	}
}

// pebbleEnv says where Pebble is, which cannot be installed where there is no network.
const pebbleEnv = "JUDGE_PEBBLE"

const amber = "amber.example.test"

// relayInside is the test within its namespaces.
func relayInside(t *testing.T) {
	dir := t.TempDir()
	recipe, err := filepath.Abs(filepath.Join("..", "..", "deploy", "relay"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "systemctl"), []byte(systemctl), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("RELAY", recipe)
	sh(t, ownPlaces, dir)
	sh(t, setUp, dir)
	sshd := &daemon{path: "/usr/sbin/sshd", args: []string{"-D", "-e"}, env: variables(t, "/etc/default/ssh"), log: filepath.Join(dir, "sshd.log"), port: 22}
	sshd.start(t)
	haproxy := &daemon{path: "/usr/sbin/haproxy", args: []string{"-W", "-p", "/run/haproxy.pid", "-f", "/etc/haproxy/drawbridge"}, log: filepath.Join(dir, "haproxy.log"), port: 443}
	haproxy.start(t)
	directory, root := realAuthority(t, dir)

	b := serve(t, map[string]entry{"demo": ourselves(t, "all", "plain")})
	added := sh(t, `"$RELAY/add-user" amber `+amber+` "$1"`, b.run(t, "tunnel", "key"))
	_, line, ok := strings.Cut(added, "\n  drawbridge ")
	if !ok {
		t.Fatalf("add-user said:\n%s", added)
	}
	line = strings.TrimSpace(strings.Replace(line, "RELAY:443", "relay.example.test:443", 1))
	sh(t, `DRAWBRIDGE_HOME="$1" "$2" `+line+` --directory "$3"`, b.home, b.path, directory)
	eventually(t, time.Minute, "the tunnel is up", func() bool { return strings.Contains(b.run(t, "tunnel", "--json"), `"state": "up"`) })
	t.Logf("%s\n%s", b.run(t, "tunnel"), b.run(t, "tunnel", "doctor"))
	if out := b.run(t, "tunnel", "doctor"); strings.Contains(out, "wrong") {
		t.Error("the doctor finds something")
	}

	t.Run("sign-in", func(t *testing.T) {
		approve := filepath.Join(dir, "approve")
		text := fmt.Sprintf("#!/bin/sh\nexec env DRAWBRIDGE_HOME='%s' '%s' agents approve \"$1\"\n", b.home, b.path)
		if err := os.WriteFile(approve, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		npm(t).judge(t, "signin.mjs", "JUDGE_URL=https://"+amber+"/demo", "JUDGE_APPROVE="+approve, "NODE_EXTRA_CA_CERTS="+root)
	})
	t.Run("what an account may not do", func(t *testing.T) { confined(t, dir) })
	t.Run("a taken name", func(t *testing.T) {
		if out, err := exec.Command(filepath.Join(recipe, "add-user"), "beryl", amber, b.run(t, "tunnel", "key")).CombinedOutput(); err == nil || !contains(out, "belongs to the account amber") {
			t.Errorf("%v, %s", err, out)
		}
	})
	t.Run("removed", func(t *testing.T) {
		sh(t, `"$RELAY/remove-user" amber`)
		eventually(t, 10*time.Second, "the tunnel is down", func() bool {
			return strings.Contains(b.run(t, "tunnel"), "does not know this machine's key")
		})
	})
}

// confined tries with a key of its own what an account must not do.
func confined(t *testing.T, dir string) {
	key := filepath.Join(dir, "beryl")
	sh(t, `ssh-keygen -q -t ed25519 -N "" -f "$1" && "$RELAY/add-user" beryl beryl.example.test "$(cat "$1.pub")"`, key)
	ssh := func(args ...string) (string, error) {
		all := append([]string{"-i", key, "-p", "443", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
			"-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-o", "ConnectTimeout=5"}, args...)
		out, err := exec.CommandContext(deadline(t, 20*time.Second), "ssh", append(all, "beryl@relay.example.test")...).CombinedOutput()
		return string(out), err
	}
	for name, args := range map[string][]string{
		"another's socket": {"-N", "-R", "/var/lib/drawbridge/amber/tls.sock:127.0.0.1:9"},
		"a port":           {"-N", "-R", "8080:127.0.0.1:9"},
		"a terminal":       {"-tt"},
	} {
		if out, err := ssh(args...); err == nil || strings.Contains(out, "$ ") {
			t.Errorf("%s: %v, %s", name, err, out)
		}
	}
	out, err := exec.CommandContext(deadline(t, 20*time.Second), "ssh", "-i", key, "-p", "443", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-W", "127.0.0.1:22", "beryl@relay.example.test").CombinedOutput()
	if err == nil || contains(out, "SSH-2.0") {
		t.Errorf("into the relay's network: %v, %s", err, out)
	}
}

// realAuthority starts Pebble as an authority that this machine trusts, and returns its directory, and the file of
// the root that it certifies by.
func realAuthority(t *testing.T, dir string) (directory, root string) {
	t.Helper()
	cert, key := selfSigned(t, "127.0.0.1")
	config := fmt.Sprintf(`{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
		"certificate": %q, "privateKey": %q, "httpPort": 80, "tlsPort": 443,
		"profiles": {"default": {"description": "default", "validityPeriod": 7776000}}}}`, filepath.Join(dir, "api.crt"), filepath.Join(dir, "api.key"))
	for name, text := range map[string]string{"api.crt": cert, "api.key": key, "pebble.json": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SSL_CERT_FILE", filepath.Join(dir, "api.crt"))
	ca := &daemon{path: os.Getenv(pebbleEnv), log: filepath.Join(dir, "pebble.log"), port: 14000, env: []string{"PEBBLE_VA_NOSLEEP=1"},
		args: []string{"-config", filepath.Join(dir, "pebble.json")}}
	ca.start(t)
	root = filepath.Join(dir, "root.pem")
	if err := os.WriteFile(root, pebbleRoot(t, http.DefaultClient, 15000), 0o600); err != nil {
		t.Fatal(err)
	}
	return "https://127.0.0.1:14000/dir", root
}

// sh runs a script with arguments and returns what it printed.
func sh(t *testing.T, script string, args ...string) string {
	t.Helper()
	cmd := exec.Command("bash", append([]string{"-euc", script, "bash"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

// ownPlaces makes /etc, /run and /var/lib writable without anybody seeing it, and names known.
const ownPlaces = `
ip link set lo up
mkdir -p /tmp/relay.own && mount -t tmpfs none /tmp/relay.own
for place in etc var/lib; do
  mkdir -p /tmp/relay.own/$place/{up,work}
  mount -t overlay none -o lowerdir=/$place,upperdir=/tmp/relay.own/$place/up,workdir=/tmp/relay.own/$place/work /$place
done
mount -t tmpfs none /run
mkdir -p /run/sshd
printf '127.0.0.1 localhost relay.example.test amber.example.test beryl.example.test\n' >/etc/hosts
`

// setUp is what the README tells an administrator to do, behind the installation.
const setUp = `
cd "$RELAY"
install -m 0644 sshd.conf /etc/ssh/sshd_config.d/drawbridge.conf
cat sshd.env >>/etc/default/ssh
install -d /etc/haproxy/drawbridge && touch /etc/haproxy/drawbridge/hosts.map
install -m 0644 haproxy.cfg /etc/haproxy/drawbridge/00-relay.cfg
groupadd --force --system drawbridge
ssh-keygen -A >/dev/null
sshd -t
`

// systemctl reloads as the units do, where no systemd runs.
const systemctl = `#!/bin/sh
[ "$1 $2" = "reload haproxy" ] && kill -USR2 "$(cat /run/haproxy.pid)"
`
