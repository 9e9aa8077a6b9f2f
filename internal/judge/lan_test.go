package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLAN: an agent on another machine of the local network, which is a network namespace here, reaches the bridge
// when it trusts the authority whose fingerprint the owner is shown, and not without.
func TestLAN(t *testing.T) {
	judging(t)
	if !alone(t) {
		return
	}
	sh(t, neighbours)
	for name, network := range map[string]string{"IPv4": "192.168.77.1/24", "IPv6 alone": "fd77::1/64"} {
		t.Run(name, func(t *testing.T) {
			sh(t, "ip addr flush dev lan scope global; ip addr add $1 dev lan nodad", network)
			address, _, _ := strings.Cut(network, "/")
			lanJudged(t, address)
		})
	}
}

// neighbours makes another machine, called agent, and a cable to it.
const neighbours = `
mount -t tmpfs none /run
ip link set lo up
ip netns add agent
ip link add lan type veth peer name lan netns agent
ip link set lan up
ip -n agent addr add 192.168.77.2/24 dev lan
ip -n agent addr add fd77::2/64 dev lan nodad
ip -n agent link set lo up
ip -n agent link set lan up
`

func lanJudged(t *testing.T, address string) {
	b := start(t, map[string]entry{"demo": ourselves(t, "all", "plain")}, terms{
		choices: map[string]any{"tunnels": map[string]any{"lan": map[string]string{"driver": "direct", "listen": ":7443"}}},
	})
	var shown []struct{ State, URL, Fingerprint string }
	if err := json.Unmarshal([]byte(b.run(t, "tunnel", "--json")), &shown); err != nil || len(shown) != 1 || shown[0].State != "up" {
		t.Fatalf("%+v, %v", shown, err)
	}
	public, err := url.Parse(shown[0].URL)
	if err != nil || public.Scheme != "https" || public.Hostname() != address || public.Port() != "7443" {
		t.Fatalf("the address is %s, want %s", public, address)
	}
	authority := seen(t, public.Host, shown[0].Fingerprint, b.run(t, "tunnel", "authority"))

	t.Run("with the authority", func(t *testing.T) {
		if said, err := far(t, b.initialize(b.token(t, "ada"), "--cacert", authority, shown[0].URL+"/demo/mcp")...); err != nil || !strings.Contains(said, `"serverInfo"`) {
			t.Errorf("%v, %s", err, said)
		}
		if said, err := far(t, b.initialize("made-up", "--cacert", authority, shown[0].URL+"/demo/mcp")...); err != nil || !strings.Contains(said, "HTTP/2 401") {
			t.Errorf("with a made-up token: %v, %s", err, said)
		}
	})
	t.Run("without", func(t *testing.T) {
		stranger := filepath.Join(t.TempDir(), "stranger.pem")
		cert, _ := selfSigned(t, "127.0.0.1")
		if err := os.WriteFile(stranger, []byte(cert), 0o600); err != nil {
			t.Fatal(err)
		}
		var own struct{ URL string }
		if err := json.Unmarshal([]byte(b.run(t, "status", "--json")), &own); err != nil || !strings.HasPrefix(own.URL, "http://127.0.0.1:") {
			t.Fatalf("%s, %v", own.URL, err)
		}
		const refused, noTLS, notTrusted = 7, 35, 60 // curl's
		for name, c := range map[string]struct {
			args []string
			code int
		}{
			"nothing":             {[]string{shown[0].URL}, notTrusted},
			"another's authority": {[]string{"--cacert", stranger, shown[0].URL}, notTrusted},
			"another name":        {[]string{"--cacert", authority, "--connect-to", "::" + bracketed(address) + ":7443", "https://laptop.example.com:7443"}, noTLS},
			"this machine's port": {[]string{strings.Replace(own.URL, "127.0.0.1", bracketed(address), 1)}, refused},
		} {
			said, err := far(t, append([]string{"curl", "-sSi", "--max-time", "10"}, c.args...)...)
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != c.code {
				t.Errorf("%s: %v, want %d; %s", name, err, c.code, said)
			}
		}
		said, err := far(t, "curl", "-sS", "--max-time", "10", "http://"+public.Host)
		if err != nil || !strings.Contains(said, "speaks HTTPS") {
			t.Errorf("without TLS: %v, %s", err, said)
		}
	})
	if !strings.Contains(address, ":") { // some versions of Node take no IPv6 address for a host's that a certificate names
		t.Run("sign-in", func(t *testing.T) { lanSignIn(t, b, shown[0].URL, authority) })
	}
	t.Run("down", func(t *testing.T) {
		b.run(t, "tunnel", "down", "lan")
		if said, err := far(t, "curl", "-sS", "--max-time", "10", "--cacert", authority, shown[0].URL); err == nil {
			t.Errorf("it still answers: %s", said)
		}
	})
}

// seen is what somebody at the agent does who was told the fingerprint: they take the authority's certificate from the
// connection, compare, and keep it. It must be the one that the owner can print.
func seen(t *testing.T, at, fingerprint, printed string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "authority.pem")
	said, err := far(t, "bash", "-euc", `
		openssl s_client -connect "$1" -showcerts </dev/null 2>/dev/null | awk '/BEGIN/ { text = "" } { text = text $0 "\n" } /END/ { last = text } END { printf "%s", last }' >"$2"
		openssl x509 -in "$2" -noout -fingerprint -sha256`, "bash", at, file)
	if err != nil || fingerprint == "" || !strings.HasSuffix(strings.TrimSpace(said), "="+fingerprint) {
		t.Fatalf("the agent sees %s, %v; the owner is shown %s", said, err, fingerprint)
	}
	if text, err := os.ReadFile(file); err != nil || strings.TrimSpace(string(text)) != printed {
		t.Errorf("the agent sees another certificate than the owner can print:\n%s\n%s, %v", text, printed, err)
	}
	return file
}

// lanSignIn has the TypeScript SDK's client come in from the other machine by OAuth.
func lanSignIn(t *testing.T, b *bridge, address, authority string) {
	n := npm(t)
	dir := t.TempDir()
	approve, there := filepath.Join(dir, "approve"), filepath.Join(dir, "node")
	for path, text := range map[string]string{
		approve: fmt.Sprintf("exec env DRAWBRIDGE_HOME='%s' '%s' agents approve \"$1\"\n", b.home, b.path),
		there:   fmt.Sprintf("exec ip netns exec agent '%s' \"$@\"\n", n.program),
	} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	n.program = there
	n.judge(t, "signin.mjs", "JUDGE_URL="+address+"/demo", "JUDGE_APPROVE="+approve, "NODE_EXTRA_CA_CERTS="+authority)
}

// initialize is a curl that opens a session.
func (b *bridge) initialize(token string, more ...string) []string {
	return append([]string{"curl", "-sSi", "--max-time", "10", "-H", "Authorization: Bearer " + token, "-H", "Content-Type: application/json",
		"-H", "Accept: application/json, text/event-stream", "-d",
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}`}, more...)
}

// far runs a program on the other machine.
func far(t *testing.T, args ...string) (said string, err error) {
	t.Helper()
	out, err := exec.CommandContext(deadline(t, 30*time.Second), "ip", append([]string{"netns", "exec", "agent"}, args...)...).CombinedOutput()
	return string(out), err
}

// bracketed is an address as a URL has it.
func bracketed(address string) string {
	if strings.Contains(address, ":") {
		return "[" + address + "]"
	}
	return address
}
