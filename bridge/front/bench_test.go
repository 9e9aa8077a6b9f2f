package front

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/wire"

	"github.com/coder/websocket"
)

// mirror is a bridge whose one session answers at once with what it was asked, from another goroutine as a link does.
type mirror struct {
	asked chan asked // capacity: so that as many calls as a benchmark makes at once wait without blocking
	out   Sink
}

type asked struct {
	m     wire.Message
	reply Sink
}

func newMirror(b *testing.B) *mirror {
	m := &mirror{asked: make(chan asked, 256)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for a := range m.asked {
			a.reply.Send(wire.Reply(a.m.ID(), a.m.Params()), true)
		}
	})
	b.Cleanup(func() { close(m.asked); wg.Wait() })
	return m
}

func (m *mirror) Open(_ context.Context, _ string, out Sink) (Session, error) {
	if m.out == nil {
		m.out = out
	}
	return m, nil
}
func (m *mirror) Session(context.Context, string, string) (Session, error) { return m, nil }
func (m *mirror) Stateless(context.Context, string) (Session, error)       { return m, nil }
func (m *mirror) ID() string                                               { return "mirror" }
func (m *mirror) Revision() string                                         { return "2025-11-25" }
func (m *mirror) Out() Sink                                                { return m.out }
func (m *mirror) Close()                                                   {}
func (m *mirror) Done() <-chan struct{}                                    { return nil }
func (m *mirror) Handle(msg wire.Message, reply Sink) Call {
	m.asked <- asked{msg, reply}
	return nil
}

// blank is a ResponseWriter that costs nothing.
type blank struct{ header http.Header }

func (w blank) Header() http.Header              { return w.header }
func (w blank) WriteHeader(int)                  {}
func (w blank) Write(b []byte) (int, error)      { return len(b), nil }
func (w blank) SetReadDeadline(time.Time) error  { return nil }
func (w blank) SetWriteDeadline(time.Time) error { return nil }

func BenchmarkPost(b *testing.B) {
	for name, payload := range map[string]string{"64B": strings.Repeat("x", 64), "100KiB": strings.Repeat("x", 100<<10)} {
		for _, era := range []string{"legacy", "modern"} {
			b.Run(era+"/"+name, func(b *testing.B) {
				m := newMirror(b)
				m.out = newStreams(newMemory(0, 32<<20))
				h := New(Config{Bridge: m})
				body := []byte(legacy("1", "echo", `"a":"`+payload+`"`))
				r := request("POST /mcp\nMcp-Session-Id: mirror\nMCP-Protocol-Version: 2025-11-25")
				if era == "modern" {
					body = []byte(modern("echo", `"a":"`+payload+`"`))
					r = request("POST /mcp\nMcp-Method: echo\nMCP-Protocol-Version: 2026-07-28")
				}
				r = r.WithContext(caller.With(b.Context(), &caller.Caller{Grant: "g"}))
				reader := bytes.NewReader(body)
				r.Body, r.ContentLength = io.NopCloser(reader), int64(len(body))
				w := blank{http.Header{}}
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					reader.Reset(body)
					h.ServeHTTP(w, r)
				}
			})
		}
	}
}

// BenchmarkSSE is a call that is posted by itself, and its answer on the stream.
func BenchmarkSSE(b *testing.B) {
	c := Config{Bridge: newMirror(b)}
	server := httptest.NewServer(Guard(c, &gate{next: New(c)}))
	b.Cleanup(server.Close)
	stream, err := server.Client().Get(server.URL + "/sse")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = stream.Body.Close() })
	lines := bufio.NewScanner(stream.Body)
	data := func() string { // of the next event
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return text
			}
		}
		b.Fatalf("the stream ends: %v", lines.Err())
		return ""
	}
	endpoint := server.URL + data()
	body := legacy("1", "echo", `"a":"`+strings.Repeat("x", 64)+`"`)
	b.ReportAllocs()
	for b.Loop() {
		r, err := server.Client().Post(endpoint, "application/json", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		_ = r.Body.Close()
		if answer := data(); r.StatusCode != http.StatusAccepted || !strings.Contains(answer, `"result"`) {
			b.Fatalf("%s, %s", r.Status, answer)
		}
	}
}

// BenchmarkTCP compares a whole exchange with net/http that does nothing but give the same answer.
func BenchmarkTCP(b *testing.B) {
	m := newMirror(b)
	m.out = newStreams(newMemory(0, 32<<20))
	c := Config{Bridge: m}
	floor := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	for name, handler := range map[string]http.Handler{"front": Guard(c, &gate{next: New(c)}), "floor": floor} {
		b.Run(name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			server := Server(c, handler)
			var wg sync.WaitGroup
			wg.Go(func() { _ = server.Serve(l) })
			defer wg.Wait()
			defer server.Close()
			body := []byte(legacy("1", "echo", `"a":"`+strings.Repeat("x", 64)+`"`))
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				conn, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					b.Error(err)
					return
				}
				defer conn.Close()
				r, _ := http.NewRequest("POST", "http://localhost/mcp", nil)
				r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Mcp-Session-Id": {"mirror"}}
				r.ContentLength, r.Body = int64(len(body)), io.NopCloser(bytes.NewReader(body))
				var raw bytes.Buffer
				_ = r.Write(&raw)
				answer := make([]byte, 4<<10)
				for pb.Next() {
					_, _ = conn.Write(raw.Bytes())
					if _, err := conn.Read(answer); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// BenchmarkWebSocket echoes with so many calls in flight on one socket.
func BenchmarkWebSocket(b *testing.B) {
	for name, flight := range map[string]int{"c=1": 1, "c=64": 64} {
		b.Run(name, func(b *testing.B) {
			c := Config{Bridge: newMirror(b)}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			server := Server(c, Guard(c, New(c)))
			var wg sync.WaitGroup
			wg.Go(func() { _ = server.Serve(l) })
			defer wg.Wait()
			defer server.Close()
			conn, _, err := websocket.Dial(b.Context(), "ws://"+l.Addr().String()+"/ws", &websocket.DialOptions{Subprotocols: []string{"mcp"}})
			if err != nil {
				b.Fatal(err)
			}
			defer conn.CloseNow()
			body := []byte(legacy("1", "echo", `"a":"`+strings.Repeat("x", 64)+`"`))
			b.ReportAllocs()
			b.ResetTimer()
			ctx := context.Background()
			var writer sync.WaitGroup
			room := make(chan struct{}, flight) // capacity: calls in flight
			writer.Go(func() {
				for range b.N {
					room <- struct{}{}
					_ = conn.Write(ctx, websocket.MessageText, body)
				}
			})
			for range b.N {
				if _, _, err := conn.Read(ctx); err != nil {
					b.Fatal(err)
				}
				<-room
			}
			writer.Wait()
		})
	}
}

func BenchmarkGuard(b *testing.B) {
	g := Guard(Config{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := request("POST /files/mcp\nContent-Type: application/json\nAccept: application/json, text/event-stream")
	w := blank{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		g.ServeHTTP(w, r)
	}
}
