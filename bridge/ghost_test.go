package bridge

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// TestNoOtherProcess: where there is no second process for a call beside a cancelled one that may still ask, it runs in the
// first, and what is asked there is refused.
func TestNoOtherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, end := wire.Pipe()
		only := ""
		b := New(Config{Record: discard{}, Memory: memory{"s": {Era: era.Legacy, Asks: true}}, Backend: backend(
			func(_ context.Context, _ string, k Key) (wire.Conn, func(), error) {
				if only == "" {
					only = k.ID
				}
				if k.ID != only {
					return nil, nil, errors.New("all processes are busy")
				}
				return conn, func() {}, nil
			})})
		defer b.Close()
		b.SetServer(ServerConfig{Name: "s"})
		s, err := b.Stateless(named("ann"), "s")
		if err != nil {
			t.Fatal(err)
		}
		said := make(chan wire.Message, 10)
		go func() {
			for m, err := end.Read(); err == nil; m, err = end.Read() {
				said <- m
			}
			close(said)
		}()
		server := func(text string) {
			if err := end.Write([]byte(`{"jsonrpc":"2.0",` + text + `}`)); err != nil {
				t.Fatal(err)
			}
		}
		hears := func(method string) wire.Message {
			m := <-said
			if m.Method() != method {
				t.Fatalf("the server got %s", m.Bytes())
			}
			return m
		}
		call := mustParse(t, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}}`)
		got := make(chan string, 1)
		first := s.Handle(call, sink{got, "1"})
		hears("initialize")
		server(`"id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{}}`)
		hears("notifications/initialized")
		hears("tools/call")
		server(`"id":1,"method":"elicitation/create","params":{"message":"who?"}`)
		synctest.Wait()
		first.Cancel()
		<-got
		for range 2 { // the call is cancelled, its question refused
			<-said
		}
		s.Handle(call, sink{got, "1"})
		hears("tools/call")
		server(`"id":2,"method":"elicitation/create","params":{"message":"delete everything?"}`)
		<-time.After(7 * time.Second)
		if m := <-said; m.Kind() != wire.Failure || !strings.Contains(string(m.Bytes()), "cannot be told") {
			t.Errorf("the server got %s", m.Bytes())
		}
		server(`"id":3,"result":{}`)
		if a := <-got; !strings.Contains(a, `"complete"`) {
			t.Errorf("the call got %s", a)
		}
	})
}
