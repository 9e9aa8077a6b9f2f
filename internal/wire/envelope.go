package wire

import "math"

// span is a half-open range of a message's bytes; the zero span means "not there".
type span struct{ start, end uint32 }

func (s span) of(b []byte) []byte {
	if s == (span{}) {
		return nil
	}
	return b[s.start:s.end]
}

// maxSize bounds a message so that its spans, and those of its edited copies, stay within 32 bits.
const maxSize = math.MaxUint32 / 4

// part is one value of a message that the bridge reads or replaces.
type part uint8

const (
	id part = iota
	params
	result
	failure
	name
	uri
	arguments
	progressToken
	requestID
	subscriptionID
	meta
	version
	clientInfo
	clientCapabilities
	logLevel
	resultType
	isError
	parts // how many a Message keeps; those below matter only while it is parsed

	jsonrpc
	method
	ref
	refName
	refURI
	directToken // a progress token in params itself
	requestState
	inputResponses
	resultMeta
	resultSubscription
	code
	allParts
)

// envelope is where the parts lie.
type envelope [parts]span

// place is an object whose keys the parser knows, or a rule for all the others.
type place uint8

const (
	// In these a key that is not read may come twice.
	loose place = iota // anywhere deep in a result or error
	inResult
	inResultMeta
	inFailure
	// In these every key is unique.
	strict // anywhere else
	inMessage
	inParams
	inMeta
	inRef
	places
)

// inside is the rule for what lies deeper than the keys that p names.
func (p place) inside() place {
	if p < strict {
		return loose
	}
	return strict
}

// field is a key that is read: its value is part, and below it the rules of in hold.
type field struct {
	key  string
	part part
	in   place
}

// fields are the keys that are read in each place.
var fields = [places][]field{
	inMessage: {
		{"jsonrpc", jsonrpc, strict},
		{"id", id, strict},
		{"method", method, strict},
		{"params", params, inParams},
		{"result", result, inResult},
		{"error", failure, inFailure},
	},
	inParams: {
		{"name", name, strict},
		{"uri", uri, strict},
		{"_meta", meta, inMeta},
		{"arguments", arguments, strict},
		{"ref", ref, inRef},
		{"progressToken", directToken, strict},
		{"requestId", requestID, strict},
		{"inputResponses", inputResponses, strict},
		{"requestState", requestState, strict},
	},
	inMeta: {
		{"progressToken", progressToken, strict},
		{"io.modelcontextprotocol/protocolVersion", version, strict},
		{"io.modelcontextprotocol/clientInfo", clientInfo, strict},
		{"io.modelcontextprotocol/clientCapabilities", clientCapabilities, strict},
		{"io.modelcontextprotocol/logLevel", logLevel, strict},
		{"io.modelcontextprotocol/subscriptionId", subscriptionID, strict},
	},
	inRef: {
		{"name", refName, strict},
		{"uri", refURI, strict},
	},
	inResult: {
		{"_meta", resultMeta, inResultMeta},
		{"resultType", resultType, loose},
		{"isError", isError, loose},
	},
	inResultMeta: {
		{"io.modelcontextprotocol/subscriptionId", resultSubscription, loose},
	},
	inFailure: {
		{"code", code, loose},
	},
}

// folds reports whether a reader that ignores case, as encoding/json does, takes key for name,
// which is ASCII.
func folds(key []byte, name string) bool {
	const longS, kelvin = "ſ", "\u212a" // the only other runes that fold to ASCII letters
	for i := range len(name) {
		c, size := byte(0), 1
		switch {
		case len(key) == 0:
			return false
		case key[0] < 0x80:
			c = lower(key[0])
		case len(key) >= 2 && string(key[:2]) == longS:
			c, size = 's', 2
		case len(key) >= 3 && string(key[:3]) == kelvin:
			c, size = 'k', 3
		}
		if c != lower(name[i]) {
			return false
		}
		key = key[size:]
	}
	return len(key) == 0
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
