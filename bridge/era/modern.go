package era

import (
	"drawbridge/internal/wire"
)

// A legacy client's words for a modern server, and the server's for the client.

// Client is what a legacy client said once, for all its requests.
type Client struct {
	Info, Capabilities []byte // from its initialize; nil when it said nothing
	LogLevel           string // of logging/setLevel; "" before
}

// ToModern is a legacy request as a modern server takes it: with the metadata that the session stands for. It is
// Invalid for a method that only one of the eras has.
func ToModern(m wire.Message, c Client) wire.Message {
	if Added(m.Method()) || Removed(m.Method()) {
		return wire.Message{}
	}
	return m.With(wire.Edit{Meta: c.meta()})
}

// Params are the params of a request of the bridge's own for a legacy client.
func (c Client) Params(members ...wire.Member) []byte {
	return wire.Object(append(members, wire.Member{Key: "_meta", Value: wire.Object(c.meta()...)})...)
}

func (c Client) meta() []wire.Member {
	meta := []wire.Member{
		{Key: metaPrefix + "protocolVersion", Value: wire.Quote(ModernRevision)},
		{Key: metaPrefix + "clientCapabilities", Value: modernCapabilities(c.Capabilities)},
	}
	if c.Info != nil {
		meta = append(meta, wire.Member{Key: metaPrefix + "clientInfo", Value: c.Info})
	}
	if c.LogLevel != "" {
		meta = append(meta, wire.Member{Key: metaPrefix + "logLevel", Value: wire.Quote(c.LogLevel)})
	}
	return meta
}

// modernCapabilities are a legacy client's, without what modern revisions have not.
func modernCapabilities(c []byte) []byte {
	c = wire.Without(orEmpty(c), "tasks")
	if wire.Get(c, "roots") != nil {
		c = wire.Set(c, []byte("{}"), "roots")
	}
	return c
}

// Greeting is a modern server's result of server/discover as the result of initialize, with that revision.
func Greeting(discover []byte, revision string) []byte {
	info := wire.Get(discover, "_meta", metaServerInfo)
	if info == nil {
		info = []byte(`{"name":"unknown","version":"0"}`)
	}
	return wire.Object(
		wire.Member{Key: "protocolVersion", Value: wire.Quote(revision)},
		wire.Member{Key: "capabilities", Value: orEmpty(wire.Get(discover, "capabilities"))},
		wire.Member{Key: "serverInfo", Value: info},
		wire.Member{Key: "instructions", Value: wire.Get(discover, "instructions")},
	)
}

// FromModern is a modern server's final answer as a legacy client takes it: errors that its revision does not
// know are mapped, and what its schema forbids is dropped.
func FromModern(method string, m wire.Message) wire.Message {
	if m.Kind() == wire.Failure {
		return fromModernError(method, m)
	}
	result := m.Result()
	switch method {
	case "tools/list":
		return wire.Reply(m.ID(), objectSchemas(result))
	case "tools/call":
		if s := wire.Get(result, "structuredContent"); s != nil && !isObject(s) {
			return wire.Reply(m.ID(), wire.Without(result, "structuredContent"))
		}
	}
	return m
}

func fromModernError(method string, m wire.Message) wire.Message {
	e := m.Error()
	switch {
	case e.Code == wire.MissingClientCapability:
		e.Code = wire.InvalidRequest
	case e.Code == wire.HeaderMismatch, e.Code == wire.UnsupportedProtocolVersion:
		e.Code = wire.InternalError
	case e.Code == wire.InvalidParams && method == "resources/read" && wire.Get(e.Data, "uri") != nil:
		e.Code = wire.ResourceNotFound
	default:
		return m
	}
	return e.Reply(m.ID())
}

// objectSchemas drops the output schemas that are no schemas of objects, which legacy revisions do not allow.
func objectSchemas(result []byte) []byte {
	var all [][]byte
	for tool := range wire.Elements(wire.Get(result, "tools")) {
		if schema := wire.Get(tool, "outputSchema"); schema != nil {
			if kind, _ := wire.String(wire.Get(schema, "type")); kind != "object" {
				tool = wire.Without(tool, "outputSchema")
			}
		}
		all = append(all, tool)
	}
	return wire.Set(result, wire.Array(all), "tools")
}

// LegacyRequest is an element of inputRequests as a request to a legacy client. elicitationID is what a
// revision with URL elicitation wants; it is used for those alone. It is Invalid for what is no request.
func LegacyRequest(id wire.ID, request []byte, elicitationID string) wire.Message {
	method, _ := wire.String(wire.Get(request, "method"))
	params := wire.Get(request, "params")
	if Capability(method) == "" {
		return wire.Message{}
	}
	if mode, _ := wire.String(wire.Get(params, "mode")); mode == "url" {
		params = wire.Set(params, wire.Quote(elicitationID), "elicitationId")
	}
	return wire.NewRequest(id, method, params)
}

// Retry is a request again, with the answers that the server asked for and the state that it gave along. A
// nil state is none.
func Retry(m wire.Message, answers []wire.Member, state []byte) wire.Message {
	params := wire.Without(orEmpty(m.Params()), "inputResponses", "requestState")
	if len(answers) > 0 {
		params = wire.Set(params, wire.Object(answers...), "inputResponses")
	}
	if state != nil {
		params = wire.Set(params, state, "requestState")
	}
	return wire.NewRequest(m.ID(), m.Method(), params)
}

// WithoutSubscription is a notification of a subscription as a legacy client takes it.
func WithoutSubscription(m wire.Message) wire.Message {
	meta := wire.Without(orEmpty(wire.Get(m.Params(), "_meta")), metaSubscription)
	params := wire.Set(m.Params(), meta, "_meta")
	if string(meta) == "{}" {
		params = wire.Without(m.Params(), "_meta")
	}
	return wire.NewNotification(m.Method(), params)
}

func isObject(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }
