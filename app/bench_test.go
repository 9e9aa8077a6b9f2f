package app

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkRoad is one call on the whole road: over a connection that stays open, through the gate, the bridge and its
// record, to a real process and back.
func BenchmarkRoad(b *testing.B) {
	h := newHouse(b, entries("demo")).run()
	token := h.token("ada")
	session := h.begin("/demo/mcp", token)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}`
	b.ReportAllocs()
	for b.Loop() {
		r, _ := http.NewRequest(http.MethodPost, h.Address()+"/demo/mcp", strings.NewReader(call))
		r.Header = http.Header{
			"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Authorization": {"Bearer " + token},
			"Mcp-Session-Id": {session}, "Mcp-Protocol-Version": {"2025-11-25"},
		}
		a, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		body, _ := io.ReadAll(a.Body)
		_ = a.Body.Close()
		if a.StatusCode != http.StatusOK || !strings.Contains(string(body), `"hello"`) {
			b.Fatalf("%d %s", a.StatusCode, body)
		}
	}
}
