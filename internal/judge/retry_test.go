package judge

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// parked makes a call that is asked for something and returns what for.
func parked(t *testing.T, a *solo, call string) required {
	t.Helper()
	r, err := a.call(deadline(t, 20*time.Second), "tools/call", call)
	if err != nil {
		t.Fatal(err)
	}
	q, err := r.asks()
	if err != nil {
		t.Fatal(err)
	}
	if q.RequestState == "" {
		t.Fatalf("no requestState: %s", r.Result)
	}
	return q
}

// answers are right ones to all that was asked.
func (q required) answers() map[string]string {
	all := map[string]string{}
	for key, request := range q.InputRequests {
		all[key] = answerTo(request)
	}
	return all
}

// completes wants the right retry to end the call as if nothing had happened before it.
func completes(t *testing.T, a *solo, call string, q required, want string) {
	t.Helper()
	r, err := a.call(deadline(t, 20*time.Second), "tools/call", retry(call, q.RequestState, q.answers()))
	if err != nil {
		t.Fatal(err)
	}
	if said, err := r.said(); err != nil || said != want {
		t.Errorf("the right retry: %s, %v, want %s", said, err, want)
	}
}

// TestBadState: a handle that is none of this call, or that is somebody else's, is an error and changes nothing.
func TestBadState(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "legacy"), "other": own{}.asker(t, "legacy")})
	c, token := b.client(t), b.token(t, "honest")
	script := rounds([]string{form("who?", "")})
	call, want := ordered(script), answersTo(t, script)
	a, other := b.solo(c, "asks", token), b.solo(c, "other", token)
	thief, joined := b.solo(c, "asks", b.token(t, "thief")), b.solo(c, "", token)
	for _, tt := range []struct {
		name   string
		by     *solo
		method string
		bad    func(right, state string) string
	}{
		{"tampered at its end", a, "tools/call", func(p, s string) string { return put(p, "requestState", quoted(s+"-TAMPERED")) }},
		{"tampered at its start", a, "tools/call", func(p, s string) string { return put(p, "requestState", quoted("x"+s[1:])) }},
		{"tampered inside", a, "tools/call", func(p, s string) string {
			return put(p, "requestState", quoted(s[:len(s)-2]+strings.Map(other63, s[len(s)-2:])))
		}},
		{"cut", a, "tools/call", func(p, s string) string { return put(p, "requestState", quoted(s[:len(s)/2])) }},
		{"empty", a, "tools/call", func(p, _ string) string { return put(p, "requestState", `""`) }},
		{"no text", a, "tools/call", func(p, _ string) string { return put(p, "requestState", `{"__proto__":[5]}`) }},
		{"a number", a, "tools/call", func(p, _ string) string { return put(p, "requestState", `5`) }},
		{"a long one", a, "tools/call", func(p, s string) string { return put(p, "requestState", quoted(strings.Repeat(s, 20_000))) }},
		{"another argument", a, "tools/call", func(p, _ string) string { return put(p, "arguments", `{"rounds":"[]","manner":""}`) }},
		{"one argument more", a, "tools/call", func(p, _ string) string {
			return put(p, "arguments", `{"rounds":`+quoted(script)+`,"manner":"","more":1}`)
		}},
		{"another tool", a, "tools/call", func(p, _ string) string { return put(p, "name", `"test_elicitation"`) }},
		{"another method", a, "prompts/get", func(p, _ string) string { return p }},
		{"another server", other, "tools/call", func(p, _ string) string { return p }},
		{"another agent", thief, "tools/call", func(p, _ string) string { return p }},
		{"another name of the tool", joined, "tools/call", func(p, _ string) string { return put(p, "name", `"other__ask"`) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := parked(t, a, call)
			r, err := tt.by.call(deadline(t, 20*time.Second), tt.method, tt.bad(retry(call, q.RequestState, q.answers()), q.RequestState))
			// What is no text is refused at the door, as no message of this revision.
			if err != nil || r.Error == nil || r.Error.Code != -32602 && r.Error.Code != -32600 || contains(fmt.Append(nil, r.Error), q.RequestState) {
				t.Errorf("HTTP %d %s %+v, %v, want error -32602", r.status, r.Result, r.Error, err)
			}
			completes(t, a, call, q, want)
		})
	}
}

// other63 is another letter of the same alphabet.
func other63(r rune) rune {
	if r == 'A' {
		return 'B'
	}
	return 'A'
}

// TestReplay: a handle is good once, however often and however fast it comes.
func TestReplay(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "legacy")})
	a := b.solo(b.client(t), "asks", b.token(t, "hasty"))
	script := rounds([]string{form("first", "")}, []string{form("second", "")})
	call := ordered(script)
	first := parked(t, a, call)
	again := func(ctx context.Context, q required) (reply, error) {
		return a.call(ctx, "tools/call", retry(call, q.RequestState, q.answers()))
	}
	second := race(t, first, again)
	q, err := second.asks()
	if err != nil || q.RequestState == first.RequestState {
		t.Fatalf("after the first round: %+v, %v", q, err)
	}
	last := race(t, q, again)
	if said, err := last.said(); err != nil || said != answersTo(t, script) {
		t.Errorf("%s, %v, want %s", said, err, answersTo(t, script))
	}
	for _, old := range []required{first, q} {
		if r, err := again(deadline(t, 20*time.Second), old); err != nil || r.Error == nil || r.Error.Code != -32602 {
			t.Errorf("replayed: %s, %+v, %v, want error -32602", r.Result, r.Error, err)
		}
	}
}

// race sends the same retry many times at once; one may win. It returns the winner's answer.
func race(t *testing.T, q required, again func(context.Context, required) (reply, error)) (won reply) {
	t.Helper()
	const runners = 16
	replies, errs := make([]reply, runners), make([]error, runners)
	ctx := deadline(t, 20*time.Second)
	var wg sync.WaitGroup
	for i := range runners {
		wg.Go(func() { replies[i], errs[i] = again(ctx, q) })
	}
	wg.Wait()
	winners := 0
	for i, r := range replies {
		switch {
		case errs[i] != nil:
			t.Errorf("retry %d: %v", i, errs[i])
		case r.Error == nil:
			winners, won = winners+1, r
		case r.Error.Code != -32602:
			t.Errorf("retry %d: %+v, want error -32602", i, r.Error)
		}
	}
	if winners != 1 {
		t.Fatalf("%d of %d equal retries got an answer, want 1", winners, runners)
	}
	return won
}

// TestWrongAnswers: what has not the shape of an answer, or is missing, is asked for again, and it alone; what was not
// asked for is ignored.
func TestWrongAnswers(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "legacy")})
	a := b.solo(b.client(t), "asks", b.token(t, "confused"))
	script := rounds([]string{as("1", form("who?", "")), as("2", sample("why?")), as("3", roots())})
	call, want := ordered(script), answersTo(t, script)
	for name, answers := range map[string]string{
		"null":              `null`,
		"a list":            `[]`,
		"none":              `{}`,
		"a text":            `"1"`,
		"another key":       `{"wrong_key":{"action":"accept"}}`,
		"numbers":           `{"1":12345,"2":12345,"3":12345}`,
		"nulls":             `{"1":null,"2":null,"3":null}`,
		"lists":             `{"1":[],"2":[],"3":[]}`,
		"empty":             `{"1":{},"2":{},"3":{}}`,
		"each the others'":  `{"1":{"roots":[]},"2":{"action":"accept"},"3":{"content":{"type":"text","text":""}}}`,
		"shapes in a shape": `{"1":{"action":{"action":"accept"}},"2":{"content":5},"3":{"roots":{}}}`,
		"an unknown action": `{"1":{"action":"perhaps"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			q := parked(t, a, call)
			r, err := a.call(deadline(t, 20*time.Second), "tools/call", put(put(call, "requestState", quoted(q.RequestState)), "inputResponses", answers))
			if err != nil {
				t.Fatal(err)
			}
			again, err := r.asks()
			if err != nil || strings.Join(keys(again.InputRequests), " ") != "1 2 3" {
				t.Fatalf("asked again for %v, %v", keys(again.InputRequests), err)
			}
			completes(t, a, call, again, want)
		})
	}
	t.Run("one of three, and then the rest", func(t *testing.T) {
		q := parked(t, a, call)
		for _, key := range []string{"2", "1", "3"} {
			if _, open := q.InputRequests[key]; !open {
				t.Fatalf("asked for %v, want %s in it", keys(q.InputRequests), key)
			}
			r, err := a.call(deadline(t, 20*time.Second), "tools/call", retry(call, q.RequestState, map[string]string{
				key: answerTo(q.InputRequests[key]), "unknown": `{"action":"accept"}`, "9": `5`,
			}))
			if err != nil {
				t.Fatal(err)
			}
			if key == "3" {
				if said, err := r.said(); err != nil || said != want {
					t.Errorf("%s, %v, want %s", said, err, want)
				}
				return
			}
			if q, err = r.asks(); err != nil || len(q.InputRequests) > 2 {
				t.Fatalf("%+v, %v", q, err)
			}
		}
	})
}

// TestRetryElsewhere: the retry may come over another front, and its arguments in another order.
func TestRetryElsewhere(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "legacy")})
	c, token := b.client(t), b.token(t, "mobile")
	script := rounds([]string{form("a", ""), roots()}, []string{form("b", "")}, []string{sample("c")})
	call, want := ordered(script), answersTo(t, script)
	turned := fmt.Sprintf(`{"arguments" : { "manner":"" ,"rounds":%s}, "name":"\u0061sk"}`, quoted(script))
	fronts := []*solo{b.solo(c, "asks", token), b.soloSSE(t, c, "asks", token), b.soloSocket(t, "asks", token), b.solo(b.client(t), "asks", token)}
	for start := range fronts {
		params := call
		for i := range fronts {
			r, err := fronts[(start+i)%len(fronts)].call(deadline(t, 20*time.Second), "tools/call", params)
			if err != nil {
				t.Fatal(err)
			}
			if i == len(fronts)-1 {
				if said, err := r.said(); err != nil || said != want {
					t.Errorf("%s, %v, want %s", said, err, want)
				}
				break
			}
			q, err := r.asks()
			if err != nil {
				t.Fatal(err)
			}
			params = retry(turned, q.RequestState, q.answers())
		}
	}
}
