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

// TestGallery draws every scene, and looks for what a person would notice at once: in turns light in a large window, and dark in one as
// small as it gets. DRAWBRIDGE_GALLERY keeps pictures of all in that directory: both themes, sizes and scales.
func TestGallery(t *testing.T) {
	large, small := fyne.NewSize(1280, 840), fyne.NewSize(900, 600)
	kept := os.Getenv("DRAWBRIDGE_GALLERY")
	for i, s := range scenes() {
		for j, c := range []struct {
			name  string
			mode  look.Mode
			size  fyne.Size
			scale float32
		}{
			{"light-large", look.Light, large, 1}, {"dark-small", look.Dark, small, 1},
			{"dark-large", look.Dark, large, 1.5}, {"light-small", look.Light, small, 1.5},
		} {
			if kept == "" && i%2 != j {
				continue
			}
			t.Run(s.name+"-"+c.name, func(t *testing.T) {
				w, r := staged(t, s.full, c.mode, c.size)
				s.set(w)
				for _, want := range s.shows {
					r.expect(want)
				}
				for _, fault := range sight(w.win.Canvas()).faults(s.cut) {
					t.Error(fault)
				}
				scale := c.scale
				if kept == "" {
					scale = 0.4 // much quicker, and as telling
				}
				w.win.Canvas().(interface{ SetScale(float32) }).SetScale(scale)
				w.win.Resize(c.size)
				picture := w.win.Canvas().Capture()
				if n := colours(picture); n < 40 {
					t.Errorf("%d colours: that is no picture of a window", n)
				}
				if kept != "" {
					save(t, filepath.Join(kept, s.name+"-"+c.name+".png"), picture)
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

// stageTime is when every scene plays.
func stageTime() time.Time { return time.Date(2026, 11, 23, 10, 3, 49, 0, time.Local) }

// staged is a window of that size, with a household in it or empty. Its dispatched work waits until the test lets it happen.
func staged(t *testing.T, full bool, m look.Mode, size fyne.Size) (*window, *rig) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(sharp{look.NewTheme(m)})
	r := &rig{t: t, fake: newFake(), work: make(chan func(), 1000)}
	now := stageTime()
	if full {
		r.fake.state = house(now)
		r.fake.records = houseRecords(now)
		r.fake.payloads = housePayloads()
	}
	r.window = newWindow(t.Context(), a, r.fake, func(f func()) { r.work <- f }, func() {})
	t.Cleanup(func() {
		for len(r.sheets) > 0 {
			r.sheets[len(r.sheets)-1].Close()
		}
		r.window.work.Wait()
		r.win.Close()
	})
	r.win.Resize(size)
	stage(r.window, r.fake.state, now)
	return r.window, r
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
	w.mirror.view.standing = w.stand()
	w.mirror.view.now = now
	w.show(&w.mirror.view, c)
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
