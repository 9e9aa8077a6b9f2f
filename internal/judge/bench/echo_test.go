package bench

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"

	"drawbridge/internal/wire"
)

// echo is a server with one tool, which gives back its text. It decodes nothing: an answer is made of the question's bytes.
type echo struct{ modern bool }

const (
	tools       = `"tools":[{"name":"echo","description":"Gives back its text.","inputSchema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}}]`
	initialized = `"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"echo","version":"1"}`
	discovered  = `"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":3600000,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"echo","version":"1"}}`
)

// textKey is what stands before the text, in questions and answers. Texts here have no escapes.
var textKey = []byte(`"text":"`)

// answer appends the answer to msg, which is nothing where msg is no request.
func (e echo) answer(to, msg []byte) []byte {
	id := wire.Get(msg, "id")
	if id == nil {
		return to
	}
	to = append(append(append(to, `{"jsonrpc":"2.0","id":`...), id...), `,"result":{`...)
	if e.modern {
		to = append(to, `"resultType":"complete",`...)
	}
	switch method, _ := wire.String(wire.Get(msg, "method")); {
	case method == "tools/call":
		_, text, _ := bytes.Cut(msg, textKey)
		text = text[:bytes.IndexByte(text, '"')+1]
		to = append(append(append(append(to, `"content":[{"type":"text",`...), textKey...), text...), `}]`...)
	case method == "tools/list" && e.modern:
		to = append(to, tools+`,"ttlMs":3600000,"cacheScope":"public"`...)
	case method == "tools/list":
		to = append(to, tools...)
	case method == "initialize" && !e.modern:
		to = append(to, initialized...)
	case method == "server/discover" && e.modern:
		to = append(to, discovered...)
	case method == "ping" && !e.modern:
	default:
		end := bytes.LastIndex(to, []byte(`"result":{`))
		to = append(to[:end], `"error":{"code":-32601,"message":"Method not found"`...)
	}
	return append(to, '}', '}')
}

// serve answers lines until in ends. What arrived together is answered in one write.
func (e echo) serve(in io.Reader, out io.Writer) int {
	var answers []byte
	for l := newLines(in); ; {
		line, err := l.next()
		if err != nil {
			return 0
		}
		before := len(answers)
		if answers = e.answer(answers, line); len(answers) > before {
			answers = append(answers, '\n')
		}
		if !l.more() {
			if _, err := out.Write(answers); err != nil {
				return 1
			}
			answers = answers[:0]
		}
	}
}

// serveHTTP has h answer over HTTP until our input ends. It says where, as the bridge does.
func serveHTTP(h http.Handler) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("{\"url\":\"http://%s\",\"pid\":%d}\n", l.Addr(), os.Getpid())
	go func() { _ = http.Serve(l, h) }() // ends with the process
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// ServeHTTP is the same server with nothing behind it.
func (e echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, max(0, r.ContentLength))
	if _, err := io.ReadFull(r.Body, body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer := e.answer(make([]byte, 0, len(body)+256), body)
	if len(answer) == 0 {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer)
}
