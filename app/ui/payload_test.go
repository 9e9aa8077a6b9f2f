package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// painted is a PNG of that size.
func painted(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPayload(t *testing.T) {
	moved := 0
	p := newPayload(newRig(t, newFake().state).window, "Answer", func() { moved++ })
	p.set("", nil)
	if p.body.Visible() {
		t.Error("nothing is shown as something")
	}
	p.set(`{"content":[],"odd":1,"token":"[redacted]"}`, piecesOf([]bridge.Content{
		{Type: "text", Text: "Hello\u202e"}, {Type: "image", MIMEType: "image/png"}, {Type: "image", MIMEType: "image/png", Data: painted(t, 1600, 400)},
		{Type: "image", MIMEType: "image/webp", Data: []byte("RIFF????WEBPVP8 ")}, {Type: "audio", MIMEType: "audio/wav", Data: make([]byte, 2_500)},
		{Type: "resource_link", Name: "x", URI: "file:///x"}, {Type: "resource", Name: "n", Text: "{\"a\":[1]}"}, {Type: "text", Text: "a\n  b"}, {Type: "odd"},
	}))
	p.body.Resize(fyne.NewSize(420, 1800))
	text := said(p.body)
	for _, want := range []string{
		`Hello\u202e`, "image · image/png, no longer kept", "PNG, 1600 × 400, ", "image/webp · 16 bytes · not shown:", "audio · audio/wav · 2.5 kB",
		"x · file:///x", "odd", "1 value redacted: secrets are not kept",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	test.Tap(p.body.Objects[0].(*fyne.Container).Objects[1].(*look.Button))
	if copied := fyne.CurrentApp().Clipboard().Content(); !strings.Contains(copied, `"odd"`) {
		t.Errorf("copied %q", copied)
	}
	p.set("["+strings.Repeat("1,", 99)+"1]", nil)
	if n := strings.Count(p.block.Text(), "\n"); n != foldTo-1 || !p.json.more.Visible() || p.json.more.Label() != "Show 88 more lines" {
		t.Errorf("%d lines are shown, and %q", n+1, p.json.more.Label())
	}
	test.Tap(p.json.more)
	if n := strings.Count(p.block.Text(), "\n"); n != 101 || moved != 1 {
		t.Errorf("%d lines are shown, moved %d times", n+1, moved)
	}
	p.set("no JSON", nil)
	if p.block.Text() != "no JSON" || len(p.parts.Objects) != 0 {
		t.Errorf("it says %q", p.block.Text())
	}
}

func TestPicture(t *testing.T) {
	for _, c := range []struct {
		width, height int
		want          image.Point
		about         string
	}{
		{16, 8, image.Pt(16, 8), "PNG, 16 × 8, "},
		{1600, 400, image.Pt(800, 200), "PNG, 1600 × 400, "},
		{1, 4000, image.Pt(1, 800), "PNG, 1 × 4000, "},
	} {
		img, about, err := picture(painted(t, c.width, c.height), pictureSide)
		if err != nil || img.Bounds().Size() != c.want || !strings.HasPrefix(about, c.about) {
			t.Errorf("%d × %d is shown as %v, %q, %v", c.width, c.height, img.Bounds(), about, err)
		}
	}
	bomb := painted(t, 1, 1)
	copy(bomb[16:24], "\x00\x01\x00\x00\x00\x01\x00\x00") // 65,536 × 65,536
	copy(bomb[29:33], "\xe4\x34\xd6\x4d")
	if img, _, err := picture(bomb, pictureSide); err == nil || img != nil {
		t.Errorf("%v is shown", img.Bounds())
	}
}

// FuzzPicture shows that no bytes of a server's end the program.
func FuzzPicture(f *testing.F) {
	f.Add(painted(f, 3, 2))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, _, err := picture(data, pictureSide)
		if err == nil && max(img.Bounds().Dx(), img.Bounds().Dy()) > pictureSide {
			t.Errorf("it is %v", img.Bounds())
		}
	})
}

func TestFolded(t *testing.T) {
	for _, c := range []struct {
		text string
		rest int
	}{
		{"", 0}, {"a\nb", 0}, {strings.Repeat("a\n", foldAbove-1) + "a", 0},
		{strings.Repeat("a\n", foldAbove) + "a", foldAbove + 1 - foldTo},
		{strings.Repeat("é", foldAbove*foldWidth), 0}, {strings.Repeat("é", 2*foldAbove*foldWidth), 2*foldAbove - foldTo},
	} {
		begin, rest := folded(c.text)
		if rest != c.rest || rest == 0 && begin != c.text || drawnLines(begin) > foldAbove {
			t.Errorf("of %q %q is shown and %d lines more, want %d", c.text, begin, rest, c.rest)
		}
	}
}

// imagesOf are the images in o.
func imagesOf(o fyne.CanvasObject) (all []*canvas.Image) {
	switch o := o.(type) {
	case *canvas.Image:
		return []*canvas.Image{o}
	case *fyne.Container:
		for _, child := range o.Objects {
			all = append(all, imagesOf(child)...)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			all = append(all, imagesOf(child)...)
		}
	}
	return all
}

// TestCallDetailShowsPictures is about what is kept whole of a call.
func TestCallDetailShowsPictures(t *testing.T) {
	r, p := onCalls(t, newFake().state)
	if !r.fake.keeping {
		t.Error("what is said in calls is not kept for a window that shows it")
	}
	r.fake.payloads = map[uint64]bridge.Payload{1: {Answer: `{"content":[]}`, Content: []bridge.Content{{Type: "image", MIMEType: "image/png", Data: painted(t, 40, 30)}}}}
	r.fake.publish(begun(1, "screenshot"), ended(1))
	r.expect("github / screenshot")
	p.list.OnSelected(0)
	r.until("the picture", func() bool {
		return slices.ContainsFunc(imagesOf(p.detail.body), func(i *canvas.Image) bool { return i.Image != nil && i.Image.Bounds().Dx() == 40 })
	})
	r.hide()
	if r.fake.keeping {
		t.Error("what is said in calls is kept for a window that nobody sees")
	}
}

// TestPictureOpensAndIsSaved: a picture fills the window when it is pressed, by mouse or key, and is written as it came.
func TestPictureOpensAndIsSaved(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	r, p := onCalls(t, newFake().state)
	data := painted(t, 2000, 500)
	r.fake.payloads = map[uint64]bridge.Payload{1: {Answer: `{"content":[]}`, Content: []bridge.Content{
		{Type: "image", MIMEType: "image/png", Name: "shot\u202e", URI: "../../evil.sh", Data: data}, {Type: "audio", MIMEType: "audio/x-shellscript", Data: []byte("#!/bin/sh")},
	}}}
	r.fake.publish(begun(1, "screenshot"), ended(1))
	r.expect("github / screenshot")
	p.list.OnSelected(0)
	r.expect("shot")
	r.win.Resize(fyne.NewSize(1100, 700))
	small, _ := find(r.window, func(*look.Picture) bool { return true })
	r.win.Canvas().Focus(small)
	r.typed(fyne.KeyReturn)
	r.typed(fyne.KeyReturn) // by a hand that waits too long
	r.expect("Done")
	large := imagesOf(r.win.Canvas().Overlays().Top())
	if i := slices.IndexFunc(large, func(i *canvas.Image) bool { return i.Image != nil && i.Image.Bounds().Dx() == 2000 }); i < 0 {
		t.Error("it is not shown with all its pixels")
	} else if got := large[i].Size(); got.Width < 900 || got.Width > 1100 {
		t.Errorf("it is %v in a window of 1100", got)
	}
	test.Tap(button(r.window, "Save…"))
	r.expect("Save the picture")
	path := r.win.Canvas().Focused().(*look.Entry)
	if !strings.HasPrefix(filepath.Base(path.Text), "picture-") || filepath.Ext(path.Text) != ".png" {
		t.Errorf("it would be saved as %q", path.Text)
	}
	path.SetText("")
	test.Type(path, "/tmp/x.png")
	r.fake.failing("the disk is full")
	r.typed(fyne.KeyReturn)
	r.expect("the disk is full")
	r.fake.mended()
	test.Tap(button(r.window, "Save"))
	r.asked(fmt.Sprintf("save %d bytes as /tmp/x.png", len(data)))
	r.expect("Saved the picture")
	r.typed(fyne.KeyEscape)
	if len(r.sheets) != 0 {
		t.Error("Escape does not close the picture")
	}
	n := 0
	sound, _ := find(r.window, func(b *look.Button) bool {
		if b.Label() == "Save…" {
			n++
		}
		return n == 2
	})
	test.Tap(sound)
	r.expect("Save the file")
	if path := r.win.Canvas().Focused().(*look.Entry); filepath.Ext(path.Text) != ".bin" {
		t.Errorf("something that claims to be audio would be saved as %q", path.Text)
	}
}
