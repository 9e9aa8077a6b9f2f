package ui

import (
	"bytes"
	"encoding/json"
	"slices"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

// settingList is a setting that is a list of entries: a row each, which can be changed and removed, and a button that adds one.
type settingList struct {
	w     *window
	key   string
	words func(json.RawMessage) string            // what an entry says
	edit  func(l *settingList, at int) *entryForm // opens the dialog for an entry, or with -1 for a new one
	body  fyne.CanvasObject
	rows  *fyne.Container
	none  *look.Text
	now   app.Choice // as shown
	all   []json.RawMessage
}

func newSettingList(w *window, key, title, add, none string, words func(json.RawMessage) string, edit func(*settingList, int) *entryForm) *settingList {
	l := &settingList{w: w, key: key, words: words, edit: edit, rows: look.Down(6), none: look.NewText(none, look.Note)}
	head := look.Across(8, look.Fill(look.NewText(title, look.Strong)), look.NewButton(look.Soft, "plus", add, func() { edit(l, -1) }))
	l.body = look.Down(8, head, l.none, l.rows)
	l.rows.Hide()
	return l
}

// addTo opens the dialog that adds an entry to a setting of the page.
func (w *window) addTo(key string) {
	w.turn(settingsAt)
	p := w.pages[settingsAt].(*settingsPage)
	l := p.chosen[key].(*settingList)
	p.roll(l.body, 12)
	l.edit(l, -1)
}

func (l *settingList) show(now app.Choice) {
	if bytes.Equal(now.Value, l.now.Value) {
		return
	}
	l.now, l.all = now, nil
	_ = json.Unmarshal(now.Value, &l.all) // nothing is a list of none
	l.rows.Objects = nil
	for i, entry := range l.all {
		l.rows.Add(l.row(i, entry))
	}
	visible(l.rows, len(l.all) > 0)
	visible(l.none, len(l.all) == 0)
	l.w.room.Refresh()
}

// row is one entry, with what can be done to it.
func (l *settingList) row(i int, entry json.RawMessage) fyne.CanvasObject {
	row := look.Across(8,
		look.Fill(look.Down(0, look.Spring(), look.NewProse(capital(plain(l.words(entry))), look.Body, 460), look.Spring())),
		look.NewButton(look.Ghost, "edit", "", func() { l.edit(l, i) }),
		look.NewButton(look.Ghost, "trash", "", func() { l.remove(i) }))
	return look.Over(look.NewPanel(look.Paper, 10).Edged(look.Line), look.Inset(4, 6, 4, 12, row))
}

func (l *settingList) remove(i int) {
	seen := l.all[i]
	l.w.confirm("Remove it?", capital(plain(l.words(seen)))+".", "Remove", func() {
		l.w.act("It was not removed", func() error {
			err := l.put(i, seen, nil)
			l.w.do(func() { l.w.look(bridgeChanged) })
			return err
		})
	})
}

// put has the entry that the owner has seen at a place be another; nil is none, before or after. What else has changed meanwhile
// stays. It may take a while.
func (l *settingList) put(at int, seen, entry json.RawMessage) error {
	all, err := l.entries()
	if err != nil {
		return err
	}
	is := func(other json.RawMessage) bool { return bytes.Equal(other, seen) }
	if at < 0 || at >= len(all) || !is(all[at]) {
		at = slices.IndexFunc(all, is)
	}
	switch {
	case seen == nil:
		all = append(all, entry)
	case at < 0:
		return reason("It has been changed or removed meanwhile. Close this and look at it again.")
	case entry == nil:
		all = slices.Delete(all, at, at+1)
	default:
		all[at] = entry
	}
	if len(all) == 0 {
		return l.w.app.Choose(l.key, nil)
	}
	value, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return l.w.app.Choose(l.key, json.RawMessage(value))
}

// entries are those of the list now.
func (l *settingList) entries() (all []json.RawMessage, err error) {
	choices, err := l.w.app.Choices()
	for _, c := range choices {
		if c.Key == l.key {
			_ = json.Unmarshal(c.Value, &all) // nothing is a list of none
		}
	}
	return all, err
}
