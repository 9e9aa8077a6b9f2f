package look

import (
	"fmt"
	"strings"
	"unicode"
)

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// Plain makes one line of a text that a stranger wrote: what would not be seen, or would change how the rest
// is seen, is written out (a right-to-left override as \u202e), white space is a space, and after max runes
// there is an ellipsis.
func Plain(s string, max int) string {
	return bounded(s, max, func(b *strings.Builder, r rune) {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			seen(b, r)
		}
	})
}

// Block is Plain for a text of many lines: line ends stay, a tab is four spaces.
func Block(s string, max int) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return bounded(s, max, func(b *strings.Builder, r rune) {
		switch r {
		case '\n':
			b.WriteByte('\n')
		case '\t':
			b.WriteString("    ")
		default:
			seen(b, r)
		}
	})
}

func bounded(s string, max int, write func(*strings.Builder, rune)) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > max {
			b.WriteRune('…')
			break
		}
		write(&b, r)
	}
	return b.String()
}

// seen writes a rune so that it can be seen.
func seen(b *strings.Builder, r rune) {
	switch {
	case r == zeroWidthJoiner, r == zeroWidthNonJoiner: // parts of emoji, and of some scripts' spelling
		b.WriteRune(r)
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), unicode.Is(unicode.Co, r):
		if r > 0xffff {
			fmt.Fprintf(b, `\U%08x`, r)
		} else {
			fmt.Fprintf(b, `\u%04x`, r)
		}
	default:
		b.WriteRune(r)
	}
}
