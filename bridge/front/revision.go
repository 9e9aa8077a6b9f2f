package front

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"drawbridge/internal/wire"
)

// The revisions where the rules of the transports change.
const (
	modernRevision = "2026-07-28" // from here on every request stands alone
	primeRevision  = "2025-11-25" // from here on streams begin with an id to resume at
	batchRevision  = "2025-03-26" // the only one with batches
)

// revisions are those that the bridge speaks with agents, newest first.
func revisions() []string {
	return []string{modernRevision, primeRevision, "2025-06-18", batchRevision, "2024-11-05"}
}

func isKnown(revision string) bool {
	switch revision {
	case modernRevision, primeRevision, "2025-06-18", batchRevision, "2024-11-05":
		return true
	}
	return false
}

// isModern reports whether revision is a date of the modern era, known or not.
func isModern(revision string) bool {
	if len(revision) != len(modernRevision) || revision < modernRevision {
		return false
	}
	for i := range len(revision) {
		if c := revision[i]; (modernRevision[i] == '-') != (c == '-') || c > '9' || c < '0' && c != '-' {
			return false
		}
	}
	return true
}

// unsupported is the error for a revision that the bridge does not speak, or not in that way.
func unsupported(revision string) *wire.Error {
	data, _ := json.Marshal(map[string]any{ // strings always can
		"supported": slices.DeleteFunc(revisions(), func(r string) bool { return r == revision }),
		"requested": clip(revision),
	})
	return &wire.Error{Code: wire.UnsupportedProtocolVersion, Message: fmt.Sprintf("unsupported protocol version %q", clip(revision)), Data: data}
}

// clip cuts what an agent said to what is worth saying back.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
