package ui

import (
	"bytes"
	"encoding/json"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

// entryForm is the dialog for an entry of a settingList. What its file has that the dialog does not know stays.
type entryForm struct {
	w     *window
	of    *settingList
	at    int                        // its place in the list; -1 for a new one
	seen  json.RawMessage            // the entry as the owner has seen it; nil for a new one
	entry map[string]json.RawMessage // its members

	sheet   *look.Sheet
	fields  map[string]*look.FormField // by their keys
	kinds   map[string]func(string) (any, error)
	keep    secrets                         // what the keychain is to have for the entry, as it was read last
	more    func(entry map[string]any)      // puts in what no field alone says; nil is nothing
	missing func(entry map[string]any) lack // what the entry lacks to be one; the zero value is nothing
	blamed  *look.FormField                 // for what is wrong with the entry as a whole; nil is none
	words   []wording                       // for complaints that speak of the file
	rare    *seldom                         // with the fields that few need; nil is that there are none
	says    *look.Prose                     // what the entry means
	fault   *fault
	submit  *look.Button
}

// lack is what has to be written, and into which field; "" is no single one.
type lack struct{ key, text string }

const entryWidth = 520

func newEntryForm(l *settingList, at int) *entryForm {
	f := &entryForm{
		w: l.w, of: l, at: at,
		fields: map[string]*look.FormField{}, kinds: map[string]func(string) (any, error){},
		says: look.NewProse("", look.Note, entryWidth-42), fault: newFault(entryWidth - 42),
	}
	if at >= 0 {
		f.seen = l.all[at]
		_ = json.Unmarshal(f.seen, &f.entry) // the file was read, so it is an object
	}
	return f
}

// field is one that is typed; key is its name in the entry.
func (f *entryForm) field(label, key, hint, note string, kind func(string) (any, error)) fyne.CanvasObject {
	e := look.NewFormField(label, look.NewEntry(hint), note)
	e.Entry.SetText(typed(f.was(key)))
	f.put(key, e, kind)
	return e.Body
}

// list is one in which each line is a text of its own.
func (f *entryForm) list(label, key, hint, note string) fyne.CanvasObject {
	e := look.NewFormField(label, look.NewLines(hint, 2), note)
	var was []string
	_ = json.Unmarshal(f.was(key), &was) // nothing is a list of none
	e.Entry.SetText(strings.Join(was, "\n"))
	f.put(key, e, func(s string) (any, error) {
		if all := lines(s); len(all) > 0 {
			return all, nil
		}
		return nil, nil
	})
	return e.Body
}

// pairs is a list in which each line is NAME=value.
func (f *entryForm) pairs(label, key, hint, note string) fyne.CanvasObject {
	e := look.NewFormField(label, look.NewLines(hint, 2), note)
	var was map[string]string
	_ = json.Unmarshal(f.was(key), &was) // nothing is none
	e.Entry.SetText(joinEnv(was))
	f.put(key, e, func(s string) (any, error) {
		if all, err := splitEnv(s); err != nil || all != nil {
			return all, err
		}
		return nil, nil
	})
	return e.Body
}

// was is the value of a key of the entry, which may be within another; nil is none.
func (f *entryForm) was(key string) json.RawMessage {
	outer, inner, within := strings.Cut(key, ".")
	if !within {
		return f.entry[key]
	}
	var members map[string]json.RawMessage
	_ = json.Unmarshal(f.entry[outer], &members) // nothing has no members
	return members[inner]
}

// give has the entry say v under a key, which may be within another; nil is nothing.
func give(entry map[string]any, key string, v any) {
	outer, inner, within := strings.Cut(key, ".")
	if within {
		members := map[string]any{}
		if raw, ok := entry[outer].(json.RawMessage); ok {
			_ = json.Unmarshal(raw, &members) // it is an object
		} else if made, ok := entry[outer].(map[string]any); ok {
			members = made
		}
		give(members, inner, v)
		key, v = outer, members
		if len(members) == 0 {
			v = nil
		}
	}
	entry[key] = v
	if v == nil {
		delete(entry, key)
	}
}

// put makes a field one of the form's.
func (f *entryForm) put(key string, e *look.FormField, kind func(string) (any, error)) {
	f.fields[key], f.kinds[key] = e, kind
	e.Entry.OnChanged = func(string) { f.check() }
	e.Entry.OnSubmitted = func(string) { f.save() }
}

func (f *entryForm) open(title, note string, first fyne.Focusable, parts ...fyne.CanvasObject) {
	verb := "Add"
	if f.at >= 0 {
		verb = "Save"
	}
	f.submit = look.NewButton(look.Primary, "", verb, f.save)
	f.sheet = &look.Sheet{Title: title, Note: note, Width: entryWidth, Body: look.Down(14, parts...), Foot: look.Down(8, f.says, f.fault.body)}
	f.fault.moved = f.sheet.Fit
	f.sheet.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", f.sheet.Close), f.submit}
	f.check()
	f.w.sheet(f.sheet, first)
}

// check says what the entry means, and beside each field what is wrong with what was typed.
func (f *entryForm) check() {
	if f.sheet == nil {
		return
	}
	f.fault.hide()
	f.says.SetText("")
	if entry := f.read(); entry != nil {
		f.says.SetText(capital(plain(f.of.words(inJSON(entry)))) + ".")
	}
	f.sheet.Fit()
}

// read is the entry that the fields describe; nil is that something is wrong with one, which says so.
func (f *entryForm) read() map[string]any {
	entry, wrong := map[string]any{}, false
	f.keep = secrets{}
	for key, v := range f.entry {
		entry[key] = v
	}
	for key, field := range f.fields {
		v, err := f.kinds[key](strings.TrimSpace(field.Entry.Text))
		field.Fault("")
		switch {
		case !field.Body.Visible():
			give(entry, key, nil)
		case err != nil:
			field.Fault(err.Error())
			f.reveal(field)
			wrong = true
		default:
			give(entry, key, v)
		}
	}
	if wrong {
		return nil
	}
	if f.more != nil {
		f.more(entry)
	}
	return entry
}

// inJSON is an entry as the file has it, each character as it was typed.
func inJSON(entry map[string]any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(entry) // of what was typed, and of JSON
	return bytes.TrimSpace(b.Bytes())
}

func (f *entryForm) save() {
	if f.submit.Disabled() { // it is being kept
		return
	}
	f.fault.hide()
	f.sheet.Fit()
	entry := f.read()
	if entry == nil {
		return
	}
	if l := f.missing(entry); l.text != "" {
		f.blame(f.fields[l.key], l.text)
		return
	}
	f.submit.Disable()
	keep := f.keep
	f.w.work.Go(func() {
		err := keep.keep(f.w.app)
		if err == nil {
			err = f.of.change(app.EntryChange{At: f.at, Seen: f.seen, Now: inJSON(entry)})
		}
		f.w.do(func() {
			f.submit.Enable()
			if err != nil {
				f.refused(err)
				return
			}
			f.sheet.Close()
			f.w.look(bridgeChanged)
		})
	})
}
