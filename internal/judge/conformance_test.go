package judge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestConformance runs the official suite with the token gate on and go-sdk's fixture behind the
// bridge. Scenarios count, not checks: with no server at all dozens of checks pass. The suite's
// tasks-* scenarios are an extension that the fixture does not have.
func TestConformance(t *testing.T) {
	judging(t)
	node := npm(t)
	fixture := program(t, everything)
	for _, share := range []string{"session", "all"} {
		t.Run(share, func(t *testing.T) {
			b := serve(t, map[string]entry{"everything": {Command: fixture, Own: own{Share: share}}})
			address := b.admitted(t, b.token(t, "suite")) + "/everything/mcp"
			for _, revision := range []struct {
				date      string
				scenarios int
			}{{"2025-11-25", 33}, {"2026-07-28", 40}} {
				t.Run(revision.date, func(t *testing.T) {
					passed := node.conformance(t, address, revision.date)
					t.Logf("%d/%d scenarios", passed, revision.scenarios)
					if passed != revision.scenarios {
						t.Errorf("%d scenarios passed, want %d", passed, revision.scenarios)
					}
				})
			}
		})
	}
}

// What the suite cannot find behind a server of the other era, because that server cannot do it: keys and rounds of
// input_required that a legacy server does not send, and requests in the middle of a call that go-sdk's
// server makes to a legacy session alone.
var (
	beyondLegacy = []string{"input-required-result-basic-elicitation", "input-required-result-multi-round"}
	beyondModern = []string{"tools-call-sampling", "tools-call-elicitation", "elicitation-sep1034-defaults", "elicitation-sep1330-enums"}
)

// TestConformanceAcrossEras runs the suite of each era against a server that knows only the other.
func TestConformanceAcrossEras(t *testing.T) {
	judging(t)
	node := npm(t)
	fixture := entry{Command: program(t, everything)}
	for _, tt := range []struct {
		server, revision string
		scenarios        int
		exempt           []string
	}{
		{"legacy", "2026-07-28", 38, beyondLegacy},
		{"modern", "2025-11-25", 29, beyondModern},
	} {
		t.Run(tt.revision+" client, "+tt.server+" server", func(t *testing.T) {
			b := serve(t, map[string]entry{"everything": shimmed(tt.server, fixture)})
			address := b.admitted(t, b.token(t, "suite")) + "/everything/mcp"
			passed := node.conformance(t, address, tt.revision, tt.exempt...)
			if passed != tt.scenarios {
				t.Errorf("%d scenarios passed, want %d", passed, tt.scenarios)
			}
		})
	}
}

// admitted is the address of a proxy to b that puts the token in. Host and Origin stay as they come. It reads bodies to
// their end first: a ReverseProxy that is answered while it looks for the end of one drops that answer.
func (b *bridge) admitted(t *testing.T, token string) string {
	t.Helper()
	target, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			body, err := io.ReadAll(r.In.Body)
			if err != nil {
				return // with the rest of the body nobody will come
			}
			r.SetURL(target)
			r.Out.Body = io.NopCloser(bytes.NewReader(body))
			r.Out.Host = r.In.Host
			r.Out.Header.Set("Authorization", "Bearer "+token)
		},
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

var scenario = regexp.MustCompile(`(?m)^([✓✗]) ([a-z0-9-]+): (\d+) passed, (\d+) failed`)

// conformance runs the suite and returns how many scenarios passed; what did not, t tells, unless it is exempt.
func (n nodejs) conformance(t *testing.T, address, revision string, exempt ...string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	results := t.TempDir()
	cmd := exec.CommandContext(ctx, n.program, n.script("@modelcontextprotocol/conformance"),
		"server", "--url", address, "--requirements", revision, "--output-dir", results)
	out, err := cmd.CombinedOutput()
	passed := 0
	all := scenario.FindAllStringSubmatch(string(out), -1)
	for _, s := range all {
		name, good := s[2], s[1] == "✓" && s[3] != "0"
		if name == "server-sse-polling" { // has nothing to check where a quick answer comes as JSON
			good = s[1] == "✓"
		}
		switch {
		case strings.HasPrefix(name, "tasks-"):
		case good:
			passed++
		case slices.Contains(exempt, name):
		default:
			t.Errorf("%s: %s passed, %s failed%s", name, s[3], s[4], complaints(results, name))
		}
	}
	if len(all) == 0 {
		t.Fatalf("the suite did not run: %v\n%s", err, out)
	}
	return passed
}

// complaints says which checks of a scenario failed, and why.
func complaints(results, name string) string {
	files, _ := filepath.Glob(filepath.Join(results, "server-"+name+"-2*", "checks.json"))
	var said strings.Builder
	for _, f := range files {
		var checks []struct{ ID, Status, ErrorMessage string }
		text, err := os.ReadFile(f)
		if err == nil {
			err = json.Unmarshal(text, &checks)
		}
		if err != nil {
			fmt.Fprintf(&said, "\n\t%v", err)
		}
		for _, c := range checks {
			if c.Status == "FAILURE" {
				fmt.Fprintf(&said, "\n\t%s: %.800s", c.ID, c.ErrorMessage)
			}
		}
	}
	return said.String()
}
