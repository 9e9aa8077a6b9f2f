package assets

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"io/fs"
	"path"
	"strings"
	"testing"
)

func TestPictures(t *testing.T) {
	size := func(name string, data []byte, want int) {
		c, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil || c.Width != want || c.Height != want {
			t.Errorf("%s: %d by %d, %v; want %d by %d", name, c.Width, c.Height, err, want, want)
		}
	}
	size("icon.png", Icon, 512)
	for _, state := range []string{"raised", "lowered", "in-use", "needs-you"} {
		data, err := Tray.ReadFile("tray/" + state + ".png")
		if err != nil {
			t.Fatal(err)
		}
		size(state, data, 64)
	}
}

// TestIconsAreFilled: an icon that draws with strokes, or with shapes that lose their corners, comes out
// wrong when it is given another colour.
func TestIconsAreFilled(t *testing.T) {
	check := func(name string, data []byte) {
		for dec := xml.NewDecoder(bytes.NewReader(data)); ; {
			tok, err := dec.Token()
			if err == io.EOF {
				return
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			el, ok := tok.(xml.StartElement)
			if !ok {
				continue
			}
			if n := el.Name.Local; n != "svg" && n != "path" {
				t.Errorf("%s: <%s>, want paths only", name, n)
			}
			for _, a := range el.Attr {
				if strings.HasPrefix(a.Name.Local, "stroke") {
					t.Errorf("%s: %s", name, a.Name.Local)
				}
			}
		}
	}
	check("mark-raised", MarkRaised)
	check("mark-lowered", MarkLowered)
	names, err := fs.Glob(Icons, "icons/*.svg")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d icons, %v", len(names), err)
	}
	for _, name := range names {
		data, err := Icons.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		check(path.Base(name), data)
	}
}
