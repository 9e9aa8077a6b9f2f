package judge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// solo is an agent of 2026-07-28 that does as the test says: each of its requests stands for itself, over any front.
type solo struct {
	capabilities string // JSON
	ids          atomic.Int64
	// post sends a request and hands over what comes until its answer, which it returns. method and name are for headers.
	post func(ctx context.Context, body []byte, method, name string, heard func(message)) (reply, error)
}

// able is what a client says that can be asked everything.
const able = `{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}`

// reply is the answer to a request, with the status of HTTP; 0 where the front has none.
type reply struct {
	message
	status int
}

// required is an answer that may ask for input.
type required struct {
	ResultType    string
	InputRequests map[string]question
	RequestState  string
}

// asks is what the answer asks for; an answer that asks for nothing is an error.
func (r reply) asks() (q required, err error) {
	if r.Error != nil {
		return q, fmt.Errorf("error %d: %s", r.Error.Code, r.Error.Message)
	}
	if err := json.Unmarshal(r.Result, &q); err != nil || q.ResultType != "input_required" {
		return q, fmt.Errorf("result %.300s is not input_required (%v)", r.Result, err)
	}
	return q, nil
}

// said is the text of a final result, of a tool's or a prompt's.
func (r reply) said() (string, error) {
	if r.Error != nil {
		return "", fmt.Errorf("error %d: %s", r.Error.Code, r.Error.Message)
	}
	var p struct {
		ResultType string
		Content    []struct{ Text string }
		Messages   []struct{ Content struct{ Text string } }
	}
	switch err := json.Unmarshal(r.Result, &p); {
	case err != nil || p.ResultType != "complete":
		return "", fmt.Errorf("result %.300s is not complete (%v)", r.Result, err)
	case len(p.Content) > 0:
		return p.Content[0].Text, nil
	case len(p.Messages) > 0:
		return p.Messages[0].Content.Text, nil
	}
	return "", fmt.Errorf("result %.300s: no content", r.Result)
}

// call makes a request under a new id. params is a JSON object without _meta.
func (a *solo) call(ctx context.Context, method, params string) (reply, error) {
	return a.listen(ctx, method, params, `{}`, nil)
}

// listen is call with more _meta, and with what comes before the answer.
func (a *solo) listen(ctx context.Context, method, params, meta string, heard func(message)) (reply, error) {
	id := fmt.Sprintf(`"solo-%d"`, a.ids.Add(1))
	about := put(meta, "io.modelcontextprotocol/protocolVersion", `"2026-07-28"`)
	about = put(about, "io.modelcontextprotocol/clientInfo", `{"name":"judge","version":"1"}`)
	about = put(about, "io.modelcontextprotocol/clientCapabilities", a.capabilities)
	var named struct{ Name string }
	if err := json.Unmarshal([]byte(params), &named); err != nil {
		return reply{}, fmt.Errorf("params %s: %w", params, err)
	}
	body := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, method, put(params, "_meta", about))
	r, err := a.post(ctx, body, method, named.Name, heard)
	if err == nil && string(r.ID) != id && r.status != http.StatusUnauthorized {
		err = fmt.Errorf("asked as %s, answered as %q", id, r.ID)
	}
	return r, err
}

// put sets a member of a JSON object.
func put(object, key, value string) string {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(object), &members); err != nil {
		panic(err)
	}
	members[key] = json.RawMessage(value)
	raw, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// retry is the request again with answers by key and the state; "" for none.
func retry(params, state string, answers map[string]string) string {
	all := `{}`
	for key, answer := range answers {
		all = put(all, key, answer)
	}
	if state != "" {
		params = put(params, "requestState", quoted(state))
	}
	return put(params, "inputResponses", all)
}

// converse makes a request and answers what it is asked, until the end. It returns the questions of each round by key.
func (a *solo) converse(ctx context.Context, method, params string) (said string, asked []map[string]question, err error) {
	for again := params; ; {
		r, err := a.call(ctx, method, again)
		if err != nil {
			return "", asked, err
		}
		q, err := r.asks()
		if err != nil {
			said, err = r.said()
			return said, asked, err
		}
		asked = append(asked, q.InputRequests)
		answers := map[string]string{}
		for key, request := range q.InputRequests {
			answers[key] = answerTo(request)
		}
		again = retry(params, q.RequestState, answers)
	}
}

// answerTo is an answer that tells which question it is to.
func answerTo(q question) string {
	var p struct {
		Message, URL string
		Messages     []struct{ Content struct{ Text string } }
	}
	_ = json.Unmarshal(q.Params, &p)
	switch {
	case q.Method == "roots/list":
		return `{"roots":[{"uri":"file:///moat","name":"the moat"}]}`
	case len(p.Messages) > 0:
		return `{"role":"assistant","model":"judge","content":{"type":"text","text":` + quoted("answer to "+p.Messages[0].Content.Text) + `}}`
	case p.URL != "":
		return `{"action":"accept"}`
	}
	return `{"action":"accept","content":{"to":` + quoted(p.Message) + `}}`
}

// solo is a modern agent of one server on Streamable HTTP.
func (b *bridge) solo(c *http.Client, server, token string) *solo {
	return &solo{capabilities: able, post: func(ctx context.Context, body []byte, method, name string, heard func(message)) (r reply, err error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.at(server)+"/mcp", bytes.NewReader(body))
		if err != nil {
			return r, err
		}
		for key, value := range map[string]string{
			"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "Authorization": "Bearer " + token,
			"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method, "Mcp-Name": name,
		} {
			if value != "" {
				req.Header.Set(key, value)
			}
		}
		resp, err := c.Do(req)
		if err != nil {
			return r, err
		}
		defer resp.Body.Close()
		r.status = resp.StatusCode
		return r, listen(resp, until(&r.message, heard))
	}}
}

// until hands over what comes before the answer, which it keeps.
func until(answer *message, heard func(message)) func(message) bool {
	return func(m message) bool {
		if m.Method == "" {
			*answer = m
			return false
		}
		if heard != nil {
			heard(m)
		}
		return true
	}
}

// soloSSE is a modern agent on HTTP+SSE, which makes one request at a time.
func (b *bridge) soloSSE(t *testing.T, c *http.Client, server, token string) *solo {
	t.Helper()
	l := &line{url: b.at(server) + "/sse", token: token, http: c}
	resp, err := l.resume(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	rows := bufio.NewReader(resp.Body)
	for l.url = ""; l.url == ""; {
		row, err := rows.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if path, ok := strings.CutPrefix(strings.TrimSpace(row), "data:"); ok {
			l.url = b.url + strings.TrimSpace(path)
		}
	}
	resp.Body = io.NopCloser(rows)
	return &solo{capabilities: able, post: func(ctx context.Context, body []byte, _, _ string, heard func(message)) (r reply, err error) {
		if err := l.send(ctx, string(body)); err != nil {
			return r, err
		}
		return r, events(rows, until(&r.message, heard))
	}}
}

// events hands over the messages of an open stream until take has enough; the stream stays open.
func events(rows *bufio.Reader, take func(message) bool) error {
	for {
		row, err := rows.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("stream: %w", err)
		}
		var m message
		if data, ok := bytes.CutPrefix(row, []byte("data:")); ok && json.Unmarshal(data, &m) == nil && !take(m) {
			return nil
		}
	}
}

// soloSocket is a modern agent on WebSocket, which makes one request at a time.
func (b *bridge) soloSocket(t *testing.T, server, token string) *solo {
	t.Helper()
	conn, _, err := websocket.Dial(deadline(t, 30*time.Second), "ws"+strings.TrimPrefix(b.at(server), "http")+"/ws", &websocket.DialOptions{
		Subprotocols: []string{"mcp"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &solo{capabilities: able, post: func(ctx context.Context, body []byte, _, _ string, heard func(message)) (r reply, err error) {
		if err := conn.Write(ctx, websocket.MessageText, body); err != nil {
			return r, err
		}
		for take := until(&r.message, heard); ; {
			var m message
			_, text, err := conn.Read(ctx)
			if err := errors.Join(err, json.Unmarshal(text, &m)); err != nil {
				return r, err
			}
			if !take(m) {
				return r, nil
			}
		}
	}}
}

// keys are a round's, sorted.
func keys(round map[string]question) (all []string) {
	for key := range round {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}
