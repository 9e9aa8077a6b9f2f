// Package era holds what the two protocol eras are and how one is told from the other.
package era

import "slices"

// Era is the way a peer opens: by handshake (legacy) or with every request by itself (modern).
type Era uint8

const (
	Unknown Era = 0
	Legacy  Era = 1 << 0 // revisions 2024-11-05 … 2025-11-25
	Modern  Era = 1 << 1 // revision 2026-07-28
	Both    Era = Legacy | Modern
)

// String is the era as the owner reads it; "" for Unknown.
func (e Era) String() string {
	return [...]string{"", "legacy", "modern", "both"}[e&Both]
}

// Revisions, newest first.
const (
	ModernRevision = "2026-07-28"
	LegacyRevision = "2025-11-25" // the newest that opens with initialize
)

var legacy = []string{LegacyRevision, "2025-06-18", "2025-03-26", "2024-11-05"}

// Revisions are all revisions that are known here, newest first.
func Revisions() []string { return append([]string{ModernRevision}, legacy...) }

// LegacyRevisions are the revisions that open with initialize, newest first.
func LegacyRevisions() []string { return slices.Clone(legacy) }

// Of says which era a revision belongs to; Unknown for one that is not known here.
func Of(revision string) Era {
	switch {
	case revision == ModernRevision:
		return Modern
	case slices.Contains(legacy, revision):
		return Legacy
	}
	return Unknown
}

// Removed reports whether modern revisions have taken that method away.
func Removed(method string) bool {
	switch method {
	case "initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe":
		return true
	}
	return false
}

// Added reports whether only modern revisions have that method.
func Added(method string) bool {
	return method == "server/discover" || method == "subscriptions/listen"
}

// Agree is the revision that a handshake ends with: what the client asks for if the server can speak it, else
// the newest that is not newer than the server's. Revisions are dates, so their order is that of their text.
// A client that asks for an unknown one is offered the server's.
func Agree(client, server string) string {
	if Of(client) == Legacy && client < server {
		return client
	}
	return server
}
