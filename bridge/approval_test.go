package bridge

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/bridge/policy"
	"drawbridge/internal/wire"

	"github.com/google/go-cmp/cmp"
)

// asking is a bridge whose rules ask about the tools of its one server.
func asking(t *testing.T, rules string) (*Bridge, *record) {
	t.Helper()
	p, err := policy.Parse([]byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	r := &record{}
	b := New(Config{Backend: newEchoing(t), Policy: p, Record: r, Memory: memory{"s": {Era: era.Modern}}})
	t.Cleanup(b.Close)
	b.SetServer(ServerConfig{Name: "s"})
	return b, r
}

// modernCall is a call of a tool with these arguments.
func modernCall(tb testing.TB, id int, tool, args string) wire.Message {
	return mustParse(tb, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`, id, tool, args))
}

// makes has an agent make a call. What it is answered with comes out of the channel.
func makes(t *testing.T, b *Bridge, agent string, m wire.Message) chan string {
	t.Helper()
	s, err := b.Stateless(named(agent), "s")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1) // holds the one answer
	s.Handle(m, sink{got, string(m.ID())})
	synctest.Wait()
	return got
}

// only is the one question that is open.
func only(t *testing.T, b *Bridge) Question {
	t.Helper()
	snapshot, sub := b.Watch()
	sub.Close()
	if len(snapshot.Questions) != 1 {
		t.Fatalf("the questions are %+v", snapshot.Questions)
	}
	for _, q := range snapshot.Questions {
		return q
	}
	return Question{}
}

// TestQuestion: the owner sees who asks for what, with which arguments, without secrets, and what has changed.
func TestQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, r := asking(t, `[{"verdict":"ask"}]`)
		makes(t, b, "ann", modernCall(t, 1, "write", `{"path":"/a","password":"hunter2","tags":["x","y"]}`))
		q := only(t, b)
		want := Question{
			ID: 1, Call: 1, Agent: "ann", Server: "s", Method: "tools/call", Name: "write", First: true,
			Arguments: "{\n  \"path\": \"/a\",\n  \"password\": \"[redacted]\",\n  \"tags\": [\n    \"x\",\n    \"y\"\n  ]\n}",
			Rule:      "rule 1: ask everything of every server for everybody",
			Digest:    q.Digest, Asked: q.Asked, Until: q.Asked.Add(askFor), Expires: q.Asked.Add(answerFor),
		}
		if diff := cmp.Diff(want, q); diff != "" {
			t.Error(diff)
		}
		if err := b.Answer(1, Answer{Choice: AllowOnce, Digest: "another"}); err == nil || !strings.Contains(err.Error(), "not those that you have seen") {
			t.Errorf("an answer to other arguments: %v", err)
		}
		if err := b.Answer(1, Answer{Choice: AllowOnce, Digest: q.Digest, By: "test"}); err != nil {
			t.Error(err)
		}
		if err := b.Answer(1, Answer{Choice: AllowOnce}); !errors.Is(err, ErrNoQuestion) {
			t.Errorf("answered twice: %v", err)
		}
		synctest.Wait()

		makes(t, b, "ann", modernCall(t, 2, "write", `{"path":"/b","password":"hunter2","tags":["x"],"force":true}`))
		q = only(t, b)
		changes := []Change{{"path", `"/a"`, `"/b"`}, {"tags[1]", `"y"`, ""}, {"force", "", "true"}}
		if diff := cmp.Diff(changes, q.Changes); diff != "" || q.First {
			t.Errorf("first %v, %s", q.First, diff)
		}
		if err := b.Answer(2, Answer{Reason: "no", By: "test"}); err != nil {
			t.Error(err)
		}
		makes(t, b, "ann", modernCall(t, 3, "write", `{"path":"/a","password":"other","tags":["x","y"]}`))
		if q = only(t, b); !q.Hidden || len(q.Changes) > 0 {
			t.Errorf("a changed secret: %+v", q)
		}
		_ = b.Answer(3, Answer{})
		makes(t, b, "ben", modernCall(t, 4, "write", `{"path":"`+strings.Repeat("x", 2*questionBytes)+`"}`))
		if q = only(t, b); !q.Cut || !q.First || len(q.Arguments) > questionBytes {
			t.Errorf("long arguments: %d bytes, %v", len(q.Arguments), q.Cut)
		}

		var got []string
		for _, e := range r.entries {
			if e.Kind != audit.SessionBegin {
				got = append(got, strings.Join([]string{string(e.Kind), e.Verdict, e.Answer, e.Outcome, e.Error}, " | "))
			}
		}
		if diff := cmp.Diff([]string{
			"call-begin | ask | allowed once by the owner (test) |  | ", "call-end |  |  | ok | ",
			"refused | ask | denied by the owner (test) | denied | denied by the owner: no",
			"refused | ask | denied by the owner | denied | denied by the owner",
		}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestQuestionsAreBounded for an agent, and for no other.
func TestQuestionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := asking(t, `[{"verdict":"ask"}]`)
		for i := range questionsMax {
			if got := makes(t, b, "ann", modernCall(t, i, "write", fmt.Sprintf(`{"n":%d}`, i))); len(got) > 0 {
				t.Fatal(<-got)
			}
		}
		got := makes(t, b, "ann", modernCall(t, 99, "write", `{}`))
		if answer := <-got; !strings.Contains(answer, "too many calls of this agent wait") {
			t.Error(answer)
		}
		if got := makes(t, b, "ben", modernCall(t, 1, "write", `{}`)); len(got) > 0 {
			t.Error(<-got)
		}
	})
}

// TestOneAnswerOneCall: of many calls that are the same, an answer lets one pass, however they race.
func TestOneAnswerOneCall(t *testing.T) {
	b, _ := asking(t, `[{"verdict":"ask"}]`)
	s, err := b.Stateless(everyone(), "s")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	passed, refused := make(chan string, 20), make(chan error, 40)
	for i := range 20 {
		wg.Go(func() { s.Handle(modernCall(t, i, "write", `{}`), sink{passed, ""}) })
	}
	wg.Wait()
	snapshot, sub := b.Watch()
	sub.Close()
	for id := range snapshot.Questions {
		for range 2 {
			wg.Go(func() { refused <- b.Answer(id, Answer{Choice: AllowOnce}) })
		}
	}
	wg.Wait()
	close(refused)
	answered := 0
	for err := range refused {
		if err == nil {
			answered++
		} else if !errors.Is(err, ErrNoQuestion) {
			t.Error(err)
		}
	}
	if answered != 20 {
		t.Errorf("%d answers were taken", answered)
	}
	for range 20 {
		if got := <-passed; !strings.Contains(got, `"result"`) {
			t.Error(got)
		}
	}
}

// TestCancelRacesAnswer: whichever comes first, the call ends once, and the record has its end after its beginning.
func TestCancelRacesAnswer(t *testing.T) {
	b, r := asking(t, `[{"verdict":"ask"}]`)
	s, err := b.Stateless(everyone(), "s")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		got := make(chan string, 1)
		c := s.Handle(modernCall(t, i, "write", `{}`), sink{got, ""})
		var wg sync.WaitGroup
		wg.Go(c.Cancel)
		wg.Go(func() { _ = b.Answer(uint64(i+1), Answer{Choice: DenyCall}) })
		wg.Wait()
		<-got
	}
	b.Close()
	seen := map[uint64]int{}
	for _, e := range r.entries {
		if e.Call != 0 {
			seen[e.Call]++
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("call %d has %d records", id, n)
		}
	}
	if len(seen) != 300 {
		t.Errorf("%d calls are recorded", len(seen))
	}
}

// TestRuleFor: what "always" stands for, and where it has to be.
func TestRuleFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules := `[{"tool":"write","where":{"path":{"under":"/tmp"}},"verdict":"allow"},{"tool":"*","verdict":"ask"}]`
		b, _ := asking(t, rules)
		p, _ := policy.Parse([]byte(rules))
		for _, tt := range []struct {
			tool, args string
			choice     Choice
			want       string // the rule, or what the error says
		}{
			{"write", `{"path":"/etc"}`, AllowTool, `{"who": "agent:ann", "server": "s", "tool": "write", "verdict": "allow"}`},
			{"write", `{"path":"/etc", "n":1.0}`, AllowArguments, `{"who": "agent:ann", "server": "s", "tool": "write", "arguments": {"path":"/etc","n":1.0}, "verdict": "allow"}`},
			{"write", `{"token":"hunter2"}`, AllowArguments, "hold a secret"},
			{"write", `{"path":"` + strings.Repeat("x", 5000) + `"}`, AllowArguments, "there can be no such rule"},
			{"wr*", `{}`, AllowTool, "its name holds * or ?"},
		} {
			makes(t, b, "ann", modernCall(t, 1, tt.tool, tt.args))
			id := only(t, b).ID
			r, at, err := b.RuleFor(id, Answer{Choice: tt.choice}, p)
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s %s: %v", tt.tool, tt.choice, err)
				}
			} else if at != 1 || string(r.JSON()) != tt.want {
				t.Errorf("%s %s: at %d, %s", tt.tool, tt.choice, at, r.JSON())
			}
			if _, _, err := b.RuleFor(id, Answer{Choice: AllowTool}, &policy.Policy{}); err == nil {
				t.Error("there is a place among rules that do not ask")
			}
			if err := b.Answer(id, Answer{}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
