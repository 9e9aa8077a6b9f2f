package front

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"drawbridge/internal/wire"
)

func TestGuard(t *testing.T) {
	c := Config{
		Origins: []string{"https://app.example.com"},
		Hosts:   func(_ *http.Request, name string) bool { return IsLoopback(name) || name == "bridge.example.com" },
		Limits:  wire.Limits{Size: 1000},
	}
	passed := false
	g := Guard(c, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { passed = true }))
	const json = "Content-Type: application/json"
	for _, test := range []struct {
		request string // method, target and headers, by line
		want    int    // 0: passed on
	}{
		{"POST /mcp\n" + json, 0},
		{"POST /files/mcp\n" + json, 0},
		{"POST /files/message\n" + json, 0},
		{"GET /sse", 0},
		{"GET /ws", 0},
		{"DELETE /mcp", 0},

		// Hosts.
		{"GET /sse\nHost: localhost", 0},
		{"GET /sse\nHost: LOCALHOST:7040", 0},
		{"GET /sse\nHost: 127.0.0.1:1", 0},
		{"GET /sse\nHost: [::1]:7040", 0},
		{"GET /sse\nHost: [::1]", 0},
		{"GET /sse\nHost: Bridge.Example.com", 0},
		{"GET /sse\nHost: bridge.example.com:8443", 0},
		{"GET /sse\nHost: evil.example.com", 403},
		{"GET /sse\nHost: localhost.evil.example.com", 403},
		{"GET /sse\nHost: localhost:80@evil.example.com", 403},
		{"GET /sse\nHost: 127.0.0.2", 403},
		{"GET /healthz\nHost: evil.example.com", 403},

		// Origins.
		{"GET /sse\nOrigin: https://app.example.com", 0},
		{"GET /sse\nHost: localhost:7040\nOrigin: http://localhost:7040", 0},
		{"GET /sse\nHost: localhost:7040\nOrigin: http://localhost:3000", 403},
		{"GET /sse\nOrigin: https://APP.example.com", 403},
		{"GET /sse\nOrigin: https://evil.example.com", 403},
		{"GET /sse\nOrigin: null", 403},
		{"GET /sse\nOrigin: http://", 403},
		{"GET /sse\nOrigin: https://app.example.com\nOrigin: https://evil.example.com", 403},
		{"GET /authorize\nOrigin: null", 0}, // for that endpoint to say

		// Preflights.
		{"OPTIONS /mcp\nOrigin: https://app.example.com\nAccess-Control-Request-Method: POST", 204},
		{"OPTIONS /mcp\nOrigin: https://evil.example.com\nAccess-Control-Request-Method: POST", 403},
		{"OPTIONS /mcp\nOrigin: https://app.example.com", 405},
		{"OPTIONS /mcp", 405},

		// Paths.
		{"GET //sse", 404},
		{"GET /files//sse", 404},
		{"GET /files/../sse", 404},
		{"GET /./sse", 404},
		{"GET /files%2Fsse", 404},
		{"GET /%73se", 404},
		{"GET /files\\sse", 404},
		{"GET /sse/", 0}, // no front's
		{"GET /.well-known/oauth-protected-resource/mcp/", 0},

		// Methods.
		{"GET /mcp", 0},
		{"PUT /mcp", 405},
		{"POST /sse\n" + json, 405},
		{"GET /message", 405},
		{"POST /ws\n" + json, 405},

		// Bodies.
		{"POST /mcp", 415},
		{"POST /mcp\nContent-Type: text/plain", 415},
		{"POST /mcp\nContent-Type: application/jsonp", 415},
		{"POST /mcp\n" + json + "\n" + json, 415},
		{"POST /mcp\n" + json + "\nContent-Encoding: gzip", 415},
		{"POST /mcp\nContent-Type: Application/JSON ; charset=utf-8", 0},
		{"POST /mcp\n" + json + "\nContent-Length: 1000", 0},
		{"POST /mcp\n" + json + "\nContent-Length: 1001", 413},
		{"POST /token\nContent-Type: application/x-www-form-urlencoded", 0},
		{"POST /ws-ticket", 0},
		{"POST /ws-ticket\nOrigin: https://evil.example.com", 403},
		{"OPTIONS /ws-ticket\nOrigin: https://app.example.com\nAccess-Control-Request-Method: POST", 204},
		{"GET /ws-ticket", 405},

		// Accept.
		{"POST /mcp\n" + json + "\nAccept: application/json, text/event-stream", 0},
		{"POST /mcp\n" + json + "\nAccept: text/event-stream;q=0.5\nAccept: application/json", 0},
		{"POST /mcp\n" + json + "\nAccept: */*", 0},
		{"POST /mcp\n" + json + "\nAccept: application/*, text/*", 0},
		{"POST /mcp\n" + json + "\nAccept: application/json", 406},
		{"POST /mcp\n" + json + "\nAccept: text/event-stream", 406},
		{"POST /message\n" + json + "\nAccept: text/html", 0},
		{"GET /mcp\nAccept: text/event-stream", 0},
		{"GET /mcp\nAccept: application/json", 406},
		{"GET /sse\nAccept: text/html", 406},
		{"GET /ws\nAccept: text/html", 0},
	} {
		passed = false
		w := httptest.NewRecorder()
		g.ServeHTTP(w, request(test.request))
		if want := test.want == 0; passed != want || !passed && w.Code != test.want {
			t.Errorf("%s\n passed %v, status %d, want %d", test.request, passed, w.Code, test.want)
		}
		if !passed && w.Code != 204 && !strings.HasPrefix(w.Body.String(), `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,`) {
			t.Errorf("%s\n answers %q", test.request, w.Body)
		}
	}
}

// request makes a request of lines: method and target, then headers.
func request(lines string) *http.Request {
	first, rest, _ := strings.Cut(lines, "\n")
	method, target, _ := strings.Cut(first, " ")
	r := httptest.NewRequest(method, strings.ReplaceAll(target, `\`, "%5C"), nil)
	if strings.Contains(target, `\`) {
		r.URL.Path, r.URL.RawPath = target, ""
	}
	r.Host = "localhost:7040"
	for line := range strings.Lines(rest) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "Host":
			r.Host = value
		case "Content-Length":
			r.ContentLength, _ = strconv.ParseInt(value, 10, 64)
		default:
			r.Header.Add(name, value)
		}
	}
	return r
}

func TestPreflight(t *testing.T) {
	g := Guard(Config{Origins: []string{"https://app.example.com"}}, http.NotFoundHandler())
	w := httptest.NewRecorder()
	g.ServeHTTP(w, request("OPTIONS /files/mcp\nOrigin: https://app.example.com\nAccess-Control-Request-Method: POST\n"+
		"Access-Control-Request-Headers: authorization, mcp-param-region, x-evil, mcp-param-"))
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  "https://app.example.com",
		"Access-Control-Allow-Methods": "POST, GET, DELETE",
		"Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, Last-Event-ID, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, mcp-param-region",
		"Vary":                         "Origin",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := w.Header().Get("Access-Control-Allow-Credentials"); got != "" {
		t.Errorf("cookies are allowed: %q", got)
	}
}

// TestPageReadsAnswers: what a page of an allowed origin gets is marked as its own, from the fronts too.
func TestPageReadsAnswers(t *testing.T) {
	h := newHouse(t, Config{Origins: []string{"https://app.example.com"}})
	resp := h.do(t, "POST", "/mcp", initialize("2025-06-18"), "Origin: https://app.example.com")
	if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 200 || got != "https://app.example.com" {
		t.Errorf("%s for the page's request, allowed origin %q", resp.Status, got)
	}
	if got := resp.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(got, "Mcp-Session-Id") {
		t.Errorf("the page may read %q", got)
	}
	_ = text(t, resp)
	resp = h.do(t, "POST", "/mcp", initialize("2025-06-18"))
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("a request from no page is told %q", got)
	}
}

func TestLocate(t *testing.T) {
	for path, want := range map[string]string{
		"/mcp": " mcp", "/files/mcp": "files mcp", "/sse": " sse", "/message": " message", "/a-1/message": "a-1 message", "/ws": " ws",
		"/mcp/mcp":                             "mcp mcp",
		"/" + strings.Repeat("a", 32) + "/mcp": strings.Repeat("a", 32) + " mcp",
		"/" + strings.Repeat("a", 33) + "/mcp": " ",
		"/Files/mcp":                           " ", "/a_b/mcp": " ", "//mcp": " ", "/": " ", "": " ", "mcp": " ", "/mcp/": " ", "/a/b/mcp": " ", "/files": " ", "/files/": " ", "/MCP": " ",
	} {
		server, end := locate(path)
		if got := server + " " + string(end); got != want {
			t.Errorf("%q leads to %q, want %q", path, got, want)
		}
	}
}
