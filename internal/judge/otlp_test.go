package judge

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// heard is a record or a span as a collector has decoded it.
type heard struct {
	Kind, Name, Event           string
	Trace, Span, Parent, Status string
	Resource, With              map[string]any
}

// otlp starts a collector that reads with OpenTelemetry's own decoder, and yields what it is sent. It is gone when t ends.
func otlp(t *testing.T) (address string, came <-chan heard) {
	t.Helper()
	npm(t) // the same hand fetches what both need from outside
	path := filepath.Join(t.TempDir(), "otlp")
	if out, err := exec.CommandContext(deadline(t, 5*time.Minute), "go", "build", "-C", "otlp", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the collector does not say where it is")
	}
	address = lines.Text()
	all, gone := make(chan heard, 1000), make(chan struct{}) // more than a test sends
	go func() {                                              // ends with the collector; the cleanup waits for that
		defer close(gone)
		for lines.Scan() {
			var h heard
			if json.Unmarshal(lines.Bytes(), &h) == nil {
				all <- h
			}
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-gone })
	return address, all
}

// traced is an HTTP client's way to say which trace its requests are of.
type traced struct {
	http.RoundTripper
	parent string
}

func (c traced) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("traceparent", c.parent)
	return c.RoundTripper.RoundTrip(r)
}

// TestTelemetry: what the bridge ships is what a collector of others makes of OTLP: the record as logs, and calls as spans
// under those of their agents.
func TestTelemetry(t *testing.T) {
	judging(t)
	address, came := otlp(t)
	b := start(t, pair(t), terms{choices: map[string]any{"audit": map[string]any{"ship": []any{
		map[string]string{"otlp": address + "/v1/logs"}, map[string]string{"traces": address + "/v1/traces"},
	}}}})
	const first, second = "0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"
	c := b.client(t)
	c.Transport = traced{c.Transport, "00-" + first + "-00f067aa0ba902b7-01"}
	l := b.open(t, c, "echo", b.token(t, "tracer"))
	if _, err := l.tool(deadline(t, 10*time.Second), "2", "echo", `{"text":"canary"}`); err != nil {
		t.Fatal(err)
	}
	own := `{"name":"echo","arguments":{"text":"canary"},"_meta":{"traceparent":"00-` + second + `-00f067aa0ba902b8-01"}}`
	if _, err := l.call(deadline(t, 10*time.Second), "3", "tools/call", own, nil); err != nil {
		t.Fatal(err)
	}
	if m, err := l.call(deadline(t, 10*time.Second), "4", "prompts/get", `{"name":"none"}`, nil); err != nil || m.Error == nil {
		t.Fatalf("a prompt that is none: %+v, %v", m, err)
	}
	var got []string
	logs := 0
	for late := time.After(20 * time.Second); len(got) < 4 || logs < 4; {
		select {
		case h := <-came:
			if h.Resource["service.name"] != "drawbridge" {
				t.Errorf("who sends: %v", h.Resource)
			}
			if h.Kind == "log" {
				logs++
				continue
			}
			if text, _ := json.Marshal(h); strings.Contains(string(text), "canary") || h.With["drawbridge.agent"] != "tracer" || h.With["mcp.protocol.version"] == "" {
				t.Errorf("%s", text)
			}
			got = append(got, strings.Join([]string{h.Kind, h.Name, h.Trace, h.Parent, h.Status}, " "))
		case <-late:
			t.Fatalf("%d records and these spans: %q", logs, got)
		}
	}
	slices.Sort(got)
	if d := cmp.Diff([]string{
		"Server initialize " + first + " 00f067aa0ba902b7 Unset",
		"Server prompts/get none " + first + " 00f067aa0ba902b7 Error",
		"Server tools/call echo " + first + " 00f067aa0ba902b7 Unset",
		"Server tools/call echo " + second + " 00f067aa0ba902b8 Unset",
	}, got); d != "" {
		t.Error(d)
	}
}
