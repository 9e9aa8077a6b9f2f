package app

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"drawbridge/bridge/policy"
)

func rulesIn(t *testing.T, text string) (rules []policy.Rule) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &rules); err != nil {
		t.Fatal(err)
	}
	return rules
}

// TestPlaced: a rule that stays keeps its place in the text, and one that is changed takes the words of the old one.
func TestPlaced(t *testing.T) {
	const a, b, c = `{"tool":"a","verdict":"ask"}`, `{"tool":"b","verdict":"ask"}`, `{"tool":"c","verdict":"ask"}`
	for _, c := range []struct {
		old, now []string
		of       []int
		did      string
	}{
		{[]string{a, b}, []string{b, a}, []int{1, 0}, "moved rule 1 to 2: ask tool a"},
		{[]string{a, b, c}, []string{c, a, b}, []int{2, 0, 1}, "changed rule 1"},
		{[]string{a, b}, []string{a, c}, []int{0, 1}, "changed rule 2 to: ask tool c"},
		{[]string{a, b}, []string{a, c, b}, []int{0, -1, 1}, "added rule 2: ask tool c"},
		{[]string{a, b, a}, []string{a, a}, []int{0, 2}, "removed rule 2: ask tool b"},
		{[]string{a}, []string{a}, []int{0}, "left the rules as they are"},
		{[]string{a}, nil, nil, "removed rule 1"},
		{nil, []string{a, b}, []int{-1, -1}, "changed the rules: 2 instead of 0"},
	} {
		old, now := rulesIn(t, "["+strings.Join(c.old, ",")+"]"), rulesIn(t, "["+strings.Join(c.now, ",")+"]")
		var of []int
		for _, p := range placed(old, now) {
			of = append(of, p.Of)
		}
		if !slices.Equal(of, c.of) {
			t.Errorf("%s to %s: %v, want %v", c.old, c.now, of, c.of)
		}
		if did := difference(old, now); !strings.HasPrefix(did, c.did) {
			t.Errorf("%s to %s: %q, want %q", c.old, c.now, did, c.did)
		}
	}
}

// TestSetRules: rules are changed as the owner has seen them, at once and with all that the file says beside them; others
// that came in between are not lost, and what is no rule is refused.
func TestSetRules(t *testing.T) {
	const before = `{
  // mine
  "mcpServers": {},
  "drawbridge": {
    "listen": "127.0.0.1:0",
    "rules": [
      // guests look
      {"who": "group:guests", "verdict": "deny"}
    ]
  }
}
`
	h := newHouse(t, before)
	a := h.App
	seen, err := a.Rules()
	if err != nil || len(seen) != 1 {
		t.Fatal(seen, err)
	}
	now := append(rulesIn(t, `[{"tool": "write_*", "verdict": "ask"}]`), seen...)
	if err := a.SetRules(seen, now); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(h.options.Places.Config)
	want := strings.Replace(before, "      // guests", "      {\"tool\": \"write_*\", \"verdict\": \"ask\"},\n      // guests", 1)
	if string(text) != want {
		t.Errorf("the file is\n%s", text)
	}
	if err := a.SetRules(seen, nil); !errors.Is(err, ErrRules) {
		t.Errorf("rules that the owner has not seen are gone: %v", err)
	}
	wrong := []policy.Rule{{Tool: "a", Prompt: "b"}}
	if err := a.SetRules(now, wrong); !errors.Is(err, ErrUsage) {
		t.Errorf("what is no rule is kept: %v", err)
	}
}
