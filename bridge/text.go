package bridge

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// ownInfo is what the bridge says of itself where it is the server.
const ownInfo = `{"name":"drawbridge","title":"Drawbridge","version":"1"}`

// eraOf is the era that a request is written in.
func eraOf(m wire.Message) era.Era {
	if v := m.Version(); v != "" && era.Of(v) != era.Legacy {
		return era.Modern
	}
	return era.Legacy
}

// unknown is how a thing looks that is not there, and just so one that the agent may not use.
func unknown(m wire.Message) *wire.Error {
	modern := eraOf(m) == era.Modern
	if modern && era.Removed(m.Method()) {
		return &wire.Error{Code: wire.MethodNotFound, Message: "Method not found: " + m.Method()}
	}
	switch m.Method() {
	case "tools/call":
		return &wire.Error{Code: wire.InvalidParams, Message: "Unknown tool: " + m.Name()}
	case "prompts/get":
		return &wire.Error{Code: wire.InvalidParams, Message: "Unknown prompt: " + m.Name()}
	case "resources/read", "resources/subscribe", "resources/unsubscribe":
		code := wire.ResourceNotFound
		if modern {
			code = wire.InvalidParams
		}
		return &wire.Error{Code: code, Message: "Resource not found", Data: object("uri", quote(m.URI()))}
	case "completion/complete":
		return &wire.Error{Code: wire.InvalidParams, Message: "Unknown reference"}
	}
	return &wire.Error{Code: wire.MethodNotFound, Message: "Method not found: " + m.Method()}
}

// notWith is the error for what the agent may use, but not like that.
func notWith(m wire.Message) *wire.Error {
	return &wire.Error{Code: wire.InvalidParams, Message: "the owner does not let this agent use " + clip(subject(m)) + " with these arguments"}
}

// Why a session takes no request.

func endedSession() *wire.Error {
	return &wire.Error{Code: wire.SessionNotFound, Message: "the session has ended; open a new one"}
}

func tooManyCalls() *wire.Error {
	return wire.Limited("too many calls at once; wait for some to end", time.Second)
}

func sameID() *wire.Error {
	return &wire.Error{Code: wire.InvalidRequest, Message: "a request with this id is still running"}
}

// clientName is what the client of initialize or of a modern request calls itself, name and version.
func clientName(info []byte) string {
	name, _ := wire.String(wire.Get(info, "name"))
	version, _ := wire.String(wire.Get(info, "version"))
	return strings.TrimSpace(clip(name + " " + version))
}

// clip cuts what agents and servers say to what a line can bear.
func clip[T ~string | ~[]byte](s T) string {
	const most = 512
	return strings.ToValidUTF8(string(s[:min(len(s), most)]), "")
}

// levels of log messages, least severe first (RFC 5424).
var levels = []string{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"}

// severity orders log levels; an unknown one, given as JSON text, is the least severe.
func severity(level []byte) int {
	name, _ := wire.String(level)
	return slices.Index(levels, name)
}

// object is a JSON object of names and raw values in turn; a name with an empty value is left out.
func object(fields ...string) []byte {
	var members []wire.Member
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i+1] != "" {
			members = append(members, wire.Member{Key: fields[i], Value: []byte(fields[i+1])})
		}
	}
	return wire.Object(members...)
}

// quote is s as a JSON string, for object.
func quote(s string) string { return string(wire.Quote(s)) }

// listing is names as a sentence has them.
func listing(names []string) string {
	if len(names) == 0 {
		return "no server at all"
	}
	return strings.Join(names, ", ")
}

// trimRune drops a rune that was cut at the end of s.
func trimRune(s string) string {
	for len(s) > 0 {
		if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n > 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return s
}
