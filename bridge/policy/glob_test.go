package policy

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// naive is what globs mean, told without any thought of speed.
func naive(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	p, plen := utf8.DecodeRuneInString(pattern)
	if p == '*' {
		return naive(pattern[plen:], name) || name != "" && naive(pattern, name[runeLen(name):])
	}
	if name == "" {
		return false
	}
	n, nlen := utf8.DecodeRuneInString(name)
	return (p == '?' || p == n) && naive(pattern[plen:], name[nlen:])
}

func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func TestGlob(t *testing.T) {
	cases := []struct {
		pattern, name string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"?", "", false},
		{"?", "é", true},
		{"??", "é", false},
		{"read_*", "read_", true},
		{"read_*", "read", false},
		{"*_file", "read_file", true},
		{"*a*b", "xaxbx", false},
		{"a*a", "a", false},
		{"*?", "a", true},
		{"?*?", "é", false},
		{"a[b]", "ab", false},
		{`a\*`, `a\b`, true},
		{"*é?", "aéé€", true},
	}
	for _, c := range cases {
		if got := newGlob(c.pattern).match(c.name); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.name, got)
		}
	}
}

func FuzzGlob(f *testing.F) {
	for _, s := range []string{"a*b?c", "*ab*?", "?é*", "**", "*a?*b"} {
		f.Add(s, "aabbcé")
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(name) || len(pattern) > 12 || len(name) > 24 {
			return
		}
		g := newGlob(pattern)
		want := naive(pattern, name)
		if got := g.match(name); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, name, got, want)
		}
		if g.literal() && want != (pattern == name) || g.everything() && !want {
			t.Fatalf("%q: literal %v, everything %v", pattern, g.literal(), g.everything())
		}
		if want && !strings.HasPrefix(name, g.prefix) {
			t.Fatalf("%q matches %q, which lacks its prefix %q", pattern, name, g.prefix)
		}
	})
}

// BenchmarkGlobWorst is a pattern and a name made to be slow.
func BenchmarkGlobWorst(b *testing.B) {
	g := newGlob(strings.Repeat("*a?", 80) + "b")
	name := strings.Repeat("a", 1000)
	for b.Loop() {
		g.match(name)
	}
}
