package app

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"drawbridge/bridge/audit"
)

func TestChoose(t *testing.T) {
	h := newHouse(t, `{"drawbridge": {/* mine */ "theme": "dark"}}`).run()
	if err := h.Choose("theme", "light"); err != nil {
		t.Fatal(err)
	}
	if err := h.Choose("limits.calls", 12); err != nil {
		t.Fatal(err)
	}
	if s := h.Settings(); s.Theme != "light" || s.Limits.Calls != 12 {
		t.Errorf("%+v", s)
	}
	if err := h.Choose("theme", "purple"); err == nil || !strings.Contains(err.Error(), "theme") {
		t.Errorf("a theme that there is not: %v", err)
	}
	if b, _ := os.ReadFile(h.options.Places.Config); !strings.Contains(string(b), "/* mine */") {
		t.Errorf("the comment is gone: %s", b)
	}
	for _, none := range []any{nil, json.RawMessage(" null")} {
		if err := h.Choose("theme", "dark"); err != nil {
			t.Fatal(err)
		}
		if err := h.Choose("theme", none); err != nil || h.Settings().Theme != "system" {
			t.Errorf("the default: %v, %s", err, h.Settings().Theme)
		}
	}
}

// TestChooseRefused: what would not be understood changes nothing and is not in the record, whether the bridge runs or not.
func TestChooseRefused(t *testing.T) {
	const before = `{"drawbridge": {"theme": "dark"}}`
	bad := map[string]string{
		"rules":            `[{"verdict": "perhaps"}]`,
		"signIn.providers": `[{"issuer": "ftp://idp.example.com", "clientId": "a"}]`,
		"tunnels":          `{"lan": {"driver": "pigeon"}}`,
		"limits.calls":     `"many"`,
		"colour":           `"red"`,
	}
	refuses := func(h *house) {
		for key, value := range bad {
			if err := h.Choose(key, json.RawMessage(value)); err == nil {
				t.Errorf("%s may be %s", key, value)
			}
			if b, _ := os.ReadFile(h.options.Places.Config); string(b) != before {
				t.Errorf("%s %s is refused, and in the file: %s", key, value, b)
			}
		}
	}
	refuses(newHouse(t, before))
	h := newHouse(t, before).run()
	refuses(h)
	if got := all(t, h.Audit(t.Context(), audit.Filter{Texts: []string{"chose"}})); len(got) > 0 {
		t.Errorf("the record has what was refused: %s", got[0].Line)
	}
}

func TestTries(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	if err := h.TryKeychain(); err != nil {
		t.Error(err)
	}
	if err := h.TryAddress(t.Context()); err != nil {
		t.Error(err)
	}
	h.publish("https://bridge.invalid")
	if err := h.TryAddress(t.Context()); err == nil {
		t.Error("an address that is nowhere answers")
	}
}

func TestExportAudit(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	h.Raise()
	path := filepath.Join(t.TempDir(), "record.jsonl")
	n, err := h.ExportAudit(t.Context(), path, false, audit.Filter{})
	b, _ := os.ReadFile(path)
	if err != nil || n == 0 || strings.Count(string(b), "\n") != n || !strings.Contains(string(b), "raised the bridge") {
		t.Errorf("%d, %v: %s", n, err, b)
	}
	if n, err = h.ExportAudit(t.Context(), path, true, audit.Filter{}); err != nil || n == 0 {
		t.Error(n, err)
	}
	if b, _ = os.ReadFile(path); !strings.HasPrefix(string(b), "seq,time,") {
		t.Errorf("%.40s", b)
	}
	if runtime.GOOS != "windows" {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("others can read it: %v, %v", info.Mode(), err)
		}
	}
	if _, err := h.ExportAudit(t.Context(), filepath.Join(path, "x"), false, audit.Filter{}); err == nil {
		t.Error("a place that is none is written to")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".drawbridge-*")); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

func TestSaveContent(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	path := filepath.Join(t.TempDir(), "picture.png")
	for _, text := range []string{"before", "after"} {
		if err := h.SaveContent(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(path); string(b) != "after" {
		t.Errorf("the file has %q, %v", b, err)
	}
	if err := h.SaveContent(filepath.Join(path, "x"), nil); err == nil || !strings.HasPrefix(err.Error(), "save to ") {
		t.Errorf("a place that is none: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".drawbridge-*")); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

// TestStartAtLogin writes what the desktop of this system reads, in a home of the test's own.
func TestStartAtLogin(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it would change the registry of whoever runs the test")
	}
	home := t.TempDir()
	h := newHouse(t, "{}")
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	for _, want := range []bool{false, true, true, false, false} {
		if err := h.StartAtLogin(want); err != nil {
			t.Fatal(err)
		}
		if got, err := h.StartsAtLogin(); got != want || err != nil {
			t.Errorf("it starts: %v, %v; want %v", got, err, want)
		}
	}
}

func TestAutostartFiles(t *testing.T) {
	const program = `/opt/my "odd" $dir/100%\drawbridge & more`
	if entry := desktopEntry(program); !strings.Contains(entry, `Exec="/opt/my \\"odd\\" \\$dir/100%%\\\\drawbridge & more" --hidden`) {
		t.Errorf("%s", entry)
	}
	d := xml.NewDecoder(strings.NewReader(launchAgent(program)))
	found := false
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := tok.(xml.CharData); ok && string(text) == program {
			found = true
		}
	}
	if !found {
		t.Errorf("the program is not in %s", launchAgent(program))
	}
}
