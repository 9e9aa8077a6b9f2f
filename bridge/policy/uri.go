package policy

import (
	"strconv"
	"strings"
)

// ambiguous reports whether a URI may mean another one to its server: it has "." or ".." for a name in
// its path, escaped or not, or a backslash.
func ambiguous(uri string) bool {
	if strings.IndexByte(uri, '\\') >= 0 || strings.Contains(strings.ToLower(uri), "%5c") {
		return true
	}
	if strings.IndexByte(uri, '.') < 0 && strings.IndexByte(uri, '%') < 0 {
		return false
	}
	plain := strings.NewReplacer("%2e", ".", "%2E", ".", "%2f", "/", "%2F", "/").Replace(uri)
	if end := strings.IndexAny(plain, "?#"); end >= 0 {
		plain = plain[:end]
	}
	for name := range strings.SplitSeq(plain, "/") {
		if name == "." || name == ".." {
			return true
		}
	}
	return false
}

// plainURI is a URI as a generous server may read it: the many spellings that are one resource there are one text. Rules are held
// against it as well, in the spelling of plainGlob, and what they say of it can only be stricter.
func plainURI(uri string) string {
	uri = solid(uri)
	if scheme, _, _ := strings.Cut(uri, ":"); strings.EqualFold(scheme, "file") {
		uri, _, _ = strings.Cut(uri, "?") // a file has no query
	}
	return plainGlob(uri)
}

// plainGlob is a URI or a glob of them without escapes, capital letters, blanks that parsers drop, empty names in the
// path, the local host of a file, and the fragment.
func plainGlob(text string) string {
	text, _, _ = strings.Cut(text, "#")
	text = strings.ToLower(unescaped(solid(text)))
	scheme, rest, ok := strings.Cut(text, ":/")
	if !ok {
		return singleSlashes(text)
	}
	rest = strings.TrimLeft(rest, "/")
	if scheme == "file" {
		rest = strings.TrimPrefix(rest, "localhost/")
	}
	return scheme + "://" + strings.TrimLeft(singleSlashes(rest), "/")
}

// solid is a URI without the blanks that parsers drop.
func solid(uri string) string {
	return strings.TrimFunc(strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(uri), func(r rune) bool { return r <= ' ' })
}

func singleSlashes(s string) string {
	for strings.Contains(s, "//") {
		s = strings.ReplaceAll(s, "//", "/")
	}
	return s
}

// unescaped is s with every %XX undone, once.
func unescaped(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}
