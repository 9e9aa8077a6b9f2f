package judge

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestNothingIsOpenByLikeness: only the exact paths of sign-in need no token. What looks like one of them, or claims
// to come from somewhere that may, gets in nowhere.
func TestNothingIsOpenByLikeness(t *testing.T) {
	judging(t)
	b := serve(t, pair(t))
	for _, path := range []string{
		"/", "/mcp", "/echo/mcp", "/other/sse", "/echo/ws", "/status", "/debug/pprof/", "/metrics", "/config.json",
		"/token/", "/token/x", "/TOKEN", "//token", "/./token", "/token/../mcp", "/healthz/../mcp", "/healthz/..%2fmcp", "/healthz;/mcp", "/healthz%00",
		"/authorize/../echo/mcp", "/.well-known/oauth-protected-resource/../../mcp", "/.well-known/../mcp", "/.well-known/x", "/register/mcp", "/callback/mcp",
		"/echo/mcp/.well-known/oauth-protected-resource", "/mcp?x=/healthz", "/mcp?ticket=x", "/echo%2fmcp", "/ECHO/mcp", "/ws-ticket",
	} {
		for _, header := range []string{
			"", "X-Forwarded-For: 127.0.0.1", "X-Original-URL: /healthz", "X-Rewrite-URL: /healthz", "X-Forwarded-Uri: /healthz", "X-Forwarded-Host: localhost",
			"User-Agent: kube-probe/1.30", "Forwarded: for=127.0.0.1;proto=https", "X-HTTP-Method-Override: GET", "X-Auth-Request-User: owner", "Remote-User: owner",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodDelete} {
				if status := b.raw(t, method, path, header); status < 400 {
					t.Errorf("%s %s with %q: HTTP %d", method, path, header, status)
				}
			}
		}
	}
}

// raw sends a request whose path nobody tidies, and returns the answer's status.
func (b *bridge) raw(t *testing.T, method, path, header string) int {
	t.Helper()
	host := strings.TrimPrefix(b.url, "http://")
	conn, err := net.DialTimeout("tcp", host, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if header != "" {
		header += "\r\n"
	}
	body := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nAccept: application/json, text/event-stream\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, path, host, header, len(body), body); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s %s with %q: %v", method, path, header, err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
