package bridge

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"

	"github.com/google/go-cmp/cmp"
)

// saying is a backend whose process answers every call with that result.
type saying struct {
	tb     testing.TB
	result string
}

func (s saying) Acquire(context.Context, string, Key) (wire.Conn, func(), error) {
	conn, end := wire.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			m, err := end.Read()
			if err != nil {
				return
			}
			if m.Kind() == wire.Request {
				_ = end.Write(wire.Reply(m.ID(), []byte(s.result)).Bytes())
			}
		}
	}()
	return conn, func() { end.Close(); <-done }, nil
}

// asks has the tool x called with those arguments, and returns the call as it is shown.
func asks(t *testing.T, b *Bridge, arguments string) CallInfo {
	t.Helper()
	s, err := b.Stateless(everyone(), "s")
	if err != nil {
		t.Fatal(err)
	}
	s.Handle(mustParse(t, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":`+arguments+`,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`), sink{make(chan string, 10), ""})
	synctest.Wait()
	shown, sub := b.Watch()
	sub.Close()
	return shown.Calls[len(shown.Calls)-1]
}

func TestPayload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		picture := bytes.Repeat([]byte("\x89PNG/eyJ"), 5_000)
		token := "ghp_" + strings.Repeat("a", 36)
		long := strings.Repeat("All work and no play. ", 100)
		result := `{"resultType":"complete","content":[{"type":"text","text":"` + long + token + `"},{"type":"image","mimeType":"image/png","data":"` +
			base64.StdEncoding.EncodeToString(picture) + `"},{"type":"resource","resource":{"uri":"file:///x","text":"y"}}],"password":"swordfish"}`
		b := New(Config{Backend: saying{t, result}, Record: &record{}, Memory: memory{"s": {Era: era.Modern}}})
		defer b.Close()
		b.SetServer(ServerConfig{Name: "s", Share: ShareAll})
		_, sub := b.Watch()
		defer sub.Close()
		arguments := `{"text":"` + long + `","api_key":"swordfish"}`

		if c := asks(t, b, arguments); !cmp.Equal(b.Payload(c.ID), Payload{}) {
			t.Error("what was said is kept although nobody looks")
		}
		first, second := b.KeepPayloads(), b.KeepPayloads()
		first()
		first() // is no second one
		c := asks(t, b, arguments)
		got := b.Payload(c.ID)
		want := []Content{
			{Type: "text", Text: long + "[redacted]"},
			{Type: "image", MIMEType: "image/png", Data: picture},
			{Type: "resource", Text: "y", URI: "file:///x"},
		}
		if diff := cmp.Diff(want, got.Content); diff != "" {
			t.Error(diff)
		}
		if want := `{"text":"` + long + `","api_key":"[redacted]"}`; got.Arguments != want {
			t.Errorf("arguments %s", got.Arguments)
		}
		for _, secret := range []string{token, "swordfish"} {
			if strings.Contains(got.Answer, secret) {
				t.Errorf("the answer shows %s", secret)
			}
		}
		if small := asks(t, b, `{}`); b.Payload(small.ID).Arguments != "" || small.Arguments != "{}" {
			t.Error("what the call itself has is kept twice")
		}
		second()
		if !cmp.Equal(b.Payload(c.ID), Payload{}) {
			t.Error("what was said is kept when nobody looks any more")
		}
	})
}

func TestPayloadsAreBounded(t *testing.T) {
	var b Bridge
	b.KeepPayloads()
	p := &b.payloads
	sum := func() (n int) {
		for _, s := range p.kept {
			n += s.size()
		}
		return n
	}
	for id := uint64(1); id <= 5*payloadsKept; id++ {
		p.keep(id, said{arguments: make([]byte, 600)})
		p.keep(id, said{answer: make([]byte, 600)})
	}
	if len(p.kept) != len(p.order) || len(p.kept) < payloadsKept || len(p.kept) >= payloadsKept+payloadsClear || p.size != sum() {
		t.Errorf("%d calls in %d places are kept, %d bytes told as %d", len(p.kept), len(p.order), sum(), p.size)
	}
	for id := uint64(1); id <= 20; id++ {
		p.keep(10*payloadsKept+id, said{answer: make([]byte, payloadMost)})
		if p.size > payloadBytes || p.size != sum() {
			t.Fatalf("%d bytes are kept, told as %d", sum(), p.size)
		}
	}
	if p.wants(make([]byte, payloadMost+1)) || p.wants(make([]byte, payloadLeast)) {
		t.Error("what is too long, or no longer than what is shown anyway, is kept")
	}
}

func TestContents(t *testing.T) {
	for _, c := range []struct {
		result string
		want   []Content
	}{
		{`{"messages":[{"role":"user","content":{"type":"text","text":"hi"}}]}`, []Content{{Type: "text", Text: "hi"}}},
		{`{"contents":[{"uri":"file:///a","mimeType":"image/gif","blob":"R0lG"}]}`, []Content{{Type: "resource", URI: "file:///a", MIMEType: "image/gif", Data: []byte("GIF")}}},
		{`{"content":[{"type":"image","data":"iVBO…"}]}`, []Content{{Type: "image"}}},
		{`{"content":"no list"}`, nil},
		{`{"tools":[]}`, nil},
		{`{"content":[`, nil},
	} {
		if diff := cmp.Diff(c.want, Contents([]byte(c.result))); diff != "" {
			t.Errorf("%s: %s", c.result, diff)
		}
	}
}

// BenchmarkPayloads is what it costs a call while somebody looks, and while nobody does.
func BenchmarkPayloads(b *testing.B) {
	answer := wire.Reply("1", []byte(`{"content":[{"type":"text","text":"`+strings.Repeat("x", 2_000)+`"}]}`))
	for name, on := range map[string]bool{"looked": true, "alone": false} {
		b.Run(name, func(b *testing.B) {
			var br Bridge
			if on {
				br.KeepPayloads()
			}
			c := &call{}
			for b.Loop() {
				c.info.ID++
				br.payloads.answered(c, answer)
			}
		})
	}
}
