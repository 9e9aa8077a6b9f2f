package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/caller"
)

// canary is the one token that is good; it may show up nowhere.
const canary = "canary-token.0123456789"

// book is a Verifier of the tokens written in it.
type book map[string]entry

type entry struct {
	who  *caller.Caller
	ends time.Time
}

func (b book) Verify(token string) (*caller.Caller, time.Time, error) {
	e, ok := b[token]
	if !ok {
		return nil, time.Time{}, errors.New("unknown token " + token)
	}
	return e.who, e.ends, nil
}

var ann = &caller.Caller{Agent: "ann", Grant: "g1", Scopes: []caller.Scope{{Server: "*"}}}

func newGate(next http.HandlerFunc) *Gate {
	return New(Config{Verifier: book{canary: {who: ann}, "ghost": {}, "homeless": {who: &caller.Caller{Agent: "x"}}}, Next: next})
}

// request makes one from a request line and headers, as net/http hands it to a handler.
func request(line string, headers ...string) *http.Request {
	method, target, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, target, nil)
	r.Host = "bridge.example:7040"
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		r.Header[k] = append(r.Header[k], v)
	}
	return r
}

func carried(token string) string {
	return carrier + base64.RawURLEncoding.EncodeToString([]byte(token))
}

const (
	metadataURL = `Bearer resource_metadata="http://bridge.example:7040/.well-known/oauth-protected-resource`
	bearer      = "Authorization: Bearer "
	protocol    = "Sec-Websocket-Protocol: "
	upgrade     = "Upgrade: websocket"
)

// TestRefusedIsTold: who watches over the gate is told of each request that is not admitted, once, and why.
func TestRefusedIsTold(t *testing.T) {
	var told []error
	g := New(Config{
		Verifier: book{canary: {who: &caller.Caller{Agent: "ann", Grant: "g", Audience: "files"}}}, Next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		Refused: func(_ *http.Request, why error) { told = append(told, why) },
	})
	for _, c := range []struct {
		r   *http.Request
		why error
	}{
		{request("POST /files/mcp", bearer+canary), nil},
		{request("GET /.well-known/oauth-protected-resource"), nil},
		{request("POST /files/mcp"), ErrNoToken},
		{request("POST /files/mcp", "Authorization: Bearer"), ErrCredentials},
		{request("POST /files/mcp", bearer+canary, bearer+canary), ErrCredentials},
		{request("GET /files/ws?ticket=x", upgrade), ErrCredentials},
		{request("POST /files/mcp?access_token=x"), ErrCredentials},
		{request("POST /clock/mcp", bearer+canary), ErrAudience},
	} {
		told = nil
		g.ServeHTTP(httptest.NewRecorder(), c.r)
		if c.why == nil && told != nil || c.why != nil && (len(told) != 1 || !errors.Is(told[0], c.why)) {
			t.Errorf("%s: told %v, want %v", c.r.URL, told, c.why)
		}
	}
	g.ServeHTTP(httptest.NewRecorder(), request("POST /files/mcp", bearer+"other"))
	if len(told) != 2 || told[1].Error() != "unknown token other" {
		t.Errorf("told %v", told)
	}
}

func TestRefusals(t *testing.T) {
	const none, invalid, malformed = `", scope="mcp"`, `", scope="mcp", error="invalid_token"`, `", scope="mcp", error="invalid_request"`
	for name, c := range map[string]struct {
		line      string
		headers   []string
		status    int
		challenge string // after metadataURL
		says      string
	}{
		"nothing":                      {"POST /mcp", nil, 401, "/mcp" + none, "this bridge needs a token"},
		"nothing, one server":          {"POST /files/mcp", nil, 401, "/files/mcp" + none, "this bridge needs a token"},
		"nothing, sse":                 {"GET /files/sse", nil, 401, "/files/sse" + none, "this bridge needs a token"},
		"nothing, sse's post":          {"POST /files/message?id=1", nil, 401, "/files/sse" + none, "this bridge needs a token"},
		"nothing, websocket":           {"GET /ws", []string{upgrade}, 401, "/ws" + none, "this bridge needs a token"},
		"nothing, elsewhere":           {"GET /", nil, 401, none, "this bridge needs a token"},
		"nothing, no server's name":    {"GET /A/mcp", nil, 401, none, "this bridge needs a token"},
		"nothing, a longer path":       {"GET /a/b/mcp", nil, 401, none, "this bridge needs a token"},
		"preflight":                    {"OPTIONS /mcp", nil, 401, "/mcp" + none, "this bridge needs a token"},
		"another scheme":               {"POST /mcp", []string{"Authorization: Basic " + canary}, 401, "/mcp" + none, "this bridge needs a token"},
		"a proxy's":                    {"POST /mcp", []string{"Proxy-Authorization: Bearer " + canary}, 401, "/mcp" + none, "this bridge needs a token"},
		"a cookie":                     {"POST /mcp", []string{"Cookie: access_token=" + canary}, 401, "/mcp" + none, "this bridge needs a token"},
		"unknown":                      {"POST /mcp", []string{bearer + canary + "x"}, 401, "/mcp" + invalid, "not valid, or not any more"},
		"unknown, elsewhere":           {"GET /x", []string{bearer + canary + "x"}, 401, invalid, "not valid, or not any more"},
		"verified as nobody":           {"POST /mcp", []string{bearer + "ghost"}, 401, "/mcp" + invalid, "not valid, or not any more"},
		"verified without a grant":     {"POST /mcp", []string{bearer + "homeless"}, 401, "/mcp" + invalid, "not valid, or not any more"},
		"two headers":                  {"POST /mcp", []string{bearer + canary, bearer + canary}, 400, "/mcp" + malformed, "more than one credential"},
		"two spellings":                {"POST /mcp", []string{bearer + canary, "authorization: Bearer " + canary}, 400, "/mcp" + malformed, "more than one credential"},
		"two in one header":            {"POST /mcp", []string{bearer + canary + ", Bearer " + canary}, 400, "/mcp" + malformed, "malformed"},
		"two words":                    {"POST /mcp", []string{bearer + canary + " " + canary}, 400, "/mcp" + malformed, "malformed"},
		"no token":                     {"POST /mcp", []string{"Authorization: Bearer"}, 400, "/mcp" + malformed, "malformed"},
		"a blank token":                {"POST /mcp", []string{"Authorization: Bearer  "}, 400, "/mcp" + malformed, "malformed"},
		"an empty header":              {"POST /mcp", []string{"Authorization: "}, 400, "/mcp" + malformed, "malformed"},
		"no scheme":                    {"POST /mcp", []string{"Authorization: " + canary}, 400, "/mcp" + malformed, "malformed"},
		"no scheme's name":             {"POST /mcp", []string{"Authorization: (Bearer) " + canary}, 400, "/mcp" + malformed, "malformed"},
		"a tab":                        {"POST /mcp", []string{"Authorization: Bearer\t" + canary}, 400, "/mcp" + malformed, "malformed"},
		"quotes":                       {"POST /mcp", []string{bearer + `"` + canary + `"`}, 400, "/mcp" + malformed, "malformed"},
		"padding alone":                {"POST /mcp", []string{bearer + "=="}, 400, "/mcp" + malformed, "malformed"},
		"a giant":                      {"POST /mcp", []string{bearer + strings.Repeat("a", maxToken+1)}, 400, "/mcp" + malformed, "malformed"},
		"in the query":                 {"POST /mcp?access_token=" + canary, nil, 400, "/mcp" + malformed, "must not be part of an address"},
		"in the query too":             {"POST /mcp?x=1&access_token=" + canary, []string{bearer + canary}, 400, "/mcp" + malformed, "must not be part of an address"},
		"in the query, disguised":      {"POST /mcp?x=1;Access%5FToken=" + canary, []string{bearer + canary}, 400, "/mcp" + malformed, "must not be part of an address"},
		"in the query, without a name": {"POST /mcp?access_token", []string{bearer + canary}, 400, "/mcp" + malformed, "must not be part of an address"},
		"in the query, another name":   {"POST /mcp?token=" + canary, nil, 401, "/mcp" + none, "this bridge needs a token"},
		"carried, unknown":             {"GET /ws", []string{upgrade, protocol + "mcp, " + carried(canary+"x")}, 401, "/ws" + invalid, "not valid, or not any more"},
		"carried, no upgrade":          {"GET /ws", []string{protocol + "mcp, " + carried(canary)}, 401, "/ws" + none, "this bridge needs a token"},
		"carried twice":                {"GET /ws", []string{upgrade, protocol + carried(canary) + ", mcp", protocol + carried(canary)}, 400, "/ws" + malformed, "more than one credential"},
		"carried, empty":               {"GET /ws", []string{upgrade, protocol + "mcp, " + carrier}, 400, "/ws" + malformed, "malformed"},
		"carried, not encoded":         {"GET /ws", []string{upgrade, protocol + "mcp, " + carrier + canary}, 400, "/ws" + malformed, "malformed"},
		"carried, no token inside":     {"GET /ws", []string{upgrade, protocol + "mcp, " + carried("a b")}, 400, "/ws" + malformed, "malformed"},
		"carried, the header is first": {"GET /ws", []string{upgrade, bearer + "x", protocol + "mcp, " + carried(canary)}, 401, "/ws" + invalid, "not valid, or not any more"},
		"metadata of nothing":          {"GET /.well-known/oauth-protected-resource/x", nil, 401, none, "this bridge needs a token"},
		"metadata of a message":        {"GET /.well-known/oauth-protected-resource/message", nil, 401, none, "this bridge needs a token"},
		"metadata, nearly":             {"GET /.well-known/oauth-protected-resources", nil, 401, none, "this bridge needs a token"},
		"metadata, two slashes":        {"GET /.well-known/oauth-protected-resource//mcp", nil, 401, none, "this bridge needs a token"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(func(http.ResponseWriter, *http.Request) { t.Error("it was let in") })
			w := httptest.NewRecorder()
			g.ServeHTTP(w, request(c.line, c.headers...))
			got := w.Result()
			if got.StatusCode != c.status {
				t.Errorf("status %d, want %d", got.StatusCode, c.status)
			}
			if diff := cmp.Diff([]string{metadataURL + c.challenge}, got.Header["Www-Authenticate"]); diff != "" {
				t.Errorf("challenge:\n%s", diff)
			}
			checkBody(t, got, !strings.HasPrefix(c.challenge, `"`), c.says)
			for k, v := range got.Header {
				if strings.Contains(k+strings.Join(v, ""), "canary") {
					t.Errorf("the header %s shows the token: %v", k, v)
				}
			}
		})
	}
}

func checkBody(t *testing.T, got *http.Response, jsonRPC bool, says string) {
	t.Helper()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), "canary") {
		t.Errorf("the body shows the token: %s", body)
	}
	message := string(body)
	if jsonRPC {
		var e struct {
			JSONRPC string `json:"jsonrpc"`
			ID      *int   `json:"id"`
			Error   struct {
				Code    int    `json:"code"`
				Message string `json:"message"`
			} `json:"error"`
		}
		if err := json.Unmarshal(body, &e); err != nil || e.JSONRPC != "2.0" || e.ID != nil || e.Error.Code != -32600 {
			t.Errorf("no JSON-RPC error: %s", body)
		}
		message = e.Error.Message
	}
	if isJSON := got.Header.Get("Content-Type") == "application/json"; isJSON != jsonRPC || !strings.Contains(message, says) {
		t.Errorf("%s says %q, want …%s…", got.Header.Get("Content-Type"), message, says)
	}
}

func TestAdmission(t *testing.T) {
	for name, c := range map[string]struct {
		headers   []string
		protocols []string // what is left
	}{
		"header":             {[]string{bearer + canary}, nil},
		"lower case":         {[]string{"Authorization: bearer " + canary}, nil},
		"three spaces":       {[]string{"Authorization: Bearer   " + canary + " "}, nil},
		"another spelling":   {[]string{"aUTHORIZATION: Bearer " + canary}, nil},
		"and a proxy's":      {[]string{bearer + canary, "Proxy-Authorization: Bearer " + canary, "proxy-authorization: Basic " + canary}, nil},
		"carried":            {[]string{upgrade, protocol + "mcp, " + carried(canary)}, []string{"mcp"}},
		"carried first":      {[]string{"Upgrade: WebSocket", protocol + carried(canary) + ",mcp , x"}, []string{"mcp, x"}},
		"carried alone":      {[]string{upgrade, protocol + carried(canary)}, nil},
		"carried in a line":  {[]string{upgrade, protocol + "mcp", protocol + carried(canary)}, []string{"mcp"}},
		"carried, padded":    {[]string{upgrade, protocol + "mcp, " + carried(canary) + "="}, []string{"mcp"}},
		"carried, odd case":  {[]string{upgrade, protocol + strings.ToUpper(carrier) + carried(canary)[len(carrier):] + ", mcp"}, []string{"mcp"}},
		"both":               {[]string{upgrade, bearer + canary, protocol + "mcp, " + carried(canary)}, []string{"mcp"}},
		"carried in no time": {[]string{bearer + canary, protocol + carried(canary)}, nil},
		"other protocols":    {[]string{bearer + canary, protocol + "a,b", protocol + "c"}, []string{"a,b", "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			admitted := false
			g := newGate(func(w http.ResponseWriter, r *http.Request) {
				admitted = true
				if caller.From(r.Context()) != ann {
					t.Errorf("the caller is %v", caller.From(r.Context()))
				}
				if diff := cmp.Diff(c.protocols, r.Header["Sec-Websocket-Protocol"]); diff != "" {
					t.Errorf("protocols:\n%s", diff)
				}
				if secret := secretIn(r); secret != "" {
					t.Errorf("next sees %s", secret)
				}
				if r.Header.Get("X-Kept") != "yes" {
					t.Error("another header was lost")
				}
			})
			g.ServeHTTP(httptest.NewRecorder(), request("GET /files/ws", append(c.headers, "X-Kept: yes")...))
			if !admitted {
				t.Error("it was refused")
			}
		})
	}
}

// secretIn returns the header of r that holds a credential, or "".
func secretIn(r *http.Request) string {
	for _, h := range []http.Header{r.Header, r.Trailer} {
		for k, values := range h {
			for _, v := range values {
				if strings.Contains(v, canary) || strings.Contains(v, carried(canary)[len(carrier):]) || strings.Contains(strings.ToLower(k), "authorization") {
					return k + ": " + v
				}
			}
		}
	}
	return ""
}

// TestTrailersCarryNothing sends credentials where they arrive after the gate has looked.
func TestTrailersCarryNothing(t *testing.T) {
	s := httptest.NewServer(newGate(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "body" {
			t.Errorf("body %q, %v", body, err)
		}
		if secret := secretIn(r); secret != "" {
			t.Errorf("next sees %s", secret)
		}
	}))
	defer s.Close()
	r, err := http.NewRequest("POST", s.URL+"/mcp", io.MultiReader(strings.NewReader("body")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("AUTHORIZATION", "Bearer "+canary)
	r.Trailer = http.Header{"Authorization": {"Bearer " + canary}, "X-Late": {canary}}
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestOpenPaths(t *testing.T) {
	var seen string
	opened := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization")
		if caller.From(r.Context()) != nil {
			t.Error("an open path has a caller")
		}
		w.WriteHeader(299)
	})
	g := New(Config{Verifier: book{canary: {who: ann}}, Next: http.NotFoundHandler(), Open: map[string]http.Handler{"/healthz": opened, "/token": opened}})
	for _, c := range []struct {
		line, header string
		status       int
		seen         string
	}{
		{"GET /healthz", "", 299, ""},
		{"GET /healthz?access_token=x", "", 299, ""},
		{"GET /healthz", bearer + canary, 299, ""},
		{"POST /token", "Authorization: Basic eDp5", 299, "Basic eDp5"},
		{"POST /token", "Authorization: basic eDp5", 299, "basic eDp5"},
		{"POST /token", "Authorization: Basically " + canary, 299, ""},
		{"GET /healthz/", "", 401, ""},
		{"GET /healthz/x", "", 401, ""},
		{"GET /Healthz", "", 401, ""},
		{"GET //healthz", "", 401, ""},
		{"GET /x/../healthz", "", 401, ""},
		{"GET /healthz;x", "", 401, ""},
		{"GET /x", bearer + canary, 404, ""},
	} {
		seen = ""
		w := httptest.NewRecorder()
		g.ServeHTTP(w, request(c.line, c.header))
		if w.Code != c.status || seen != c.seen {
			t.Errorf("%s, %s: %d, saw %q; want %d, %q", c.line, c.header, w.Code, seen, c.status, c.seen)
		}
	}
	w := httptest.NewRecorder()
	two := request("POST /token", "Authorization: Basic eDp5", "Authorization: Basic eDp5")
	g.ServeHTTP(w, two)
	if seen != "" {
		t.Errorf("one of two credentials was passed on: %q", seen)
	}
}

func TestMetadata(t *testing.T) {
	local := newGate(nil)
	public := New(Config{Verifier: book{},
		Origin:  func(*http.Request) string { return "https://bridge.example" },
		Issuers: func(*http.Request) []string { return []string{"https://bridge.example"} },
	})
	const rest = `"scopes_supported":["mcp"],"bearer_methods_supported":["header"],"resource_name":"Drawbridge"}`
	for _, c := range []struct {
		gate *Gate
		path string
		want string
	}{
		{local, "", `{"resource":"http://bridge.example:7040",` + rest},
		{local, "/mcp", `{"resource":"http://bridge.example:7040/mcp",` + rest},
		{public, "", `{"resource":"https://bridge.example","authorization_servers":["https://bridge.example"],` + rest},
		{public, "/files/mcp", `{"resource":"https://bridge.example/files/mcp","authorization_servers":["https://bridge.example"],` + rest},
		{public, "/no-such-server/sse", `{"resource":"https://bridge.example/no-such-server/sse","authorization_servers":["https://bridge.example"],` + rest},
		{public, "/ws", `{"resource":"https://bridge.example/ws","authorization_servers":["https://bridge.example"],` + rest},
	} {
		w := httptest.NewRecorder()
		c.gate.ServeHTTP(w, request("GET "+wellKnown+c.path))
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || w.Body.String() != c.want {
			t.Errorf("%s: %d %s, want %s", c.path, w.Code, w.Body, c.want)
		}
	}
	w := httptest.NewRecorder()
	local.ServeHTTP(w, request("POST "+wellKnown))
	if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %v", w.Code, w.Header())
	}
}

func TestHostileHostStaysInItsQuotes(t *testing.T) {
	g := newGate(nil)
	r := request("POST /mcp")
	r.Host = "a\", error=\"x\\\r\nX: y\x00é"
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	want := `Bearer resource_metadata="http://a\", error=\"x\\X: y/.well-known/oauth-protected-resource/mcp", scope="mcp"`
	if got := w.Header().Get("WWW-Authenticate"); got != want {
		t.Errorf("challenge %s", got)
	}
}

func TestAPanicEndsTheLease(t *testing.T) {
	g := newGate(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("the panic was swallowed")
			}
		}()
		g.ServeHTTP(httptest.NewRecorder(), request("POST /mcp", bearer+canary))
	}()
	g.End("g1") // would wait for ever
}

func BenchmarkGate(b *testing.B) {
	g := newGate(func(http.ResponseWriter, *http.Request) {})
	parent, cancel := context.WithCancel(b.Context()) // as net/http has it
	defer cancel()
	r := request("POST /files/mcp", "Accept: application/json, text/event-stream", "Content-Type: application/json", "Content-Length: 120",
		"User-Agent: node", "Mcp-Protocol-Version: 2025-11-25", "Mcp-Session-Id: 0123456789abcdef0123456789abcdef", "Connection: keep-alive").WithContext(parent)
	authorization := []string{"Bearer " + canary}
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		r.Header["Authorization"] = authorization
		g.ServeHTTP(w, r)
	}
}
