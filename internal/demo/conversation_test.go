package demo

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/wire"
)

// meta is what $META stands for in a conversation.
const meta = `{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{},"sampling":{}}}`

// TestConversations plays testdata: lines that begin with > are sent, those with < are what comes
// next. An expectation holds when all it names is there; a string "$name" in it stands for whatever comes, also
// in what is sent later.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			play(t, string(text))
		})
	}
}

func play(t *testing.T, text string) {
	c := serve(t)
	heard := map[string]string{"$META": meta}
	for n, line := range strings.Split(text, "\n") {
		for name, value := range heard {
			line = strings.ReplaceAll(line, name, value)
		}
		switch said, _ := strings.CutPrefix(line, "> "); {
		case said != line:
			if err := c.Write([]byte(said)); err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
		case strings.HasPrefix(line, "< "):
			m, err := c.Read()
			if err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
			expect(t, n+1, line[2:], m.Bytes(), heard)
		}
	}
}

// serve is the client's end of a conversation with a new server.
func serve(t *testing.T) wire.Conn {
	client, server := wire.Pipe()
	done := make(chan error, 1) // holds Serve's one answer
	go func() { done <- Serve(server, "test") }()
	t.Cleanup(func() {
		client.Close()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return client
}

func expect(t *testing.T, line int, want string, got []byte, heard map[string]string) {
	t.Helper()
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("line %d: %v", line, err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("line %d: %v", line, err)
	}
	if diff := cmp.Diff(w, within(w, g, heard)); diff != "" {
		t.Fatalf("line %d (-want +got):\n%s\nall of it: %s", line, diff, got)
	}
}

// within is got without what want does not name.
func within(want, got any, heard map[string]string) any {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		out := map[string]any{}
		for k, v := range w {
			if gv, ok := g[k]; ok {
				out[k] = within(v, gv, heard)
			}
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return got
		}
		out := make([]any, len(w))
		for i := range w {
			out[i] = within(w[i], g[i], heard)
		}
		return out
	case string:
		if s, ok := got.(string); ok && strings.HasPrefix(w, "$") {
			heard[w] = s
			return w
		}
	}
	return got
}
