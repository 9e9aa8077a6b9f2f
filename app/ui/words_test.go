package ui

import (
	"testing"
	"time"

	"drawbridge/app"
	"drawbridge/bridge"
)

func TestWords(t *testing.T) {
	now := time.Now()
	for _, c := range []struct{ got, want string }{
		{count(1, "tool"), "1 tool"},
		{count(0, "tool"), "0 tools"},
		{count(2, "process"), "2 processes"},
		{took(-time.Second), "0 ms"},
		{took(294 * time.Millisecond), "294 ms"},
		{took(1300 * time.Millisecond), "1.3 s"},
		{took(125 * time.Second), "2 min 05 s"},
		{took(3*time.Hour + 4*time.Minute), "3 h 4 min"},
		{span(30 * time.Second), "less than a minute"},
		{span(49 * time.Hour), "2 days"},
		{ago(now.Add(-time.Second), now), "just now"},
		{ago(now.Add(-90*time.Second), now), "1 min ago"},
		{app.Size(1), "1 byte"},
		{app.Size(41_400), "41.4 kB"},
		{app.Size(5_250_000), "5.2 MB"},
		{listed(nil, 3), ""},
		{listed([]string{"a"}, 3), "a"},
		{listed([]string{"a", "b", "c"}, 3), "a, b and c"},
		{listed([]string{"a", "b", "c", "d"}, 2), "a, b and 2 more"},
		{dots("a", "", "b"), "a  ·  b"},
		{tidy(`{"a":"<b>"}`), "{\n  \"a\": \"<b>\"\n}"},
		{tidy(`{"cut":"of`), `{"cut":"of`},
		{plain("a\u202eb"), `a\u202eb`},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// TestEveryResultHasItsWord: no two results look the same, and none is mistaken for success.
func TestEveryResultHasItsWord(t *testing.T) {
	seen := map[string]bridge.Result{}
	for _, r := range []bridge.Result{bridge.OK, bridge.InputRequired, bridge.Asked, bridge.ToolError, bridge.Failure, bridge.Denied, bridge.Cancelled, bridge.Lost} {
		word, _ := outcome(&bridge.CallInfo{Ended: true, End: bridge.Outcome{Result: r}})
		if other, ok := seen[word]; ok {
			t.Errorf("%s and %s are both %q", r, other, word)
		}
		seen[word] = r
	}
	if word, _ := outcome(&bridge.CallInfo{Ended: true}); word != "Failed" {
		t.Errorf("an unknown result is %q", word)
	}
}

// TestProgressIsTheServers: a server may say anything about how far it is.
func TestProgressIsTheServers(t *testing.T) {
	nan := 0.0
	nan /= nan
	for _, p := range []bridge.Progress{{Done: 5, Total: -1}, {Done: -5, Total: 5}, {Done: nan, Total: 5}, {Done: 1, Total: nan}, {Done: 1e308, Total: 1e-308}, {Done: 7, Total: 5}} {
		if got := part(p); !(got >= 0 && got <= 1) {
			t.Errorf("part(%v) = %v", p, got)
		}
	}
	if got := part(bridge.Progress{Done: 2, Total: 5}); got != 0.4 {
		t.Errorf("2 of 5 is %v", got)
	}
}
