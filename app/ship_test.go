package app

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge/audit"
)

// syslogs listens as a syslog collector does and yields the messages that come, by their counted length.
func syslogs(l net.Listener) <-chan string {
	got := make(chan string, 1000) // more than a test sends
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			for in := bufio.NewReader(conn); ; {
				count, err := in.ReadString(' ')
				if err != nil {
					break
				}
				n, _ := strconv.Atoi(strings.TrimSpace(count))
				message := make([]byte, n)
				if _, err := io.ReadFull(in, message); err != nil {
					break
				}
				got <- string(message)
			}
			conn.Close()
		}
	}()
	return got
}

// awaitMessage waits for a message that holds all of parts.
func awaitMessage(t *testing.T, got <-chan string, parts ...string) {
	t.Helper()
	late, last := time.After(10*time.Second), ""
	for {
		select {
		case m := <-got:
			last = m
			all := true
			for _, p := range parts {
				all = all && strings.Contains(m, p)
			}
			if all {
				return
			}
		case <-late:
			t.Fatalf("nothing came with %q; last: %q", parts, last)
		}
	}
}

// TestShip: calls are on their way to both kinds of collectors as they are in the record; what was missed while one was down, or
// the bridge off, comes later.
func TestShip(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	syslog := syslogs(l)
	logs := make(chan string, 1000) // more than a test sends
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		logs <- r.Header.Get("Authorization") + string(b)
	}))
	defer collector.Close()
	config := func(syslog string) string {
		return withOwn(`"audit": {"ship": [{"syslog": "tcp://` + syslog + `"},
			{"otlp": "` + collector.URL + `/v1/logs", "headers": {"Authorization": "Bearer ${keychain:otlp}"}}]}`)
	}
	h := newHouse(t, config(l.Addr().String()))
	if err := h.SetSecret("otlp", "s3cret"); err != nil {
		t.Fatal(err)
	}
	h.run()
	token := h.token("ada")
	session := h.begin("/demo/mcp", token)
	h.echo("/demo/mcp", token, session)
	awaitMessage(t, syslog, " drawbridge ", "call-begin", `"agent":"ada"`, `"arguments":{"text":"over the bridge"}`)
	awaitMessage(t, logs, "Bearer s3cret", "drawbridge.call-begin", `over the bridge`)

	// The collector goes away: the owner is told, and calls go on.
	address := l.Addr().String()
	l.Close()
	h.echo("/demo/mcp", token, session)
	h.awaitProblem(func(p string) bool { return strings.Contains(p, "does not reach tcp://"+address) })
	h.write(h.options.Places.Config, config("127.0.0.1:1"))
	h.awaitProblem(func(p string) bool { return p == "" }) // to where nothing has to go yet
	h.echo("/demo/mcp", token, session)
	h.awaitProblem(func(p string) bool { return strings.Contains(p, "does not reach tcp://127.0.0.1:1:") })

	// It comes back.
	if l, err = net.Listen("tcp", address); err != nil {
		t.Skip("somebody took the port meanwhile")
	}
	defer l.Close()
	syslog = syslogs(l)
	var last audit.Record
	for r, err := range h.Audit(t.Context(), audit.Filter{Kinds: []audit.Kind{audit.CallEnd}, Last: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		last = r
	}
	h.write(h.options.Places.Config, config(address))
	awaitMessage(t, syslog, string(last.Line))
	h.awaitProblem(func(p string) bool { return p == "" })
}

// TestTraces: a call's span goes to the collector of traces, under the span that the agent names in the message or in HTTP; what
// the server gets names it too. While no collector is there calls go on, and the owner is told.
func TestTraces(t *testing.T) {
	spans := make(chan string, 1000) // more than a test sends
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		spans <- r.URL.Path + string(b)
	}))
	defer collector.Close()
	config := func(to string) string { return withOwn(`"audit": {"ship": [{"traces": "` + to + `/v1/traces"}]}`) }
	h := newHouse(t, config(collector.URL)).run()
	token := h.token("ada")
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
	call := strings.Replace(modernCall("echo"), `"_meta":{`, `"_meta":{"traceparent":"00-`+trace+`-`+parent+`-01",`, 1)
	call = strings.Replace(call, `"arguments":{}`, `"arguments":{"text":"canary"}`, 1)
	if a, err := h.post("/demo/mcp", token, "", call); err != nil || !strings.Contains(a.body, "canary") {
		t.Fatalf("%+v, %v", a, err)
	}
	late := time.After(10 * time.Second)
	select {
	case got := <-spans:
		for _, want := range []string{"/v1/traces", `"name":"tools/call echo"`, `"traceId":"` + trace + `"`, `"parentSpanId":"` + parent + `"`, `{"key":"drawbridge.agent","value":{"stringValue":"ada"}}`} {
			if !strings.Contains(got, want) {
				t.Errorf("without %s: %s", want, got)
			}
		}
		if strings.Contains(got, "canary") {
			t.Errorf("a span holds what was said: %s", got)
		}
	case <-late:
		t.Fatal("no span comes")
	}
	if text, err := h.Metrics(); err != nil || !strings.Contains(text, "drawbridge_spans_dropped_total 0\n") {
		t.Errorf("metrics: %v, %s", err, text)
	}
	h.write(h.options.Places.Config, config("http://127.0.0.1:1"))
	h.owner.Lock()
	err := h.reload()
	h.owner.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	h.echo("/demo/mcp", token, h.begin("/demo/mcp", token))
	h.awaitProblem(func(p string) bool { return strings.Contains(p, "traces do not reach http://127.0.0.1:1/v1/traces") })
}
