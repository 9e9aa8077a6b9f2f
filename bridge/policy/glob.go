package policy

import (
	"strings"
	"unicode/utf8"
)

// glob is a pattern of names: `*` is any run of characters, none included, `?` is exactly one character, everything
// else is itself, case included. There is no escape.
type glob struct {
	text   string
	prefix string   // what stands before the first `*` or `?`
	runs   []string // what stands between the `*`; one run where there is none
}

func newGlob(text string) glob {
	g := glob{text: text, prefix: text, runs: strings.Split(text, "*")}
	if i := strings.IndexAny(text, "*?"); i >= 0 {
		g.prefix = text[:i]
	}
	return g
}

// Fits reports whether the pattern of a rule fits a name; "" fits every one.
func Fits(pattern, name string) bool { return newGlob(or(pattern)).match(name) }

// literal reports whether g matches its own text alone.
func (g glob) literal() bool { return len(g.prefix) == len(g.text) }

// everything reports whether g matches every name.
func (g glob) everything() bool { return g.text != "" && strings.Trim(g.text, "*") == "" }

// match reports whether g matches the whole of name. Each run is looked for once, at the first
// place where it fits: no place is tried again for a later run's sake.
func (g glob) match(name string) bool {
	n, ok := fits(g.runs[0], name)
	if len(g.runs) == 1 {
		return ok && n == len(name)
	}
	if !ok {
		return false
	}
	name = name[n:]
	last := len(g.runs) - 1
	for _, run := range g.runs[1:last] {
		end := find(run, name)
		if end < 0 {
			return false
		}
		name = name[end:]
	}
	return fitsEnd(g.runs[last], name)
}

// fits reports whether name starts with run, and how many bytes of it that is.
func fits(run, name string) (n int, ok bool) {
	for i := 0; i < len(run); i++ {
		if n == len(name) {
			return 0, false
		}
		if run[i] == '?' {
			_, size := utf8.DecodeRuneInString(name[n:])
			n += size
			continue
		}
		if name[n] != run[i] {
			return 0, false
		}
		n++
	}
	return n, true
}

// find returns where the first run in name ends, or -1.
func find(run, name string) int {
	if strings.IndexByte(run, '?') < 0 {
		i := strings.Index(name, run)
		if i < 0 {
			return -1
		}
		return i + len(run)
	}
	for i := range name {
		if n, ok := fits(run, name[i:]); ok {
			return i + n
		}
	}
	return -1
}

// fitsEnd reports whether name ends with run. A run's length in bytes is not known when it holds
// `?`, so the start is found by stepping back one character for each of run's.
func fitsEnd(run, name string) bool {
	if strings.IndexByte(run, '?') < 0 {
		return strings.HasSuffix(name, run)
	}
	start := len(name)
	for range utf8.RuneCountInString(run) {
		if start == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(name[:start])
		start -= size
	}
	n, ok := fits(run, name[start:])
	return ok && start+n == len(name)
}

// Glob is a pattern of names as rules have it: `*` is any run of characters, `?` is one. It is never changed.
type Glob struct{ glob glob }

// NewGlob makes a Glob; "" matches everything.
func NewGlob(text string) Glob { return Glob{newGlob(or(text))} }

// Match reports whether g matches the whole of name.
func (g Glob) Match(name string) bool { return g.glob.match(name) }
