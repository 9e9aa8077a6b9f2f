package wire

import (
	"errors"
	"strings"
	"testing"
)

func TestBatch(t *testing.T) {
	const ping = ` {"jsonrpc":"2.0","id":1,"method":"ping"} `
	many := func(n int) string { return "[" + strings.Repeat(ping+",", n-1) + ping + "]" }
	for _, c := range []struct {
		b    string
		n    int
		want error
	}{
		{"\n[" + ping + "]\n", 1, nil},
		{many(100), 100, nil},
		{many(101), 0, longBatch},
		{`[]`, 0, emptyBatch},
		{`[ ]`, 0, emptyBatch},
		{ping, 0, notJSON},
		{`[` + ping, 0, notJSON},
		{`[` + ping + `,]`, 0, notJSON},
		{`[` + ping + ping + `]`, 0, notJSON},
		{`[` + ping + `]x`, 0, trailingData},
		{`[[` + ping + `]]`, 0, notObject},
		{`[` + ping + `,{"jsonrpc":"2.0","id":null,"method":"ping"}]`, 0, badID},
		{``, 0, notJSON},
	} {
		ms, err := Batch([]byte(c.b), Limits{})
		if !errors.Is(err, c.want) || len(ms) != c.n {
			t.Errorf("%.60q: %d messages, %v; want %d, %v", c.b, len(ms), err, c.n, c.want)
		}
		for _, m := range ms {
			same(t, m.With(Edit{}), strings.TrimSpace(ping))
		}
	}
	if _, err := Batch([]byte(many(2)), Limits{Size: 10}); !errors.Is(err, tooLarge) {
		t.Errorf("larger than the limit: %v", err)
	}
}
