package ui

import "testing"

// TestGlobs: what is left empty is no limit, and not a limit to nothing.
func TestGlobs(t *testing.T) {
	for _, text := range []string{"", "  ", ", ,"} {
		if got := globs(text); got != nil {
			t.Errorf("%q is %q, want no limit", text, got)
		}
	}
	if got := globs("read_*, search"); len(got) != 2 || got[0] != "read_*" || got[1] != "search" {
		t.Errorf("got %q", got)
	}
}
