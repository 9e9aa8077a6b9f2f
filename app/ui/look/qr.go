package look

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"drawbridge/app/share"
)

// QR is a text for a camera. It is dark on light in both themes, as cameras expect.
type QR struct {
	widget.BaseWidget

	text  string
	side  float32
	image *canvas.Raster
	rows  [][]bool // nil when the text is too long
}

// NewQR makes a square of that side.
func NewQR(side float32) *QR {
	q := &QR{side: side}
	q.image = canvas.NewRaster(q.draw)
	q.ExtendBaseWidget(q)
	return q
}

// Set shows another text; nothing when it is too long.
func (q *QR) Set(text string) {
	if text == q.text {
		return
	}
	q.text = text
	q.rows, _ = share.QR(text)
	q.image.Refresh()
}

// draw is the code, with the light edge of four squares that it needs.
func (q *QR) draw(width, height int) image.Image {
	img := image.NewGray(image.Rect(0, 0, width, height))
	const edge = 4
	n := len(q.rows) + 2*edge
	for y := range height {
		for x := range width {
			i, j := x*n/max(width, 1)-edge, y*n/max(height, 1)-edge
			dark := i >= 0 && j >= 0 && i < len(q.rows) && j < len(q.rows) && q.rows[j][i]
			if !dark {
				img.SetGray(x, y, color.Gray{Y: 0xff})
			}
		}
	}
	return img
}

// MinSize is the square.
func (q *QR) MinSize() fyne.Size { return fyne.NewSquareSize(q.side) }

// CreateRenderer is Fyne's way to draw a widget.
func (q *QR) CreateRenderer() fyne.WidgetRenderer {
	edge := NewPanel("", 8).Edged(Line)
	return widget.NewSimpleRenderer(Over(edge, Inset(1, 1, 1, 1, q.image)))
}
