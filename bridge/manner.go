package bridge

import "drawbridge/bridge/era"

// manner is what a call does as others like it do: the same tool, prompt or resource.
type manner struct{ method, subject string }

func mannerOf(c *call) manner { return manner{c.m.Method(), subject(c.m)} }

// learnManner notes that people were asked in the middle of such a call, or that it was answered and nobody was.
func (sv *server) learnManner(c *call, asked bool) {
	m := mannerOf(c)
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if old, known := sv.manners[m]; old || known && !asked || !known && len(sv.manners) >= toolsMax || len(m.subject) > uriMax {
		return
	}
	sv.manners[m] = asked
}

// prompts reports whether people have been asked in the middle of such a call.
func (sv *server) prompts(c *call) bool {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	return sv.manners[mannerOf(c)]
}

// quiet reports whether such a call has been answered before, and people were never asked in the middle of one.
func (sv *server) quiet(c *call) bool {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	asked, known := sv.manners[mannerOf(c)]
	return known && !asked
}

// answered notes that a legacy process has answered the call. That of a client that cannot be asked tells nothing.
func (l *link) answered(c *call) {
	if l.era == era.Legacy && !l.private && mayAsk(c.m.Method()) && c.canBeAsked() {
		l.server.learnManner(c, false)
	}
}
