package ui

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the kinds of images that servers send
	_ "image/jpeg"
	_ "image/png"
	"strings"

	"fyne.io/fyne/v2"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"drawbridge/app"
)

const (
	pictureMost  = 24_000_000 // pixels that are decoded
	pictureSide  = 800        // pixels that are shown, of the longer side
	pictureLarge = 3_000      // the same, of one that fills the window
)

// pictureRoom is how large a picture is shown, in the pane beside the calls.
var pictureRoom = fyne.NewSize(330, 330)

// picture is an image as a server sent it: its longer side no longer than side, and a few words about what it was. It says so where it
// can't be read, whatever is wrong with it.
func picture(data []byte, side int) (img image.Image, about string, err error) {
	defer func() {
		if r := recover(); r != nil { // a decoder's mistake must not be the bridge's end
			img, err = nil, fmt.Errorf("it can't be read: %v", r)
		}
	}()
	is, kind, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, "", err
	}
	about = fmt.Sprintf("%s, %d × %d, %s", strings.ToUpper(kind), is.Width, is.Height, app.Size(len(data)))
	if is.Width <= 0 || is.Height <= 0 || is.Width > pictureMost/is.Height {
		return nil, about, errors.New("too large to be shown")
	}
	img, _, err = image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, about, err
	}
	return smaller(img, side), about, nil
}

// smaller is img with no more pixels than that on its longer side.
func smaller(img image.Image, side int) image.Image {
	b := img.Bounds()
	longer := max(b.Dx(), b.Dy())
	if longer <= side {
		return img
	}
	part := func(n int) int { return max(1, n*side/longer) }
	to := image.NewRGBA(image.Rect(0, 0, part(b.Dx()), part(b.Dy())))
	draw.CatmullRom.Scale(to, to.Bounds(), img, b, draw.Src, nil)
	return to
}
