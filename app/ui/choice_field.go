package ui

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
)

// choiceField is a setting that is typed, with a button that keeps it.
type choiceField struct {
	w     *window
	key   string
	kind  func(string) (any, error)
	note  string
	field *look.FormField
	save  *look.Button
	body  fyne.CanvasObject
	is    string // what is in force
}

// text, number and texts are what config.json has for what was typed; nothing typed is the default.
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

func texts(s string) (any, error) {
	all := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

// typed is a value of config.json as one types it.
func typed(raw json.RawMessage) string {
	var one string
	var all []string
	switch {
	case json.Unmarshal(raw, &one) == nil:
		return one
	case json.Unmarshal(raw, &all) == nil:
		return strings.Join(all, ", ")
	}
	return string(raw)
}

func newChoiceField(w *window, label, key, hint, note string, kind func(string) (any, error)) *choiceField {
	c := &choiceField{w: w, key: key, kind: kind, note: note, field: look.NewFormField(label, look.NewEntry(hint), note)}
	c.save = look.NewButton(look.Primary, "", "Save", c.keep)
	c.save.Hide()
	c.field.Entry.OnChanged = func(string) { c.typed() }
	c.field.Entry.OnSubmitted = func(string) { c.keep() }
	c.field.Beside(c.save)
	c.body = c.field.Body
	return c
}

// show takes what is in force, unless the owner is typing something else.
func (c *choiceField) show(now app.Choice) {
	c.field.Hint(c.note)
	if now.Later {
		c.field.Hint("In force when Drawbridge starts anew")
	}
	if is := typed(now.Value); is != c.is {
		typing := c.field.Entry.Text != c.is
		c.is = is
		if !typing {
			c.field.Entry.SetText(is)
		}
		c.typed()
	}
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
				c.field.Fault(refusal(err, c.key))
				return
			}
			c.is = typed
			c.typed()
			c.w.look(bridgeChanged)
		})
	})
}

// refusal is why a setting was not kept, as one reads it beside where that was typed.
func refusal(err error, key string) string {
	if e := (*settings.Error)(nil); errors.As(err, &e) {
		if text, ok := strings.CutPrefix(e.Text, "drawbridge."+key); ok {
			return itself(text)
		}
	}
	return sentence(err)
}

// itself is what follows the name of a setting in a complaint about it, or about a part of it, as a sentence of its own.
func itself(text string) string {
	if part, ok := strings.CutPrefix(text, "."); ok {
		return capital(part) + "."
	}
	return "It " + strings.TrimSpace(text) + "."
}

// choiceCheck is a setting that is true or false.
type choiceCheck struct{ box *look.Check }

func newChoiceCheck(w *window, label, key string) choiceCheck {
	return choiceCheck{look.NewCheck(label, func(on bool) {
		if on {
			w.choose(key, true)
		} else {
			w.choose(key, nil)
		}
	})}
}

func (c choiceCheck) show(now app.Choice) { c.box.Tick(string(now.Value) == "true") }

// choose gives a setting a value; nil is the default again.
func (w *window) choose(key string, value any) {
	w.choosing[key]++
	w.act("The choice was not kept", func() error {
		err := w.app.Choose(key, value)
		w.do(func() {
			w.choosing[key]--
			w.look(bridgeChanged) // which shows what is so now
		})
		return err
	})
}
