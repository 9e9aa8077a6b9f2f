package ui

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
)

// wording is what the owner reads in a dialog, which never shows the file, in place of a complaint about that.
type wording struct{ begins, key, text string }

// seldom holds the fields that few need. They are shown at once where one has something in it, or where used is true.
func (f *entryForm) seldom(used bool, parts ...fyne.CanvasObject) fyne.CanvasObject {
	f.rare = newSeldom(f.fit, parts...)
	for _, field := range f.fields {
		used = used || field.Entry.Text != "" && f.isRare(field)
	}
	f.rare.show(used)
	return f.rare.body
}

func (f *entryForm) isRare(field *look.FormField) bool {
	if f.rare == nil {
		return false
	}
	_, is := look.Below(f.rare.rest, field.Body)
	return is
}

// reveal has a field be there to be read.
func (f *entryForm) reveal(field *look.FormField) {
	if f.isRare(field) {
		f.rare.show(true)
	}
}

// fit gives the dialog the height that it needs now.
func (f *entryForm) fit() {
	if f.sheet != nil {
		f.sheet.Fit()
	}
}

// refused says why the entry was not kept, beside the field that is to blame, if it is a single one.
func (f *entryForm) refused(err error) {
	e := (*settings.Error)(nil)
	if !f.sheet.Open() || !errors.As(err, &e) {
		f.w.failing(f.sheet, f.fault, "It was not kept", err)
		return
	}
	_, wrong, ok := strings.Cut(e.Text, "]")
	if !ok { // it is about all entries
		_, wrong, _ = strings.Cut(e.Text, " ")
	}
	for _, words := range f.words {
		if strings.HasPrefix(strings.TrimSpace(wrong), words.begins) {
			f.blame(f.fields[words.key], words.text)
			return
		}
	}
	for key, field := range f.fields {
		if text, ok := strings.CutPrefix(wrong, "."+key); ok && strings.IndexAny(text, " .[") == 0 {
			f.blame(field, itself(text))
			return
		}
	}
	f.blame(f.blamed, itself(wrong))
}

// blame says what is wrong with a field; nil is the whole entry.
func (f *entryForm) blame(field *look.FormField, text string) {
	if field == nil {
		f.fault.show(reason(text))
		return
	}
	field.Fault(text)
	f.reveal(field)
	f.sheet.Fit()
	f.w.win.Canvas().Focus(field.Entry)
}
