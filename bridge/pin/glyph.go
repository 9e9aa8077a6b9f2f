package pin

import (
	"fmt"
	"strings"
	"unicode"
)

// Visible is s with every character that a reader would not see, or that moves others about, written out:
// zero-width and bidirectional characters, control characters, tags, fillers, spaces that are no blank. Line ends and
// tabs stay. A selector or joiner that makes an emoji stays too. It does not tell letters apart that look alike.
func Visible(s string) string {
	if strings.IndexFunc(s, suspicious) < 0 {
		return s
	}
	var b strings.Builder
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case isTag(r):
			end := i
			for end < len(runes) && isTag(runes[end]) {
				end++
			}
			b.WriteString(tags(runes[i:end]))
			i = end - 1
		case suspicious(r) && !harmless(runes, i):
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Hidden reports whether s has characters that Visible writes out.
func Hidden(s string) bool { return Visible(s) != s }

// tags writes out a run of characters that nobody sees and models read as text.
func tags(run []rune) string {
	var b strings.Builder
	b.WriteString("⟨hidden: ")
	for _, r := range run {
		if plain := r - 0xE0000; ' ' <= plain && plain <= '~' {
			b.WriteRune(plain)
		} else {
			fmt.Fprintf(&b, "U+%04X ", r)
		}
	}
	return b.String() + "⟩"
}

func isTag(r rune) bool { return 0xE0000 <= r && r <= 0xE007F }

// isSelector: it chooses how the character before it is drawn, and is not drawn itself.
func isSelector(r rune) bool {
	return 0xFE00 <= r && r <= 0xFE0F || 0xE0100 <= r && r <= 0xE01EF || 0x180B <= r && r <= 0x180F
}

// suspicious reports whether a reader would not see r for what it is.
func suspicious(r rune) bool {
	switch r {
	case '\n', '\t', ' ':
		return false
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0xFFFC:
		return true // drawn as nothing, though they count as letters or marks
	}
	return isSelector(r) || isTag(r) || unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Zs) || !unicode.IsGraphic(r)
}

// harmless reports whether what is at i only makes an emoji: one selector after a symbol, or a joiner between two.
func harmless(runes []rune, i int) bool {
	if i == 0 {
		return false
	}
	before := runes[i-1]
	symbol := unicode.In(before, unicode.So, unicode.Sm, unicode.Sk, unicode.Po) || '0' <= before && before <= '9'
	switch runes[i] {
	case 0xFE0E, 0xFE0F:
		return symbol
	case 0x200D:
		return i+1 < len(runes) && unicode.Is(unicode.So, runes[i+1]) && (symbol || before == 0xFE0F && i > 1)
	}
	return false
}
