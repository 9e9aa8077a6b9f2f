package app

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge/audit"
)

// strangers are the records of those who were not let in, in short.
func (h *house) strangersRecorded() (all []string) {
	h.t.Helper()
	for r, err := range h.Audit(h.t.Context(), audit.Filter{Kinds: []audit.Kind{audit.SignIn, audit.Refused}}) {
		if err != nil {
			h.t.Fatal(err)
		}
		host, _, _ := strings.Cut(r.Address, ":")
		all = append(all, strings.TrimSpace(fmt.Sprintln(r.Kind, host, r.Agent, r.Method, r.Server, r.Outcome, r.Error, r.Count)))
	}
	return all
}

// TestStrangersAreRecorded: tokens that are no good, exchanges that are refused and servers that an agent may not use.
func TestStrangersAreRecorded(t *testing.T) {
	h := newHouse(t, entries("mine", "other")).run()
	token := h.token("ada", "mine")
	const hello = `{"jsonrpc":"2.0","id":0,"method":"ping"}`
	for _, bad := range []string{token + "x", "dbk_nothing", token[:len(token)-8] + "AAAAAAAA"} {
		if a, err := h.post("/mine/mcp", bad, "", hello); err != nil || a.status != http.StatusUnauthorized {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	if a, err := h.post("/mine/mcp?access_token="+token, token, "", hello); err != nil || a.status != http.StatusBadRequest {
		t.Fatalf("%+v, %v", a, err)
	}
	if r, err := http.Get(h.Address() + "/mine/mcp"); err != nil || r.Body.Close() != nil || r.StatusCode != http.StatusUnauthorized {
		t.Fatal(r, err)
	}
	if a, err := h.post("/other/mcp", token, "", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`); err != nil || a.status != http.StatusNotFound {
		t.Fatalf("%+v, %v", a, err)
	}
	if a, err := h.post("/mine/mcp", token, "", `{"jsonrpc":`); err != nil || a.status != http.StatusBadRequest {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, header := range []string{"Host", "Origin"} {
		r, err := http.NewRequest(http.MethodPost, h.Address()+"/mine/mcp", nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Header.Set(header, "http://evil.example"); header == "Host" {
			r.Host = "evil.example"
		}
		if a, err := http.DefaultClient.Do(r); err != nil || a.Body.Close() != nil || a.StatusCode != http.StatusForbidden {
			t.Fatal(header, a, err)
		}
	}
	v := h.visitor()
	for range 3 {
		if r, _ := v.do("POST", "/token", form, url.Values{"grant_type": {"refresh_token"}, "client_id": {v.client}, "refresh_token": {token}}.Encode()); r.StatusCode != http.StatusBadRequest {
			t.Fatal(r.Status)
		}
	}
	if err := h.RevokeAgent("ada"); err != nil {
		t.Fatal(err)
	}
	if a, err := h.post("/mine/mcp", token, "", hello); err != nil || a.status != http.StatusUnauthorized {
		t.Fatalf("%+v, %v", a, err)
	}
	if report, err := h.VerifyAudit(); err != nil || !report.OK() {
		t.Errorf("%+v, %v", report, err)
	}
	h.stop() // what is counted is recorded
	want := []string{
		"sign-in 127.0.0.1    refused nobody has issued this token 0",
		"sign-in 127.0.0.1    refused credentials that are malformed, used up or in the wrong place 0",
		"refused 127.0.0.1    refused no token 0",
		`refused 127.0.0.1 ada  other denied no such server: no server "other"; this agent may use mine 0`,
		"refused 127.0.0.1 ada   refused malformed message at byte 11: not valid JSON 0",
		"refused 127.0.0.1    refused a host that is not the bridge's 0",
		"refused 127.0.0.1    refused a web page that may not call 0",
		"sign-in 127.0.0.1  /token  refused invalid_grant 0",
		"sign-in 127.0.0.1    refused unknown or revoked token 0",
		"sign-in 127.0.0.1    refused nobody has issued this token 2",
		"sign-in 127.0.0.1  /token  refused invalid_grant 2",
	}
	got := h.strangersRecorded()
	for i := range got {
		if kind, rest, ok := strings.Cut(got[i], "invalid_grant: "); ok {
			got[i] = kind + "invalid_grant " + rest[strings.LastIndexByte(rest, ' ')+1:]
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, secret := range []string{token[13:], token[13 : len(token)-8]} {
		for _, line := range h.lines() {
			if strings.Contains(line, secret) {
				t.Errorf("the record holds a token: %s", line)
			}
		}
	}
}

// lines are the record as it is on disk.
func (h *house) lines() (all []string) {
	h.t.Helper()
	files, err := os.ReadDir(h.options.Places.AuditDir)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(h.options.Places.AuditDir + "/" + f.Name())
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, strings.Split(string(b), "\n")...)
	}
	return all
}
