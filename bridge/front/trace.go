package front

import (
	"net/http"

	"drawbridge/internal/trace"
	"drawbridge/internal/wire"
)

// traced is a request as a part of the trace that its HTTP request is a part of, which is put into params._meta, where MCP has
// it, for the bridge and the server. A request that says itself which trace it is of, or whose header makes no sense, stays as it is.
func traced(m wire.Message, h http.Header) wire.Message {
	if len(h[headerTrace]) == 0 || m.Kind() != wire.Request || wire.Get(m.Params(), "_meta", "traceparent") != nil {
		return m
	}
	parent, _ := one(h, headerTrace)
	if _, ok := trace.ParseParent(parent); !ok {
		return m
	}
	meta := []wire.Member{{Key: "traceparent", Value: wire.Quote(parent)}}
	if state, ok := one(h, headerTraceMore); ok && len(state) <= 512 && wire.Get(m.Params(), "_meta", "tracestate") == nil {
		meta = append(meta, wire.Member{Key: "tracestate", Value: wire.Quote(state)})
	}
	with := m.With(wire.Edit{Meta: meta})
	if with.Kind() != wire.Request { // there is no room for more in it
		return m
	}
	return with
}
