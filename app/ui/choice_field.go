package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// choiceField is a setting that is typed, with a button that keeps it.
type choiceField struct {
	w     *window
	key   string
	kind  func(string) (any, error)
	field *look.FormField
	save  *look.Button
	body  fyne.CanvasObject
	is    string // what is in force
}

// text and number are what config.json has for what was typed; nothing typed is the default.
func text(s string) (any, error) {
	if s == "" {
		return nil, nil
	}
	return s, nil
}

func number(s string) (any, error) {
	if s == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return nil, reason("Write a whole number.")
	}
	return n, nil
}

func newChoiceField(w *window, label, key, hint, note string, kind func(string) (any, error)) *choiceField {
	c := &choiceField{w: w, key: key, kind: kind, field: look.NewFormField(label, look.NewEntry(hint), note)}
	c.save = look.NewButton(look.Primary, "", "Save", c.keep)
	c.save.Hide()
	c.field.Entry.OnChanged = func(string) { c.typed() }
	c.field.Entry.OnSubmitted = func(string) { c.keep() }
	c.field.Beside(c.save)
	c.body = c.field.Body
	return c
}

// show takes what is in force, unless the owner is typing something else.
func (c *choiceField) show(is string) {
	typing := c.field.Entry.Text != c.is
	c.is = is
	if !typing {
		c.field.Entry.SetText(is)
	}
	c.typed()
}

func (c *choiceField) typed() {
	c.field.Fault("")
	visible(c.save, strings.TrimSpace(c.field.Entry.Text) != c.is)
	c.field.Body.Refresh()
}

func (c *choiceField) keep() {
	typed := strings.TrimSpace(c.field.Entry.Text)
	value, err := c.kind(typed)
	if err != nil {
		c.field.Fault(err.Error())
		return
	}
	c.w.work.Go(func() {
		err := c.w.app.Choose(c.key, value)
		c.w.do(func() {
			if err != nil {
				c.field.Fault(sentence(err))
				return
			}
			c.is = typed
			c.typed()
			c.w.look(bridgeChanged)
		})
	})
}

// newTest is a question, and a button that answers it.
func newTest(w *window, question, verb, yes string, try func() error) fyne.CanvasObject {
	chip := look.NewChip("", look.Quiet)
	chip.Hide()
	why := look.NewProse("", look.Note, 560)
	why.Hide()
	var row, all *fyne.Container
	var b *look.Button
	b = look.NewButton(look.Soft, "", verb, func() {
		b.Disable()
		chip.Set("Trying", look.Busy)
		chip.Show()
		row.Refresh()
		w.work.Go(func() {
			err := try()
			w.do(func() {
				b.Enable()
				chip.Set(yes, look.Good)
				visible(why, err != nil)
				if err != nil {
					chip.Set("No", look.Bad)
					why.SetText(look.Block(err.Error(), 800))
				}
				row.Refresh()
				all.Refresh()
				w.room.Refresh()
			})
		})
	})
	row = look.Across(10, look.NewText(question, look.Body), chip, look.Spring(), b)
	all = look.Down(6, row, why)
	return all
}
