package judge

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"
)

const (
	parkers   = 8 // agents
	parkEach  = 8 // calls of each that wait for answers at the same time
	parkedFor = parkers * parkEach
)

// TestParkedKeepsItsProcess: a process is not idle while a call of it is parked.
func TestParkedKeepsItsProcess(t *testing.T) {
	needProc(t)
	t.Parallel()
	mark := fmt.Sprintf("%s of %d", t.Name(), os.Getpid())
	b := serve(t, map[string]entry{"asks": own{Idle: "1s"}.asker(t, "legacy", mark)})
	a := b.solo(b.client(t), "asks", b.token(t, "slow"))
	script := rounds([]string{form("take your time", "")})
	q := parked(t, a, ordered(script))
	<-time.After(1500 * time.Millisecond)
	completes(t, a, ordered(script), q, answersTo(t, script))
	eventually(t, 10*time.Second, "the process is idle and ends", func() bool { return len(running(mark)) == 0 })
}

// place is one parked call of one agent.
type place struct {
	agent *solo
	name  string
	call  string
	asked required
}

// TestManyParked: many calls of many agents wait for answers at once. They get them in any order, some a part at a time,
// some never; each answer reaches its own call, and what is abandoned leaves no process behind its agent.
func TestManyParked(t *testing.T) {
	needProc(t)
	mark := fmt.Sprintf("%s of %d", t.Name(), os.Getpid())
	b := serve(t, map[string]entry{"asks": own{MaxProcesses: 2 * parkedFor, Idle: "1s"}.asker(t, "legacy", mark)})
	c := b.client(t)
	agents := make([]*solo, parkers)
	for i := range agents {
		agents[i] = b.solo(c, "asks", b.token(t, fmt.Sprintf("agent-%d", i)))
	}
	script := rounds([]string{form("are you one that asks?", "")})
	if _, _, err := agents[0].converse(deadline(t, 20*time.Second), "tools/call", ordered(script)); err != nil {
		t.Fatal(err)
	}
	places := park(t, agents)
	rand.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	left, answered := places[:parkedFor/4], places[parkedFor/4:]
	errs := make([]error, len(answered))
	ctx := deadline(t, time.Minute)
	var wg sync.WaitGroup
	for i, p := range answered {
		wg.Go(func() { errs[i] = p.answer(ctx, i%3 == 0) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	for i := range agents {
		b.run(t, "token", "revoke", fmt.Sprintf("agent-%d", i))
	}
	eventually(t, 20*time.Second, "the processes of agents that are gone end", func() bool { return len(running(mark)) == 0 })
	for _, p := range left {
		if r, err := p.agent.call(ctx, "tools/call", retry(p.call, p.asked.RequestState, p.asked.answers())); err != nil || r.status != http.StatusUnauthorized {
			t.Errorf("%s, whose token is revoked: HTTP %d %s %v", p.name, r.status, r.Result, err)
		}
	}
}

// park has each agent make its calls at once, and wants each asked what it is to be asked.
func park(t *testing.T, agents []*solo) []*place {
	t.Helper()
	ctx := deadline(t, time.Minute)
	places, errs := make([]*place, parkedFor), make([]error, parkedFor)
	var wg sync.WaitGroup
	for i := range places {
		name := fmt.Sprintf("call %d.", i)
		p := &place{agent: agents[i%len(agents)], name: name, call: ordered(rounds([]string{form(name, ""), sample(name)}, []string{page(name, "https://example.com/"), form(name, "")}))}
		places[i] = p
		wg.Go(func() {
			r, err := p.agent.call(ctx, "tools/call", p.call)
			if err == nil {
				p.asked, err = r.asks()
			}
			errs[i] = errors.Join(err, p.mine(p.asked))
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return places
}

// mine wants all questions to be this call's.
func (p *place) mine(q required) error {
	for key, request := range q.InputRequests {
		if !contains(request.Params, p.name) {
			return fmt.Errorf("%s is asked %s: %s", p.name, key, request.Params)
		}
	}
	return nil
}

// answer answers what is asked, until the end; slowly is one answer at a time.
func (p *place) answer(ctx context.Context, slowly bool) error {
	for range 8 {
		answers := p.asked.answers()
		if slowly {
			one := keys(p.asked.InputRequests)[0]
			answers = map[string]string{one: answers[one]}
		}
		r, err := p.agent.call(ctx, "tools/call", retry(p.call, p.asked.RequestState, answers))
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if p.asked, err = r.asks(); err == nil {
			if err := p.mine(p.asked); err != nil {
				return err
			}
			continue
		}
		said, err := r.said()
		if want := fmt.Sprintf(`[[%s,%s],[{"action":"accept"},%s]]`, p.form(), p.sampled(), p.form()); err != nil || said != want {
			return fmt.Errorf("%s: %s, %w, want %s", p.name, said, err, want)
		}
		return nil
	}
	return fmt.Errorf("%s is asked again and again", p.name)
}

func (p *place) form() string { return `{"action":"accept","content":{"to":` + quoted(p.name) + `}}` }

func (p *place) sampled() string {
	return `{"role":"assistant","model":"judge","content":{"type":"text","text":` + quoted("answer to "+p.name) + `}}`
}
