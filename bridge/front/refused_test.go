package front

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"drawbridge/internal/wire"
)

// TestRefusedIsTold: who watches is told of foreign hosts and pages, and of what is no message, once each.
func TestRefusedIsTold(t *testing.T) {
	var told []error
	c := Config{Bridge: newIsland(t), Refused: func(_ *http.Request, why error) { told = append(told, why) }}
	house := Guard(c, New(c))
	send := func(body string, headers ...string) {
		told = nil
		r := httptest.NewRequest(http.MethodPost, "/files/mcp", strings.NewReader(body))
		r.Host = "localhost"
		r.Header.Set("Content-Type", "application/json")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
			if name == "Host" {
				r.Host = value
			}
		}
		house.ServeHTTP(httptest.NewRecorder(), r)
	}
	for _, test := range []struct {
		body, header string
		want         error
	}{
		{`{}`, "Host: evil.example", ErrHost},
		{`{}`, "Origin: http://evil.example", ErrOrigin},
		{`{`, "X: y", wire.ErrMalformed},
		{`{"jsonrpc":"2.0","id":1,"method":"ping"}`, "X: y", nil},
	} {
		send(test.body, test.header)
		if test.want == nil && told != nil || test.want != nil && (len(told) != 1 || !errors.Is(told[0], test.want)) {
			t.Errorf("%s, %s: told %v", test.header, test.body, told)
		}
	}
}
