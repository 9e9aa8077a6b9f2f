package front

import (
	"net/http"
	"strings"
	"testing"

	"drawbridge/internal/wire"
)

// TestTraced: the trace of an HTTP request becomes that of the message in it, unless that names one itself.
func TestTraced(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
	both := http.Header{"Traceparent": {parent}, "Tracestate": {`a="b"`}}
	alone := `{"params":{"_meta":{"traceparent":"` + parent + `"}},"jsonrpc":"2.0","id":1,"method":"tools/call"}`
	call := func(params string) string { return `{"jsonrpc":"2.0","id":1,"method":"tools/call"` + params + `}` }
	for name, c := range map[string]struct {
		header  http.Header
		message string
		want    string // "" is as it was
	}{
		"no header":      {nil, call(`,"params":{"name":"x"}`), ""},
		"no meta":        {both, call(`,"params":{"name":"x"}`), call(`,"params":{"_meta":{"traceparent":"` + parent + `","tracestate":"a=\"b\""},"name":"x"}`)},
		"some meta":      {http.Header{"Traceparent": {parent}}, call(`,"params":{"_meta":{"progressToken":1}}`), call(`,"params":{"_meta":{"traceparent":"` + parent + `","progressToken":1}}`)},
		"no params":      {http.Header{"Traceparent": {parent}}, call(""), alone},
		"its own":        {both, call(`,"params":{"_meta":{"traceparent":"mine"}}`), ""},
		"no sense":       {http.Header{"Traceparent": {"00-x"}}, call(""), ""},
		"two":            {http.Header{"Traceparent": {parent, parent}}, call(""), ""},
		"a long state":   {http.Header{"Traceparent": {parent}, "Tracestate": {strings.Repeat("x", 513)}}, call(""), alone},
		"a notification": {both, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, ""},
		"an answer":      {both, `{"jsonrpc":"2.0","id":1,"result":{}}`, ""},
	} {
		m, err := wire.Parse([]byte(c.message), wire.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		want := c.want
		if want == "" {
			want = c.message
		}
		if got := string(traced(m, c.header).Bytes()); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}
