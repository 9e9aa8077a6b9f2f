package ui

import (
	"cmp"
	"context"
	"image"
	"net/http"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// enlarge opens a picture as large as it is, or as the window lets it be; once, however often it is pressed until it is there.
func (w *window) enlarge(p *piece) {
	if p.opening {
		return
	}
	p.opening = true
	w.work.Go(func() {
		img, _, err := picture(p.Data, pictureLarge)
		w.do(func() {
			p.opening = false
			if err == nil {
				w.pictureSheet(p, img)
			}
		})
	})
}

func (w *window) pictureSheet(p *piece, img image.Image) {
	const around, least = 64, 420
	s := &look.Sheet{Canvas: w.win.Canvas(), Title: plain(cmp.Or(p.Name, "Picture")), Note: plain(dots(p.URI, p.about))}
	s.Width = s.Canvas.Size().Width - around
	whole := look.PictureSize(img, s.Room().SubtractWidthHeight(look.PictureGround, look.PictureGround))
	s.Width = max(least, whole.Width+look.PictureGround+s.Width-s.Inner())
	s.Body = look.NewPicture(img, whole)
	done := look.NewButton(look.Primary, "", "Done", s.Close)
	s.Acts = []fyne.CanvasObject{p.saver(w, look.Soft), done}
	w.sheet(s, done)
}

// endings are those of files that hold what data looks like. What is not among them is saved under a name that opens nothing.
var endings = map[string]string{
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp",
	"audio/wave": ".wav", "audio/mpeg": ".mp3", "application/ogg": ".ogg", "application/pdf": ".pdf",
}

// savePiece opens the dialog that writes a part of an answer to a file. Its name is ours: a server's would say what it likes.
func (w *window) savePiece(p *piece) {
	what := "file"
	if p.image != nil {
		what = "picture"
	}
	format := fileFormat{ending: cmp.Or(endings[http.DetectContentType(p.Data)], ".bin")}
	w.fileSheet("Save the "+what, capital(plain(p.about)), "Save", what+"-"+w.view.now.Format("2006-01-02-150405"), []fileFormat{format},
		func(_ context.Context, path string, _ int) (string, error) {
			return "Saved the " + what, w.app.SaveContent(path, p.Data)
		})
}
