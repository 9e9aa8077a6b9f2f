package cli

type serversChangeCmd struct {
	Env   map[string]string `placeholder:"K=V" mapsep:"none" help:"A variable of its environment; may be given again. Without any they stay as they are."`
	Cwd   string            `placeholder:"DIR" help:"Where it runs; stays as it is when left out."`
	Share string            `enum:"auto,session,agent,all," default:"" placeholder:"WHO" help:"Who shares a process; stays as it is when left out."`

	Name    string   `arg:"" help:"The server's name."`
	Command []string `arg:"" optional:"" passthrough:"" help:"The program and its arguments, after --; stay as they are when left out."`
}

func (s *serversChangeCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		is, err := o.ConfiguredServer(s.Name)
		if err != nil {
			return err
		}
		if len(s.Command) > 0 {
			if is.Command, err = afterDashes(s.Command, "drawbridge servers change NAME -- COMMAND ARG…"); err != nil {
				return err
			}
		}
		if s.Env != nil {
			is.Env = s.Env
		}
		if s.Cwd != "" {
			is.Dir = s.Cwd
		}
		switch s.Share {
		case "":
		case auto:
			is.Share = ""
		default:
			is.Share = s.Share
		}
		if err := o.ChangeServer(is); err != nil {
			return err
		}
		c.hint("Changed %s. Its processes start anew as they are needed.", s.Name)
		c.mindSecrets(is.Command, is.Env)
		return nil
	})
}

type serversRescanCmd struct{}

func (*serversRescanCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		o.RescanPrograms()
		c.hint("The PATH of your login shell has been asked for again.")
		return nil
	})
}
