package wire

import (
	"errors"
	"fmt"
)

// ErrMalformed is what every error of Parse and Batch wraps: the bytes are no message that all
// readers would understand alike.
var ErrMalformed = errors.New("malformed message")

// reason is why a message is malformed.
type reason uint8

const (
	fine reason = iota
	notJSON
	notUTF8
	controlCharacter
	trailingData
	tooLarge
	tooDeep
	notObject
	wrongVersion
	duplicateKey
	ambiguousKey
	loneSurrogate
	badID
	badToken
	badMethod
	badParams
	badName
	badMeta
	badError
	noKind
	emptyBatch
	longBatch
	reasons
)

var reasonText = [reasons]string{
	notJSON:          "not valid JSON",
	notUTF8:          "not valid UTF-8",
	controlCharacter: "a control character in a string must be escaped",
	trailingData:     "more follows after the message",
	tooLarge:         "larger than the bridge accepts",
	tooDeep:          "nested deeper than the bridge accepts",
	notObject:        "not an object",
	wrongVersion:     `"jsonrpc" must be "2.0"`,
	duplicateKey:     "the same key twice in one object",
	ambiguousKey:     "a key that differs from one of the protocol's only in case",
	loneSurrogate:    "half of a surrogate pair",
	badID:            "an id must be a string or an integer",
	badToken:         "a token must be a string or an integer",
	badMethod:        `"method" must be a string that is not empty`,
	badParams:        `"params" must be an object`,
	badName:          `"name", "uri" and "requestState" must be strings`,
	badMeta:          `a value in "_meta" has the wrong type`,
	badError:         `"error" must be an object`,
	noKind:           "neither a request, nor a notification, nor an answer",
	emptyBatch:       "an empty batch",
	longBatch:        "more messages in one batch than the bridge accepts",
}

func (r reason) Error() string { return reasonText[r] }

// Is makes every reason an ErrMalformed.
func (r reason) Is(target error) bool { return target == ErrMalformed }

func (r reason) code() int {
	switch r {
	case notJSON, notUTF8, controlCharacter, trailingData:
		return ParseError
	}
	return InvalidRequest
}

// malformed is the error that tells the sender why, and at which byte.
func malformed(why reason, at int) *Error {
	return &Error{Code: why.code(), Message: fmt.Sprintf("%v at byte %d: %v", ErrMalformed, at, why), cause: why}
}
