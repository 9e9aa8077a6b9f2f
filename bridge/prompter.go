package bridge

// prompter is a tool, prompt or resource in the middle of which people are asked.
type prompter struct{ method, subject string }

func prompterOf(c *call) prompter { return prompter{c.m.Method(), subject(c.m)} }

// prompted notes that people were asked in the middle of such a call.
func (sv *server) prompted(c *call) {
	p := prompterOf(c)
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if len(sv.prompters) < toolsMax && len(p.subject) <= uriMax {
		sv.prompters[p] = struct{}{}
	}
}

// prompts reports whether people have been asked in the middle of such a call.
func (sv *server) prompts(c *call) bool {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	_, ok := sv.prompters[prompterOf(c)]
	return ok
}
