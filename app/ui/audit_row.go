package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
)

// auditRow is one record in the list.
type auditRow struct {
	widget.BaseWidget

	back           *look.Panel
	at, who, where *look.Text
	what           *look.Text
	chip           *look.Chip
}

func newAuditRow() *auditRow {
	r := &auditRow{
		back: look.NewPanel("", 7), at: look.NewText("", look.CodeNote), who: look.NewText("", look.Body),
		where: look.NewText("", look.Body), what: look.NewText("", look.Code), chip: look.NewChip("", look.Quiet),
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *auditRow) show(c *audit.Record, now time.Time, picked bool) {
	r.at.SetText(moment(c.Time, now))
	who := plain(c.Agent)
	if who == "" && c.Kind == audit.Owner {
		who = "You"
	}
	r.who.SetText(who)
	r.where.SetText(plain(c.Server))
	r.what.SetText(deed(c))
	r.chip.Set(verdict(c))
	r.back.SetFill(map[bool]fyne.ThemeColorName{true: look.Picked}[picked])
}

// CreateRenderer is Fyne's way to draw a widget.
func (r *auditRow) CreateRenderer() fyne.WidgetRenderer {
	cells := &fyne.Container{Layout: auditColumns{}, Objects: []fyne.CanvasObject{r.at, r.who, r.where, r.what, r.chip}}
	return widget.NewSimpleRenderer(look.Over(r.back, cells))
}

func auditHeader() fyne.CanvasObject {
	var names []fyne.CanvasObject
	for _, name := range []string{"When", "Who", "Server", "What", "Result"} {
		names = append(names, look.NewText(name, look.Caption))
	}
	return &fyne.Container{Layout: auditColumns{}, Objects: names}
}

// auditColumns lays a record out, so that all rows and the header agree.
type auditColumns struct{}

func (auditColumns) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(420, callRowHeight) }

func (auditColumns) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const pad, gap, at, chip = 8, 12, 124, 104
	left := size.Width - 2*pad - 4*gap - at - chip
	who, where := fyne.Min(160, left*0.27), fyne.Min(130, left*0.22)
	if size.Width < 620 { // the pane beside the list says where it was
		where = -gap
	}
	visible(o[2], where > 0)
	x := float32(pad)
	for i, w := range [...]float32{at, who, where, left - who - where, chip} {
		h := o[i].MinSize().Height
		o[i].Move(fyne.NewPos(x, (size.Height-h)/2))
		o[i].Resize(fyne.NewSize(w, h))
		x += w + gap
	}
}

// deed is what a record tells of, in a line.
func deed(r *audit.Record) string {
	switch r.Kind {
	case audit.Owner:
		return plain(r.Note)
	case audit.SessionBegin:
		return "began a session" + over(r.Front)
	case audit.SessionEnd:
		return "ended its session" + over(r.Front)
	case audit.SignIn:
		return strings.TrimSpace("sign-in " + plain(r.Note))
	case audit.Asked:
		return "the server asks: " + plain(r.Method)
	case audit.Answered:
		return "answer to " + plain(r.Method)
	case audit.CallBegin, audit.CallEnd, audit.Refused:
		if r.Name != "" {
			return plain(r.Name)
		}
		if r.Method != "" {
			return plain(r.Method)
		}
	}
	if r.Note != "" {
		return plain(r.Note)
	}
	return "record " + strings.ReplaceAll(string(r.Kind), "-", " ")
}

func over(way string) string {
	if way == "" {
		return ""
	}
	return " over " + front(way)
}

// verdict is how it went, in a word.
func verdict(r *audit.Record) (string, look.Tone) {
	switch r.Kind {
	case audit.CallBegin:
		return "Begun", look.Quiet
	case audit.CallEnd:
		return outcome(&bridge.CallInfo{Ended: true, End: bridge.Outcome{Result: bridge.Result(r.Outcome)}})
	case audit.Refused:
		return "Refused", look.Warn
	case audit.Asked:
		return "Asked", look.Quiet
	case audit.Answered:
		return "Answered", look.Quiet
	case audit.SessionBegin, audit.SessionEnd:
		return "Session", look.Quiet
	case audit.Owner:
		return "Yours", look.Busy
	case audit.SignIn:
		if r.Error != "" {
			return "Failed", look.Bad
		}
		return "Signed in", look.Good
	case audit.Damaged, audit.Lost:
		return "Damage", look.Bad
	}
	return "Record", look.Quiet
}
