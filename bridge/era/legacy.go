package era

import (
	"fmt"
	"strings"

	"drawbridge/internal/wire"
)

// A modern client's words for a legacy server, and the server's for the client.

// Keys of _meta that only modern revisions know.
const (
	metaPrefix       = "io.modelcontextprotocol/"
	metaServerInfo   = metaPrefix + "serverInfo"
	metaSubscription = metaPrefix + "subscriptionId"
)

// keptFor is how long, in milliseconds, a client may keep a list of a legacy server, which says nothing of it.
const keptFor = "0"

// Handshake is the params of initialize for a modern client: what it says of itself with every request. A nil
// info or capabilities is a client that says nothing.
func Handshake(info, capabilities []byte) []byte {
	if info == nil {
		info = []byte(`{"name":"unknown","version":"0"}`)
	}
	return wire.Object(
		wire.Member{Key: "protocolVersion", Value: wire.Quote(LegacyRevision)},
		wire.Member{Key: "capabilities", Value: wire.Without(orEmpty(capabilities), "tasks", "extensions")},
		wire.Member{Key: "clientInfo", Value: info},
	)
}

// ToLegacy is a modern request as a legacy server takes it: without the modern metadata and without what a retry
// carries. It is Invalid for a method that legacy servers do not have.
func ToLegacy(m wire.Message) wire.Message {
	if Added(m.Method()) || Removed(m.Method()) {
		return wire.Message{}
	}
	params := m.Params()
	if meta := wire.Get(params, "_meta"); meta != nil {
		if old := legacyMeta(meta); len(old) > len("{}") {
			params = wire.Set(params, old, "_meta")
		} else {
			params = wire.Without(params, "_meta")
		}
	}
	return wire.NewRequest(m.ID(), m.Method(), wire.Without(params, "inputResponses", "requestState"))
}

// legacyMeta is a modern _meta without the keys that only modern revisions know.
func legacyMeta(meta []byte) []byte {
	var gone []string
	for key := range wire.Fields(meta) {
		if strings.HasPrefix(key, metaPrefix) {
			gone = append(gone, key)
		}
	}
	return wire.Without(meta, gone...)
}

// FromLegacy is a legacy server's answer as a modern client takes it. greeting is the result of the server's
// initialize.
func FromLegacy(method string, m wire.Message, greeting []byte) wire.Message {
	if m.Kind() == wire.Failure {
		if m.ErrorCode() != wire.ResourceNotFound {
			return m
		}
		e := m.Error()
		e.Code = wire.InvalidParams
		return e.Reply(m.ID())
	}
	result := complete(m.Result(), greeting)
	switch method {
	case "tools/list":
		result = withoutTaskTools(result)
		fallthrough
	case "prompts/list", "resources/list", "resources/templates/list", "resources/read":
		result = cacheable(result)
	}
	return wire.Reply(m.ID(), result)
}

// Discover is a legacy server's greeting as the result of server/discover.
func Discover(greeting []byte) []byte {
	result := wire.Object(
		wire.Member{Key: "supportedVersions", Value: wire.QuoteAll(Revisions())},
		wire.Member{Key: "capabilities", Value: wire.Without(orEmpty(wire.Get(greeting, "capabilities")), "tasks")},
		wire.Member{Key: "instructions", Value: wire.Get(greeting, "instructions")},
	)
	return cacheable(complete(result, greeting))
}

// complete marks a result as final and as the server's.
func complete(result, greeting []byte) []byte {
	result = wire.Set(result, []byte(`"complete"`), "resultType")
	if info := wire.Get(greeting, "serverInfo"); info != nil {
		result = wire.Set(result, info, "_meta", metaServerInfo)
	}
	return result
}

func cacheable(result []byte) []byte {
	return wire.Set(wire.Set(result, []byte(keptFor), "ttlMs"), []byte(`"private"`), "cacheScope")
}

// withoutTaskTools leaves out the tools that can only be called as tasks, which modern revisions have not,
// and of the others what they say of tasks.
func withoutTaskTools(result []byte) []byte {
	var kept [][]byte
	changed := false
	for tool := range wire.Elements(wire.Get(result, "tools")) {
		support, _ := wire.String(wire.Get(tool, "execution", "taskSupport"))
		switch support {
		case "required":
			changed = true
			continue
		case "":
		default:
			changed = true
			tool = wire.Without(tool, "execution")
		}
		kept = append(kept, tool)
	}
	if !changed {
		return result
	}
	return wire.Set(result, wire.Array(kept), "tools")
}

// InputRequest is a legacy server's request as an element of inputRequests.
func InputRequest(m wire.Message) []byte {
	params := wire.Without(orEmpty(m.Params()), "elicitationId", "task")
	if meta := wire.Get(params, "_meta"); meta != nil {
		params = wire.Set(params, wire.Without(meta, "progressToken"), "_meta")
	}
	return wire.Object(
		wire.Member{Key: "method", Value: wire.Quote(m.Method())},
		wire.Member{Key: "params", Value: params},
	)
}

// InputRequired is the result that asks a modern client for input. requests are by key; state is for the
// client to bring back.
func InputRequired(requests []wire.Member, state string) []byte {
	return wire.Object(
		wire.Member{Key: "resultType", Value: []byte(`"input_required"`)},
		wire.Member{Key: "inputRequests", Value: wire.Object(requests...)},
		wire.Member{Key: "requestState", Value: wire.Quote(state)},
	)
}

// URLRequests are the URL elicitations that a legacy error -32042 asks for, as elements of inputRequests; nil
// for any other answer.
func URLRequests(m wire.Message) []wire.Member {
	if m.ErrorCode() != wire.URLElicitationRequired {
		return nil
	}
	var all []wire.Member
	for e := range wire.Elements(wire.Get(m.Err(), "data", "elicitations")) {
		request := wire.NewRequest("0", "elicitation/create", wire.Set(e, []byte(`"url"`), "mode"))
		if request.Kind() != wire.Request {
			continue
		}
		all = append(all, wire.Member{Key: fmt.Sprintf("url-%d", len(all)+1), Value: InputRequest(request)})
	}
	return all
}

// MissingCapability is the error for a client that cannot be asked what the server asks with m.
func MissingCapability(m wire.Message) *wire.Error {
	capability := []string{Capability(m.Method())}
	if mode, _ := wire.String(wire.Get(m.Params(), "mode")); mode == "url" {
		capability = append(capability, mode)
	}
	return &wire.Error{
		Code: wire.MissingClientCapability, Message: "this needs a client that answers " + m.Method(),
		Data: wire.Set(nil, []byte("{}"), append([]string{"requiredCapabilities"}, capability...)...),
	}
}

// Declares reports whether a client with those capabilities can be asked what the server asks with m. Without saying
// how, a client takes elicitation by form.
func Declares(capabilities []byte, m wire.Message) bool {
	name := Capability(m.Method())
	if name == "" {
		return true
	}
	has := wire.Get(capabilities, name)
	url, form := wire.Get(has, "url"), wire.Get(has, "form")
	switch mode, _ := wire.String(wire.Get(m.Params(), "mode")); {
	case has == nil || name != "elicitation":
		return has != nil
	case mode == "url":
		return url != nil
	}
	return form != nil || url == nil
}

// Capability is the client's capability to answer a request of that method; "" where none is needed.
func Capability(method string) string {
	switch method {
	case "elicitation/create":
		return "elicitation"
	case "sampling/createMessage":
		return "sampling"
	case "roots/list":
		return "roots"
	}
	return ""
}

func orEmpty(object []byte) []byte {
	if object == nil {
		return []byte("{}")
	}
	return object
}
