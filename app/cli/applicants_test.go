package cli

import (
	"testing"

	"drawbridge/bridge"
)

// TestApprovedBefore: who approves an agent is told what they approved for it before, and what is new.
func TestApprovedBefore(t *testing.T) {
	for want, who := range map[string]bridge.Applicant{
		"": {Servers: []string{"demo"}},
		"Before, you approved demo, for Visitor. New: more.": {
			Servers: []string{"demo", "more"}, Before: bridge.Before{Agent: "Visitor", Servers: []string{"demo"}},
		},
		"Before, you approved demo, more, for Visitor.": {Before: bridge.Before{Agent: "Visitor", Servers: []string{"demo", "more"}}},
		"Before, you approved the same, only tools read_*, list, for Visitor.": {
			Servers: []string{"demo"}, Before: bridge.Before{Agent: "Visitor", Servers: []string{"demo"}, Tools: []string{"read_*", "list"}, Same: true},
		},
	} {
		if got := approvedBefore(who); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}
