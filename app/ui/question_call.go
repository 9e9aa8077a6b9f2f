package ui

import (
	"cmp"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// callQuestion asks whether a call may pass.
type callQuestion struct{ q bridge.Question }

func (c callQuestion) key() string      { return "call " + some(int(c.q.ID)) + " " + c.q.Digest }
func (c callQuestion) since() time.Time { return c.q.Asked }

func (c callQuestion) brief() (title, text string) {
	return look.Plain(c.q.Agent, 40) + " asks to use " + look.Plain(cmp.Or(c.q.Name, c.q.Method), 60), dots("of "+plain(c.q.Server), plain(c.q.Email))
}

// answers are what the owner may say, from the narrowest to the widest.
var answers = []struct {
	label  string
	choice bridge.Choice
}{
	{"This time", bridge.AllowOnce},
	{"Until its session ends", bridge.AllowSession},
	{"Always with these arguments", bridge.AllowArguments},
	{"Always", bridge.AllowTool},
}

// callForm is the dialog in which a call is allowed or denied.
type callForm struct {
	w      *window
	q      bridge.Question
	sheet  *look.Sheet
	spell  *look.Choice
	reason *look.Entry // of a denial
	fault  *fault
	allow  *look.Button
	deny   *look.Button
}

func (c callQuestion) open(w *window) *look.Sheet {
	const width = 580
	f := &callForm{w: w, q: c.q, fault: newFault(width - 42)}
	title, _ := c.brief()
	f.sheet = &look.Sheet{Title: title, Note: f.note(), Width: width, Foot: f.fault.body}
	f.fault.moved = f.sheet.Fit
	var labels []string
	for _, a := range answers {
		labels = append(labels, a.label)
	}
	f.spell = look.NewChoice(labels, nil)
	f.reason = look.NewEntry("Why not; the agent reads it (optional)")
	parts := []fyne.CanvasObject{f.facts()}
	if c.q.Arguments != "" {
		args := look.Down(4, look.NewText("Arguments", look.Strong), look.NewCodeBlock(look.Block(c.q.Arguments, 8<<10)).Selectable())
		if c.q.Cut {
			args.Add(look.NewText("There may be more than is shown.", look.Caption))
		}
		parts = append(parts, args)
	}
	parts = append(parts, look.NewProse(f.compared(), look.Note, width-42),
		look.Field("If you allow it", f.spell, ""), look.Field("If you deny it", f.reason, ""))
	f.sheet.Body = look.Down(14, parts...)
	f.allow = look.NewButton(look.Primary, "", "Allow", func() { f.answer(bridge.Answer{Choice: answers[f.spell.At()].choice}) })
	f.deny = look.NewButton(look.Danger, "", "Deny", func() {
		f.answer(bridge.Answer{Choice: bridge.DenyCall, Reason: strings.TrimSpace(f.reason.Text)})
	})
	put := look.NewButton(look.Soft, "", "Later", f.sheet.Close)
	guard(f.allow, f.deny)
	f.sheet.Acts = []fyne.CanvasObject{put, look.Spring(), f.deny, f.allow}
	w.sheet(f.sheet, put)
	return f.sheet
}

func (f *callForm) note() string {
	if f.q.Call == 0 {
		return "The agent was told to try again. Your answer holds for ten minutes."
	}
	return "The call waits until " + f.q.Until.Local().Format("15:04:05") + ". After that the agent is told to try again, and your answer holds for ten minutes."
}

func (f *callForm) facts() fyne.CanvasObject {
	var lines facts
	lines.add("Agent", plain(f.q.Agent))
	lines.add("User", plain(cmp.Or(f.q.Email, f.q.User)))
	lines.add("Groups", plain(listed(f.q.Groups, 4)))
	lines.add("Server", plain(f.q.Server))
	lines.add("Asks for", plain(dots(f.q.Method, f.q.Name)))
	lines.add("Because of", plain(f.q.Rule))
	return look.Down(1, lines...)
}

// compared says what is not as it was when the owner last allowed this.
func (f *callForm) compared() string {
	switch {
	case f.q.First:
		return "You have not allowed this agent that before."
	case len(f.q.Changes) == 0 && !f.q.Hidden:
		return "The arguments are as when you last allowed it."
	}
	lines := []string{"Not as when you last allowed it:"}
	for _, c := range f.q.Changes {
		lines = append(lines, plain(c.Argument)+" was "+look.Plain(cmp.Or(c.Before, "not there"), 120)+", is "+look.Plain(cmp.Or(c.After, "not there"), 120))
	}
	if f.q.Hidden {
		lines = append(lines, "Something that is not shown is also another.")
	}
	return strings.Join(lines, "\n")
}

func (f *callForm) answer(a bridge.Answer) {
	a.Digest, a.By = f.q.Digest, "desktop"
	f.allow.Disable()
	f.deny.Disable()
	f.w.work.Go(func() {
		err := f.w.app.AnswerCall(f.q.ID, a)
		f.w.do(func() {
			f.allow.Enable()
			f.deny.Enable()
			if err != nil {
				f.w.failing(f.sheet, f.fault, "The call was not answered", err)
				return
			}
			f.w.questions.settle(callQuestion{f.q})
			f.sheet.Close()
		})
	})
}
