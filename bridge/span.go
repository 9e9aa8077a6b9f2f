package bridge

import (
	"net"
	"strconv"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/internal/trace"
	"drawbridge/internal/wire"
)

// SetTraces has take told of every call that ends from now on, as a span; nil is nobody. It is called for each call, by any number
// of goroutines, and does not wait. A call whose trace is not recorded, as its agent says, is no span.
func (b *Bridge) SetTraces(take func(trace.Span)) {
	if take == nil {
		b.traces.Store(nil)
		return
	}
	b.traces.Store(&take)
}

// trace tells of the call as a span, if somebody wants to know. answer is what the agent gets, of which, as of the arguments, nothing is
// in the span.
func (c *call) trace(answer wire.Message, o Outcome) {
	take := c.session.b.traces.Load()
	if take == nil {
		return
	}
	text := func(key string) string {
		s, _ := wire.String(wire.Get(c.m.Params(), "_meta", key))
		return s
	}
	parent, ok := trace.ParseParent(text("traceparent"))
	if ok && !parent.Sampled {
		return
	}
	s := trace.Span{Name: c.info.Method, Began: c.info.Started, Ended: c.info.Started.Add(o.Took)}
	if s.Under(parent); ok {
		s.State = tracestate(text("tracestate"))
	}
	c.describe(&s)
	c.conclude(&s, answer, o)
	(*take)(s)
}

// describe says what the call is, by the [conventions for MCP], and what the bridge knows besides.
//
// [conventions for MCP]: https://github.com/open-telemetry/semantic-conventions/blob/main/docs/gen-ai/mcp.md#server
func (c *call) describe(s *trace.Span) {
	s.Set("mcp.method.name", c.info.Method)
	name := audit.RedactText(c.info.Name)
	switch c.m.Method() {
	case "tools/call":
		s.Set("gen_ai.operation.name", "execute_tool")
		s.Set("gen_ai.tool.name", name)
		s.Name += " " + name
	case "prompts/get":
		s.Set("gen_ai.prompt.name", name)
		s.Name += " " + name
	case "resources/read", "resources/subscribe", "resources/unsubscribe":
		s.Set("mcp.resource.uri", name)
	}
	s.Set("jsonrpc.request.id", plainID(c.m.ID()))
	if c.era == era.Modern {
		s.Set("mcp.protocol.version", clip(c.m.Version()))
	} else {
		s.Set("mcp.protocol.version", c.session.Revision())
	}
	s.Set("network.transport", "tcp")
	s.Set("network.protocol.name", protocols[c.session.way.Front])
	if host, _, err := net.SplitHostPort(c.session.way.Address); err == nil {
		s.Set("client.address", host)
	}
	who := c.session.owner()
	for _, a := range [][2]string{
		{"call", strconv.FormatUint(c.info.ID, 10)}, {"session", strconv.FormatUint(c.session.number, 10)},
		{"agent", who.Agent}, {"user", who.User}, {"server", c.info.Server}, {"verdict", c.verdict.String()},
	} {
		s.Set("drawbridge."+a[0], a[1])
	}
}

// protocols are those that fronts speak.
var protocols = map[string]string{"streamable": "http", "sse": "http", "websocket": "websocket"}

// conclude says how the call ended.
func (c *call) conclude(s *trace.Span, answer wire.Message, o Outcome) {
	s.Set("drawbridge.outcome", string(o.Result))
	kind := string(o.Result)
	if answer.Kind() == wire.Failure {
		kind = strconv.Itoa(answer.ErrorCode())
		s.Set("rpc.response.status_code", kind)
	}
	switch o.Result {
	case OK, InputRequired, Asked:
		if answer.Kind() != wire.Failure {
			return
		}
	case ToolError:
		kind = "tool_error"
	}
	s.Set("error.type", kind)
	s.Failed = string(o.Result)
}

// tracestate is a caller's, which is left out where it is longer than what everybody has to pass on.
func tracestate(text string) string {
	if len(text) > 512 {
		return ""
	}
	return clip(text)
}

// plainID is an id as people write it.
func plainID(id wire.ID) string {
	if text, ok := wire.String([]byte(id)); ok {
		return clip(text)
	}
	return clip(string(id))
}
