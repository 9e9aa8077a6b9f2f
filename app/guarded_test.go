package app

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/front"
	"drawbridge/bridge/policy"
	"drawbridge/internal/caller"
	"drawbridge/signin"
	"drawbridge/stdio"
)

// noCheckpoint forgets where the record ends.
type noCheckpoint struct{}

func (noCheckpoint) Load() (audit.Head, error) { return audit.Head{}, nil }
func (noCheckpoint) Save(audit.Head) error     { return nil }

// unkept records nothing.
type unkept struct{}

func (unkept) Append(audit.Entry) error { return nil }

// trusting takes every token for its caller's.
type trusting struct{ *caller.Caller }

func (t trusting) Verify(string) (*caller.Caller, time.Time, error) {
	return t.Caller, time.Time{}, nil
}

// manyRules are so many, none of which is about what is called, but for the last.
func manyRules(tb testing.TB, n int) *policy.Policy {
	tb.Helper()
	var rules []string
	for i := range n - 1 {
		switch i % 4 {
		case 0:
			rules = append(rules, fmt.Sprintf(`{"who":"agent:ann","tool":"tool_%d","verdict":"ask"}`, i))
		case 1:
			rules = append(rules, fmt.Sprintf(`{"tool":"group%d_*","verdict":"deny"}`, i))
		case 2:
			rules = append(rules, fmt.Sprintf(`{"who":"group:g%d","verdict":"deny"}`, i))
		default:
			rules = append(rules, fmt.Sprintf(`{"resource":"file:///%d/*","verdict":"allow"}`, i))
		}
	}
	rules = append(rules, `{"tool":"echo","where":{"text":{"matches":"hel*o"}},"verdict":"allow"}`)
	p, err := policy.Parse([]byte("[" + strings.Join(rules, ",") + "]"))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// road is the way of a call from HTTP to a process and back, and how to go it.
func road(b *testing.B, record bridge.Record, p *policy.Policy, quotas []bridge.Quota) (call func()) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	host := stdio.NewHost(stdio.Config{Environ: []string{"GORACE=atexit_sleep_ms=0"}})
	b.Cleanup(host.Close)
	host.Set("s", stdio.Spec{Command: stdio.Command{Path: self, Args: []string{"demo-server"}}})
	br := bridge.New(bridge.Config{Backend: backend{host}, Policy: p, Record: record})
	b.Cleanup(br.Close)
	br.SetServer(bridge.ServerConfig{Name: "s"})
	br.SetQuotas(quotas)
	c := front.Config{Bridge: br}
	gate := signin.New(signin.Config{Verifier: trusting{&caller.Caller{Agent: "ann", Grant: "g", Scopes: []caller.Scope{{Server: "*"}}}}, Next: front.New(c)})
	server := httptest.NewUnstartedServer(nil)
	server.Config = front.Server(c, front.Guard(c, gate))
	server.Start()
	b.Cleanup(server.Close)
	const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"b","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`
	client := &http.Client{Transport: &http.Transport{}}
	b.Cleanup(client.CloseIdleConnections)
	return func() {
		r, _ := http.NewRequest(http.MethodPost, server.URL+"/s/mcp", strings.NewReader(body))
		for k, v := range map[string]string{
			"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
			"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo", "Authorization": "Bearer a-token",
		} {
			r.Header.Set(k, v)
		}
		response, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		defer response.Body.Close()
		if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK || !strings.Contains(string(text), `"result"`) {
			b.Fatalf("%d %s", response.StatusCode, text)
		}
	}
}

// BenchmarkGuarded makes a call over HTTP at two bridges in turn, so that both have the same weather: one with a
// thousand rules, quotas and the record on disk, and one with none of these. It reports the median of each.
func BenchmarkGuarded(b *testing.B) {
	log, err := audit.Open(audit.Config{Dir: b.TempDir(), Key: []byte("a key of thirty-two bytes or so."), Checkpoint: noCheckpoint{}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = log.Close() })
	plain := road(b, unkept{}, &policy.Policy{}, nil)
	guarded := road(b, record{func() (*audit.Log, error) { return log, nil }}, manyRules(b, 1000), []bridge.Quota{{Calls: 1e6, AtOnce: 1000}, {Shared: true, Bytes: 1e15}})
	var off, on []time.Duration
	timed := func(call func()) time.Duration {
		begin := time.Now()
		call()
		return time.Since(begin)
	}
	for b.Loop() {
		off = append(off, timed(plain))
		on = append(on, timed(guarded))
	}
	slices.Sort(off)
	slices.Sort(on)
	x, y := off[len(off)/2], on[len(on)/2]
	b.ReportMetric(float64(x.Nanoseconds()), "p50-off-ns")
	b.ReportMetric(float64(y.Nanoseconds()), "p50-on-ns")
	b.ReportMetric(100*(float64(y)/float64(x)-1), "%more")
}
