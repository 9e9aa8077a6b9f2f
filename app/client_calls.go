package app

import (
	"context"
	"iter"

	"drawbridge/bridge"
)

func (c *Client) Calls(ctx context.Context, more bool) iter.Seq2[bridge.CallInfo, error] {
	return follow[bridge.CallInfo](ctx, c, "calls", which{Follow: more})
}

// KeepPayloads does so while it is connected; where that cannot be, nothing more is kept.
func (c *Client) KeepPayloads() (release func()) {
	ctx, cancel := context.WithCancel(c.ctx)
	next, stop := iter.Pull2(follow[nothing](ctx, c, "calls/keep", nothing{}))
	_, _, _ = next() // returns when it has begun
	return func() {
		cancel()
		stop()
	}
}

// Payload is nothing more than the call shows where the App has gone.
func (c *Client) Payload(call uint64) bridge.Payload {
	p, _ := ask[bridge.Payload](c, "calls/payload", call)
	return p
}

func (c *Client) Questions() ([]bridge.Question, error) {
	return ask[[]bridge.Question](c, "calls/waiting", nothing{})
}

func (c *Client) AnswerCall(id uint64, answer bridge.Answer) error {
	return tell(c, "calls/answer", ownerAnswer{id, answer})
}

func (c *Client) CancelCall(id uint64) error { return tell(c, "calls/cancel", id) }
