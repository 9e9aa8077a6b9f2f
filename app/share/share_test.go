package share

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const token = "dbk_k3Fz81Qm9wJx7RbN2sVtYcLd5hGpA4eUoXqTiKzM6fBvW0rS1nyD"

// TestSnippets compares each client's snippet with what testdata has: CLIENT.txt, the one by OAuth above the one
// with a token. DRAWBRIDGE_UPDATE writes them.
func TestSnippets(t *testing.T) {
	for _, c := range Clients() {
		var b strings.Builder
		for _, tok := range []string{"", token} {
			s := c.Snippet(To("https://ada.example.com", []string{"files"}, tok))
			b.WriteString("-- " + map[bool]string{true: "sign in", false: "token"}[tok == ""] + " --\n" + s.Text + "\n\n" + s.Where + "\n")
			if s.Install != "" {
				b.WriteString(s.Install + "\n")
			}
		}
		path := filepath.Join("testdata", c.Key+".txt")
		if os.Getenv("DRAWBRIDGE_UPDATE") != "" {
			if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), b.String()); d != "" {
			t.Errorf("%s: %s", c.Key, d)
		}
		if !c.Tokens && strings.Contains(b.String(), token) {
			t.Errorf("%s takes no token and shows it", c.Key)
		}
	}
}

// TestInstallLinks: what a client reads out of its link is the entry.
func TestInstallLinks(t *testing.T) {
	l := To("https://ada.example.com", nil, "")
	u, err := url.Parse(cursor(l).Install)
	if err != nil {
		t.Fatal(err)
	}
	config, err := base64.StdEncoding.DecodeString(u.Query().Get("config"))
	if err != nil || string(config) != `{"url":"https://ada.example.com/mcp"}` || u.Query().Get("name") != "drawbridge" {
		t.Errorf("%s, %v: %s", config, err, u)
	}
	raw, err := url.PathUnescape(strings.TrimPrefix(vsCode(l).Install, "vscode:mcp/install?"))
	var entry map[string]string
	if err != nil || json.Unmarshal([]byte(raw), &entry) != nil {
		t.Fatal(raw, err)
	}
	if d := cmp.Diff(map[string]string{"name": "drawbridge", "type": "http", "url": "https://ada.example.com/mcp"}, entry); d != "" {
		t.Error(d)
	}
	if l.Token = token; cursor(l).Install+vsCode(l).Install != "" {
		t.Error("a token is put into a link")
	}
}

func TestReach(t *testing.T) {
	const local, near, far = "on this computer", "on your network", "Agents anywhere"
	for address, from := range map[string]string{
		"http://127.0.0.1:7040": local, "http://localhost:7040": local, "http://[::1]:7040": local,
		"https://192.168.1.7:7443": near, "https://[fd77::1]:7443": near, "https://169.254.3.4": near,
		"https://ada.example.com": far, "https://192.0.2.4:7040": far,
	} {
		if said := Reach(address); !strings.Contains(said, from) || IsLocal(address) != (from == local) || IsNear(address) != (from != far) {
			t.Errorf("%s: %s", address, said)
		}
	}
}

func TestQuote(t *testing.T) {
	for s, want := range map[string]string{"": "''", "a-b_1": "a-b_1", "a b": "'a b'", "it's $5": `'it'\''s $5'`, "http://h/p?q": "'http://h/p?q'"} {
		if got := quote(s); got != want {
			t.Errorf("%q is %s, want %s", s, got, want)
		}
	}
}

func TestQR(t *testing.T) {
	squares, err := QR("https://ada.example.com/mcp")
	if err != nil || len(squares) < 21 {
		t.Fatal(len(squares), err)
	}
	for _, corner := range [][2]int{{0, 0}, {0, len(squares) - 7}, {len(squares) - 7, 0}} {
		for i := range 7 {
			if !squares[corner[0]][corner[1]+i] {
				t.Fatalf("no finder at %v", corner)
			}
		}
	}
	lines := strings.Split(strings.TrimSuffix(Blocks(squares), "\n"), "\n")
	if len(lines) != (len(squares)+5)/2 || len([]rune(lines[0])) != len(squares)+4 {
		t.Errorf("%d lines of %d", len(lines), len([]rune(lines[0])))
	}
	if _, err := QR(strings.Repeat("x", 5_000)); err == nil {
		t.Error("a text that fits nowhere has a code")
	}
}
