package ui

import (
	"context"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// fileSheet is a dialog that writes something to a file of the owner's choice.
type fileSheet struct {
	w      *window
	sheet  *look.Sheet
	format *look.Segments
	path   *look.FormField
	write  *look.Button
	fault  *fault
}

const fileWidth = 560

// fileFormat is a way to write a file, and how its name ends then.
type fileFormat struct{ label, ending string }

// fileSheet opens a dialog for a file of that name, where downloads go, in one of the formats; the first is chosen. write is told
// where to, and in which of them, and says what was done. When the dialog is closed its context ends.
func (w *window) fileSheet(title, note, verb, name string, formats []fileFormat, write func(ctx context.Context, path string, format int) (done string, err error), above ...fyne.CanvasObject) *fileSheet {
	f := &fileSheet{w: w, fault: newFault(fileWidth - 42)}
	f.path = look.NewFormField("File", look.NewEntry(""), "Only you can read it. A file of that name is replaced")
	f.path.Entry.SetText(filepath.Join(downloads(), name+formats[0].ending))
	ctx, cancel := context.WithCancel(w.life)
	f.sheet = &look.Sheet{Title: title, Note: note, Width: fileWidth, Foot: f.fault.body, Closed: cancel}
	f.fault.moved = f.sheet.Fit
	f.write = look.NewButton(look.Primary, "download", verb, func() {
		to, format := f.path.Entry.Text, f.format.At()
		f.write.Disable()
		w.work.Go(func() {
			done, err := write(ctx, to, format)
			w.do(func() { f.written(to, done, err) })
		})
	})
	f.path.Entry.OnSubmitted = func(string) { f.write.Tapped(nil) }
	var labels []string
	for _, one := range formats {
		labels = append(labels, one.label)
	}
	f.format = look.NewSegments(func(i int) { f.ending(formats[i].ending) }, labels...)
	format := look.Field("Format", look.Across(0, f.format), "")
	visible(format, len(formats) > 1)
	f.sheet.Body = look.Down(16, append(above, format, f.path.Body)...)
	f.sheet.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", f.sheet.Close), f.write}
	w.sheet(f.sheet, f.path.Entry)
	return f
}

func (f *fileSheet) written(to, done string, err error) {
	f.write.Enable()
	if err != nil {
		f.fault.show(err)
		return
	}
	f.sheet.Close()
	f.w.notice.tell(done, to)
}

// ending gives the file another ending, such as ".csv".
func (f *fileSheet) ending(ext string) {
	text := f.path.Entry.Text
	f.path.Entry.SetText(text[:len(text)-len(filepath.Ext(text))] + ext)
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
