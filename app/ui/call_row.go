package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// callRow is one call in the list.
type callRow struct {
	widget.BaseWidget

	back               *look.Panel
	at, agent, tool, t *look.Text
	chip               *look.Chip
}

func newCallRow() *callRow {
	r := &callRow{
		back: look.NewPanel("", 7), at: look.NewText("", look.CodeNote), agent: look.NewText("", look.Body),
		tool: look.NewText("", look.Code), chip: look.NewChip("", look.Quiet), t: look.NewText("", look.Caption).Trailing(),
	}
	r.ExtendBaseWidget(r)
	return r
}

// show brings the row up to c.
func (r *callRow) show(c *bridge.CallInfo, now time.Time, picked bool) {
	r.at.SetText(c.Started.Format("15:04:05"))
	who := c.Agent
	if c.User != "" {
		who += " · " + c.User
	}
	r.agent.SetText(plain(who))
	r.tool.SetText(where(c) + " / " + what(c))
	word, tone := outcome(c)
	r.chip.Set(word, tone)
	r.t.SetText(took(lasted(c, now)))
	if picked {
		r.back.SetFill(look.Picked)
	} else {
		r.back.SetFill("")
	}
}

// lasted is how long a call took, or has been running.
func lasted(c *bridge.CallInfo, now time.Time) time.Duration {
	if c.Ended {
		return c.End.Took
	}
	return now.Sub(c.Started)
}

// CreateRenderer is Fyne's way to draw a widget.
func (r *callRow) CreateRenderer() fyne.WidgetRenderer {
	cells := &fyne.Container{Layout: callColumns{}, Objects: []fyne.CanvasObject{r.at, r.agent, r.tool, r.chip, r.t}}
	return widget.NewSimpleRenderer(look.Over(r.back, cells))
}

// callHeader names the columns.
func callHeader() fyne.CanvasObject {
	var names []fyne.CanvasObject
	for _, name := range []string{"Time", "Agent", "Server / tool", "Result"} {
		names = append(names, look.NewText(name, look.Caption))
	}
	names = append(names, look.NewText("Took", look.Caption).Trailing())
	return &fyne.Container{Layout: callColumns{}, Objects: names}
}

// callColumns lays a row out, so that all rows and the header agree.
type callColumns struct{}

const callRowHeight = 34

func (callColumns) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(420, callRowHeight) }

func (callColumns) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const pad, gap, at, chip, took, narrow = 8, 12, 64, 104, 76, 540
	left := size.Width - 2*pad - 4*gap - at - chip - took
	agent := fyne.Min(220, left*0.36)
	if size.Width < narrow { // the pane beside the list says who it was
		agent = -gap
	}
	visible(o[1], agent > 0)
	x := float32(pad)
	for i, w := range [...]float32{at, agent, left - agent, chip, took} {
		h := o[i].MinSize().Height
		o[i].Move(fyne.NewPos(x, (size.Height-h)/2))
		o[i].Resize(fyne.NewSize(w, h))
		x += w + gap
	}
}
