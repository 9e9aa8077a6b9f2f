package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/ui/look"
)

func TestPayload(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewTheme(look.Light))
	copied, moved := "", 0
	p := newPayload("Answer", func(s string) { copied = s }, func() { moved++ })
	p.set("")
	if p.body.Visible() {
		t.Error("nothing is shown as something")
	}
	p.set(`{"content":[{"type":"text","text":"Hello\u202e"},{"type":"image","mimeType":"image/png","data":"iVBO…"},{"type":"resource_link","uri":"file:///x","name":"x"},{"type":"odd"}],"token":"[redacted]"}`)
	p.body.Resize(fyne.NewSize(420, 800))
	text := said(p.body)
	for _, want := range []string{`Hello\u202e`, "image image/png, too large to be kept here", "x  ·  file:///x", "1 value redacted: secrets are not kept"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	test.Tap(p.body.Objects[0].(*fyne.Container).Objects[1].(*look.Button))
	if !strings.Contains(copied, `"odd"`) {
		t.Errorf("copied %q", copied)
	}
	long := "[" + strings.Repeat("1,", 99) + "1]"
	p.set(long)
	if n := strings.Count(p.block.Text(), "\n"); n != foldTo-1 || !p.more.Visible() {
		t.Errorf("%d lines are shown", n+1)
	}
	test.Tap(p.more)
	if n := strings.Count(p.block.Text(), "\n"); n != 101 || moved != 1 {
		t.Errorf("%d lines are shown, moved %d times", n+1, moved)
	}
	p.set("no JSON")
	if p.block.Text() != "no JSON" || len(p.parts.Objects) != 0 || p.more.Visible() {
		t.Errorf("it says %q", p.block.Text())
	}
}
