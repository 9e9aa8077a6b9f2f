package ui

import (
	"cmp"
	"encoding/json"
	"image"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

const (
	piecesMost = 20     // of an answer that are drawn
	pieceMost  = 20_000 // characters of one
	besideSave = 240    // the width of words beside a button
)

// piece is a part of an answer, and the image that it is.
type piece struct {
	bridge.Content
	image   image.Image // nil is none
	about   string      // what there is to say of its data
	opening bool        // it is about to be shown larger
}

// piecesOf reads the images among the parts of an answer. It may take a while.
func piecesOf(all []bridge.Content) (pieces []piece) {
	for i, c := range all {
		p := piece{Content: c}
		if i < piecesMost && c.Data != nil {
			p.read()
		}
		pieces = append(pieces, p)
	}
	return pieces
}

// read looks at the part's data.
func (p *piece) read() {
	p.about = dots(p.MIMEType, app.Size(len(p.Data)))
	if !strings.HasPrefix(p.MIMEType, "image/") {
		return
	}
	img, about, err := picture(p.Data, pictureSide)
	p.image, p.about = img, cmp.Or(about, p.about)
	if err != nil {
		p.about = dots(p.about, "not shown: "+err.Error())
	}
}

// drawn is the part as a person reads it, in w.
func (p *piece) drawn(w *window, moved func()) fyne.CanvasObject {
	name := dots(p.Name, p.URI)
	switch {
	case p.image != nil:
		about := look.Across(4, look.Fill(look.NewProse(plain(dots(name, p.about)), look.Caption, besideSave)), p.saver(w, look.Ghost))
		return look.Down(2, look.NewPressPicture(p.image, pictureRoom, func() { w.enlarge(p) }), about)
	case p.Text != "":
		text := written(p.Text, moved)
		if name != "" {
			return look.Down(4, attachment("open", name), text)
		}
		return text
	case p.Type == "image", p.Type == "audio":
		return p.kept(w, attachment("image", dots(p.Type, cmp.Or(p.about, p.MIMEType+", no longer kept"))))
	}
	return p.kept(w, attachment("open", dots(cmp.Or(name, p.Type), cmp.Or(p.about, p.MIMEType))))
}

// kept is a line about the part, with a button that saves it where its data is kept.
func (p *piece) kept(w *window, line fyne.CanvasObject) fyne.CanvasObject {
	if p.Data == nil {
		return line
	}
	return look.Across(4, look.Fill(line), p.saver(w, look.Ghost))
}

// saver is a button that saves the part's data.
func (p *piece) saver(w *window, k look.Kind) *look.Button {
	return look.NewButton(k, "download", "Save…", func() { w.savePiece(p) })
}

// written is what a server wrote: prose, or what must keep its lines and its columns.
func written(s string, moved func()) fyne.CanvasObject {
	switch {
	case strings.ContainsAny(s[:1], "{[") && json.Valid([]byte(s)):
		return newFolding(look.NewCodeBlock("").Selectable(), moved).set(tidy(s)).body
	case strings.Contains(s, "\n ") || strings.Contains(s, "\t") || strings.Contains(s, "```") || strings.HasPrefix(s, " "):
		return newFolding(look.NewCodeBlock("").Selectable(), moved).set(look.Block(s, pieceMost)).body
	}
	return newFolding(look.NewProse("", look.Body, pictureRoom.Width), moved).set(look.Block(s, pieceMost)).body
}

// attachment is a line about something that is not text.
func attachment(icon, text string) fyne.CanvasObject {
	return look.Across(8, look.NewIcon(look.Drawing(icon), 16, look.Muted), look.Fill(look.NewProse(plain(text), look.Note, besideSave)))
}
