package bench

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"drawbridge/internal/wire"
)

// filler is what texts are made of.
var filler = strings.Repeat("the quick brown fox jumps over the lazy dog, and so on; ", 1<<10)

// question makes calls of echo, and knows their answers.
type question struct {
	size   int // of the text, in bytes; 20 at least
	modern bool
	msg    []byte
	text   []byte // of the last one, with the quote that ends it
}

// ask is the call with that id, and a text that no other call has. It is good until the next.
func (q *question) ask(id int64) []byte {
	b := fmt.Appendf(q.msg[:0], `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"echo","arguments":{"text":"`, id)
	start := len(b)
	b = fmt.Appendf(b, "%020d", id)
	for left := q.size - 20; left > 0; left -= len(filler) {
		b = append(b, filler[:min(left, len(filler))]...)
	}
	b = append(b, '"')
	end := len(b)
	b = append(b, '}')
	if q.modern {
		b = append(b, `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`...)
	}
	q.msg = append(b, '}', '}')
	q.text = q.msg[start:end]
	return q.msg
}

// check says what is wrong with the answer to the last call.
func (q *question) check(id int64, answer []byte) error {
	_, text, _ := bytes.Cut(answer, textKey)
	if string(wire.Get(answer, "id")) != strconv.FormatInt(id, 10) || !bytes.HasPrefix(text, q.text) {
		return fmt.Errorf("call %d with %d bytes of text was answered %.300q", id, q.size, answer)
	}
	return nil
}
