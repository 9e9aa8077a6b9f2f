package look

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

func key(name fyne.KeyName) *fyne.KeyEvent { return &fyne.KeyEvent{Name: name} }

func TestButton(t *testing.T) {
	w := dressed(t, Light)
	n := 0
	b := NewButton(Primary, "plus", "New token", func() { n++ })
	put(w, b)
	escaped := 0
	w.Canvas().SetOnTypedKey(func(k *fyne.KeyEvent) {
		if k.Name == fyne.KeyEscape {
			escaped++
		}
	})
	test.Tap(b)
	b.TypedKey(key(fyne.KeySpace))
	b.TypedKey(key(fyne.KeyReturn))
	b.TypedKey(key(fyne.KeyEscape))
	if n != 3 || escaped != 1 {
		t.Errorf("pressed %d times, want 3; the window saw %d Escapes, want 1", n, escaped)
	}
	b.Disable()
	test.Tap(b)
	b.TypedKey(key(fyne.KeySpace))
	if n != 3 || b.Cursor() != desktop.DefaultCursor {
		t.Errorf("a disabled button was pressed")
	}
}

// TestRingIsTheKeyboards: who clicks knows where he is.
func TestRingIsTheKeyboards(t *testing.T) {
	w := dressed(t, Light)
	b := NewButton(Soft, "", "Pause", nil)
	put(w, b)
	b.FocusGained()
	if b.ring.edge != theme.ColorNameFocus {
		t.Error("the keyboard's focus shows no ring")
	}
	b.FocusLost()
	b.MouseIn(nil)
	b.FocusGained()
	if b.ring.edge != "" {
		t.Error("a click shows a ring")
	}
	if b.glow.fill != theme.ColorNameHover {
		t.Error("nothing shows that the pointer is over it")
	}
	b.MouseOut()
	if b.glow.fill != "" {
		t.Error("it stays lit")
	}
}

// TestButtonKeepsItsWords: a longer label makes a wider button.
func TestButtonKeepsItsWords(t *testing.T) {
	w := dressed(t, Light)
	b := NewButton(Soft, "copy", "Copy", nil)
	put(w, Across(0, b, Spring()))
	short := b.MinSize().Width
	b.Set(Primary, "Copy for Claude Code")
	w.Content().Refresh()
	if b.MinSize().Width <= short || drawn(b.label).Text != "Copy for Claude Code" {
		t.Errorf("%v wide after %v, showing %q", b.MinSize().Width, short, drawn(b.label).Text)
	}
}

func TestNav(t *testing.T) {
	w := dressed(t, Light)
	n := 0
	nav := NewNav("calls", "Live calls", func() { n++ })
	put(w, nav)
	test.Tap(nav)
	if n != 1 {
		t.Errorf("pressed %d times", n)
	}
	nav.Pick(true)
	if nav.glyph.drawing.Name() != "calls-fill.svg" || nav.label.face.colour != Accent {
		t.Errorf("picked it draws %s in %s", nav.glyph.drawing.Name(), nav.label.face.colour)
	}
	nav.Badge("3", Busy)
	if !nav.pill.Visible() || nav.count.Text() != "3" {
		t.Error("no badge")
	}
	nav.Badge("", Busy)
	if nav.pill.Visible() {
		t.Error("an empty badge is shown")
	}
}

func TestSegments(t *testing.T) {
	w := dressed(t, Light)
	var got []int
	s := NewSegments(func(i int) { got = append(got, i) }, "All", "Running", "Problems")
	put(w, s)
	test.Tap(s.parts[2])
	test.Tap(s.parts[2])
	s.TypedKey(key(fyne.KeyLeft))
	s.TypedKey(key(fyne.KeyLeft))
	s.TypedKey(key(fyne.KeyLeft))
	s.TypedKey(key(fyne.KeyRight))
	if want := []int{2, 1, 0, 1}; !slices.Equal(got, want) || s.At() != 1 {
		t.Errorf("chose %v, at %d; want %v", got, s.At(), want)
	}
	for i, p := range s.parts {
		if lit := p.back.fill == Paper; lit != (i == 1) {
			t.Errorf("segment %d: lit %v", i, lit)
		}
	}
}

// TestEntryGivesKeysBack: Escape reaches the window while the owner types.
func TestEntryGivesKeysBack(t *testing.T) {
	w := dressed(t, Light)
	e := NewEntry("Filter")
	put(w, e)
	var keys []fyne.KeyName
	w.Canvas().SetOnTypedKey(func(k *fyne.KeyEvent) { keys = append(keys, k.Name) })
	test.Type(e, "abc")
	e.TypedKey(key(fyne.KeyBackspace))
	e.TypedKey(key(fyne.KeyEscape))
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	if e.Text != "ab" || !slices.Equal(keys, []fyne.KeyName{fyne.KeyEscape}) || e.SelectedText() != "ab" {
		t.Errorf("text %q, keys %v, selected %q", e.Text, keys, e.SelectedText())
	}
}
