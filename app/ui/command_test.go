package ui

import (
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestSplitCommand(t *testing.T) {
	for _, c := range []struct {
		line    string
		windows bool
		want    []string
	}{
		{"npx -y server /home/me", false, []string{"npx", "-y", "server", "/home/me"}},
		{`  npx "two words" 'and $more'  `, false, []string{"npx", "two words", "and $more"}},
		{`a\ b c\"d "e\"f" 'g\h'`, false, []string{"a b", `c"d`, `e"f`, `g\h`}},
		{`x "" y`, false, []string{"x", "", "y"}},
		{`"C:\Program Files\node.exe" C:\x\server.js`, true, []string{`C:\Program Files\node.exe`, `C:\x\server.js`}},
		{`a C:\new\ b`, true, []string{"a", `C:\new\`, "b"}},
		{"one\\\\two", false, []string{`one\two`}},
	} {
		got, err := splitCommand(c.line, c.windows)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("splitCommand(%q, %v) = %q, %v; want %q", c.line, c.windows, got, err, c.want)
		}
	}
	for _, line := range []string{"", "   ", `npx "open`, `'`, `""`} {
		if got, err := splitCommand(line, false); err == nil {
			t.Errorf("splitCommand(%q) = %q, want an error", line, got)
		}
	}
}

// FuzzCommand: a line that joinCommand writes is taken apart into the same words.
func FuzzCommand(f *testing.F) {
	f.Add("npx", "-y", `it's "quoted" \ here`, false)
	f.Add(`C:\x y\z`, `\`, `"`, true)
	f.Fuzz(func(t *testing.T, a, b, c string, windows bool) {
		if !utf8.ValidString(a+b+c) || a == "" {
			t.Skip()
		}
		words := []string{a, b, c}
		line := joinCommand(words, windows)
		got, err := splitCommand(line, windows)
		if err != nil || !slices.Equal(got, words) {
			t.Errorf("%q became %q, and then %q, %v", words, line, got, err)
		}
	})
}

func TestSplitEnv(t *testing.T) {
	got, err := splitEnv("A=1\r\n\n B =two = three\nEMPTY=\nKEY=${keychain:k}\n")
	want := map[string]string{"A": "1", "B": "two = three", "EMPTY": "", "KEY": "${keychain:k}"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, err := splitEnv(" \n"); got != nil || err != nil {
		t.Errorf("nothing gives %v, %v", got, err)
	}
	for _, bad := range []string{"NAME", "=value", "A=1\nexport"} {
		if _, err := splitEnv(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzSplitEnv(f *testing.F) {
	f.Add("A=1\nB=2")
	f.Fuzz(func(t *testing.T, text string) {
		env, err := splitEnv(text)
		if err == nil {
			for name := range env {
				if name == "" {
					t.Errorf("%q gives a variable without a name", text)
				}
			}
		}
	})
}
