package judge

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestResume: a legacy call whose connection breaks goes on, and its answer is heard after
// Last-Event-ID, once.
func TestResume(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"slow": ourselves(t, "session")})
	l := b.open(t, b.client(t), "slow", b.token(t, "mobile"))
	ctx, drop := context.WithCancel(deadline(t, 30*time.Second))
	resp, err := l.post(ctx, `{"jsonrpc":"2.0","id":"far","method":"tools/call","params":{"name":"slow","arguments":{"text":"across","ms":700},"_meta":{"progressToken":1}}}`)
	if err != nil {
		t.Fatal(err)
	}
	last := lastEvent(t, resp)
	drop()
	_ = resp.Body.Close()

	resp, err = l.resume(deadline(t, 30*time.Second), last)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer message
	err = listen(resp, func(m message) bool {
		if strings.Contains(string(m.Params), "progressToken") {
			t.Errorf("heard again: %s", m.Params)
		}
		answer = m
		return string(m.ID) != `"far"`
	})
	if text, _ := answer.text(); text != "across" {
		t.Errorf("resumed after event %q: answer %q, %v", last, text, err)
	}
}

// lastEvent reads the stream up to the end of the first event with a message and returns its id.
func lastEvent(t *testing.T, resp *http.Response) string {
	t.Helper()
	if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("the call that tells its progress is answered as %q", got)
	}
	id := ""
	for rows := bufio.NewScanner(resp.Body); rows.Scan(); {
		if rest, ok := strings.CutPrefix(rows.Text(), "id:"); ok {
			id = strings.TrimSpace(rest)
		}
		if rest, ok := strings.CutPrefix(rows.Text(), "data:"); ok && strings.Contains(rest, "progressToken") {
			// In an event the id may stand after the data.
			for rows.Scan() && rows.Text() != "" {
				if rest, ok := strings.CutPrefix(rows.Text(), "id:"); ok {
					id = strings.TrimSpace(rest)
				}
			}
			break
		}
	}
	if id == "" {
		t.Fatal("the stream has no event ids")
	}
	return id
}
