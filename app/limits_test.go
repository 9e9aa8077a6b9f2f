package app

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestLimitsTakeEffect: a quota that is saved while the bridge runs counts at once, and so does its end.
func TestLimitsTakeEffect(t *testing.T) {
	with := func(limits string) string {
		return strings.TrimSuffix(entries("one"), "}") + `,"drawbridge":{"limits":` + limits + `}}`
	}
	h := newHouse(t, entries("one")).run()
	token := h.token("ada")
	session := h.begin("/one/mcp", token)
	until := func(status int) answer {
		for deadline := time.Now().Add(10 * time.Second); ; {
			a, err := h.use("/one/mcp", token, session, "echo", `{"text":"x"}`)
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("never %d: %+v, %v", status, a, err)
			}
			if a.status == status {
				return a
			}
			<-time.After(5 * time.Millisecond)
		}
	}
	h.write(h.options.Places.Config, with(`{"quotas":[{"tool":"ec*","callsPerMinute":1}]}`))
	if a := until(http.StatusTooManyRequests); !strings.Contains(a.body, "the owner allows 1 call a minute") {
		t.Errorf("over the quota: %+v", a)
	}
	if a, err := h.use("/one/mcp", token, session, "add", `{"a":1,"b":2}`); err != nil || a.status != http.StatusOK {
		t.Errorf("another tool: %+v, %v", a, err)
	}
	h.write(h.options.Places.Config, with(`{"quotas":[]}`))
	until(http.StatusOK)
}
