package ui

import (
	"encoding/json"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// payload shows the arguments or the answer of a call: what a tool's answer has in it as one reads it, and the JSON as it is kept,
// folded where it is long.
type payload struct {
	body  *fyne.Container
	parts *fyne.Container
	block *look.CodeBlock
	note  *look.Text
	more  *look.Button
	raw   string // as it is kept
	whole string // as it is shown when it is not folded
	open  bool
	moved func() // what is around it needs another place
}

const (
	foldAbove = 24 // lines
	foldTo    = 14
)

func newPayload(title string, copied func(string), moved func()) *payload {
	p := &payload{parts: look.Down(8), block: look.NewCodeBlock("").Selectable(), note: look.NewText("", look.Caption), moved: moved}
	p.more = look.NewButton(look.Ghost, "", "", func() {
		p.open = !p.open
		p.fold()
		p.moved()
	})
	head := look.Across(0, look.Fill(look.NewText(title, look.Strong)), look.NewButton(look.Ghost, "copy", "", func() { copied(p.raw) }))
	p.body = look.Down(4, head, p.parts, p.block, look.Across(8, look.Fill(p.note), p.more))
	return p
}

// set shows another text; "" shows nothing at all.
func (p *payload) set(raw string) {
	p.raw, p.whole, p.open = raw, tidy(raw), false
	p.parts.Objects = nil
	for _, line := range readable(raw) {
		p.parts.Add(line)
	}
	p.note.SetText(hidden(raw))
	p.body.Hidden = raw == ""
	p.fold()
}

func (p *payload) fold() {
	lines := strings.Split(p.whole, "\n")
	long := len(lines) > foldAbove
	visible(p.more, long)
	text := p.whole
	if long && !p.open {
		text = strings.Join(lines[:foldTo], "\n")
		p.more.Set(look.Ghost, "Show all "+count(len(lines), "line"))
	} else if long {
		p.more.Set(look.Ghost, "Show less")
	}
	p.block.SetText(text)
	p.body.Refresh()
}

// hidden says what the record keeps to itself of a text; "" is nothing.
func hidden(raw string) string {
	n := strings.Count(raw, "[redacted]")
	if n == 0 {
		return ""
	}
	return count(n, "value") + " redacted: secrets are not kept"
}

// contentBlock is a part of a tool's answer.
// https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result
type contentBlock struct {
	Type     string
	Text     string
	MimeType string
	Data     string
	Name     string
	URI      string
	Resource struct{ URI, Text, MimeType string }
}

// readable are the parts of a tool's answer as one reads them; nil when raw is none.
func readable(raw string) (lines []fyne.CanvasObject) {
	var answer struct{ Content []contentBlock }
	if json.Unmarshal([]byte(raw), &answer) != nil {
		return nil
	}
	const most = 20
	for i, c := range answer.Content {
		if i == most {
			return append(lines, look.NewText("and "+count(len(answer.Content)-most, "more part"), look.Caption))
		}
		switch c.Type {
		case "text":
			lines = append(lines, look.NewProse(look.Block(c.Text, 2_000), look.Body, 340))
		case "image", "audio":
			lines = append(lines, attachment("image", c.Type+" "+c.MimeType+", too large to be kept here"))
		case "resource_link":
			lines = append(lines, attachment("open", dots(c.Name, c.URI)))
		case "resource":
			lines = append(lines, attachment("open", dots(c.Resource.URI, c.Resource.MimeType)))
		}
	}
	return lines
}

// attachment is a line about something that is not text.
func attachment(icon, text string) fyne.CanvasObject {
	return look.Across(8, look.NewIcon(look.Drawing(icon), 16, look.Muted), look.Fill(look.NewText(plain(text), look.Note)))
}
