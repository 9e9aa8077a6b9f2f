package judge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// answering makes a call on a legacy session and answers what it is asked meanwhile. It returns the questions as they came.
func (l *line) answering(ctx context.Context, method, params string, answer func(message) string) (m message, asked []message, err error) {
	var failed error
	m, err = l.call(ctx, "1", method, params, func(q message) {
		if q.ID == nil {
			return
		}
		asked = append(asked, q)
		if a := answer(q); a != "" {
			failed = errors.Join(failed, l.send(ctx, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,%s}`, q.ID, a)))
		}
	})
	return m, asked, errors.Join(err, failed)
}

// politely answers every question.
func politely(q message) string {
	return `"result":` + answerTo(question{Method: q.Method, Params: q.Params})
}

// finished is the text of a call's result, a tool's or a prompt's.
func (m message) finished() (string, error) {
	if m.Error != nil {
		return "", fmt.Errorf("error %d: %s", m.Error.Code, m.Error.Message)
	}
	var r struct {
		Messages []struct{ Content struct{ Text string } }
	}
	if json.Unmarshal(m.Result, &r) == nil && len(r.Messages) > 0 {
		return r.Messages[0].Content.Text, nil
	}
	return m.text()
}

// TestLegacyClientIsAsked: a modern server asks between calls, a legacy client is asked in the middle of one. It sees one call.
func TestLegacyClientIsAsked(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{
		"asks": own{}.asker(t, "modern"), "session": own{Share: "session"}.asker(t, "modern"),
	})
	token, all := b.token(t, "asked"), conversations()
	delete(all, "ids that look the same") // a modern server's keys are all texts
	all["states without questions"] = rounds(nil, nil, []string{form("at last", "")})
	for _, server := range []string{"asks", "session"} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			l, err := b.dial(deadline(t, 20*time.Second), b.client(t), server, token, able)
			if err != nil {
				t.Fatal(err)
			}
			for name, rounds := range all {
				for _, method := range []string{"tools/call", "prompts/get"} {
					t.Run(method+"/"+name, func(t *testing.T) {
						m, asked, err := l.answering(deadline(t, 20*time.Second), method, ordered(rounds), politely)
						said, failed := m.finished()
						if want := answersTo(t, rounds); err != nil || failed != nil || said != want {
							t.Errorf("%v, %v, answers %.500s\nwant %.500s", err, failed, said, want)
						}
						sameRequests(t, asked, rounds)
					})
				}
			}
		})
	}
}

// sameRequests wants the questions of rounds in what a legacy client was asked, a round after the other and each under an
// id of its own; pages with the id that legacy revisions want.
func sameRequests(t *testing.T, asked []message, rounds string) {
	t.Helper()
	var want [][]question
	if err := json.Unmarshal([]byte(rounds), &want); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, m := range asked {
		ids[string(m.ID)] = true
	}
	if len(ids) != len(asked) {
		t.Errorf("%d ids for %d questions", len(ids), len(asked))
	}
	for i, questions := range want {
		if len(asked) < len(questions) {
			t.Fatalf("round %d asks %d questions, want %d", i, len(asked), len(questions))
		}
		round := asked[:len(questions)]
		asked = asked[len(questions):]
		for _, q := range questions {
			if !slices.ContainsFunc(round, func(m message) bool { return sameRequest(m, q) }) {
				t.Errorf("round %d asks %.500v, want %s %.300s in it", i, round, q.Method, q.Params)
			}
		}
	}
	if len(asked) > 0 {
		t.Errorf("asked more: %.300v", asked)
	}
}

func sameRequest(m message, q question) bool {
	var got struct{ Mode, ElicitationID string }
	_ = json.Unmarshal(m.Params, &got)
	if (got.Mode == "url") != (got.ElicitationID != "") {
		return false
	}
	params := put(string(m.Params), "elicitationId", `""`)
	if q.Params != nil {
		q.Params = json.RawMessage(put(string(q.Params), "elicitationId", `""`))
	} else {
		params = `{}`
	}
	var a, b any
	_ = json.Unmarshal([]byte(params), &a)
	_ = json.Unmarshal(orObject(q.Params), &b)
	return m.Method == q.Method && fmt.Sprint(a) == fmt.Sprint(b)
}

func orObject(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage(`{}`)
	}
	return raw
}

// TestLegacyClientCannotAnswer: what ends a call with an error that says why. The session goes on.
func TestLegacyClientCannotAnswer(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "modern", "list")})
	c, token := b.client(t), b.token(t, "helpless")
	const refusal = `"error":{"code":-1,"message":"User rejected it"}`
	for _, tt := range []struct {
		name, capabilities, method, params string
		answer                             string
		fails                              bool
		says                               string
	}{
		{name: "a form, of nobody", capabilities: `{}`, params: ordered(rounds([]string{form("a", "")})), fails: true, says: "elicitation"},
		{name: "a page, where forms alone are shown", capabilities: `{"elicitation":{"form":{}}}`, params: ordered(rounds([]string{page("a", "https://example.com/")})), fails: true, says: "elicitation"},
		{name: "a page, where there are no modes", capabilities: `{"elicitation":{}}`, params: ordered(rounds([]string{page("a", "https://example.com/")})), fails: true, says: "elicitation"},
		{name: "one of two", capabilities: `{"elicitation":{}}`, params: ordered(rounds([]string{form("a", ""), sample("b")})), fails: true, says: "sampling"},
		{name: "in the second round", capabilities: `{"elicitation":{}}`, params: ordered(rounds([]string{form("a", "")}, []string{roots()})), fails: true, says: "roots"},
		{name: "where it may not", capabilities: able, method: "prompts/list", params: `{}`, fails: true, says: "input"},
		{name: "without saying what", capabilities: able, params: ordered(rounds([]string{form("a", "")}), "empty"), fails: true, says: "without saying"},
		{name: "without end", capabilities: able, params: ordered(rounds(slices.Repeat([][]string{{roots()}}, 40)...)), fails: true, says: "times"},
		{name: "sampling is refused", capabilities: able, params: ordered(rounds([]string{sample("a")})), answer: refusal, fails: true, says: "rejected"},
		{name: "elicitation is refused", capabilities: able, params: ordered(rounds([]string{form("a", "")})), answer: refusal, says: `"action":"cancel"`},
		{name: "elicitation is declined", capabilities: able, params: ordered(rounds([]string{form("a", "")})), answer: `"result":{"action":"decline"}`, says: `"action":"decline"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := b.dial(deadline(t, 20*time.Second), c, "asks", token, tt.capabilities)
			if err != nil {
				t.Fatal(err)
			}
			method := tt.method
			if method == "" {
				method = "tools/call"
			}
			m, asked, err := l.answering(deadline(t, 20*time.Second), method, tt.params, func(q message) string {
				if tt.answer != "" {
					return tt.answer
				}
				return politely(q)
			})
			said, failed := m.finished()
			if err != nil || (failed != nil) != tt.fails || !strings.Contains(said+fmt.Sprint(failed), tt.says) {
				t.Errorf("%s %v %v, want %q", said, failed, err, tt.says)
			}
			for _, q := range asked {
				if name, _, _ := strings.Cut(q.Method, "/"); !strings.Contains(tt.capabilities, name) {
					t.Errorf("asked for %s, which it cannot", q.Method)
				}
			}
			if said, err := l.tool(deadline(t, 20*time.Second), "2", "ask", `{"rounds":"[]"}`); err != nil || said != "null" {
				t.Errorf("the next call: %s, %v", said, err)
			}
		})
	}
}

// TestLegacyClientsAreAskedTheirOwn: in one process the calls of many sessions ask at once, with equal keys.
func TestLegacyClientsAreAskedTheirOwn(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{Share: "all"}.asker(t, "modern")})
	c, token := b.client(t), b.token(t, "many")
	errs := make([]error, 32)
	ctx := deadline(t, time.Minute)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = b.answersItsOwn(ctx, c, token, fmt.Sprintf("session %d.", i)) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

func (b *bridge) answersItsOwn(ctx context.Context, c *http.Client, token, name string) error {
	l, err := b.dial(ctx, c, "asks", token, able)
	if err != nil {
		return err
	}
	for range 5 {
		call := ordered(rounds([]string{as(`"k"`, form(name, "")), sample(name)}, []string{as(`"k"`, form(name, ""))}))
		m, asked, err := l.answering(ctx, "tools/call", call, politely)
		said, failed := m.finished()
		if err := errors.Join(err, failed); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, q := range asked {
			if !contains(q.Params, name) {
				return fmt.Errorf("%s is asked %s", name, q.Params)
			}
		}
		if strings.Count(said, name) != 3 {
			return fmt.Errorf("%s: answers %s", name, said)
		}
	}
	return nil
}

// TestCancelledWhileAsked: a legacy client gives up its call instead of answering. It gets no answer to it, may answer the
// question too late, and the session goes on.
func TestCancelledWhileAsked(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "modern")})
	l, err := b.dial(deadline(t, 20*time.Second), b.client(t), "asks", b.token(t, "fickle"), able)
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer leave()
	m, asked, err := l.answering(ctx, "tools/call", ordered(rounds([]string{form("a", "")})), func(q message) string {
		if err := l.notify(deadline(t, 20*time.Second), "notifications/cancelled", `{"requestId":1,"reason":"enough"}`); err != nil {
			t.Error(err)
		}
		return politely(q)
	})
	if err == nil || len(asked) != 1 {
		t.Errorf("answered: %s %+v, asked %v", m.Result, m.Error, asked)
	}
	if said, err := l.tool(deadline(t, 20*time.Second), "2", "ask", `{"rounds":"[]"}`); err != nil || said != "null" {
		t.Errorf("the next call: %s, %v", said, err)
	}
}

// TestJoinedServersAsk: where servers of both eras are joined, clients of both are asked by both.
func TestJoinedServersAsk(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"old": own{}.asker(t, "legacy"), "new": own{}.asker(t, "modern")})
	c, token := b.client(t), b.token(t, "asked")
	l, err := b.dial(deadline(t, 20*time.Second), c, "", token, able)
	if err != nil {
		t.Fatal(err)
	}
	a := b.solo(c, "", token)
	script := rounds([]string{form("a", ""), roots()}, []string{sample("b")})
	for _, server := range []string{"old", "new"} {
		for _, method := range []string{"tools/call", "prompts/get"} {
			call := put(ordered(script), "name", quoted(server+"__ask"))
			said, _, err := a.converse(deadline(t, 20*time.Second), method, call)
			if err != nil || said != answersTo(t, script) {
				t.Errorf("modern client, %s server, %s: %s, %v", server, method, said, err)
			}
			m, _, err := l.answering(deadline(t, 20*time.Second), method, call, politely)
			said, failed := m.finished()
			if err != nil || failed != nil || said != answersTo(t, script) {
				t.Errorf("legacy client, %s server, %s: %s, %v, %v", server, method, said, err, failed)
			}
		}
	}
}
