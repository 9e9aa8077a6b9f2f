package ui

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// scene is a state of the window worth a picture.
type scene struct {
	name  string
	full  bool
	set   func(*window)
	shows []string // texts that must be in sight, whole
	cut   []string // beginnings of texts that may end in an ellipsis
}

func scenes() []scene {
	turn := func(i int) func(*window) { return func(w *window) { w.turn(i) } }
	servers := func(w *window) *serversPage { return w.pages[0].(*serversPage) }
	calls := func(w *window) *callsPage { w.turn(2); return w.pages[2].(*callsPage) }
	long := []string{"npx was not found", "filesystem / ", "postgres / ", "github / ", "claude-laptop", "claude-code", "file:///"}
	return []scene{
		{"servers", true, turn(0), []string{"Servers", "filesystem", "Running", "2 processes  ·  11 tools  ·  57 calls in the last 15 min", "Failed", "Bridge lowered", "2 agents connected", "127.0.0.1:7040"}, long},
		{"servers-empty", false, turn(0), []string{"No servers yet", "Add server", "Bridge raised", "Nobody can call", "Lower the bridge"}, nil},
		{"servers-open", true, func(w *window) {
			w.turn(0)
			servers(w).cards["filesystem"].expand(true)
			servers(w).cards["playwright"].expand(true)
		}, []string{"Serves claude-laptop (ada@example.com)", "A spare, for the next session", "directory_tree", "What is wrong"}, long},
		{"server-menu", true, func(w *window) {
			w.turn(0)
			test.Tap(servers(w).cards["github"].more)
		}, []string{"Restart", "Logs…", "Remove…"}, long},
		{"server-new", true, func(w *window) { w.turn(0); w.addServer() }, []string{"Add a server", "Command"}, long},
		{"server-wrong", true, func(w *window) {
			w.addServer()
			test.Tap(button(w, "Add server"))
		}, []string{"Add a server", "Type the command that starts the server, such as npx -y"}, long},
		{"server-logs", true, func(w *window) { w.logs("filesystem") }, []string{"Logs of filesystem", "Done"}, long},
		{"server-remove", true, func(w *window) {
			c := servers(w).cards["github"]
			test.Tap(c.more)
			choose(w, "Remove…")
		}, []string{"Remove github?", "Cancel", "Remove"}, long},
		{"agents", true, turn(1), []string{"claude-laptop", "Connected", "Expired", "Never used", "May use postgres, only tools query and list_*  ·  expires in 6 days  ·  27 calls in the last 15 min"}, nil},
		{"agents-empty", false, turn(1), []string{"No agents yet", "New token"}, nil},
		{"agents-notice", true, func(w *window) {
			w.turn(1)
			w.notice.show("Could not rotate the token of claude-laptop", reason("the keychain is locked: unlock it and try again"))
		}, []string{"Could not rotate the token of claude-laptop", "the keychain is locked: unlock it and try again"}, nil},
		{"token-new", true, func(w *window) { w.turn(1); w.newToken() }, []string{"New token", "Every server, also those added later", "filesystem  (11 tools)", "90 days", "Create token"}, nil},
		{"token-shown", true, func(w *window) { w.turn(1); w.showToken("claude-laptop", secret, nil) }, []string{secret, "Copy for Claude Code", "Claude Code", "VS Code"}, nil},
		{"calls", true, func(w *window) { calls(w) }, []string{"Live calls", "10:03:48", "Running 40%", "Tool error", "postgres / query", "140 calls kept here"}, long},
		{"calls-empty", false, func(w *window) { calls(w) }, []string{"No calls yet", "New token"}, nil},
		{"calls-detail", true, func(w *window) { calls(w).pick(139) }, []string{"Cancel call", "Reading 2 of 5 files", "cursor 3.9  ·  HTTP+SSE", "Arguments"}, long},
		{"calls-failed", true, func(w *window) { calls(w).pick(134) }, []string{"read_text_file", `postgres: relation "orders" does not exist`, "Answer"}, long},
		{"calls-filtered", true, func(w *window) { test.Type(calls(w).filter, "postgres ok") }, []string{"38 of 140 calls kept here"}, long},
		{"calls-nothing", true, func(w *window) { test.Type(calls(w).filter, "zebra") }, []string{"No call like that", "Show all calls"}, nil},
		{"closing", true, func(w *window) { w.leave() }, []string{"Quit Drawbridge?", "Quit"}, long},
	}
}

// TestGallery draws every scene, light and dark, and looks for what a person would notice at once.
// DRAWBRIDGE_GALLERY keeps the pictures in that directory.
func TestGallery(t *testing.T) {
	for _, s := range scenes() {
		for name, mode := range map[string]look.Mode{"light": look.Light, "dark": look.Dark} {
			t.Run(s.name+"-"+name, func(t *testing.T) {
				w := staged(t, s.full, mode)
				s.set(w)
				seen := sight(w.win.Canvas())
				for _, want := range s.shows {
					if !seen.has(want) {
						t.Errorf("%q is not shown", want)
					}
				}
				for _, fault := range seen.faults(s.cut) {
					t.Error(fault)
				}
				if os.Getenv("DRAWBRIDGE_GALLERY") == "" {
					w.win.Canvas().(interface{ SetScale(float32) }).SetScale(0.4) // much quicker, and as telling
				}
				picture := w.win.Canvas().Capture()
				if n := colours(picture); n < 40 {
					t.Errorf("%d colours: that is no picture of a window", n)
				}
				if dir := os.Getenv("DRAWBRIDGE_GALLERY"); dir != "" {
					save(t, filepath.Join(dir, s.name+"-"+name+".png"), picture)
				}
			})
		}
	}
}

// sharp is the theme without blur and shades, which are most of the time that a picture takes. Pictures
// that are kept have them.
type sharp struct{ *look.Theme }

func (s sharp) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if n == look.Veil && os.Getenv("DRAWBRIDGE_GALLERY") == "" {
		return color.Transparent
	}
	return s.Theme.Color(n, v)
}

func (s sharp) Size(n fyne.ThemeSizeName) float32 {
	if n == theme.SizeNameModalBlurRadius && os.Getenv("DRAWBRIDGE_GALLERY") == "" {
		return 0
	}
	return s.Theme.Size(n)
}

// staged is a window at its usual size, with a household in it or empty.
func staged(t *testing.T, full bool, m look.Mode) *window {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(sharp{look.NewTheme(m)})
	w := newWindow(a, newFake(), func(f func()) { f() }, func() {})
	t.Cleanup(w.win.Close)
	now := time.Date(2026, 11, 23, 10, 3, 49, 0, time.Local)
	s := newFake().state
	if full {
		s = house(now)
	}
	stage(w, s, now)
	return w
}

// colours counts how many different ones a picture has.
func colours(img image.Image) int {
	seen := map[color.Color]bool{}
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 2 {
		for x := b.Min.X; x < b.Max.X; x += 2 {
			seen[img.At(x, y)] = true
		}
	}
	return len(seen)
}

// stage shows a snapshot in the window as the mirror does.
func stage(w *window, s bridge.Snapshot, now time.Time) {
	w.hidden = false
	c := w.mirror.view.begin(s)
	w.mirror.view.now = now
	w.show(&w.mirror.view, c)
	w.win.Resize(fyne.NewSize(1120, 740))
}

func save(t *testing.T, path string, img image.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
