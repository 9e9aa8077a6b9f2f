package arch

import (
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// floors is the plan: a room imports rooms of lower floors only, so rooms on one floor don't know
// each other. They meet through standard types and the nouns of floor 0.
var floors = map[string]int{
	"": 5,

	"app/ui":  4,
	"app/cli": 4,

	"app": 3,

	"bridge": 2,

	"app/found":         1,
	"stdio":             1,
	"internal/demo":     1,
	"tunnel":            1,
	"signin":            1,
	"signin/authserver": 1,
	"signin/token":      1,
	"bridge/era":        1,
	"bridge/front":      1,
	"bridge/policy":     1,
	"bridge/audit":      1,
	"bridge/pin":        1,
	"bridge/ship":       1,

	"internal/wire":   0,
	"internal/caller": 0,
	"internal/feed":   0,
	"internal/metric": 0,
	"internal/limit":  0,
	"internal/trace":  0,
	"signin/keychain": 0,
	"signin/oidc":     0,
	"app/settings":    0,
	"app/share":       0,
	"app/origin":      0,
	"assets":          0,
}

// outside are rooms that look at the house and that nobody in it knows.
var outside = []string{"internal/arch", "internal/judge"}

// halls are rooms that may have rooms of their own, all on the hall's floor and knowing each other.
var halls = []string{"app/ui", "internal/judge", "tunnel"}

// hall is the room that decides for room: itself, unless it lies in a hall.
func hall(room string) string {
	for _, h := range halls {
		if strings.HasPrefix(room, h+"/") {
			return h
		}
	}
	return room
}

// fault says what is wrong with from importing to, both rooms of the module; "" is nothing.
func fault(from, to string) string {
	from, to = hall(from), hall(to)
	lower, known := floors[to]
	upper, placed := floors[from]
	switch {
	case from == to || slices.Contains(outside, from) && known:
		return ""
	case slices.Contains(outside, to):
		return "the judges look from outside: nothing of the house needs them"
	case !known:
		return "that room is on no floor: place it in the plan"
	case !placed:
		return "" // TestEveryRoomIsPlaced says it once
	case lower == upper:
		return "rooms on one floor don't know each other: meet through a noun of floor 0, or wire them above"
	case lower > upper:
		return "imports go down only: what is below must build, and be understood, without what is above"
	}
	return ""
}

func TestImportsGoDown(t *testing.T) {
	for _, s := range sources(t) {
		for _, p := range s.imports() {
			if p != module && !strings.HasPrefix(p, module+"/") {
				continue
			}
			to := strings.TrimPrefix(strings.TrimPrefix(p, module), "/")
			if why := fault(s.room, to); why != "" {
				t.Errorf("%s imports %q: %s", s.path, to, why)
			}
		}
	}
}

func TestEveryRoomIsPlaced(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		h := hall(s.room)
		_, placed := floors[h]
		if !placed && !slices.Contains(outside, h) && !seen[h] {
			t.Errorf("room %q is on no floor: place it in the plan", h)
		}
		seen[h] = true
	}
}

// TestFault shows that the plan can be broken.
func TestFault(t *testing.T) {
	for _, c := range []struct {
		from, to string
		fine     bool
	}{
		{"", "app/ui", true},
		{"bridge", "bridge/front", true},
		{"bridge/front", "internal/wire", true},
		{"app/ui/card", "app/ui", true},
		{"app/ui/card", "app", true},
		{"internal/judge", "bridge", true},
		{"bridge/front", "bridge", false},
		{"bridge/front", "signin", false},
		{"app", "app/ui", false},
		{"app/ui", "app/cli", false},
		{"internal/wire", "internal/feed", false},
		{"bridge", "internal/judge", false},
		{"bridge", "internal/util", false},
	} {
		if why := fault(c.from, c.to); (why == "") != c.fine {
			t.Errorf("%q importing %q: %q", c.from, c.to, why)
		}
	}
}

func TestTopLevelIsFixed(t *testing.T) {
	plan := []string{
		"main.go", "app", "bridge", "stdio", "tunnel", "signin", "assets", "internal", "deploy",
		"FyneApp.toml", "README.md", "LICENSE", "go.mod", "go.sum", "dev",
		module, module + ".exe", // what `go build .` leaves there
	}
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		left, _ := path.Match("*.test", name)
		if !slices.Contains(plan, name) && !strings.HasPrefix(name, ".") && !left {
			t.Errorf("%s: the top level is fixed; everything has its room", name)
		}
	}
}
