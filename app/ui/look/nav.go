package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Nav is one entry of the sidebar. Its icon is filled while its page is shown.
type Nav struct {
	press

	icon   string
	picked bool
	glyph  *Icon
	label  *Text
	count  *Text
	badge  *Panel
	back   *Panel
	glow   *Panel
	ring   *Panel
	pill   *fyne.Container
	row    *fyne.Container
}

// NewNav makes an entry; assets has its icon under that name and, filled, under NAME-fill.
func NewNav(icon, label string, pressed func()) *Nav {
	n := &Nav{
		icon: icon, glyph: NewIcon(Drawing(icon), 18, Muted), label: NewText(label, Firm),
		count: NewText("", Caption), badge: NewPanel("", 9),
		back: NewPanel("", 8), glow: NewPanel("", 8), ring: NewPanel("", 8),
	}
	n.pill = Sized(0, 18, Over(n.badge, Inset(0, 7, 0, 7, n.count)))
	n.pill.Hide()
	n.row = Inset(0, 8, 0, 10, Across(10, n.glyph, Fill(n.label), n.pill))
	n.extend(n, pressed)
	return n
}

// Label is what the entry says.
func (n *Nav) Label() string { return n.label.Text() }

// Pick marks the entry as the one whose page is shown, or not.
func (n *Nav) Pick(on bool) {
	n.picked = on
	n.Refresh()
}

// Badge shows a short text at the entry's end; "" shows none.
func (n *Nav) Badge(text string, t Tone) {
	if text == n.count.Text() && t.Soft() == n.badge.fill {
		return
	}
	n.count.SetText(text)
	n.count.SetColour(t.Strong())
	n.badge.SetFill(t.Soft())
	n.pill.Hidden = text == ""
	n.row.Refresh() // the label gets what the badge leaves
}

// Refresh draws the entry as it is now.
func (n *Nav) Refresh() {
	if n.picked {
		n.back.SetFill(Picked)
		n.glyph.Set(Drawing(n.icon+"-fill"), Accent)
		n.label.SetColour(Accent)
	} else {
		n.back.SetFill("")
		n.glyph.Set(Drawing(n.icon), Muted)
		n.label.SetColour(Ink)
	}
	n.glow.SetFill(n.over())
	n.ringAround(n.ring)
	n.BaseWidget.Refresh()
}

// CreateRenderer is Fyne's way to draw a widget.
func (n *Nav) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(Over(n.back, n.glow, n.ring, Sized(0, 36, n.row)))
}
