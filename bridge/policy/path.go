package policy

import (
	"path"
	"strings"
)

// cleanPath is an absolute path as it reads without "." and "..", with slashes, and a Windows path in small
// letters. Which of the two kinds it is shows in how it begins, on every system: a server may live in a container. ok is
// false for what is neither, and for what a system or a server may read as another path than it says: backslashes after a
// slash, escaped dots and slashes, and on Windows names that are cut or short forms there, streams, devices and shares.
func cleanPath(p string) (clean string, ok bool) {
	switch {
	case strings.IndexByte(p, 0) >= 0 || p == "" || escapes(p):
		return "", false
	case p[0] == '/':
		return path.Clean(p), strings.IndexByte(p, '\\') < 0
	}
	p = strings.ReplaceAll(p, `\`, "/")
	if len(p) < 3 || p[1:3] != ":/" || !isLetter(p[0]) || strings.ContainsAny(p[2:], ":~<>\"|?*") {
		return "", false
	}
	for name := range strings.SplitSeq(p, "/") {
		if name != "." && name != ".." && strings.TrimRight(name, ". ") != name {
			return "", false
		}
	}
	return strings.Map(lower, p[:2]+path.Clean(p[2:])), true
}

// escapes reports whether p has a dot or a slash as a URI escapes it.
func escapes(p string) bool {
	if strings.IndexByte(p, '%') < 0 {
		return false
	}
	p = strings.ToLower(p)
	return strings.Contains(p, "%2e") || strings.Contains(p, "%2f") || strings.Contains(p, "%5c")
}

func isLetter(c byte) bool { return 'a' <= c|' ' && c|' ' <= 'z' }

// lower makes ASCII letters small. What else Windows takes for the same letter stays different: too much is refused then.
func lower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// isUnder reports whether a clean path is dir or in it.
func isUnder(p, dir string) bool {
	rest, ok := strings.CutPrefix(p, strings.TrimSuffix(dir, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
