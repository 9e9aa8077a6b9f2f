package token

import (
	"hash/crc32"
	"regexp"
	"strings"
	"testing"
)

var shape = regexp.MustCompile(`^dbk_[0-9A-Za-z]{57}$`)

func TestMintedTokensPassCheck(t *testing.T) {
	seen := map[string]bool{}
	counts := map[rune]int{}
	for range 500 {
		text, id := mint()
		if err := Check(text); err != nil || !shape.MatchString(text) || keyID(text) != id || text[4:12] != id {
			t.Fatalf("minted %q with id %q: %v", text, id, err)
		}
		if seen[id] || seen[text] {
			t.Fatalf("minted %q twice", text)
		}
		seen[id], seen[text] = true, true
		for _, c := range text[idEnd:sumStart] {
			counts[c]++
		}
	}
	// 21,500 characters: each of the 62 is expected 347 times, with a deviation of 18.
	for _, c := range base62 {
		if n := counts[c]; n < 220 || n > 480 {
			t.Errorf("%q occurs %d times in secrets", c, n)
		}
	}
}

func TestCheckFindsTypingErrors(t *testing.T) {
	good, _ := mint()
	for i := range good {
		for _, c := range []string{"", "0", "a", "Z", "_", " ", "é", "\x00"} {
			if bad := good[:i] + c + good[i+1:]; bad != good && Check(bad) != ErrMalformed {
				t.Errorf("%q passes for %q", bad, good)
			}
		}
		if i+1 < len(good) && good[i] != good[i+1] {
			if bad := good[:i] + good[i+1:i+2] + good[i:i+1] + good[i+2:]; Check(bad) != ErrMalformed {
				t.Errorf("%q passes for %q", bad, good)
			}
		}
	}
	for _, bad := range []string{"", "dbk_", good + "0", " " + good, good + "\n", strings.ToUpper(good), strings.Repeat("0", size)} {
		if Check(bad) != ErrMalformed {
			t.Errorf("%q passes", bad)
		}
	}
}

func FuzzCheck(f *testing.F) {
	good, _ := mint()
	f.Add(good)
	f.Add(good[:size-1])
	f.Add("dbk_00000000000000000000000000000000000000000000000000000000")
	f.Fuzz(func(t *testing.T, text string) {
		want := shape.MatchString(text)
		if want {
			n := uint64(0)
			for _, c := range text[sumStart:] {
				n = n*62 + uint64(strings.IndexRune(base62, c))
			}
			want = n == uint64(crc32.ChecksumIEEE([]byte(text[:sumStart])))
		}
		if err := Check(text); (err == nil) != want || err != nil && err != ErrMalformed {
			t.Errorf("Check(%q) = %v, want accepted %v", text, err, want)
		}
	})
}
