package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/layout"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

// trial is the part of a form that shows what came of trying a server.
type trial struct {
	w     *window
	body  *fyne.Container
	width float32
	moved func()
	end   context.CancelFunc // of the trial under way; nil when none is
	nth   int                // how many were started: what an older one says is not shown
}

func newTrial(w *window, width float32, moved func()) *trial {
	t := &trial{w: w, body: look.Down(8), width: width, moved: moved}
	t.body.Hide()
	return t
}

// stop ends the trial that is under way.
func (t *trial) stop() {
	if t.end != nil {
		t.end()
		t.end = nil
	}
}

func (t *trial) start(s app.NewServer) {
	t.stop()
	t.nth++
	nth := t.nth
	ctx, cancel := context.WithCancel(t.w.life)
	t.end = cancel
	t.say(look.Across(10, look.NewChip("Starting", look.Busy), look.Fill(look.NewText("First starts of npx, uvx and docker may take a minute.", look.Note))))
	t.w.work.Go(func() {
		defer cancel()
		got, err := t.w.app.TryServer(ctx, s)
		t.w.do(func() {
			if nth != t.nth || ctx.Err() != nil && t.end == nil {
				return
			}
			t.end = nil
			if err != nil {
				got.Error = err.Error()
			}
			t.show(s, got)
		})
	})
}

func (t *trial) say(o ...fyne.CanvasObject) {
	t.body.Objects = o
	t.body.Show()
	t.body.Refresh()
	t.moved()
}

func (t *trial) show(s app.NewServer, got app.Trial) {
	var parts []fyne.CanvasObject
	if got.Error == "" {
		parts = append(parts, look.Across(10, look.NewChip("It works", look.Good), look.Fill(look.NewText(dots(count(len(got.Tools), "tool"), eraWords(got.Era), took(got.Took)), look.Note))))
		tags := &fyne.Container{Layout: layout.NewRowWrapLayoutWithCustomPadding(6, 6)}
		for i, tool := range got.Tools {
			if i == toolsShown {
				break
			}
			tags.Add(look.Tag(look.Plain(tool.Name, 60)))
		}
		parts = append(parts, tags)
	} else {
		parts = append(parts, look.Across(10, look.NewChip("It does not start", look.Bad)), look.NewProse(look.Block(got.Error, 1_500), look.Body, t.width))
		if missing(got.Error) {
			parts = append(parts, look.NewProse("Programs that you installed a moment ago may be found when they are looked for again.", look.Note, t.width),
				look.Across(0, look.NewButton(look.Soft, "restart", "Look again", func() {
					t.w.app.RescanPrograms()
					t.start(s)
				})))
		}
	}
	if got.Stderr != "" {
		parts = append(parts, look.NewText("What it wrote to standard error", look.Caption), look.NewCodeBlock(look.Block(tail(got.Stderr, 4_000), 4_000)).Selectable())
	}
	t.say(parts...)
}

// missing reports whether an error says that a program was not found.
func missing(text string) bool { return strings.Contains(text, "not found; looked in") }

// tail is the end of a text, from the beginning of a line.
func tail(text string, most int) string {
	if len(text) <= most {
		return text
	}
	text = text[len(text)-most:]
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[i+1:]
	}
	return strings.ToValidUTF8(text, "")
}

// eraWords say which revisions of the protocol a server speaks.
func eraWords(era string) string {
	switch era {
	case "legacy":
		return "speaks MCP up to 2025-11-25"
	case "modern":
		return "speaks MCP 2026-07-28"
	case "both":
		return "speaks MCP old and new"
	}
	return ""
}
