package ui

import (
	"context"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
	"drawbridge/bridge/audit"
)

// exportAudit opens the dialog that writes records to a file.
func (w *window) exportAudit(f audit.Filter) {
	const width = 560
	name := "drawbridge-" + w.view.now.Format("2006-01-02")
	path := look.NewFormField("File", look.NewEntry(""), "Only you can read it. A file of that name is replaced")
	path.Entry.SetText(filepath.Join(downloads(), name+".jsonl"))
	kind := look.NewSegments(func(i int) {
		text := path.Entry.Text
		path.Entry.SetText(text[:len(text)-len(filepath.Ext(text))] + []string{".jsonl", ".csv"}[i])
	}, "JSON Lines, with signatures", "CSV, for a spreadsheet")
	spell := "All records"
	if !f.Since.IsZero() {
		spell = "Records since " + moment(f.Since, w.view.now)
	}
	fault := newFault(width - 42)
	s := &look.Sheet{Title: "Export the record", Note: spell + ". Arguments are as they are kept: without secrets, and cut where they were long.", Width: width,
		Body: look.Down(16, look.Field("Format", look.Across(0, kind), ""), path.Body), Foot: fault.body}
	fault.moved = s.Fit
	ctx, cancel := context.WithCancel(context.Background())
	s.Closed = cancel
	var write *look.Button
	write = look.NewButton(look.Primary, "download", "Export", func() {
		to, csv := path.Entry.Text, kind.At() == 1
		write.Disable()
		w.work.Go(func() {
			n, err := w.app.ExportAudit(ctx, to, csv, f)
			w.do(func() {
				write.Enable()
				if err != nil {
					fault.show(err)
					return
				}
				s.Close()
				w.notice.tell("Exported "+count(n, "record"), to)
			})
		})
	})
	path.Entry.OnSubmitted = func(string) { write.Tapped(nil) }
	s.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", s.Close), write}
	w.sheet(s, path.Entry)
}

// downloads is where a person looks for what a program wrote.
func downloads() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	dir := filepath.Join(home, "Downloads")
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return dir
	}
	return home
}
