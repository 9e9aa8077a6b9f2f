package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"
)

// TestHostileNames: what an agent or a server calls itself cannot move the cursor, add a line or a cell, or
// turn the text around.
func TestHostileNames(t *testing.T) {
	var out bytes.Buffer
	rows := []string{"a\x1b[2Jb", "a\nb\tc\rd", "abc\u202edef", "a\u2028b", "\x9b31m", "\xff", ""}
	err := show(&out, false, rows, "NAME\tN", "", func(r string) string { return cells(r, len(r)) })
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); len(lines) != 1+len(rows) {
		t.Errorf("%d lines for %d rows:\n%s", len(lines), len(rows), out.String())
	}
	for _, r := range out.String() {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("%q is in %q", r, out.String())
		}
	}
}

func TestShow(t *testing.T) {
	var out bytes.Buffer
	if err := show[string](&out, true, nil, "", "none", nil); err != nil || out.String() != "[]\n" {
		t.Errorf("no rows as JSON: %q, %v", out.String(), err)
	}
	out.Reset()
	if err := show[string](&out, false, nil, "", "none", nil); err != nil || out.String() != "none\n" {
		t.Errorf("no rows: %q, %v", out.String(), err)
	}
}

func TestCut(t *testing.T) {
	for in, want := range map[string]string{"": "", "abc": "abc", "abcd": "ab…", "äöüß": "äö…"} {
		if got := cut(in, 3); got != want {
			t.Errorf("cut(%q, 3) = %q, want %q", in, got, want)
		}
	}
}

func TestWhen(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		t    time.Time
		want string
	}{
		{time.Time{}, "never"},
		{now, now.Format(time.TimeOnly)},
		{now.AddDate(-1, 0, 0), now.AddDate(-1, 0, 0).Format("2006-01-02 15:04")},
	} {
		if got := when(c.t, "never"); got != c.want {
			t.Errorf("when(%v) = %q, want %q", c.t, got, c.want)
		}
	}
}

func TestSpan(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0s": 0, "90m": 90 * time.Minute, "12h": 12 * time.Hour, "30d": 720 * time.Hour, "2w": 336 * time.Hour, "1h30m": 90 * time.Minute, "1d2h": 26 * time.Hour,
	} {
		var s span
		if err := s.UnmarshalText([]byte(in)); err != nil || time.Duration(s) != want {
			t.Errorf("%q is %v, %v, want %v", in, time.Duration(s), err, want)
		}
	}
	for _, in := range []string{"", "d", "-1d", "1.5d", "-1h", "5", "soon", "4294967295w", "36501d"} {
		var s span
		if err := s.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q is %v", in, time.Duration(s))
		}
	}
}

func FuzzSpan(f *testing.F) {
	f.Add("30d")
	f.Add("1h30m")
	f.Fuzz(func(t *testing.T, in string) {
		var s span
		if err := s.UnmarshalText([]byte(in)); err != nil {
			return
		}
		var again span
		if err := again.UnmarshalText([]byte(time.Duration(s).String())); s < 0 || err != nil || again != s {
			t.Errorf("%q is %v, which reads %v, %v", in, time.Duration(s), time.Duration(again), err)
		}
	})
}
