package cli

type quitCmd struct{}

func (*quitCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		err := o.Quit()
		if err == nil {
			c.hint("The bridge has ended.")
		}
		return err
	})
}
