package app

import (
	"encoding/json"
	"slices"
	"testing"

	"drawbridge/bridge"
	"drawbridge/bridge/pin"
	"drawbridge/bridge/policy"
)

func TestStrange(t *testing.T) {
	agents := []string{"claude"}
	servers := []bridge.Server{
		{Name: "files", Tools: []bridge.Tool{{Name: "read"}}, Held: []bridge.Held{{Kind: pin.Tool, Name: "write"}, {Kind: pin.Prompt, Name: "greet"}}},
		{Name: "git", Tools: []bridge.Tool{{Name: "log"}}},
		{Name: "idle"},
		{Name: "many", Tools: []bridge.Tool{}, HeldMore: 1},
	}
	for rule, want := range map[string][]string{
		`{}`: nil,
		`{"who":["agent:claude","group:x","user:a|b"],"server":"files","tool":"read"}`: nil,
		`{"who":"agent:claud"}`:                       {"no agent is called claud"},
		`{"server":"file","tool":"x"}`:                {"no server is called file"},
		`{"server":"x*"}`:                             {"no server fits x*"},
		`{"server":"*"}`:                              nil,
		`{"server":"files","tool":"write"}`:           nil,
		`{"server":"files","tool":"greet"}`:           {"no tool of files is called greet"},
		`{"server":"*i*","tool":"push_*"}`:            nil, // idle may have it
		`{"server":"gi*","tool":"push_*"}`:            {"no tool of git fits push_*"},
		`{"server":"many","tool":"push"}`:             nil,
		`{"tool":"push"}`:                             nil,
		`{"server":"git","prompt":"push"}`:            nil,
		`{"server":"git","annotation":"destructive"}`: nil,
	} {
		var r policy.Rule
		if err := json.Unmarshal([]byte(`{"verdict":"deny",`+rule[1:]), &r); err != nil && rule != "{}" {
			t.Fatal(rule, err)
		}
		if got := Strange(r, agents, servers); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
	if got := Strange(policy.Rule{Tool: "push"}, nil, servers[:2]); !slices.Equal(got, []string{"no tool of these servers is called push"}) {
		t.Errorf("%q", got)
	}
	for _, servers := range [][]bridge.Server{nil, {}} {
		if got := Strange(policy.Rule{Who: []string{"agent:ada"}, Server: "*", Tool: "push"}, nil, servers); got != nil {
			t.Errorf("where nothing is known, or no server there: %q", got)
		}
	}
	if got := Strange(policy.Rule{Server: "files"}, nil, nil); got != nil {
		t.Errorf("where no server is known: %q", got)
	}
}
