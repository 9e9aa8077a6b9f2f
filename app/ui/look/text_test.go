package look

import (
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// drawn is what a text shows now.
func drawn(o fyne.Widget) *canvas.Text { return test.WidgetRenderer(o).Objects()[0].(*canvas.Text) }

func TestTextIsCut(t *testing.T) {
	w := dressed(t, Light)
	text := NewText("filesystem / read_text_file", Body)
	put(w, text)
	if got := drawn(text).Text; got != text.Text() {
		t.Errorf("with room it shows %q", got)
	}
	for width := float32(20); width < 160; width += 7 {
		text.Resize(fyne.NewSize(width, 20))
		got := drawn(text).Text
		if !strings.HasSuffix(got, "…") || !strings.HasPrefix(text.Text(), strings.TrimSuffix(got, "…")) {
			t.Errorf("in %v it shows %q", width, got)
		}
		if w := drawn(text).MinSize().Width; w > width && got != "…" {
			t.Errorf("%q is %v wide, the room is %v", got, w, width)
		}
	}
	text.Resize(fyne.NewSize(400, 20))
	text.SetText("short")
	if got := drawn(text).Text; got != "short" {
		t.Errorf("shows %q", got)
	}
}

func TestTextFollowsTheTheme(t *testing.T) {
	w := dressed(t, Light)
	text := NewText("hello", Body)
	put(w, text)
	before := drawn(text).Color
	test.ApplyTheme(t, NewTheme(Dark))
	w.Content().Refresh()
	if after := drawn(text).Color; after == before || after == color.Color(nil) {
		t.Errorf("dark text is drawn in %v, as in the light", after)
	}
}

func TestProse(t *testing.T) {
	w := dressed(t, Light)
	const said = "Add an MCP server that runs on this computer.\nThe agents can then use it."
	p := NewProse(said, Body, 160)
	put(w, p)
	p.Resize(fyne.NewSize(160, 200))
	if len(p.lines) < 3 {
		t.Errorf("%q", p.lines)
	}
	high := p.MinSize().Height
	p.Resize(fyne.NewSize(390, 200))
	if low := p.MinSize().Height; low >= high {
		t.Errorf("wide it is %v high, narrow %v", low, high)
	}
	if got := strings.Join(strings.Fields(strings.Join(p.lines, " ")), " "); got != strings.ReplaceAll(said, "\n", " ") {
		t.Errorf("it says %q", got)
	}
}

func FuzzProse(f *testing.F) {
	test.NewTempApp(f)
	f.Add("one two three", uint16(50))
	f.Add("averyveryverylongword and\n\nmore", uint16(30))
	f.Fuzz(func(t *testing.T, s string, width uint16) {
		s = Block(s, 200)
		p := NewProse(s, Body, float32(width%500))
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got := squeeze(strings.Join(p.lines, "")); got != squeeze(s) {
			t.Errorf("%q became %q", s, p.lines)
		}
		for _, l := range p.lines {
			if len([]rune(l)) > 1 && !p.fits(l) {
				t.Errorf("%q is wider than %v", l, p.width)
			}
		}
	})
}
