package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
)

// TestClientKeeps: what is said is kept while somebody looks from afar, and no longer when his program has ended, however it did.
func TestClientKeeps(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	token, err := h.NewToken("ada", []string{"demo"}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	session := h.begin("/demo/mcp", token)
	long := `{"text":"` + strings.Repeat("x", 2_000) + `"}`
	said := func(c *Client) bridge.Payload { // in a new call
		t.Helper()
		if _, err := h.use("/demo/mcp", token, session, "echo", long); err != nil {
			t.Fatal(err)
		}
		calls := all(t, h.Calls(t.Context(), false))
		return c.Payload(calls[len(calls)-1].ID)
	}
	life, die := context.WithCancel(t.Context())
	dying, err := Dial(life, h.options.Places)
	if err != nil {
		t.Fatal(err)
	}
	c := h.dial()
	release := c.KeepPayloads()
	dying.KeepPayloads()
	release()
	release()
	if said(c).Arguments != long {
		t.Error("what is said is not kept while one looks")
	}
	die()
	kept := true
	for deadline := time.Now().Add(10 * time.Second); kept && time.Now().Before(deadline); {
		kept = said(c).Arguments != ""
	}
	if kept {
		t.Error("what is said is kept for who has gone")
	}
}
