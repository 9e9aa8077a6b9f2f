package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"drawbridge/app/ui/look"
)

// seen is what a person sees of a window: its texts, each where it is drawn.
type seen []word

type word struct {
	text     string
	at, clip box
	layer    int // dialogs and menus lie over the window
}

type box struct{ left, top, right, bottom float32 }

func boxOf(p fyne.Position, s fyne.Size) box { return box{p.X, p.Y, p.X + s.Width, p.Y + s.Height} }

func (a box) and(b box) box {
	return box{max(a.left, b.left), max(a.top, b.top), min(a.right, b.right), min(a.bottom, b.bottom)}
}

func (a box) empty() bool { return a.right-a.left < 1 || a.bottom-a.top < 1 }

// sight reads a canvas.
func sight(c fyne.Canvas) seen {
	var s seen
	whole := boxOf(fyne.Position{}, c.Size())
	s.read(c.Content(), fyne.Position{}, whole, 0)
	for i, o := range c.Overlays().List() {
		s.read(o, fyne.Position{}, whole, i+1)
	}
	return s
}

func (s *seen) read(o fyne.CanvasObject, parent fyne.Position, clip box, layer int) {
	if !o.Visible() {
		return
	}
	at := parent.Add(o.Position())
	switch o := o.(type) {
	case *canvas.Text:
		if here := boxOf(at, o.Size()); !here.and(clip).empty() && strings.TrimSpace(o.Text) != "" {
			*s = append(*s, word{o.Text, here, clip, layer})
		}
	case *fyne.Container:
		for _, child := range o.Objects {
			s.read(child, at, clip, layer)
		}
	case fyne.Widget:
		switch o.(type) {
		case *container.Scroll, *widget.List:
			clip = clip.and(boxOf(at, o.Size()))
		}
		for _, child := range test.WidgetRenderer(o).Objects() {
			s.read(child, at, clip, layer)
		}
	}
}

// has reports whether a text is in sight; of a long one its first line is enough.
func (s seen) has(text string) bool {
	return slices.ContainsFunc(s, func(w word) bool { return strings.HasPrefix(w.text, text) })
}

// faults are the texts that lie on one another, stick out of the window, or are cut though nobody said
// that they may be.
func (s seen) faults(cut []string) (faults []string) {
	for i, w := range s {
		whole := slices.ContainsFunc(cut, func(c string) bool { return strings.HasPrefix(w.text, c) })
		if strings.HasSuffix(w.text, "…") && !whole && !menuItem(w.text) {
			faults = append(faults, fmt.Sprintf("%q is cut", w.text))
		}
		if w.at.left < w.clip.left-1 || w.at.right > w.clip.right+1 {
			faults = append(faults, fmt.Sprintf("%q sticks out: %v of %v", w.text, w.at, w.clip))
		}
		for _, v := range s[i+1:] {
			if over := w.at.and(v.at); v.layer == w.layer && over.right-over.left > 1 && over.bottom-over.top > 3 && w.at != v.at {
				faults = append(faults, fmt.Sprintf("%q %v lies on %q %v", w.text, w.at, v.text, v.at))
			}
		}
	}
	return faults
}

// menuItem reports whether a text ends in an ellipsis because a question follows.
func menuItem(text string) bool {
	return slices.Contains([]string{"Logs…", "Remove…", "Revoke…", "Rotate token…", "Edit…", "Share…", "Share servers…", "Import…", "Export…", "Filter…", "Look…", "What changed…", "What you approved…", "Looking…", "Enter a code…", "Save…", "Add address…", "Keep a secret…", "Remove a secret…", "Add a quota…", "Add a collector…", "Add a provider…", "Let agents in…"}, text)
}

// find returns the first visible object that fits, the topmost layer first.
func find[T fyne.CanvasObject](w *window, fits func(T) bool) (found T, ok bool) {
	var walk func(fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if ok || !o.Visible() {
			return
		}
		if x, is := o.(T); is && fits(x) {
			found, ok = x, true
			return
		}
		switch o := o.(type) {
		case *fyne.Container:
			for _, child := range o.Objects {
				walk(child)
			}
		case fyne.Widget:
			for _, child := range test.WidgetRenderer(o).Objects() {
				walk(child)
			}
		}
	}
	layers := w.win.Canvas().Overlays().List()
	for _, l := range slices.Backward(layers) {
		walk(l)
	}
	if !ok {
		walk(w.win.Canvas().Content())
	}
	return found, ok
}

// button is the button with that label on the topmost layer that has one. There must be one.
func button(w *window, label string) *look.Button {
	b, ok := find(w, func(b *look.Button) bool { return b.Label() == label })
	if !ok {
		panic(fmt.Sprintf("no button %q", label))
	}
	return b
}

// choose takes an entry of the open menu.
func choose(w *window, label string) {
	m, ok := find(w, func(*widget.PopUpMenu) bool { return true })
	if !ok {
		panic("no menu is open")
	}
	for _, i := range m.Items {
		if t, ok := i.(interface{ Tapped(*fyne.PointEvent) }); ok && strings.Contains(said(i), label) {
			t.Tapped(nil)
			return
		}
	}
	panic(fmt.Sprintf("no entry %q", label))
}

// said is all the text of an object.
func said(o fyne.CanvasObject) string {
	var s seen
	s.read(o, fyne.Position{}, box{-1e6, -1e6, 1e6, 1e6}, 0)
	var texts []string
	for _, w := range s {
		texts = append(texts, w.text)
	}
	return strings.Join(texts, "\n")
}

// TestSight shows that a bad picture is found out.
func TestSight(t *testing.T) {
	clip := box{0, 0, 100, 100}
	s := seen{
		{"on top", box{0, 0, 50, 20}, clip, 0},
		{"of this", box{40, 10, 90, 30}, clip, 0},
		{"too wide", box{50, 50, 120, 70}, clip, 0},
		{"cut…", box{0, 80, 40, 95}, clip, 0},
		{"long…", box{50, 80, 90, 95}, clip, 0},
	}
	if got := s.faults([]string{"long"}); len(got) != 3 {
		t.Errorf("%d faults, want 3: %q", len(got), got)
	}
}
