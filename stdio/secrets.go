package stdio

import (
	"bytes"
	"slices"
	"strings"
)

// secrets are values that must not show in anything that a process says of itself.
type secrets []string

// Shorter values are no secrets, and blotting them out would make text unreadable.
const (
	leastKeychain = 4
	leastVariable = 8
)

// add takes a value that was looked up; one of several lines is several secrets, since text is blotted line by line.
func (s *secrets) add(kind, value string) {
	least := leastKeychain
	if kind == "env" {
		least = leastVariable
	}
	for line := range strings.Lines(value) {
		line = strings.TrimRight(line, "\r\n")
		if len(line) >= least && !slices.Contains(*s, line) {
			*s = append(*s, line)
		}
	}
	// A secret that is part of another must not leave the rest of that one readable.
	slices.SortFunc(*s, func(a, b string) int { return len(b) - len(a) })
}

// blot replaces every secret in b. The result may share b's memory.
func (s secrets) blot(b []byte) []byte {
	for _, secret := range s {
		if bytes.Contains(b, []byte(secret)) {
			b = bytes.ReplaceAll(b, []byte(secret), []byte("[secret]"))
		}
	}
	return b
}

// longest is the length of the longest secret.
func (s secrets) longest() int {
	if len(s) == 0 {
		return 0
	}
	return len(s[0])
}
