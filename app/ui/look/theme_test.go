package look

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// TestContrast: every text can be read on what it lies on (WCAG 2.2 AA, 4.5 to 1).
func TestContrast(t *testing.T) {
	pairs := [][2]fyne.ThemeColorName{
		{Ink, Ground}, {Ink, Paper}, {Ink, Sidebar}, {Ink, Well}, {Ink, theme.ColorNameButton}, {Ink, Picked},
		{Muted, Ground}, {Muted, Paper}, {Muted, Sidebar}, {Muted, Well}, {Muted, theme.ColorNameInputBackground},
		{Accent, Picked}, {Accent, Paper},
		{theme.ColorNameForegroundOnPrimary, Accent},
	}
	for tone := Quiet; tone <= Bad; tone++ {
		pairs = append(pairs, [2]fyne.ThemeColorName{tone.Strong(), tone.Soft()}, [2]fyne.ThemeColorName{tone.Strong(), Paper})
	}
	for name, mode := range map[string]Mode{"light": Light, "dark": Dark} {
		th := NewTheme(mode)
		for _, p := range pairs {
			if c := contrast(th.Color(p[0], 0), th.Color(p[1], 0)); c < 4.5 {
				t.Errorf("%s: %s on %s: %.2f to 1", name, p[0], p[1], c)
			}
		}
	}
}

// TestEdges: where a field or a box ends, and where the keyboard is, can be seen (WCAG 2.2 AA, 1.4.11: 3 to 1).
func TestEdges(t *testing.T) {
	grounds := []fyne.ThemeColorName{Ground, Paper, theme.ColorNameInputBackground, theme.ColorNameOverlayBackground}
	for name, mode := range map[string]Mode{"light": Light, "dark": Dark} {
		th := NewTheme(mode)
		for _, edge := range []fyne.ThemeColorName{theme.ColorNameInputBorder, theme.ColorNameFocus, theme.ColorNamePrimary} {
			for _, ground := range grounds {
				below := th.Color(ground, 0)
				if c := contrast(laid(th.Color(edge, 0), below), below); c < 3 {
					t.Errorf("%s: %s on %s: %.2f to 1", name, edge, ground, c)
				}
			}
		}
	}
}

// laid is what a colour that may be translucent looks like on another.
func laid(c, on color.Color) color.Color {
	r, g, b, a := c.RGBA()
	x, y, z, _ := on.RGBA()
	mix := func(over, under uint32) uint16 { return uint16(over + under*(0xffff-a)/0xffff) }
	return color.RGBA64{mix(r, x), mix(g, y), mix(b, z), 0xffff}
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func TestModes(t *testing.T) {
	light, dark, system := NewTheme(Light), NewTheme(Dark), NewTheme(System)
	if light.Color(Ground, theme.VariantDark) == dark.Color(Ground, theme.VariantLight) {
		t.Error("light and dark have the same ground")
	}
	if system.Color(Ground, theme.VariantDark) != dark.Color(Ground, theme.VariantLight) {
		t.Error("the system's choice is not followed")
	}
	for name := range light.light {
		if _, ok := dark.dark[name]; !ok {
			t.Errorf("%s has no dark colour", name)
		}
	}
	if len(light.light) != len(dark.dark) {
		t.Errorf("%d light colours, %d dark ones", len(light.light), len(dark.dark))
	}
}

// TestFontsAreRead: text in each of the fonts is as wide as that font makes it, so none fell back to another.
func TestFontsAreRead(t *testing.T) {
	dressed(t, Light)
	body, firm, strong, code := NewText("Drawbridge mill", Body), NewText("Drawbridge mill", Firm), NewText("Drawbridge mill", Strong), NewText("Drawbridge mill", Code)
	widths := map[float32]bool{}
	for _, w := range []*Text{body, firm, strong, code} {
		widths[w.Natural().Width] = true
	}
	if len(widths) != 4 {
		t.Errorf("%d widths, want 4: %v", len(widths), widths)
	}
	if a, b := NewText("iiii", Code).Natural(), NewText("mmmm", Code).Natural(); a != b {
		t.Errorf("code is not monospaced: %v, %v", a, b)
	}
}

// dressed makes an app with the theme, and a window of it.
func dressed(t *testing.T, m Mode) fyne.Window {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(NewTheme(m))
	w := a.NewWindow("")
	t.Cleanup(w.Close)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(400, 400))
	return w
}

// put shows objects in the window, one below the other.
func put(w fyne.Window, o ...fyne.CanvasObject) {
	w.SetContent(Down(0, o...))
	w.Resize(fyne.NewSize(400, 400))
}
