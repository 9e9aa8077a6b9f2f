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
	"strings"
	"testing"
	"time"
)

// line is a legacy agent on Streamable HTTP that does as the test says, its ids included.
type line struct {
	url, token, session string
	http                *http.Client
}

// refused is an HTTP answer that is no success.
type refused struct {
	status int
	header http.Header
	body   []byte
}

func (r *refused) Error() string { return fmt.Sprintf("HTTP %d: %.300s", r.status, r.body) }

// open opens a session with one server of b.
func (b *bridge) open(t *testing.T, c *http.Client, server, token string) *line {
	t.Helper()
	l, err := b.dial(deadline(t, 30*time.Second), c, server, token, `{}`)
	if err != nil {
		t.Fatalf("open %q: %v", server, err)
	}
	return l
}

// at is the address of a server, "" being all of them joined, without the front's word.
func (b *bridge) at(server string) string {
	if server == "" {
		return b.url
	}
	return b.url + "/" + server
}

// dial is open for goroutines other than the test's own.
func (b *bridge) dial(ctx context.Context, c *http.Client, server, token, capabilities string) (*line, error) {
	l := &line{url: b.at(server) + "/mcp", token: token, http: c}
	m, err := l.call(ctx, "1", "initialize", `{"protocolVersion":"2025-11-25","capabilities":`+capabilities+`,"clientInfo":{"name":"judge","version":"1"}}`, nil)
	if err != nil {
		return nil, fmt.Errorf("initialize: %w", err)
	}
	if m.Error != nil {
		return nil, fmt.Errorf("initialize: %d %s", m.Error.Code, m.Error.Message)
	}
	if l.session == "" {
		return nil, errors.New("initialize: no Mcp-Session-Id")
	}
	return l, l.notify(ctx, "notifications/initialized", `{}`)
}

// call makes a request and returns its answer. heard gets what comes on its stream before that.
func (l *line) call(ctx context.Context, id, method, params string, heard func(message)) (message, error) {
	resp, err := l.post(ctx, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, method, params))
	if err != nil {
		return message{}, err
	}
	defer resp.Body.Close()
	if s := resp.Header.Get("Mcp-Session-Id"); s != "" {
		l.session = s
	}
	var answer message
	err = listen(resp, func(m message) bool {
		if m.Method != "" {
			if heard != nil {
				heard(m)
			}
			return true
		}
		answer = m
		return false
	})
	switch {
	case err != nil:
		return message{}, err
	case string(answer.ID) != id:
		return message{}, fmt.Errorf("asked as %s, answered as %q", id, answer.ID)
	}
	return answer, nil
}

// tool calls a tool and returns the text of its result.
func (l *line) tool(ctx context.Context, id, name, arguments string) (string, error) {
	m, err := l.call(ctx, id, "tools/call", fmt.Sprintf(`{"name":%q,"arguments":%s}`, name, arguments), nil)
	if err != nil {
		return "", err
	}
	return m.text()
}

// text is the first text of a tool's result.
func (m message) text() (string, error) {
	if m.Error != nil {
		return "", fmt.Errorf("error %d: %s", m.Error.Code, m.Error.Message)
	}
	var r struct{ Content []struct{ Text string } }
	if err := json.Unmarshal(m.Result, &r); err != nil || len(r.Content) == 0 {
		return "", fmt.Errorf("result %.200s: no content (%v)", m.Result, err)
	}
	return r.Content[0].Text, nil
}

// notify sends what has no answer: a notification, or with an id the answer to the server.
func (l *line) notify(ctx context.Context, method, params string) error {
	return l.send(ctx, fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params))
}

func (l *line) send(ctx context.Context, body string) error {
	resp, err := l.post(ctx, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// post sends one body and returns a successful response, or *refused.
func (l *line) post(ctx context.Context, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	return l.do(req)
}

// resume opens the session's GET stream; after is the last event that came, "" to hear what is new.
func (l *line) resume(ctx context.Context, after string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	return l.do(req)
}

func (l *line) do(req *http.Request) (*http.Response, error) {
	if l.token != "" {
		req.Header.Set("Authorization", "Bearer "+l.token)
	}
	if l.session != "" {
		req.Header.Set("Mcp-Session-Id", l.session)
		req.Header.Set("MCP-Protocol-Version", "2025-11-25")
	}
	resp, err := l.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		defer resp.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		return nil, &refused{status: resp.StatusCode, header: resp.Header, body: body}
	}
	return resp, nil
}

// listen hands over the messages of a JSON or event-stream body until take says that it has enough.
func listen(resp *http.Response, take func(message) bool) error {
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		var m message
		if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
			return fmt.Errorf("body: %w", err)
		}
		take(m)
		_, err := io.Copy(io.Discard, resp.Body)
		return err
	}
	for r := bufio.NewReaderSize(resp.Body, 64<<10); ; {
		row, err := r.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("stream: %w", err)
		}
		data, ok := bytes.CutPrefix(bytes.TrimRight(row, "\r\n"), []byte("data:"))
		if data = bytes.TrimSpace(data); !ok || len(data) == 0 {
			continue
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil {
			return fmt.Errorf("event %.200q: %w", data, err)
		}
		if !take(m) {
			_, _ = io.Copy(io.Discard, r)
			return nil
		}
	}
}
