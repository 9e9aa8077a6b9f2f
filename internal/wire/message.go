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
	Failure                  // error, and an id unless the request could not be read
)

// Message is the bytes of one JSON-RPC message and where its envelope lies in them.
// The zero Message is Invalid. A Message shares the buffer it was parsed from; nobody may change
// those bytes while it lives. Copying a Message copies no payload.
//
// Raw parts are returned as sub-slices of Bytes and are nil where the message has none.
type Message struct {
	b    []byte
	kind Kind
	// breaks: there are line ends between the tokens of b.
	breaks bool
	// method is interned for the methods the specification names, so that reading it allocates nothing.
	method string
	env    envelope
}

// Kind is what the message is.
func (m Message) Kind() Kind { return m.kind }

// Bytes is the message as it came, without white space around it.
func (m Message) Bytes() []byte { return m.b }

// Method is the method of a request or notification.
func (m Message) Method() string { return m.method }

// ID is the id of a request or an answer.
func (m Message) ID() ID { return idOf(m.raw(id)) }

// IntID is the id as a number, for ids that are plain decimal integers from 0 to 2⁶⁴-1. It allocates nothing.
func (m Message) IntID() (uint64, bool) { return intOf(m.raw(id)) }

// Params is the object that came with a request or notification.
func (m Message) Params() []byte { return m.raw(params) }

// Result is the value of an answer that is no error.
func (m Message) Result() []byte { return m.raw(result) }

// Err is the error object of a Failure.
func (m Message) Err() []byte { return m.raw(failure) }

// Name is params.name, or params.ref.name of completion/complete; "" unless it is a string.
func (m Message) Name() string { return m.text(name) }

// URI is params.uri, or params.ref.uri of completion/complete; "" unless it is a string.
func (m Message) URI() string { return m.text(uri) }

// Arguments is params.arguments.
func (m Message) Arguments() []byte { return m.raw(arguments) }

// ProgressToken is the token that a request wants its progress under, in params._meta, or that
// notifications/progress carries, in params.
func (m Message) ProgressToken() ID { return idOf(m.raw(progressToken)) }

// IntToken is ProgressToken as IntID is ID.
func (m Message) IntToken() (uint64, bool) { return intOf(m.raw(progressToken)) }

// RequestID is the request that notifications/cancelled gives up.
func (m Message) RequestID() ID { return idOf(m.raw(requestID)) }

// SubscriptionID is the subscriptions/listen request that a notification or result belongs to, in _meta.
func (m Message) SubscriptionID() ID { return idOf(m.raw(subscriptionID)) }

// Version is the protocol revision in params._meta.
func (m Message) Version() string { return m.text(version) }

// ClientInfo is what the client says of itself in params._meta.
func (m Message) ClientInfo() []byte { return m.raw(clientInfo) }

// ClientCapabilities is what the client says it can do, in params._meta.
func (m Message) ClientCapabilities() []byte { return m.raw(clientCapabilities) }

// LogLevel is the least level of log messages that a request asks for in params._meta.
func (m Message) LogLevel() string { return m.text(logLevel) }

// ResultType is result.resultType; "" in revisions that have none, which means complete.
func (m Message) ResultType() string { return m.text(resultType) }

// IsError reports whether a tool says in its result that it failed.
func (m Message) IsError() bool { return string(m.raw(isError)) == "true" }

func (m Message) raw(p part) []byte { return m.env[p].of(m.b) }

func (m Message) text(p part) string {
	s, _ := String(m.raw(p))
	return s
}
