package wire

import "bytes"

// methods are those of every revision of the specification, sorted.
var methods = [...]string{
	"completion/complete",
	"elicitation/create",
	"initialize",
	"logging/setLevel",
	"notifications/cancelled",
	"notifications/elicitation/complete",
	"notifications/initialized",
	"notifications/message",
	"notifications/progress",
	"notifications/prompts/list_changed",
	"notifications/resources/list_changed",
	"notifications/resources/updated",
	"notifications/roots/list_changed",
	"notifications/subscriptions/acknowledged",
	"notifications/tasks/status",
	"notifications/tools/list_changed",
	"ping",
	"prompts/get",
	"prompts/list",
	"resources/list",
	"resources/read",
	"resources/subscribe",
	"resources/templates/list",
	"resources/unsubscribe",
	"roots/list",
	"sampling/createMessage",
	"server/discover",
	"subscriptions/listen",
	"tasks/cancel",
	"tasks/get",
	"tasks/list",
	"tasks/result",
	"tools/call",
	"tools/list",
}

// methodOf is the method in raw, a JSON string. Only for a method that is not in methods it allocates.
func methodOf(raw []byte) string {
	text := raw[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		text = appendUnescaped(nil, text)
	}
	low, high := 0, len(methods)
	for low < high {
		mid := (low + high) / 2
		switch known := methods[mid]; {
		case string(text) == known:
			return known
		case string(text) < known:
			high = mid
		default:
			low = mid + 1
		}
	}
	return string(text)
}
