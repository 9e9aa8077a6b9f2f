package look

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"claude-laptop", "claude-laptop"},
		{"a\u202egnp.exe", `a\u202egnp.exe`},
		{"two\nlines\tand a tab", "two lines and a tab"},
		{"bell\a", `bell\u0007`},
		{"hidden\U000e0041tag", `hidden\U000e0041tag`},
		{"zero\u200bwidth", `zero\u200bwidth`},
		{"family 👩\u200d👧", "family 👩\u200d👧"},
		{"bad \xff byte", "bad \ufffd byte"},
		{strings.Repeat("x", 30), strings.Repeat("x", 20) + "…"},
	} {
		if got := Plain(c.in, 20); got != c.want {
			t.Errorf("Plain(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	if got, want := Block("a\r\n\tb\u2028c", 20), "a\n    b\\u2028c"; got != want {
		t.Errorf("Block: %q, want %q", got, want)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("a\u202eb\n", 3)
	f.Fuzz(func(t *testing.T, s string, max int) {
		max %= 1_000
		for name, got := range map[string]string{"Plain": Plain(s, max), "Block": Block(s, max)} {
			if !utf8.ValidString(got) {
				t.Errorf("%s(%q) is no UTF-8: %q", name, s, got)
			}
			for _, r := range got {
				line := r == '\n' && name == "Block"
				if hidden := unicode.IsControl(r) || unicode.Is(unicode.Cf, r); hidden && !line && r != zeroWidthJoiner && r != zeroWidthNonJoiner {
					t.Errorf("%s(%q) shows %U", name, s, r)
				}
			}
			if most := 10*(maximum(max)+1) + 1; utf8.RuneCountInString(got) > most {
				t.Errorf("%s(%q, %d) has %d characters", name, s, max, utf8.RuneCountInString(got))
			}
		}
	})
}

func maximum(n int) int { return max(n, 0) }
