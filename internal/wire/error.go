package wire

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// Codes of JSON-RPC errors, as JSON-RPC 2.0 and the revisions of MCP name them.
const (
	ParseError     = -32700
	InvalidRequest = -32600
	MethodNotFound = -32601
	InvalidParams  = -32602
	InternalError  = -32603

	SessionNotFound            = -32001
	ResourceNotFound           = -32002
	LimitExceeded              = -32005 // as EIP-1474 has it; data.retryAfter is in seconds
	HeaderMismatch             = -32020
	MissingClientCapability    = -32021
	UnsupportedProtocolVersion = -32022
	URLElicitationRequired     = -32042
)

// Error is a JSON-RPC error: one that a peer sent, or one to be sent.
type Error struct {
	Code    int
	Message string
	Data    json.RawMessage // nil for none

	cause error
}

// Limited is the error for what may be tried again after a while. On HTTP it goes with status 429, and Retry-After.
func Limited(text string, wait time.Duration) *Error {
	seconds := strconv.FormatInt(max(1, int64(math.Ceil(wait.Seconds()))), 10)
	return &Error{Code: LimitExceeded, Message: text, Data: json.RawMessage(`{"retryAfter":` + seconds + `}`)}
}

func (e *Error) Error() string { return e.Message }

// Unwrap is why Parse or Batch refused a message; nil for any other Error.
func (e *Error) Unwrap() error { return e.cause }

// Reply is the answer to the request id that says e. With an empty id it answers what had none that
// could be read. Data that is no JSON is left out.
func (e *Error) Reply(id ID) Message {
	if id == "" {
		id = "null"
	}
	b := begin()
	b = appendMember(b, "id", string(id))
	b = append(b, `,"error":`...)
	b = append(b, `{"code":`...)
	b = strconv.AppendInt(b, int64(e.Code), 10)
	b = append(b, `,"message":`...)
	b = appendQuote(b, e.Message)
	if e.Data != nil && json.Valid(e.Data) {
		b = appendMember(b, "data", string(e.Data))
	}
	return made(append(b, "}}"...))
}

// ErrorCode is the code of a Failure; 0 when it has none that is an integer.
func (m Message) ErrorCode() int {
	n, _ := strconv.Atoi(string(Get(m.Err(), "code")))
	return n
}

// Error is what a Failure says, nil for any other message. A missing code becomes InternalError.
func (m Message) Error() *Error {
	if m.kind != Failure {
		return nil
	}
	e := &Error{Code: m.ErrorCode(), Data: Get(m.Err(), "data")}
	e.Message, _ = String(Get(m.Err(), "message"))
	if e.Code == 0 {
		e.Code = InternalError
	}
	return e
}

// Reply is the answer to the request id with that result, a JSON value.
// Like NewRequest and NewNotification it is Invalid when what it is made of is.
func Reply(id ID, result []byte) Message {
	b := begin()
	b = appendMember(b, "id", string(id))
	return made(append(appendMember(b, "result", string(result)), '}'))
}

// NewRequest is a request with those params, a JSON object or nil for none.
func NewRequest(id ID, method string, params []byte) Message {
	b := begin()
	b = appendMember(b, "id", string(id))
	return call(b, method, params)
}

// NewNotification is a notification with those params, a JSON object or nil for none.
func NewNotification(method string, params []byte) Message {
	return call(begin(), method, params)
}

func call(b []byte, method string, params []byte) Message {
	b = append(b, `,"method":`...)
	b = appendQuote(b, method)
	if params != nil {
		b = appendMember(b, "params", string(params))
	}
	return made(append(b, '}'))
}

func begin() []byte { return []byte(`{"jsonrpc":"2.0"`) }

// appendMember appends a member of an object that b ends in the middle of.
func appendMember(b []byte, key, value string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = appendQuote(b, key)
	b = append(b, ':')
	return append(b, value...)
}

// made is the message that the bridge itself put together in b; the zero Message if it is none.
func made(b []byte) Message {
	m, err := Parse(b, Limits{Size: maxSize, Depth: maxDepth})
	if err != nil {
		return Message{}
	}
	return m
}
