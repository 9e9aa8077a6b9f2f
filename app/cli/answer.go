package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"drawbridge/app"
	"drawbridge/bridge"
)

// contentRow is a part of an answer.
type contentRow struct {
	Type     string `json:"type"`
	Text     string `json:"text,omitempty"` // redacted
	Data     []byte `json:"data,omitempty"`
	MIMEType string `json:"mimeType,omitempty"`
	Name     string `json:"name,omitempty"`
	URI      string `json:"uri,omitempty"`
}

// say takes what was said in the call.
func (r *callRow) say(p bridge.Payload) {
	if p.Arguments != "" {
		r.Arguments = json.RawMessage(p.Arguments)
	}
	if p.Answer != "" {
		r.Answer = json.RawMessage(p.Answer)
	}
	for _, c := range p.Content {
		r.Content = append(r.Content, contentRow(c))
	}
}

// lacks reports whether there was more than is kept.
func (c contentRow) lacks() bool {
	return strings.Contains(c.Text, "…") || c.Text == "" && c.Data == nil && c.Type != "resource_link"
}

// answer is what the call was answered with, for people: texts, and what else there is by its kind and size.
func (r callRow) answer() string {
	if r.Content == nil {
		return inset(tidy(r.Answer))
	}
	var b strings.Builder
	for i, c := range r.Content {
		b.WriteString(inset(c.words(i + 1)))
	}
	return b.String()
}

// part prints part n of the answer, from 1, as it is.
func (r callRow) part(w io.Writer, n int) error {
	if n < 1 || n > len(r.Content) {
		return fmt.Errorf("part %d of call %d: %w", n, r.ID, app.ErrUnknown)
	}
	c := r.Content[n-1]
	if c.Data == nil && c.lacks() {
		return fmt.Errorf("part %d of call %d is no longer kept", n, r.ID)
	}
	_, err := w.Write(append([]byte(c.Text), c.Data...))
	return err
}

// words are part n of an answer for people.
func (c contentRow) words(n int) string {
	about := slices.DeleteFunc([]string{c.Name, c.URI, c.MIMEType}, func(s string) bool { return s == "" })
	switch {
	case c.Text != "" && (c.Name != "" || c.URI != ""):
		return fmt.Sprintf("part %d, %s: %s\n%s", n, c.Type, strings.Join(about, ", "), c.Text)
	case c.Text != "":
		return c.Text
	case c.Data != nil:
		about = append(about, app.Size(len(c.Data)))
	case c.lacks():
		about = append(about, "no longer kept")
	}
	return fmt.Sprintf("part %d, %s: %s", n, c.Type, strings.Join(about, ", "))
}

// tidy is JSON with a line for each member.
func tidy(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// inset is text for a terminal, each line of it a little to the right.
func inset(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("   " + plain(strings.TrimRight(line, "\r\n")) + "\n")
	}
	return b.String()
}
