package cli

import "strings"

type raiseCmd struct {
	Agent string `arg:"" optional:"" help:"Raise it for this agent alone."`
}

func (r *raiseCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		if err := o.SetRaised(r.Agent, true); err != nil {
			return err
		}
		c.hint("The bridge is raised%s: nothing passes until %s.", forAgent(r.Agent), strings.TrimSpace("drawbridge lower "+plain(r.Agent)))
		return nil
	})
}

type lowerCmd struct {
	Agent string `arg:"" optional:"" help:"Lower it for this agent, for whom it was raised."`
}

func (l *lowerCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		if err := o.SetRaised(l.Agent, false); err != nil {
			return err
		}
		c.hint("The bridge is lowered%s.", forAgent(l.Agent))
		return nil
	})
}

func forAgent(name string) string {
	if name == "" {
		return ""
	}
	return " for " + plain(name)
}
