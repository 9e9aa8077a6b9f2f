package bridge

import (
	"fmt"
	"net/http"
	"strconv"

	"drawbridge/bridge/front"
	"drawbridge/internal/wire"
)

// mirrored is an argument that clients of modern servers repeat in a header, as the tool's schema asks for.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters
type mirrored struct {
	header string   // its name
	path   []string // to the argument, from params.arguments
}

// mirrors reads which properties of an object schema are mirrored, those of nested objects included.
func mirrors(schema []byte, path []string) (all []mirrored) {
	if len(path) > 8 {
		return nil
	}
	for name, property := range wire.Fields(wire.Get(schema, "properties")) {
		if len(all) >= secretsMax {
			return all
		}
		at := append(path[:len(path):len(path)], name)
		if header, ok := wire.String(wire.Get(property, "x-mcp-header")); ok && header != "" {
			all = append(all, mirrored{"Mcp-Param-" + header, at})
		}
		all = append(all, mirrors(property, at)...)
	}
	return all
}

// CheckParams implements front.ParamChecker.
func (s *session) CheckParams(m wire.Message, h http.Header) *wire.Error {
	return checkParams(s.target.tool(m.Name()), m, h)
}

// CheckParams implements front.ParamChecker.
func (j *joined) CheckParams(m wire.Message, h http.Header) *wire.Error {
	sv, name := j.find(m)
	if sv == nil {
		return nil
	}
	return checkParams(sv.tool(name), m, h)
}

func checkParams(t toolFacts, m wire.Message, h http.Header) *wire.Error {
	for _, p := range t.mirrored {
		values := h.Values(p.header)
		if len(values) > 1 {
			return &wire.Error{Code: wire.HeaderMismatch, Message: "header mismatch: " + p.header + " is there more than once"}
		}
		value := wire.Get(m.Arguments(), p.path...)
		if value == nil || string(value) == "null" {
			if len(values) > 0 {
				return &wire.Error{Code: wire.HeaderMismatch, Message: "header mismatch: " + p.header + " is there, but its argument is not"}
			}
			continue
		}
		if len(values) == 0 {
			return &wire.Error{Code: wire.HeaderMismatch, Message: "header mismatch: " + p.header + " is missing"}
		}
		text, ok := front.DecodeHeader(values[0])
		if !ok || !says(value, text) {
			return &wire.Error{Code: wire.HeaderMismatch, Message: fmt.Sprintf("header mismatch: %s does not say what the argument says", p.header)}
		}
	}
	return nil
}

// says reports whether a header's text stands for the JSON value. Numbers are compared as numbers.
func says(value []byte, text string) bool {
	if s, ok := wire.String(value); ok {
		return s == text
	}
	if string(value) == text {
		return true
	}
	a, errA := strconv.ParseFloat(string(value), 64)
	b, errB := strconv.ParseFloat(text, 64)
	return errA == nil && errB == nil && a == b
}
