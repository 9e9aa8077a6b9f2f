package front

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"drawbridge/internal/wire"
)

// Headers of the Streamable HTTP transport, as net/http spells them.
const (
	headerRevision  = "Mcp-Protocol-Version"
	headerSession   = "Mcp-Session-Id"
	headerMethod    = "Mcp-Method"
	headerName      = "Mcp-Name"
	headerLastEvent = "Last-Event-Id"
	headerTrace     = "Traceparent"
	headerTraceMore = "Tracestate"

	paramPrefix = "Mcp-Param-"
)

// ParamChecker is what a Session may implement to check the Mcp-Param-* headers of a modern tools/call, which
// takes the tool's schema. The error, if any, is sent with status 400; it is to be a wire.HeaderMismatch.
// DecodeHeader reads the values.
//
// See https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters
type ParamChecker interface {
	CheckParams(m wire.Message, h http.Header) *wire.Error
}

// ScopeChecker is what a Session may implement to have a request refused with status 403 and a challenge, which takes more than an
// answer. nil lets the request go on. Handle refuses the same requests, for fronts that have no status.
type ScopeChecker interface {
	CheckScopes(m wire.Message) *ScopeError
}

// DecodeHeader is the text that an Mcp-Name or Mcp-Param-* header stands for: itself, or what is in the
// sentinel =?base64?…?=. It reports false for what such a header must not be.
//
// See https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#value-encoding
func DecodeHeader(value string) (string, bool) {
	const prefix, suffix = "=?base64?", "?="
	for i := range len(value) {
		if c := value[i]; c != '\t' && (c < ' ' || c > '~') {
			return "", false
		}
	}
	if len(value) < len(prefix)+len(suffix) || !strings.HasPrefix(value, prefix) || !strings.HasSuffix(value, suffix) {
		return value, true
	}
	text, err := base64.StdEncoding.Strict().DecodeString(value[len(prefix) : len(value)-len(suffix)])
	return string(text), err == nil && utf8.Valid(text)
}

// checkModern says what is wrong with the headers and the metadata of a modern request or notification; nil
// is nothing.
//
// See https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#server-validation
func checkModern(m wire.Message, h http.Header) *wire.Error {
	header, there := one(h, headerRevision)
	revision := m.Version()
	if m.Kind() == wire.Notification { // the revision asks nothing of their headers
		if revision == "" {
			revision = header
		}
		if revision != modernRevision {
			return unsupported(revision)
		}
		return nil
	}
	switch {
	case !there:
		return mismatch("the header MCP-Protocol-Version must be there once")
	case revision == "":
		return missingMeta("protocolVersion")
	case header != revision:
		return mismatch("MCP-Protocol-Version is %q, but the body says %q", clip(header), clip(revision))
	case revision != modernRevision:
		return unsupported(revision)
	case m.ClientCapabilities() == nil:
		return missingMeta("clientCapabilities")
	}
	if method, _ := one(h, headerMethod); method != m.Method() {
		return mismatch("Mcp-Method is %q, but the body says %q", clip(method), clip(m.Method()))
	}
	return checkName(m, h)
}

// checkName compares Mcp-Name with what the request names, where it must name something.
func checkName(m wire.Message, h http.Header) *wire.Error {
	var want string
	switch m.Method() {
	case "tools/call", "prompts/get":
		want = m.Name()
	case "resources/read":
		want = m.URI()
	}
	if want == "" {
		return nil
	}
	header, there := one(h, headerName)
	name, ok := DecodeHeader(header)
	switch {
	case !there:
		return mismatch("the header Mcp-Name must be there once")
	case !ok:
		return mismatch("Mcp-Name has characters that it must encode, or is not well encoded")
	case name != want:
		return mismatch("Mcp-Name is %q, but the body says %q", clip(name), clip(want))
	}
	return nil
}

// one is the value of a header that is there exactly once. Two would let two readers disagree.
func one(h http.Header, key string) (string, bool) {
	if vs := h[key]; len(vs) == 1 {
		return vs[0], true
	}
	return "", false
}

func mismatch(format string, args ...any) *wire.Error {
	return &wire.Error{Code: wire.HeaderMismatch, Message: "header mismatch: " + fmt.Sprintf(format, args...)}
}

func missingMeta(field string) *wire.Error {
	return &wire.Error{Code: wire.InvalidParams, Message: `params._meta must have "io.modelcontextprotocol/` + field + `"`}
}
