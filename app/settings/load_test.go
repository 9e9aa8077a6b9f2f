package settings

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoad(t *testing.T) {
	s, warnings, err := Load(filepath.Join("testdata", "full.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		if w.Line != 0 { // the checkout's file mode is not the matter here
			t.Error(w)
		}
	}
	want := Settings{
		Servers: []Server{{
			Name: "files", Command: "npx", Args: []string{"-y", "@modelcontextprotocol/server-filesystem", "/srv"},
			Env: map[string]string{"API_KEY": "${keychain:files-key}", "HOME": "${env:HOME}"}, Cwd: "/srv",
			Share: "agent", Idle: 10 * time.Minute, MaxProcesses: 4, MaxCallTime: 90 * time.Minute, Parallel: "never", Pins: "note", StderrToAgents: true, TrustAnnotations: true,
		}, {Name: "git", Command: "uvx", Disabled: true}},
		Listen: "localhost:7041", PublicURL: "https://bridge.example.org", Origins: []string{"https://app.example.org", "http://localhost:6274"},
		Theme: "dark", RaiseOn: RaiseOn{Lock: true, Sleep: true}, Limits: Limits{8 << 20, 10, 20},
		Quotas: []Quota{{"ci", "files", "write_*", false, 6, 2, 1 << 20}, {Shared: true, CallsPerMinute: 600}}, Audit: Audit{365 * day, 2 << 30},
		Ship: []Shipment{
			{Syslog: "tcp+tls://logs.example.org:6514", CA: "/etc/company.pem"},
			{OTLP: "https://otel.example.org/v1/logs", Headers: map[string]string{"Authorization": "Bearer ${keychain:otlp}"}},
			{Traces: "http://127.0.0.1:4318/v1/traces"},
		},
		Metrics: "127.0.0.1:9464",
		SignIn: SignIn{
			Providers: []Provider{{
				Issuer: "https://login.example.org", ClientID: "drawbridge", ClientSecret: "${keychain:idp}", Name: "Example",
				Callback: "http://localhost:7777/callback", Scopes: []string{"email"}, Params: map[string]string{"prompt": "consent"},
				Hosts:  []string{"keys.example.org"},
				Claims: Claims{"oid", "mail", "display", "realm.roles"}, Allow: Allow{[]string{"staff"}, []string{"example.org"}, []string{"42"}},
				Assertions: true, Tokens: Tokens{[]string{"api://drawbridge"}, []string{"ES256"}, "ci", []string{"files"}, []string{"read_*"}},
			}},
			OwnerFirst: true,
			Approve: []Approve{{
				[]string{"https://login.example.org"}, []string{"dev"}, []string{"https://login.example.org|42"},
				[]string{"claude.ai"}, []string{"*"}, []string{"*"},
			}},
			AccessLife: 5 * time.Minute,
		},
		Tunnels: []Tunnel{{Name: "lan", Driver: "direct", Direct: Direct{
			Listen: ":7443", Name: "laptop.home.arpa", Port: 8443, Public: true,
			Authority: Authority{Directory: "https://ca.example.org/dir", Email: "me@example.org"},
		}}, {Name: "relay", Driver: "ssh", SSH: SSH{
			Relay: "relay.example.org:443", User: "amber", HostKey: "ssh-ed25519 AAAA", Name: "amber.example.org", Port: 444,
			Socket: "/run/amber.sock", Certificate: "ssh-ed25519-cert-v01@openssh.com AAAA",
		}}, {Name: "tool", Driver: "external", Disabled: true, External: External{
			URL: "https://tool.example.org", Listen: "127.0.0.1:7042", TLSEnd: "machine",
			Command: []string{"cloudflared", "tunnel", "run"}, Env: map[string]string{"TUNNEL_TOKEN": "${keychain:cloudflared}"},
		}}, {Name: "tailnet", Driver: "tailnet", Tailnet: Tailnet{
			Name: "bridge.tail1234.ts.net", Control: "https://control.example.org", AuthKey: "${keychain:tailscale}",
		}}},
	}
	want.Rules = s.Rules
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
	if want := `[{"who":"agent:claude","verdict":"ask"}]`; s.Rules.plain != want {
		t.Errorf("rules %s", s.Rules.plain)
	}
	at := strings.Index(string(s.Rules.JSON), `"verdict"`)
	if e := s.Rules.Error(at, errors.New("no")); e.Error() != "full.json:62:58: no" {
		t.Error(e)
	}
}

func TestLoadNothing(t *testing.T) {
	s, warnings, err := Load(filepath.Join(t.TempDir(), "none.json"))
	if err != nil || warnings != nil || !s.Equal(Default()) {
		t.Errorf("no file: %+v, %v, %v", s, warnings, err)
	}
	if _, _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no file") {
		t.Errorf("a directory: %v", err)
	}
}

// TestRefused reads: this file is refused, there and with these words.
func TestRefused(t *testing.T) {
	entry := func(body string) string { return "{\"mcpServers\": {\n \"a\": {" + body + "}}}" }
	own := func(body string) string { return "{\"drawbridge\": {\n " + body + "}}" }
	cases := []struct{ file, want string }{
		{``, `c.json:1:1: parsing value: unexpected EOF; look here`},
		{`[]`, `c.json:1:1: the file must be one object`},
		{"{\n  \"a\" 1}", `c.json:2:7: invalid character '1' after object name`},
		{"{\n  // é\n  \"é\": tru}", `c.json:3:8: invalid literal: tru`},
		{"{\"a\": 1\n \"b\": 2}", `c.json:2:2: invalid character '"' after object value (expecting ',' or '}')`},
		{`{"a": "`, `c.json:`},
		{"{} x", `c.json:1:4: invalid character 'x' after top-level value`},
		{"{\n\"a\xff\": 1}", `c.json:2:3: this is no UTF-8`},
		{"{\"a\": " + strings.Repeat("[", 100), `c.json:1:70: brackets are nested more than 64 deep`},
		{"{\"a\": 1, \"a\": 2}", `c.json:1:10: a is given twice; remove one`},
		{"{\"x\": {\"y\": [{\"a\": 1, \"\\u0061\": 2}]}}", `c.json:1:23: x.y.a is given twice`},
		{`{"mcpServers": []}`, `c.json:1:16: mcpServers must be an object`},
		{`{"mcpServers": {"a": 1}}`, `c.json:1:22: mcpServers.a must be an object`},
		{`{"mcpServers": {"a": {"command": "x"}, "a": {"command": "x"}}}`, `c.json:1:40: mcpServers.a is given twice`},
		{`{"mcpServers": {"My Server": {"command": "x"}}}`, `c.json:1:17: a server can't be called "My Server"; a name is 1 to 32 of a-z, 0-9 and -, so rename it, for example to "my-server"`},
		{`{"mcpServers": {"": {"command": "x"}}}`, `c.json:1:17: a server can't be called ""; a name is 1 to 32 of a-z, 0-9 and -, so rename it, for example to "server"`},
		{`{"mcpServers": {"sse": {"command": "x"}}}`, `c.json:1:17: a server can't be called "sse", which is a part of Drawbridge's own addresses; rename it, for example to "sse-server"`},
		{own(`"raiseOn": "lock"`), `c.json:2:13: drawbridge.raiseOn must be a list of texts`},
		{own(`"raiseOn": ["lock", "lid"]`), `c.json:2:13: drawbridge.raiseOn [1] is "lid"; write lock or sleep`},
		{entry(``), `c.json:2:7: mcpServers.a has no command`},
		{entry(`"command": " "`), `c.json:2:7: mcpServers.a has no command`},
		{entry(`"command": ["npx"]`), `c.json:2:19: mcpServers.a.command must be text in quotes, not a list`},
		{entry(`"command": "a\u0000"`), `c.json:2:19: mcpServers.a.command holds a NUL`},
		{entry(`"command": "x", "args": "-y"`), `c.json:2:32: mcpServers.a.args must be a list of texts`},
		{entry(`"command": "x", "args": ["-y", 7]`), `c.json:2:39: mcpServers.a.args[1] must be text in quotes, not 7`},
		{entry(`"command": "x", "env": {"PORT": 80}`), `c.json:2:40: mcpServers.a.env.PORT must be text in quotes, not 80`},
		{entry(`"command": "x", "env": {"A=B": "c"}`), `c.json:2:32: mcpServers.a.env has the name "A=B"`},
		{entry(`"command": "x", "disabled": "yes"`), `c.json:2:36: mcpServers.a.disabled must be true or false`},
		{entry(`"url": "https://x", "url": ""`), `c.json:2:28: mcpServers.a.url is given twice`},
		{entry(`"command": "x", "drawbridge": {"share": "none"}`), `c.json:2:48: mcpServers.a.drawbridge.share is "none"; write one of session, agent, all`},
		{entry(`"command": "x", "drawbridge": {"idle": 5}`), `c.json:2:47: mcpServers.a.drawbridge.idle must be a time span in quotes, like "90s", "5m" or "30d"`},
		{entry(`"command": "x", "drawbridge": {"idle": "0s"}`), `c.json:2:47: mcpServers.a.drawbridge.idle is "0s"; write a time span from 1s to 365d`},
		{entry(`"command": "x", "drawbridge": {"maxProcesses": 1.5}`), `c.json:2:55: mcpServers.a.drawbridge.maxProcesses must be a whole number from 1 to 10000`},
		{own(`"listen": "7040"`), `c.json:2:12: drawbridge.listen is "7040"; write host:port`},
		{own(`"listen": "127.0.0.1:70400"`), `c.json:2:12: drawbridge.listen has the port "70400"`},
		{own(`"listen": "example.org:80"`), `c.json:2:12: drawbridge.listen has the host "example.org"`},
		{own(`"publicURL": "http://example.org"`), `c.json:2:15: drawbridge.publicURL is "http://example.org": http is for this machine alone`},
		{own(`"publicURL": "https://example.org/a"`), `c.json:2:15: drawbridge.publicURL is "https://example.org/a": leave out everything`},
		{own(`"publicURL": "example.org"`), `c.json:2:15: drawbridge.publicURL is "example.org": write https://host`},
		{own(`"publicURL": "ftp://example.org"`), `c.json:2:15: drawbridge.publicURL is "ftp://example.org": write https://host`},
		{own(`"origins": ["*"]`), `c.json:2:13: drawbridge.origins [0] is "*": write https://host`},
		{own(`"theme": "Dark"`), `c.json:2:11: drawbridge.theme is "Dark"; write one of system, light, dark`},
		{own(`"limits": {"messageSize": "1MB"}`), `c.json:2:28: drawbridge.limits.messageSize must be a size from 64KiB to 1GiB, like "32MiB"`},
		{own(`"limits": {"calls": 0}`), `c.json:2:22: drawbridge.limits.calls must be a whole number`},
		{own(`"limits": {"calls": 99999999999999999999}`), `c.json:2:22: drawbridge.limits.calls must be a whole number`},
		{own(`"limits": {"quotas": {}}`), `c.json:2:23: drawbridge.limits.quotas must be a list`},
		{own(`"limits": {"quotas": [{"agent": "a"}]}`), `c.json:2:24: drawbridge.limits.quotas[0] bounds nothing; add callsPerMinute, atOnce or bytesPerMinute`},
		{own(`"limits": {"quotas": [{"atOnce": 1}, {"callsPerMinute": "many"}]}`), `c.json:2:58: drawbridge.limits.quotas[1].callsPerMinute must be a whole number from 1 to 1000000`},
		{own(`"audit": {"keep": "1h"}`), `c.json:2:20: drawbridge.audit.keep is "1h"; write a time span from 1d to 36500d`},
		{own(`"audit": {"ship": [{"syslog": "tcp+tls://a:1"}, {"syslog": "tcp+tls://a:1"}]}`), `c.json:2:11: drawbridge.audit ships to tcp+tls://a:1 twice`},
		{own(`"audit": {"ship": [{}]}`), `c.json:2:21: drawbridge.audit.ship[0] ships to nobody; add "otlp": "https://host:4318/v1/logs", "traces"`},
		{own(`"audit": {"ship": [{"syslog": "udp://localhost:1", "otlp": "x"}]}`), `c.json:2:21: drawbridge.audit.ship[0] has more than one of`},
		{own(`"audit": {"ship": [{"syslog": "tcp://logs.example.org:601"}]}`), `c.json:2:21: drawbridge.audit.ship[0] would send the record to logs.example.org:601 for everybody on the way to read; write "tcp+tls://`},
		{own(`"audit": {"ship": [{"syslog": "udp://10.0.0.1:514"}]}`), `c.json:2:21: drawbridge.audit.ship[0] would send the record to 10.0.0.1:514`},
		{own(`"audit": {"ship": [{"syslog": "tcp+tls://logs.example.org"}]}`), `c.json:2:21: drawbridge.audit.ship[0] has the address "tcp+tls://logs.example.org" without a port`},
		{own(`"audit": {"ship": [{"syslog": "unix://dev/log"}]}`), `c.json:2:21: drawbridge.audit.ship[0] has the address "unix://dev/log"; write "syslog"`},
		{own(`"audit": {"ship": [{"syslog": "logs.example.org:6514"}]}`), `c.json:2:21: drawbridge.audit.ship[0] has the address "logs.example.org:6514"; write "syslog"`},
		{own(`"audit": {"ship": [{"syslog": "tcp+tls://a:1", "headers": {"a": "b"}}]}`), `c.json:2:21: drawbridge.audit.ship[0] has headers, which only otlp and traces know`},
		{own(`"audit": {"ship": [{"otlp": "http://otel.example.org/v1/logs"}]}`), `c.json:2:21: drawbridge.audit.ship[0] would send the logs to otel.example.org`},
		{own(`"audit": {"ship": [{"otlp": "https://otel.example.org:4318/"}]}`), `c.json:2:21: drawbridge.audit.ship[0] has the address "https://otel.example.org:4318/" without a path; collectors take logs at "https://otel.example.org:4318/v1/logs"`},
		{own(`"audit": {"ship": [{"traces": "https://otel.example.org"}]}`), `c.json:2:21: drawbridge.audit.ship[0] has the address "https://otel.example.org" without a path; collectors take traces at "https://otel.example.org/v1/traces"`},
		{own(`"audit": {"ship": [{"traces": "http://otel.example.org/v1/traces"}]}`), `c.json:2:21: drawbridge.audit.ship[0] would send the traces to otel.example.org`},
		{own(`"audit": {"ship": [{"traces": "otel:4318"}]}`), `c.json:2:21: drawbridge.audit.ship[0] has the address "otel:4318"; write "traces": "https://host:4318/v1/traces"`},
		{own(`"audit": {"ship": [{"otlp": "https://u:p@otel.example.org/v1/logs"}]}`), `c.json:2:21: drawbridge.audit.ship[0] has a password in its address`},
		{own(`"audit": {"ship": [{"otlp": "https://a/v1/logs", "headers": {"authorization": "Bearer hunter2"}}]}`), `c.json:2:80: drawbridge.audit.ship[0].headers.authorization is a secret`},
		{own(`"audit": {"ship": [{"otlp": "https://a/v1/logs", "headers": {"a b": "c"}}]}`), `c.json:2:63: drawbridge.audit.ship[0].headers.a b is no header of HTTP`},
		{own(`"metrics": ":9464"`), `c.json:2:13: drawbridge.metrics is ":9464", which others can reach; write "127.0.0.1:9464"`},
		{own(`"signIn": {"providers": [{"clientId": "x"}]}`), `c.json:2:27: drawbridge.signIn.providers[0] has no issuer`},
		{own(`"signIn": {"providers": [{"issuer": "https://x"}]}`), `c.json:2:27: drawbridge.signIn.providers[0] has no clientId`},
		{own(`"signIn": {"providers": {}}`), `c.json:2:26: drawbridge.signIn.providers must be a list of objects`},
		{own(`"signIn": {"providers": [{"clientSecret": "hunter2"}]}`), `c.json:2:44: drawbridge.signIn.providers[0].clientSecret is a secret, which has no place in this file`},
		{own(`"signIn": {"providers": [{"Allow": {}}]}`), `c.json:2:28: drawbridge.signIn.providers[0].Allow is not known; did you mean allow?; it decides`},
		{own(`"signIn": {"providers": [{"tokens": {"agent": "ci"}}]}`), `c.json:2:38: drawbridge.signIn.providers[0].tokens has no audiences`},
		{own(`"signIn": {"providers": [{"tokens": {"audiences": ["a"]}}]}`), `c.json:2:38: drawbridge.signIn.providers[0].tokens needs an agent`},
		{own(`"signIn": {"approve": [{"servers": ["*"]}]}`), `c.json:2:25: drawbridge.signIn.approve[0] fits everybody`},
		{own(`"signIn": {"approve": [{"providers": ["https://x"], "servers": ["*"]}]}`), `c.json:2:12: drawbridge.signIn approve[0] names the provider "https://x", which is not among providers`},
		{own(`"signIn": {"providers": [{"issuer": "https://x", "clientId": "x"}], "approve": [{"providers": ["https://x"], "servers": ["*"]}]}`), `c.json:2:12: drawbridge.signIn approve[0] lets in everybody who has an account at "https://x"`},
		{own(`"signIn": {"approve": [{"groups": ["dev"]}]}`), `c.json:2:25: drawbridge.signIn.approve[0] has no servers`},
		{own(`"signIn": {"approve": [{"groups": ["dev"], "servers": ["*"]}]}`), `c.json:2:12: drawbridge.signIn approves by groups, but no provider says where it has them`},
		{own(`"signIn": {"providers": [{"issuer": "https://x", "clientId": "x", "allow": {"groups": ["dev"]}}]}`), `c.json:2:27: drawbridge.signIn.providers[0] allows groups, but says not where`},
		{own(`"signIn": {"ownerFirst": true}`), `c.json:2:12: drawbridge.signIn has ownerFirst, but no provider`},
		{own(`"tunnels": []`), `c.json:2:13: drawbridge.tunnels must be an object`},
		{own(`"tunnels": {"My Relay": {}}`), `c.json:2:14: a tunnel can't be called "My Relay"; a name is 1 to 32 of a-z, 0-9 and -, so rename it, for example to "my-relay"`},
		{own(`"tunnels": {"a": {}}`), `c.json:2:19: drawbridge.tunnels.a has no driver; add "driver"`},
		{own(`"tunnels": {"a": {"driver": "wire"}}`), `c.json:2:30: drawbridge.tunnels.a.driver is "wire"; write one of direct, ssh, external, tailnet`},
		{own(`"tunnels": {"a": {"driver": "tailnet", "name": "n", "authKey": "tskey-auth-1"}}`), `c.json:2:65: drawbridge.tunnels.a.authKey is a secret, which has no place in this file`},
		{own(`"tunnels": {"a": {"driver": "ssh", "relay": "r:22", "user": "u", "name": "n"}}`), `c.json:2:19: drawbridge.tunnels.a has no hostKey, which the driver ssh needs`},
		{own(`"tunnels": {"a": {"driver": "ssh", "hostkey": "k"}}`), `c.json:2:37: drawbridge.tunnels.a.hostkey is not known; did you mean hostKey?`},
		{own(`"tunnels": {"a": {"driver": "direct", "relay": "r:22"}}`), `c.json:2:40: drawbridge.tunnels.a.relay is not known`},
		{own(`"tunnels": {"a": {"driver": "external", "url": "http://example.org", "listen": "127.0.0.1:1"}}`), `c.json:2:49: drawbridge.tunnels.a.url is "http://example.org": http is for this machine alone`},
		{own(`"signIn": {"accessToken": "1d"}`), `c.json:2:28: drawbridge.signIn.accessToken is "1d"; write a time span from 5s to 1h`},
		{own(`"Rules": []`), `c.json:2:2: drawbridge.Rules is not known; did you mean rules? It decides who may enter`},
		{own(`"rule": []`), `c.json:2:2: drawbridge.rule is not known; did you mean rules?`},
		{own(`"ruels": []`), `c.json:2:2: drawbridge.ruels is not known; did you mean rules?`},
		{own(`"policy": {"rules": [{"verdict": "ask"}]}`), `c.json:2:24: drawbridge.policy.rules is not read there; move it to drawbridge.rules`},
		{own(`"quotas": {"a": {"callsPerMinute": 1}}`), `c.json:2:19: drawbridge.quotas.a is not read there; move it to drawbridge.limits.quotas`},
		{`{"rules": [{"tool": "a", "verdict": "deny"}]}`, `c.json:1:26: rules is not read there; move it to drawbridge.rules`},
		{own(`"limits": {"callsPerMinute": 60}`), `c.json:2:13: drawbridge.limits.callsPerMinute is not read there; move it to drawbridge.limits.quotas`},
		{own(`"verdict": "deny"`), `c.json:2:2: drawbridge.verdict is not read there; move it to drawbridge.rules`},
		{`{"mcpServers": {"a": {"command": "x", "drawbridge": {"bytesPerMinute": 1}}}}`, `c.json:1:54: mcpServers.a.drawbridge.bytesPerMinute is not read there; move it to drawbridge.limits.quotas`},
		{own(`"sign-in": {}`), `c.json:2:2: drawbridge.sign-in is not known; did you mean signIn?`},
		{own(`"limits": {"quota": []}`), `c.json:2:13: drawbridge.limits.quota is not known; did you mean quotas?`},
		{own(`"limits": {"quotas": [{"atOnce": 1, "callPerMinute": 1}]}`), `c.json:2:38: drawbridge.limits.quotas[0].callPerMinute is not known`},
		{`{"Drawbridge": {"rules": []}}`, `c.json:1:2: Drawbridge is not known; did you mean drawbridge?`},
		{own(`"rules": [{"a": 1, "a": 2}]`), `c.json:2:21: drawbridge.rules.a is given twice`},
		{"{\"a\": \"" + strings.Repeat("x", maxFile) + "\"}", `c.json: the file has more than 1048576 bytes`},
	}
	for _, c := range cases {
		_, _, err := read("/home/ann/c.json", []byte(c.file))
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(e.Error(), c.want) {
			t.Errorf("%.80q\n got %v\nwant %s", c.file, err, c.want)
		}
	}
}

// TestRemoteServers: what other apps keep in the same place does not stand in the way of the servers on this machine.
func TestRemoteServers(t *testing.T) {
	s, warnings, err := read("/c.json", []byte(`{"mcpServers": {
		"Hosted One": {"url": "https://x", "headers": {"Authorization": "Bearer x", "verdict": "1"}},
		"b": {"type": "http", "command": "x"},
		"c": {"type": "stdio", "command": "y"},
		"d": {"serverUrl": "https://x"}, "e": {"httpUrl": "https://x"}}}`))
	if err != nil || len(s.Servers) != 1 || s.Servers[0].Name != "c" {
		t.Fatalf("%+v, %v", s.Servers, err)
	}
	var got []string
	for _, w := range warnings {
		place, _, _ := strings.Cut(w.String(), ";")
		got = append(got, place)
	}
	want := []string{
		`c.json:2:3: mcpServers.Hosted One is a remote server and left out`,
		`c.json:3:3: mcpServers.b is a remote server and left out`,
		`c.json:5:3: mcpServers.d is a remote server and left out`,
		`c.json:5:36: mcpServers.e is a remote server and left out`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWarnings(t *testing.T) {
	_, warnings, err := read("/c.json", []byte("\xef\xbb\xbf"+`{
		"globalShortcut": "x",
		"mcp_servers": {},
		"mcpServers": {"a": {"command": "x", "autoApprove": [], "drawbridge": {"Share": "all"}}},
		"drawbridge": {"listen": ":7040"}} // no line end`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range warnings {
		got = append(got, w.String())
	}
	want := []string{
		`c.json:2:3: globalShortcut is not used`,
		`c.json:3:3: mcp_servers is not used; did you mean mcpServers?`,
		`c.json:4:40: mcpServers.a.autoApprove is not used`,
		`c.json:4:74: mcpServers.a.drawbridge.Share is not used; did you mean share?`,
		`c.json:5:28: drawbridge.listen is reachable from the network`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWarnsOfAFileThatOthersMayWrite(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes")
	}
	path := filepath.Join(t.TempDir(), "c.json")
	if err := errors.Join(os.WriteFile(path, []byte("{}"), 0o600), os.Chmod(path, 0o660)); err != nil {
		t.Fatal(err)
	}
	_, warnings, err := Load(path)
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].Text, "chmod 600") {
		t.Errorf("%v, %v", warnings, err)
	}
}

func TestCheckName(t *testing.T) {
	for _, ok := range []string{"a", "0", "a-b", "server-everything", strings.Repeat("a", MaxName)} {
		if err := CheckName(ok); err != nil {
			t.Error(err)
		}
	}
	for name, want := range map[string]string{
		"A": "a", "a_b": "a-b", "@scope/pkg": "scope-pkg", "é": "server", "MCP": "mcp-server", strings.Repeat("a", 40): strings.Repeat("a", 32),
		"a__b": "a--b", "../x": "x", "\x00": "server",
	} {
		err := CheckName(name)
		if err == nil || !strings.Contains(err.Error(), `to "`+want+`"`) {
			t.Errorf("%q: %v", name, err)
		}
		if err := CheckName(want); err != nil {
			t.Errorf("the name suggested for %q is refused: %v", name, err)
		}
	}
	for _, word := range []string{"mcp", "sse", "ws", "authorize", "token", "register", "revoke", "healthz", "well-known"} {
		if CheckName(word) == nil {
			t.Errorf("%s is allowed", word)
		}
	}
}

func TestDurations(t *testing.T) {
	for s, want := range map[string]time.Duration{"5m": 5 * time.Minute, "30d": 30 * day, "1d12h": 36 * time.Hour, "1h30m": 90 * time.Minute, "2w": 14 * day, "90s": 90 * time.Second, "0.5s": time.Second / 2} {
		got, err := ParseDuration(s)
		if err != nil || got != want {
			t.Errorf("%s is %v, %v", s, got, err)
		}
		if back, err := ParseDuration(formatDuration(want)); err != nil || back != want {
			t.Errorf("%v is written %s", want, formatDuration(want))
		}
	}
	for _, s := range []string{"", "5", "d", "-1d", "1d-1h", "5 m", "1dd", "99999999d", "1h1d", "w", "9999w", "1w2d"} {
		if d, err := ParseDuration(s); err == nil {
			t.Errorf("%q is %v", s, d)
		}
	}
}

func FuzzLoad(f *testing.F) {
	full, err := os.ReadFile(filepath.Join("testdata", "full.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte("{\"mcpServers\": {\"a\": {\"command\": \"x\"}}} // end"))
	f.Add([]byte("\xef\xbb\xbf{/**/}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		s, warnings, err := read("c.json", src)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Text == "" || e.Line < 0 || e.Line > 0 && e.Column < 1 {
				t.Fatalf("%#v", err)
			}
			return
		}
		if len(warnings) > maxWarnings {
			t.Fatal("too many warnings")
		}
		for _, v := range s.Servers {
			if CheckName(v.Name) != nil || v.Command == "" {
				t.Fatalf("%+v", v)
			}
		}
		again, _, err := read("c.json", src)
		if err != nil || !again.Equal(s) {
			t.Fatal("read twice and different")
		}
	})
}
