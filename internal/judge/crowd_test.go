package judge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// crowd is how many sessions talk at once.
const crowd = 128

// TestCrowd: every session uses id 1 for everything, and gets its own answers.
func TestCrowd(t *testing.T) {
	judging(t)
	for _, share := range []string{"session", "agent", "all"} {
		t.Run(share, func(t *testing.T) {
			b := serve(t, map[string]entry{"echo": ourselves(t, share)})
			token, c := b.token(t, "crowd"), b.client(t)
			lines := gather(t, b, c, token)
			errs := make([]error, crowd)
			var wg sync.WaitGroup
			for i, l := range lines {
				wg.Go(func() { errs[i] = chatter(deadline(t, time.Minute), l, fmt.Sprintf("session %d", i)) })
			}
			wg.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Error(err)
			}
		})
	}
}

// gather opens the crowd's sessions, some at a time as they would come.
func gather(t *testing.T, b *bridge, c *http.Client, token string) []*line {
	t.Helper()
	lines, errs := make([]*line, crowd), make([]error, crowd)
	ctx := deadline(t, 2*time.Minute)
	door := make(chan struct{}, 16) // how many may knock at once
	var wg sync.WaitGroup
	for i := range lines {
		wg.Go(func() {
			door <- struct{}{}
			defer func() { <-door }()
			lines[i], errs[i] = b.dial(ctx, c, "echo", token, `{}`)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return lines
}

// chatter asks often, always as id 1, and wants its own words back.
func chatter(ctx context.Context, l *line, name string) error {
	for i := range 50 {
		want := name + ", " + strconv.Itoa(i)
		got, err := l.tool(ctx, "1", "echo", fmt.Sprintf(`{"text":%q}`, want))
		if err == nil && got != want {
			err = errors.New("is another's answer")
		}
		if err != nil {
			return fmt.Errorf("%s: got %q: %w", want, got, err)
		}
	}
	return nil
}

// TestQuestionsFindTheirSession: two sessions of one process are asked while both have a call
// running; each answers only what was meant for it. A server tells nobody whom it asks, so its
// calls run one at a time: because the owner says so, or once it has been seen to ask.
func TestQuestionsFindTheirSession(t *testing.T) {
	judging(t)
	for _, parallel := range []string{"never", "learn"} {
		t.Run(parallel, func(t *testing.T) {
			e := ourselves(t, "agent")
			e.Own.Parallel = parallel
			b := serve(t, map[string]entry{"asks": e})
			token, c := b.token(t, "asked"), b.client(t)
			if err := b.asked(t, c, token, "the first session"); err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			errs := make([]error, 4)
			for i := range errs {
				wg.Go(func() { errs[i] = b.asked(t, c, token, fmt.Sprintf("session %d", i)) })
			}
			wg.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Error(err)
			}
		})
	}
}

// asked opens a session and is asked ten times.
func (b *bridge) asked(t *testing.T, c *http.Client, token, name string) error {
	ctx := deadline(t, time.Minute)
	l, err := b.dial(ctx, c, "asks", token, `{"elicitation":{"form":{}}}`)
	for range 10 {
		if err == nil {
			err = answering(ctx, l, name)
		}
	}
	return err
}

// answering calls a tool that asks, answers on the call's own stream, and wants that answer as the
// tool's result.
func answering(ctx context.Context, l *line, name string) error {
	var failed error
	m, err := l.call(ctx, "1", "tools/call", fmt.Sprintf(`{"name":"elicit","arguments":{"text":%q}}`, name), func(m message) {
		if m.Method != "elicitation/create" {
			return
		}
		if string(m.Params) == "" || !contains(m.Params, name) {
			failed = fmt.Errorf("%s was asked %.200s", name, m.Params)
		}
		answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"who":%q}}}`, m.ID, name)
		failed = errors.Join(failed, l.send(ctx, answer))
	})
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	text, err := m.text()
	if err == nil && !contains([]byte(text), name) {
		err = errors.New("is not the answer that was given")
	}
	if err != nil {
		return fmt.Errorf("%s: result %q: %w", name, text, err)
	}
	return nil
}
