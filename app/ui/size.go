package ui

import "fyne.io/fyne/v2"

// The window's size is kept from one start to the next.
const (
	widthKey  = "window.width"
	heightKey = "window.height"
)

// usualSize is the window's size at the first start.
func usualSize() fyne.Size { return fyne.NewSize(1120, 740) }

// recall is the size that was kept, or the usual one. Nothing that cannot be meant is believed.
func recall(p fyne.Preferences) fyne.Size {
	usual := usualSize()
	size := fyne.NewSize(float32(p.FloatWithFallback(widthKey, float64(usual.Width))), float32(p.FloatWithFallback(heightKey, float64(usual.Height))))
	if size.Width < 400 || size.Height < 300 || size.Width > 20_000 || size.Height > 20_000 {
		return usual
	}
	return size
}

// keep keeps the window's size.
func keep(p fyne.Preferences, size fyne.Size) {
	if size.Width > 0 && size.Height > 0 {
		p.SetFloat(widthKey, float64(size.Width))
		p.SetFloat(heightKey, float64(size.Height))
	}
}
