package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Segments is a choice of one among a few, all in sight. The arrow keys move it.
type Segments struct {
	press

	names   []string
	at      int
	changed func(int)
	parts   []*segment
	back    *Panel
}

// NewSegments makes a choice; the first is chosen. changed is called with the number of the one that
// was chosen then.
func NewSegments(changed func(int), names ...string) *Segments {
	s := &Segments{names: names, changed: changed, back: NewPanel(Well, 8)}
	for i, name := range names {
		s.parts = append(s.parts, newSegment(name, func() { s.Pick(i) }))
	}
	s.parts[0].pick(true)
	s.extend(s, nil)
	return s
}

// At is the number of the one that is chosen.
func (s *Segments) At() int { return s.at }

// Pick chooses number i.
func (s *Segments) Pick(i int) {
	if i == s.at || i < 0 || i >= len(s.parts) {
		return
	}
	s.parts[s.at].pick(false)
	s.parts[i].pick(true)
	s.at = i
	s.changed(i)
}

// TypedKey moves the choice with the arrows; other keys are the window's.
func (s *Segments) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyLeft:
		s.Pick(s.at - 1)
	case fyne.KeyRight:
		s.Pick(s.at + 1)
	default:
		pass(s, key)
	}
}

// Refresh draws the choice as it is now.
func (s *Segments) Refresh() {
	s.ringAround(s.back)
	s.BaseWidget.Refresh()
}

// CreateRenderer is Fyne's way to draw a widget.
func (s *Segments) CreateRenderer() fyne.WidgetRenderer {
	row := Across(2)
	for _, p := range s.parts {
		row.Add(p)
	}
	return widget.NewSimpleRenderer(Over(s.back, Inset(2, 2, 2, 2, row)))
}

// segment is one of the choices. The keyboard is on the whole, never on one.
type segment struct {
	widget.BaseWidget

	label  *Text
	back   *Panel
	picked func()
}

func newSegment(name string, picked func()) *segment {
	s := &segment{label: NewText(name, Firm).Tinted(Muted), back: NewPanel("", 6), picked: picked}
	s.ExtendBaseWidget(s)
	return s
}

func (s *segment) pick(on bool) {
	s.back.raised = on
	if on {
		s.back.SetFill(Paper)
		s.label.SetColour(Ink)
	} else {
		s.back.SetFill("")
		s.label.SetColour(Muted)
	}
	s.back.Refresh()
}

func (s *segment) Tapped(*fyne.PointEvent) { s.picked() }

func (s *segment) MinSize() fyne.Size { return fyne.NewSize(s.label.Natural().Width+24, 28) }

func (s *segment) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(Over(s.back, Inset(0, 12, 0, 12, Across(0, s.label))))
}
