package demo

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"drawbridge/internal/wire"
)

type sink struct{ bytes.Buffer }

func (*sink) Close() error { return nil }

func TestLines(t *testing.T) {
	var out sink
	c := Lines(io.NopCloser(strings.NewReader("\n"+
		`{"jsonrpc":"2.0","id":1,"method":"a"}`+"\r\n"+
		"no message\n"+
		`{"jsonrpc":"2.0","id":2,"method":""}`+"\n"+
		`[{"jsonrpc":"2.0","id":3,"method":"b"},{"jsonrpc":"2.0","method":"c"}]`+"\n"+
		`{"jsonrpc":"2.0","id":4,"method":"d"}`)), &out)
	for _, want := range []string{"a", "b", "c", "d"} {
		m, err := c.Read()
		if err != nil || m.Method() != want {
			t.Fatalf("got %q, %v, want %q", m.Method(), err, want)
		}
	}
	if _, err := c.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	answers := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(answers) != 2 {
		t.Fatalf("%d answers to two lines that are no messages: %q", len(answers), answers)
	}
	for i, want := range []int{wire.ParseError, wire.InvalidRequest} {
		m, err := wire.Parse([]byte(answers[i]), wire.Limits{})
		if err != nil || m.ErrorCode() != want {
			t.Errorf("answer %s, %v, want code %d", answers[i], err, want)
		}
	}
}

func TestLinesStayWhole(t *testing.T) {
	var out sink
	c := Lines(io.NopCloser(strings.NewReader("")), &out)
	if err := c.Write([]byte("{\n\"a\":\r1}")); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "{ \"a\": 1}\n"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

// FuzzServe: whatever comes in, the server ends when its input does, and what it says are messages.
func FuzzServe(f *testing.F) {
	for _, method := range []string{"initialize", "tools/call", "resources/read", "completion/complete", "subscriptions/listen"} {
		f.Add(`{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{"name":"echo","uri":"note:///%41","arguments":{"text":"x"},"notifications":{},"_meta":` + meta + `}}`)
	}
	f.Add(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}` + "\n" +
		`{"jsonrpc":"2.0","id":2,"method":"prompts/get","params":{"name":"greet","arguments":{"name":[]}}}`)
	f.Fuzz(func(t *testing.T, input string) {
		var out sink
		if err := Serve(Lines(io.NopCloser(strings.NewReader(input)), &out), "test"); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if _, err := wire.Parse([]byte(strings.TrimSuffix(line, "\n")), wire.Limits{}); err != nil {
				t.Errorf("%v: %s", err, line)
			}
		}
	})
}
