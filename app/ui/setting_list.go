package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

// settingList is a setting that is a list of entries: a row each, which can be changed and removed, and a button that adds one.
type settingList struct {
	w       *window
	key     string
	words   func(json.RawMessage) string            // what an entry says
	edit    func(l *settingList, at int) *entryForm // opens the dialog for an entry, or with -1 for a new one
	ordered bool                                    // the order of the entries means something, so that they can be moved
	body    fyne.CanvasObject
	rows    *fyne.Container
	none    *look.Text
	now     app.Choice // as shown
	all     []json.RawMessage
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
	words := plain(l.words(entry))
	row := look.Across(8,
		look.Fill(look.Down(0, look.Spring(), look.NewProse(capital(words), look.Body, 460), look.Spring())),
		look.NewButton(look.Ghost, "edit", "", func() { l.edit(l, i) }).Called("Edit: "+words),
		look.NewButton(look.Ghost, "trash", "", func() { l.remove(i) }).Called("Remove: "+words))
	if l.ordered {
		row.Objects = slices.Insert(row.Objects, 1, movers(i, len(l.all), words, l.move)...)
	}
	return look.Over(look.NewPanel(look.Paper, 10).Edged(look.Line), look.Inset(4, 6, 4, 12, row))
}

// move puts an entry a step up or down.
func (l *settingList) move(i, step int) {
	l.act("It was not moved", app.EntryChange{At: i, Seen: l.all[i], Now: l.all[i], Step: step, Past: l.all[i+step]})
}

func (l *settingList) remove(i int) {
	seen := l.all[i]
	l.w.confirm("Remove it?", capital(plain(l.words(seen)))+".", "Remove", func() {
		l.act("It was not removed", app.EntryChange{At: i, Seen: seen})
	})
}

// act changes the list, and shows how it is then.
func (l *settingList) act(failed string, c app.EntryChange) {
	l.w.act(failed, func() error {
		err := l.change(c)
		l.w.do(func() { l.w.look(bridgeChanged) })
		return err
	})
}

// change has an entry be another, if it is still as the owner has seen it. It may take a while.
func (l *settingList) change(c app.EntryChange) error {
	err := l.w.app.ChangeEntry(l.key, c)
	if errors.Is(err, app.ErrEntry) {
		return reason(sentence(app.ErrEntry))
	}
	return err
}
