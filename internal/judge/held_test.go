package judge

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestHeldCalls: calls of a tool that the owner wants to be asked about, made by clients that others wrote. They wait, and
// are let pass, denied, given up by the client, or put off when the owner is not there; then the answer is good for the retry.
func TestHeldCalls(t *testing.T) {
	judging(t)
	node := npm(t)
	b := start(t, map[string]entry{"demo": {Command: program(t, drawbridge), Args: []string{"demo-server"}}},
		terms{choices: map[string]any{"rules": []any{map[string]any{"tool": "echo", "verdict": "ask"}}}})
	o := &answerer{b: b, left: map[uint64]string{}, first: map[uint64]time.Time{}}
	stop := make(chan struct{})
	var owner, clients sync.WaitGroup
	owner.Go(func() { o.attend(t, stop) })
	for _, c := range []struct{ sdk, front string }{
		{"v1", "streamable"}, {"v1", "websocket"}, {"v2-modern", "streamable"}, {"v2-modern", "websocket"},
	} {
		name := c.sdk + "-" + c.front
		token := b.token(t, name)
		clients.Go(func() { // all at once: they wait for most of a minute
			t.Run(name, func(t *testing.T) {
				node.judge(t, "held.mjs", "JUDGE_SDK="+c.sdk, "JUDGE_FRONT="+c.front, "JUDGE_URL="+b.at("demo"), "JUDGE_TOKEN="+token)
			})
		})
	}
	clients.Wait()
	close(stop)
	owner.Wait()
	if waiting := o.waiting(t); len(waiting) > 0 || len(o.left) == 0 {
		t.Errorf("at the end there wait %+v, and were left %v", waiting, o.left)
	}
	for id, text := range o.left {
		if err := o.answer(id, "allow"); !strings.Contains(err, "the call has ended") {
			t.Errorf("%s is answered when its client has given it up: %q", text, err)
		}
	}
}

// answerer is the owner at the command line.
type answerer struct {
	b     *bridge
	left  map[uint64]string    // seen and not answered, by number
	first map[uint64]time.Time // until when a call waited at first
}

// held is a call that waits, as the command line shows it.
type held struct {
	ID        uint64
	Waits     bool
	Agent     string
	Until     time.Time
	Arguments struct{ Text string }
}

// attend answers what is asked until stop is closed.
func (o *answerer) attend(t *testing.T, stop <-chan struct{}) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		waiting := o.waiting(t)
		for _, h := range waiting {
			args := o.choose(h, waiting)
			if args == nil {
				continue
			}
			if err := o.answer(h.ID, args...); err != "" {
				t.Errorf("answer %+v %v: %s", h, args, err)
			}
		}
	}
}

// choose is what the owner says to a call, nil for nothing yet.
func (o *answerer) choose(h held, waiting []held) []string {
	switch h.Arguments.Text {
	case "approve":
		return []string{"allow"}
	case "deny":
		return []string{"deny", "--reason", "not today"}
	case "after cancel waits":
		for _, other := range waiting {
			if other.Agent == h.Agent && other.Arguments.Text == "cancel" {
				o.left[other.ID] = h.Agent
				return []string{"allow"}
			}
		}
	case "late":
		if o.first[h.ID].IsZero() {
			o.first[h.ID] = h.Until
		}
		if !h.Waits || !h.Until.Equal(o.first[h.ID]) {
			return []string{"allow"}
		}
	}
	return nil
}

// waiting is what waits for the owner.
func (o *answerer) waiting(t *testing.T) (all []held) {
	out, err := o.b.command("calls", "waiting", "--json").Output()
	if err == nil {
		err = json.Unmarshal(out, &all)
	}
	if err != nil {
		t.Errorf("calls waiting: %s, %v", out, err)
	}
	return all
}

// answer gives an answer and returns what is wrong with it; "" is nothing.
func (o *answerer) answer(id uint64, args ...string) (problem string) {
	cmd := o.b.command(append([]string{"calls", "answer", strconv.FormatUint(id, 10)}, args...)...)
	_, err := cmd.Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return string(exit.Stderr)
	} else if err != nil {
		return err.Error()
	}
	return ""
}
