// Package wire is one MCP message as the bytes it came in, plus the envelope found in them.
//
// A message is parsed once, strictly, where it enters the bridge. After that its bytes are only
// ever spliced: nothing is decoded and encoded again, so what was authorized is what is forwarded.
package wire

// Kind says what a message is.
type Kind uint8

const (
	Invalid      Kind = iota // the zero Message
	Request                  // method and id
	Notification             // method, no id
	Result                   // id and result
	Failure                  // id and error
)

// ID is a JSON-RPC id or a progress token as the JSON text it came in: `7`, `"a"`.
// The empty ID means there is none.
type ID string

// Message is the bytes of one JSON-RPC message and where its envelope lies in them.
// The zero Message is Invalid. A Message shares the buffer it was parsed from; nobody may change
// those bytes while it lives. Copying a Message copies no payload.
type Message struct {
	b    []byte
	kind Kind
	// method is interned for the methods the specification names, so that reading it allocates nothing.
	method string
	env    envelope
}

// span is a half-open range of Message.b; the zero span means "not there".
type span struct{ start, end uint32 }

// envelope is where the parts lie that the bridge reads or replaces.
type envelope struct {
	id, params, result, err span
	// In params.
	name, uri, progressToken, requestID, meta span
	// In params._meta (or result._meta for subscriptionID).
	version, clientInfo, clientCapabilities, logLevel, subscriptionID span
	// In result.
	resultType, isError span
}
