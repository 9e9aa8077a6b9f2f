package bridge

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/internal/caller"
	"drawbridge/internal/trace"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "00f067aa0ba902b7"
)

// TestSpans: a call that ends is a span under the one that its agent names, by the conventions for MCP; nothing of its arguments
// and of its answer is in it.
func TestSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Backend: newEchoing(t), Record: discard{}, Memory: memory{"s": {Era: era.Both}}})
		defer b.Close()
		b.SetServer(ServerConfig{Name: "s", Share: ShareAll})
		var spans []trace.Span
		b.SetTraces(func(s trace.Span) { spans = append(spans, s) })
		who := &caller.Caller{Agent: "ann", Grant: "g", User: "iss|ann", Scopes: []caller.Scope{{Server: "s", Tools: []string{"good"}}}}
		ctx := front.WithWay(caller.With(context.Background(), who), front.Way{Front: "streamable", Address: "192.0.2.7:4711"})
		call := func(id, tool, meta string) string {
			s, err := b.Stateless(ctx, "s")
			if err != nil {
				t.Fatal(err)
			}
			got := make(chan string, 1)
			s.Handle(mustParse(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":%q,"arguments":{"secret":"canary"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",`+
				`"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}%s}}}`, id, tool, meta)), sink{got, id})
			return <-got
		}
		last := func(n int) trace.Span {
			t.Helper()
			synctest.Wait()
			if len(spans) != n {
				t.Fatalf("%d spans, want %d", len(spans), n)
			}
			s := spans[n-1]
			if s.ID == [8]byte{} || s.Ended.Before(s.Began) || time.Since(s.Ended) > time.Minute || strings.Contains(fmt.Sprint(s), "canary") {
				t.Errorf("span %+v", s)
			}
			return s
		}
		with := func(more ...[2]string) [][2]string {
			return append([][2]string{{"mcp.method.name", "tools/call"}, {"gen_ai.operation.name", "execute_tool"}}, more...)
		}

		call("7", "good", `,"traceparent":"00-`+traceID+`-`+spanID+`-01","tracestate":"a=b"`)
		s := last(1)
		if hex.EncodeToString(s.Trace[:]) != traceID || hex.EncodeToString(s.Parent[:]) != spanID || s.State != "a=b" || s.Name != "tools/call good" || s.Failed != "" {
			t.Errorf("span %+v", s)
		}
		if d := cmp.Diff(with([][2]string{
			{"gen_ai.tool.name", "good"}, {"jsonrpc.request.id", "7"}, {"mcp.protocol.version", "2026-07-28"}, {"network.transport", "tcp"},
			{"network.protocol.name", "http"}, {"client.address", "192.0.2.7"}, {"drawbridge.call", "1"}, {"drawbridge.session", "1"},
			{"drawbridge.agent", "ann"}, {"drawbridge.user", "iss|ann"}, {"drawbridge.server", "s"}, {"drawbridge.verdict", "allow"}, {"drawbridge.outcome", "ok"},
		}...), s.With); d != "" {
			t.Error(d)
		}

		call(`"a"`, "good", `,"traceparent":"00-`+traceID+`-`+spanID+`-00"`) // its agent does not record it
		call(`"a"`, "good", `,"traceparent":"nonsense","tracestate":"a=b"`)
		if s := last(2); s.Trace == [16]byte{} || s.Parent != [8]byte{} || s.State != "" || s.With[3] != [2]string{"jsonrpc.request.id", "a"} {
			t.Errorf("span %+v", s)
		}
		call("8", "bad", "")
		s = last(3)
		if s.Failed != "denied" || s.Trace == spans[1].Trace {
			t.Errorf("span %+v", s)
		}
		if d := cmp.Diff([][2]string{{"drawbridge.verdict", "deny"}, {"drawbridge.outcome", "denied"}, {"rpc.response.status_code", "-32602"}, {"error.type", "-32602"}}, s.With[len(s.With)-4:]); d != "" {
			t.Error(d)
		}
		b.SetTraces(nil)
		call("9", "good", "")
		last(3)
	})
}

// BenchmarkTrace is what a call's span costs, after the call's answer.
func BenchmarkTrace(b *testing.B) {
	br := New(Config{Backend: newEchoing(b), Record: discard{}})
	defer br.Close()
	br.SetServer(ServerConfig{Name: "s"})
	who := &caller.Caller{Agent: "ann", Grant: "g", Scopes: []caller.Scope{{Server: "s"}}}
	c := &call{
		session: br.newSession(b.Context(), b.Context(), who, br.server("s"), nowhere{}, true), era: era.Modern,
		m: mustParse(b, modernPing), info: CallInfo{Method: "tools/call", Name: "x", Server: "s"},
	}
	for name, take := range map[string]func(trace.Span){"off": nil, "on": func(trace.Span) {}} {
		b.Run(name, func(b *testing.B) {
			br.SetTraces(take)
			b.ReportAllocs()
			for b.Loop() {
				c.trace(c.m, Outcome{Result: OK})
			}
		})
	}
}
