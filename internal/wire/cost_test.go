//go:build !race

package wire

import (
	"errors"
	"testing"
)

// What messages cost is not to be seen under the race detector, which is slow and makes sync.Pool
// forget at random.

func TestAllocations(t *testing.T) {
	for name, b := range map[string][]byte{
		"call": toolCall(200), "long call": toolCall(100 << 10), "reply": reply(3),
		"progress": []byte(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":0.5}}`),
	} {
		buf := make([]byte, 0, 2*len(b)+100)
		if n := testing.AllocsPerRun(100, func() {
			m, err := Parse(b, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = m.IntID()
			_, _ = m.IntToken()
			m.AppendTo(buf, Edit{ID: "123", ProgressToken: "123"})
			for tool := range Elements(Get(m.Result(), "tools")) {
				Get(tool, "name")
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// A parser that compared every key with every other would not come to an end here.
func TestParseManyKeys(t *testing.T) {
	keys := manyKeys(500_000)
	if _, err := Parse([]byte(in(`{"arguments":{`+keys+`}}`)), Limits{}); err != nil {
		t.Error(err)
	}
	if _, err := Parse([]byte(in(`{"arguments":{`+keys+`,"\u006b7":1}}`)), Limits{}); !errors.Is(err, duplicateKey) {
		t.Errorf("one key twice among many: %v", err)
	}
}
