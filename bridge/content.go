package bridge

import (
	"encoding/base64"
	"encoding/json"

	"drawbridge/bridge/audit"
)

// Content is one part of an answer, as the owner may see it.
// https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result
type Content struct {
	Type     string // text, image, audio, resource, resource_link, or what the server calls it
	Text     string // redacted
	Data     []byte // of an image or audio, or of a resource that is not text; nil where there is none, or not all of it
	MIMEType string
	Name     string
	URI      string
}

// contentBlock is Content as it is written.
type contentBlock struct {
	Type, Text, Data, MIMEType, Name, URI string
	Resource                              resourceBlock
}

// resourceBlock is what a resource holds.
type resourceBlock struct{ URI, Text, Blob, MIMEType string }

// Contents are the parts of a result that a person would read: what a tool, a prompt or a resource has for an agent. It is nil
// where result, which may be cut, has none.
func Contents(result []byte) (parts []Content) {
	var of struct {
		Content  []contentBlock
		Messages []struct{ Content contentBlock }
		Contents []resourceBlock
	}
	if json.Unmarshal(result, &of) != nil {
		return nil
	}
	for _, b := range of.Content {
		parts = append(parts, b.content())
	}
	for _, m := range of.Messages {
		parts = append(parts, m.Content.content())
	}
	for _, r := range of.Contents {
		parts = append(parts, contentBlock{Type: "resource", Resource: r}.content())
	}
	return parts
}

func (b contentBlock) content() Content {
	if b.Type == "resource" {
		r := b.Resource
		b.URI, b.Text, b.Data, b.MIMEType = r.URI, r.Text, r.Blob, r.MIMEType
	}
	c := Content{Type: b.Type, Text: audit.RedactText(b.Text), MIMEType: b.MIMEType, Name: audit.RedactText(b.Name), URI: audit.RedactText(b.URI)}
	if data, err := base64.StdEncoding.DecodeString(b.Data); err == nil && len(data) > 0 {
		c.Data = data
	}
	return c
}
