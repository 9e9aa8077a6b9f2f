package judge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// asker is an entry that runs an asking server of that era.
func (own own) asker(t *testing.T, era string, args ...string) entry {
	t.Helper()
	e := ourselves(t, own.Share)
	e.Args, e.Own = append([]string{"asker", era}, args...), own
	return e
}

// ordered is the params of a call of the tool "ask", or of its prompt.
func ordered(rounds string, manner ...string) string {
	return fmt.Sprintf(`{"name":"ask","arguments":{"rounds":%s,"manner":%q}}`, quoted(rounds), strings.Join(manner, ""))
}

// conversations are what a server of either era can ask.
func conversations() map[string]string {
	return map[string]string{
		"nothing":                 rounds(),
		"a form":                  rounds([]string{form("who goes there?", `"name":{"type":"string"}`)}),
		"a page":                  rounds([]string{page("show your face", "https://example.com/gate?a=1&b=%20")}),
		"sampling":                rounds([]string{sample("what crosses the moat?")}),
		"roots":                   rounds([]string{roots()}),
		"all kinds at once":       rounds([]string{form("a", ""), page("b", "https://example.com/"), sample("c"), roots()}),
		"two rounds":              rounds([]string{form("first", "")}, []string{form("second", "")}),
		"rounds of several":       rounds([]string{form("a", ""), roots()}, []string{sample("b"), page("c", "https://example.com/")}, []string{roots()}),
		"ids of texts":            rounds([]string{as(`"user_name"`, form("a", "")), as(`"größe 👨‍👩‍👧 \" \\"`, form("b", "")), as(`""`, roots())}),
		"ids of numbers":          rounds([]string{as("0", form("a", "")), as("-7", roots()), as("9007199254740993", sample("b"))}),
		"ids that look the same":  rounds([]string{as("1", form("a", "")), as(`"1"`, form("b", ""))}),
		"an id again, in turn":    rounds([]string{as("1", form("a", ""))}, []string{as("1", form("b", ""))}, []string{as("1", roots())}),
		"many at once":            rounds(slices.Repeat([]string{form("a", ""), roots()}, 5)),
		"words of every alphabet": rounds([]string{form("é 漢 😀 zw:\u200b ls:\u2028 nul:\u0000 </script> \"\\\n", "")}),
		"a long question":         rounds([]string{form(strings.Repeat("drawbridge €", 8_000), "")}),
	}
}

// answersTo are the answers that the end of a conversation tells, in the order of its questions.
func answersTo(t *testing.T, rounds string) string {
	t.Helper()
	var all [][]question
	if err := json.Unmarshal([]byte(rounds), &all); err != nil {
		t.Fatal(err)
	}
	var answers [][]json.RawMessage
	for _, round := range all {
		var given []json.RawMessage
		for _, q := range round {
			given = append(given, json.RawMessage(answerTo(q)))
		}
		answers = append(answers, given)
	}
	text, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestModernClientIsAsked: a legacy server asks in the middle of calls, a modern client is asked between them: the same
// questions, each under its own key, and the answers come back in their places.
func TestModernClientIsAsked(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{
		"asks": own{}.asker(t, "legacy"), "agent": own{Share: "agent"}.asker(t, "legacy"), "all": own{Share: "all"}.asker(t, "legacy"),
	})
	c, token := b.client(t), b.token(t, "asked")
	for front, a := range map[string]*solo{
		"streamable": b.solo(c, "asks", token), "sse": b.soloSSE(t, c, "asks", token), "websocket": b.soloSocket(t, "asks", token),
		"share agent": b.solo(c, "agent", token), "share all": b.solo(c, "all", token),
	} {
		// Until a server has been seen to ask, its calls run beside each other.
		if _, _, err := a.converse(deadline(t, 20*time.Second), "tools/call", ordered(rounds([]string{roots()}))); err != nil {
			t.Fatalf("%s: %v", front, err)
		}
		t.Run(front, func(t *testing.T) {
			t.Parallel()
			for name, rounds := range conversations() {
				t.Run(name, func(t *testing.T) { isAsked(t, a, rounds) })
			}
		})
	}
}

// isAsked has a tool and a prompt ask what rounds say.
func isAsked(t *testing.T, a *solo, rounds string) {
	for _, method := range []string{"tools/call", "prompts/get"} {
		said, asked, err := a.converse(deadline(t, 20*time.Second), method, ordered(rounds))
		if want := answersTo(t, rounds); err != nil || said != want {
			t.Errorf("%s: %v, answers %.500s\nwant %.500s", method, err, said, want)
		}
		sameQuestions(t, asked, rounds)
	}
}

// sameQuestions wants the questions of rounds in what a modern client was asked, each with params, none with what only
// legacy revisions know, and under the server's own id where there is one.
func sameQuestions(t *testing.T, asked []map[string]question, rounds string) {
	t.Helper()
	var want [][]question
	if err := json.Unmarshal([]byte(rounds), &want); err != nil {
		t.Fatal(err)
	}
	if len(asked) != len(want) {
		t.Fatalf("%d rounds, want %d", len(asked), len(want))
	}
	for i, questions := range want {
		if len(asked[i]) != len(questions) {
			t.Errorf("round %d asks for %v, want %d questions", i, keys(asked[i]), len(questions))
			continue
		}
		for _, q := range questions {
			if text := key(q, i, 0); q.ID != nil && text != "1" && text != "" && asked[i][text].Method != q.Method {
				t.Errorf("round %d: %q is %q, want %q: it asks for %q", i, text, asked[i][text].Method, q.Method, keys(asked[i]))
			}
			if !slices.ContainsFunc(keys(asked[i]), func(key string) bool { return sameQuestion(asked[i][key], q) }) {
				t.Errorf("round %d asks %+.500v, want %s %.300s in it", i, asked[i], q.Method, q.Params)
			}
		}
	}
}

// sameQuestion reports whether a modern client is asked what the legacy server asks.
func sameQuestion(modern, legacy question) bool {
	var got, want map[string]any
	if modern.Method != legacy.Method || json.Unmarshal(modern.Params, &got) != nil {
		return false
	}
	if legacy.Params != nil && json.Unmarshal(legacy.Params, &want) != nil {
		return false
	}
	delete(want, "elicitationId")
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	return bytes.Equal(a, b) || len(got)+len(want) == 0
}

// TestOnceForTheSameID: a server that asks twice at once under one id means one question.
func TestOnceForTheSameID(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "legacy")})
	a := b.solo(b.client(t), "asks", b.token(t, "asked"))
	twice := rounds([]string{as("5", form("first", "")), as("5", form("second", ""))})
	said, asked, err := a.converse(deadline(t, 20*time.Second), "tools/call", ordered(twice))
	first := answerTo(question{Method: "elicitation/create", Params: json.RawMessage(`{"message":"first"}`)})
	if want := "[[" + first + "," + first + "]]"; err != nil || said != want || len(asked) != 1 || len(asked[0]) != 1 {
		t.Errorf("asked %+v, result %s, %v, want %s", asked, said, err, want)
	}
}

// TestPageIsOwed: error -32042 becomes a question, and the retry is the call again.
func TestPageIsOwed(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "legacy")})
	a := b.solo(b.client(t), "asks", b.token(t, "owes"))
	for _, method := range []string{"tools/call", "prompts/get"} {
		rounds := rounds([]string{form("now that you paid", "")})
		said, asked, err := a.converse(deadline(t, 20*time.Second), method, ordered(rounds, "owed"))
		if want := answersTo(t, rounds); err != nil || said != want || len(asked) != 2 {
			t.Fatalf("asked %+v, result %s, %v, want %s", asked, said, err, want)
		}
		for _, q := range asked[0] {
			if q.Method != "elicitation/create" || string(q.Params) == "" || !contains(q.Params, `"url":"https://example.com/pay"`) ||
				!contains(q.Params, `"mode":"url"`) || contains(q.Params, "elicitationId") {
				t.Errorf("asked for %s %s", q.Method, q.Params)
			}
		}
	}
}

// TestProgressOfAParkedCall: what a call tells while nobody waits for it goes to the retry, under the retry's token.
func TestProgressOfAParkedCall(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "legacy")})
	a := b.solo(b.client(t), "asks", b.token(t, "asked"))
	ctx, call := deadline(t, 20*time.Second), ordered(rounds([]string{form("wait", "")}))
	var before, after []string
	r, err := a.listen(ctx, "tools/call", call, `{"progressToken":"first"}`, func(m message) { before = append(before, string(m.Params)) })
	if err != nil {
		t.Fatal(err)
	}
	q, err := r.asks()
	if err != nil {
		t.Fatal(err)
	}
	<-time.After(300 * time.Millisecond) // the server says more after 100
	answers := map[string]string{}
	for key, request := range q.InputRequests {
		answers[key] = answerTo(request)
	}
	r, err = a.listen(ctx, "tools/call", retry(call, q.RequestState, answers), `{"progressToken":7}`, func(m message) { after = append(after, string(m.Params)) })
	if _, said := r.said(); err != nil || said != nil {
		t.Fatal(err, said)
	}
	got := strings.Join(before, " ") + " | " + strings.Join(after, " ")
	if want := `{"progressToken":"first","progress":1} | {"progressToken":7,"progress":2} {"progressToken":7,"progress":3}`; got != want {
		t.Errorf("heard %s\nwant  %s", got, want)
	}
}
