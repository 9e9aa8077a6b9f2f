package judge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// TestGoSDKSignsIn: the official Go client comes in knowing an address alone, refreshes, and is put out.
func TestGoSDKSignsIn(t *testing.T) {
	judging(t)
	for _, p := range npm(t).providers(t) {
		t.Run(p.name, func(t *testing.T) {
			b := withProvider(t, p, map[string]any{"accessToken": accessLife.String()})
			c := newReturns(t)
			gopherSignsIn(t, b, p, c, &auth.AuthorizationCodeHandlerConfig{
				DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
					ClientName: "Gopher", RedirectURIs: []string{c.redirect}, TokenEndpointAuthMethod: "none",
					GrantTypes: []string{"authorization_code", "refresh_token"},
				}},
			})
		})
	}
}

// gopherSignsIn has the Go client come in as config says, to which c belongs, and put out.
func gopherSignsIn(t *testing.T, b *bridge, p *idp, c returns, config *auth.AuthorizationCodeHandlerConfig) {
	t.Helper()
	who := b.approving(t, p, "gopher")
	config.RequestRefreshToken, config.RedirectURL = true, c.redirect
	config.AuthorizationCodeFetcher = func(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
		answer, err := c.fetch(ctx, who, args.URL)
		return &auth.AuthorizationResult{Code: answer.Get("code"), State: answer.Get("state"), Iss: answer.Get("iss")}, err
	}
	handler, err := auth.NewAuthorizationCodeHandler(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx := deadline(t, time.Minute)
	s, err := mcp.NewClient(&mcp.Implementation{Name: "judge", Version: "1"}, nil).Connect(ctx,
		&mcp.StreamableClientTransport{Endpoint: b.at("echo") + "/mcp", OAuthHandler: handler}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := echoes(ctx, s); err != nil {
		t.Error(err)
	}
	before := accessToken(t, handler)
	<-time.After(accessLife + time.Second)
	if err := echoes(ctx, s); err != nil {
		t.Errorf("after the access token's end: %v", err)
	}
	after := accessToken(t, handler)
	if before == after {
		t.Error("the access token is the same")
	}
	b.run(t, "agents", "revoke", "gopher")
	who.answer, who.tell = "deny", nil
	if err := echoes(ctx, s); err == nil {
		t.Error("a call after revocation works")
	}
	b.refuses(t, "echo", after)
}

func accessToken(t *testing.T, h *auth.AuthorizationCodeHandler) string {
	t.Helper()
	source, err := h.TokenSource(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	return token.AccessToken
}

// echoes calls the fixture's echo.
func echoes(ctx context.Context, s *mcp.ClientSession) error {
	const said = "across the moat"
	r, err := s.CallTool(ctx, &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": said}})
	if err != nil {
		return err
	}
	if text, ok := r.Content[0].(*mcp.TextContent); !ok || text.Text != said {
		return fmt.Errorf("result %+v", r.Content)
	}
	return nil
}

// refuses checks that a token is no way in to a server.
func (b *bridge) refuses(t *testing.T, server, token string) {
	t.Helper()
	_, err := b.dial(deadline(t, 10*time.Second), b.client(t), server, token, `{}`)
	if r := new(refused); !errors.As(err, &r) || r.status != http.StatusUnauthorized {
		t.Errorf("%s: %v, want HTTP 401", server, err)
	}
}

// returns is where browsers bring an agent its answer.
type returns struct {
	redirect string
	came     chan url.Values // room for one, the rest is nobody's
}

func newReturns(t *testing.T) returns {
	t.Helper()
	r := returns{came: make(chan url.Values, 1)}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		select {
		case r.came <- req.URL.Query():
		default:
		}
	}))
	t.Cleanup(s.Close)
	r.redirect = s.URL + "/callback"
	return r
}

// fetch has somebody go to an address, and returns what their browser brings back.
func (r returns) fetch(ctx context.Context, who *person, address string) (url.Values, error) {
	end, err := who.visit(ctx, address)
	if err != nil {
		return nil, err
	}
	select {
	case answer := <-r.came:
		if code := answer.Get("error"); code != "" {
			return answer, fmt.Errorf("%s: %s", code, answer.Get("error_description"))
		}
		return answer, nil
	default:
		return nil, fmt.Errorf("the browser ended at %s with HTTP %d: %.2000s", end.url, end.status, end.text)
	}
}

// TestMCPRemoteSignsIn: the proxy with which programs that only start processes reach a bridge.
func TestMCPRemoteSignsIn(t *testing.T) {
	judging(t)
	node := npm(t)
	for _, p := range node.providers(t) {
		t.Run(p.name, func(t *testing.T) {
			b := withProvider(t, p, map[string]any{"accessToken": accessLife.String()})
			node.remoteSignsIn(t, b, p)
		})
	}
}

// remoteSignsIn has mcp-remote come in, started with more arguments, and put out.
func (n nodejs) remoteSignsIn(t *testing.T, b *bridge, p *idp, args ...string) {
	t.Helper()
	who := b.approving(t, p, "remote")
	args = append([]string{n.script("mcp-remote"), b.at("echo") + "/mcp", "--auth-timeout", "60"}, args...)
	cmd := exec.Command(n.program, args...)
	cmd.Env = append(os.Environ(), "MCP_REMOTE_CONFIG_DIR="+t.TempDir(), "PATH=/nonexistent", "DISPLAY=")
	users := &users{t: t, who: who}
	cmd.Stderr = users
	ctx := deadline(t, 2*time.Minute)
	s, err := mcp.NewClient(&mcp.Implementation{Name: "judge", Version: "1"}, nil).Connect(ctx, &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, users.text())
	}
	defer users.visits.Wait()
	defer s.Close()
	if err := echoes(ctx, s); err != nil {
		t.Error(err)
	}
	<-time.After(accessLife + time.Second)
	if err := echoes(ctx, s); err != nil {
		t.Errorf("after the access token's end: %v", err)
	}
	users.deny()
	b.run(t, "agents", "revoke", "remote")
	short, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := echoes(short, s); err == nil {
		t.Error("a call after revocation works")
	}
	if n := users.sent(); n != 2 {
		t.Errorf("its user was sent to sign in %d times, want 2: at first, and after revocation", n)
	}
	if t.Failed() {
		t.Logf("mcp-remote said:\n%s", users.text())
	}
}

// users are those of a program that prints where its user has to go.
type users struct {
	t      *testing.T
	who    *person
	visits sync.WaitGroup

	mu   sync.Mutex // guards the fields below
	said strings.Builder
	seen map[string]bool
	no   bool // nobody goes there any more
}

var toVisit = regexp.MustCompile(`(?m)^(http://127\.0\.0\.1:\d+/authorize\?\S+)\s`)

// Write takes what the program says, and has its user go where it wants.
func (u *users) Write(text []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.said.Write(text)
	for _, found := range toVisit.FindAllStringSubmatch(u.said.String(), -1) {
		if u.seen[found[1]] {
			continue
		}
		if u.seen == nil {
			u.seen = map[string]bool{}
		}
		u.seen[found[1]] = true
		if u.no {
			continue
		}
		u.visits.Go(func() {
			if _, err := u.who.visit(u.t.Context(), found[1]); err != nil {
				u.t.Errorf("visit: %v", err)
			}
		})
	}
	return len(text), nil
}

func (u *users) deny() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.no = true
}

func (u *users) sent() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.seen)
}

func (u *users) text() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.said.String()
}
