package wire

import (
	"fmt"
	"strings"
	"testing"
)

// toolCall is a tools/call of about that many bytes.
func toolCall(size int) []byte {
	const frame = `{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{"name":"read_file","arguments":{"path":"/home/me/notes.txt","text":"%s"},"_meta":{"progressToken":17}}}`
	return fmt.Appendf(nil, frame, strings.Repeat("x", max(0, size-len(frame))))
}

// reply is an answer with a list of tools, as structured as payloads get.
func reply(tools int) []byte {
	tool := `{"name":"read_file","description":"Reads \"one\" file.\n","inputSchema":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}}`
	return []byte(`{"jsonrpc":"2.0","id":17,"result":{"tools":[` + strings.Repeat(tool+",", tools-1) + tool + `]}}`)
}

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"call/200B", toolCall(200)},
		{"call/100KiB", toolCall(100 << 10)},
		{"call/5MiB", toolCall(5 << 20)},
		{"reply/40B", []byte(`{"jsonrpc":"2.0","id":17,"result":{}}`)},
		{"reply/tools", reply(50)},
		{"call/structured", []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":` + string(reply(50)) + `}}`)},
		{"reply/unicode", []byte(`{"jsonrpc":"2.0","id":17,"result":{"text":"` + strings.Repeat("Überraschung 驚き ", 5000) + `"}}`)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.b)))
			for b.Loop() {
				if _, err := Parse(c.b, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendTo(b *testing.B) {
	for _, size := range []int{200, 100 << 10, 5 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			m, err := Parse(toolCall(size), Limits{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(size))
			var buf []byte
			for b.Loop() {
				buf = m.AppendTo(buf[:0], Edit{ID: "123456", ProgressToken: "123456"})
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	m, err := Parse(reply(50), Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(m.Bytes())))
	for b.Loop() {
		n := 0
		for tool := range Elements(Get(m.Result(), "tools")) {
			n += len(Get(tool, "inputSchema"))
		}
	}
}
