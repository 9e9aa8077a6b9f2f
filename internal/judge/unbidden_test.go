package judge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAskedWhereItMayNot: a legacy server that asks while it lists its tools is not answered by the client, which could not
// be asked there, and the list arrives.
func TestAskedWhereItMayNot(t *testing.T) {
	judging(t)
	t.Parallel()
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "legacy", "list")})
	a := b.solo(b.client(t), "asks", b.token(t, "curious"))
	r, err := a.call(deadline(t, 30*time.Second), "tools/list", `{}`)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		ResultType string
		Tools      []struct{ Name string }
	}
	if err := json.Unmarshal(r.Result, &list); err != nil || list.ResultType != "complete" || len(list.Tools) == 0 {
		t.Errorf("%.300s %+v %v, want a list", r.Result, r.Error, err)
	}
	if _, err := r.asks(); err == nil {
		t.Error("tools/list is answered with input_required")
	}
	script := rounds([]string{form("and now?", "")})
	if said, _, err := a.converse(deadline(t, 20*time.Second), "tools/call", ordered(script)); err != nil || said != answersTo(t, script) {
		t.Errorf("a call after it: %s, %v", said, err)
	}
}

// TestTooLate: what a server asks for a call that is cancelled is never shown under the next one.
func TestTooLate(t *testing.T) {
	judging(t)
	for _, share := range []string{"session", "agent", "all"} {
		t.Run(share, func(t *testing.T) {
			t.Parallel()
			b := serve(t, map[string]entry{"asks": own{Share: share}.asker(t, "legacy")})
			a := b.solo(b.client(t), "asks", b.token(t, "fickle"))
			for i := range 3 { // at first it is not known yet that the server asks
				ctx, leave := context.WithTimeout(t.Context(), 150*time.Millisecond)
				r, err := a.call(ctx, "tools/call", ordered(rounds([]string{form("too late", "")}), "late"))
				leave()
				if err == nil {
					t.Errorf("turn %d: the call that is given up is answered: %s %+v", i, r.Result, r.Error)
				}
				if r, err = a.call(deadline(t, 20*time.Second), "tools/call", ordered(rounds(), "slow")); err != nil {
					t.Fatal(err)
				}
				if said, err := r.said(); err != nil || said != "null" {
					t.Errorf("turn %d: the next call: %s, %v", i, said, err)
				}
			}
		})
	}
}

// TestAskedAfterACancelledCall: a call that is given up does not keep the next ones from being asked, another agent's neither.
func TestAskedAfterACancelledCall(t *testing.T) {
	judging(t)
	t.Parallel()
	for _, share := range []string{"session", "all"} {
		t.Run(share, func(t *testing.T) {
			t.Parallel()
			b := serve(t, map[string]entry{"asks": own{Share: share}.asker(t, "legacy")})
			one, two := b.solo(b.client(t), "asks", b.token(t, "fickle")), b.solo(b.client(t), "asks", b.token(t, "steady"))
			script := rounds([]string{form("is anybody there?", "")})
			for i := range 2 {
				for _, a := range []*solo{one, two} {
					said, _, err := a.converse(deadline(t, 4*time.Second), "tools/call", ordered(script))
					if err != nil || said != answersTo(t, script) {
						t.Fatalf("turn %d: %s, %v", i, said, err)
					}
				}
				ctx, leave := context.WithTimeout(t.Context(), 100*time.Millisecond)
				_, _ = one.call(ctx, "tools/call", ordered(rounds(), "never"))
				leave()
			}
		})
	}
}

// TestCannotBeAsked: a client that cannot be asked what the server must ask gets the error that says so, and the server's
// process goes on.
func TestCannotBeAsked(t *testing.T) {
	judging(t)
	for _, share := range []string{"session", "all"} {
		b := serve(t, map[string]entry{"asks": own{Share: share}.asker(t, "legacy")})
		c, token := b.client(t), b.token(t, "plain")
		for _, tt := range []struct{ name, capabilities, asks, manner, wants string }{
			{"a form, of nobody", `{}`, form("a", ""), "", `{"elicitation":{}}`},
			{"a form, where pages alone are shown", `{"elicitation":{"url":{}}}`, form("a", ""), "", `{"elicitation":{}}`},
			{"a page, where there are no modes", `{"elicitation":{}}`, page("a", "https://example.com/"), "", `{"elicitation":{"url":{}}}`},
			{"a page, where forms alone are shown", `{"elicitation":{"form":{}}}`, page("a", "https://example.com/"), "", `{"elicitation":{"url":{}}}`},
			{"a page that is owed", `{"elicitation":{"form":{}}}`, roots(), "owed", `{"elicitation":{"url":{}}}`},
			{"one of two", `{"elicitation":{}}`, form("a", "") + "," + sample("b"), "", `{"sampling":{}}`},
			{"sampling", `{"elicitation":{},"roots":{}}`, sample("a"), "", `{"sampling":{}}`},
			{"roots", `{"elicitation":{},"sampling":{}}`, roots(), "", `{"roots":{}}`},
		} {
			t.Run(share+"/"+tt.name, func(t *testing.T) {
				a := b.solo(c, "asks", token)
				a.capabilities = tt.capabilities
				r, err := a.call(deadline(t, 20*time.Second), "tools/call", ordered(rounds([]string{tt.asks}), tt.manner))
				if err != nil || r.Error == nil || r.Error.Code != -32021 || r.status != 400 {
					t.Fatalf("HTTP %d %s %+v, %v, want 400 and -32021", r.status, r.Result, r.Error, err)
				}
				var data struct{ RequiredCapabilities json.RawMessage }
				if err := json.Unmarshal(r.Error.Data, &data); err != nil || !covers(data.RequiredCapabilities, tt.wants) {
					t.Errorf("data is %s, want requiredCapabilities %s", r.Error.Data, tt.wants)
				}
				if r, err = a.call(deadline(t, 20*time.Second), "tools/call", ordered(rounds())); err != nil || r.Error != nil {
					t.Errorf("a call that asks nothing: %+v, %v", r.Error, err)
				}
			})
		}
	}
}

// TestCannotBeAskedLater: the same in a round after the first.
func TestCannotBeAskedLater(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{Share: "all"}.asker(t, "legacy")})
	a := b.solo(b.client(t), "asks", b.token(t, "plain"))
	a.capabilities = `{"elicitation":{}}`
	call := ordered(rounds([]string{form("a", "")}, []string{roots()}))
	q := parked(t, a, call)
	r, err := a.call(deadline(t, 20*time.Second), "tools/call", retry(call, q.RequestState, q.answers()))
	if err != nil || r.Error == nil || r.Error.Code != -32021 || r.status != 400 {
		t.Errorf("HTTP %d %s %+v, %v, want 400 and -32021", r.status, r.Result, r.Error, err)
	}
}

// covers reports whether capabilities name all that others name, modes included.
func covers(got json.RawMessage, want string) bool {
	var a, b map[string]map[string]any
	if json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte(want), &b) != nil || len(a) != len(b) {
		return false
	}
	for name, modes := range b {
		for mode := range modes {
			if _, ok := a[name][mode]; !ok {
				return false
			}
		}
	}
	return true
}

// TestDeathWhileParked: the retry of a call whose process died meanwhile gets an error that says so, at once.
func TestDeathWhileParked(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"asks": own{}.asker(t, "legacy")})
	a := b.solo(b.client(t), "asks", b.token(t, "mourner"))
	call := ordered(rounds([]string{form("soon", "")}), "dies")
	q := parked(t, a, call)
	<-time.After(400 * time.Millisecond) // it dies after 200
	r, err := a.call(deadline(t, 5*time.Second), "tools/call", retry(call, q.RequestState, q.answers()))
	if err != nil || r.Error == nil || !strings.Contains(r.Error.Message, "status 7") {
		t.Errorf("%s %+v %v, want an error with status 7", r.Result, r.Error, err)
	}
	script := rounds([]string{form("again", "")})
	if said, _, err := a.converse(deadline(t, 20*time.Second), "tools/call", ordered(script)); err != nil || said != answersTo(t, script) {
		t.Errorf("the next call: %s, %v", said, err)
	}
}

// TestNeverUnderAnotherCall: where calls that ask run beside each other in one process, it cannot be told whose a question is.
// It may be refused; it is never shown to the wrong one.
func TestNeverUnderAnotherCall(t *testing.T) {
	judging(t)
	for _, parallel := range []string{"always", "learn", "never"} {
		t.Run(parallel, func(t *testing.T) {
			t.Parallel()
			b := serve(t, map[string]entry{"asks": own{Share: "all", Parallel: parallel}.asker(t, "legacy")})
			const callers = 4
			errs, refused := make([]error, callers), make([]int, callers)
			var wg sync.WaitGroup
			tokens := []string{b.token(t, "one"), b.token(t, "two")}
			for i := range callers {
				a := b.solo(b.client(t), "asks", tokens[i/2])
				wg.Go(func() { refused[i], errs[i] = beside(deadline(t, 50*time.Second), a, fmt.Sprintf("caller %d.", i)) })
			}
			wg.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Error(err)
			}
			if parallel == "never" && slices.Max(refused) > 0 {
				t.Errorf("refused: %v of 6 each, want none where one call runs at a time", refused)
			}
		})
	}
}

// beside has the server ask often, in two rounds, and wants every question and every answer to be the caller's own. It
// returns how many calls were refused instead.
func beside(ctx context.Context, a *solo, name string) (refused int, err error) {
	for i := range 6 {
		mine := fmt.Sprintf("%s call %d", name, i)
		said, asked, err := a.converse(ctx, "tools/call", ordered(rounds([]string{form(mine, "")}, []string{sample(mine)}), []string{"", "slow"}[i%2]))
		for _, questions := range asked {
			for _, q := range questions {
				if !contains(q.Params, mine) {
					return refused, fmt.Errorf("%s is asked %s", mine, q.Params)
				}
			}
		}
		switch {
		case ctx.Err() != nil:
			return refused, ctx.Err()
		case err != nil || strings.Contains(said, `"error":`):
			refused++
		case strings.Count(said, mine) != 2:
			return refused, fmt.Errorf("%s got the answers %s", mine, said)
		}
	}
	return refused, nil
}
