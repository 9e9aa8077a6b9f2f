package cli

import (
	"fmt"
	"io"
	"strings"

	"drawbridge/app"
	"drawbridge/bridge"
)

type servers struct {
	List    serversListCmd    `cmd:"" help:"List servers."`
	Add     serversAddCmd     `cmd:"" help:"Add a server: drawbridge servers add NAME -- COMMAND ARG…"`
	Change  serversChangeCmd  `cmd:"" help:"Give a server another command, environment or share: drawbridge servers change NAME -- COMMAND ARG…"`
	Rescan  serversRescanCmd  `cmd:"" help:"Look for programs again, after an installation."`
	Import  serversImportCmd  `cmd:"" help:"Add the servers that other applications on this computer have."`
	Try     serversTryCmd     `cmd:"" help:"Start a command once, show its tools, and add nothing: drawbridge servers try -- COMMAND ARG…"`
	Remove  serversRemoveCmd  `cmd:"" help:"Remove a server."`
	Start   serversStartCmd   `cmd:"" help:"Let a stopped server start again."`
	Stop    serversStopCmd    `cmd:"" help:"End a server's processes and start none until told to, or until the bridge starts anew."`
	Restart serversRestartCmd `cmd:"" help:"End a server's processes; new ones start as they are needed."`
	Lock    serversLockCmd    `cmd:"" help:"Have a server's command ask for exactly the version of its package that ran last."`
	Logs    serversLogsCmd    `cmd:"" help:"Print what a server wrote to standard error."`
}

type serversListCmd struct{ listing }

// serverRow is one server as `servers list --json` prints it.
type serverRow struct {
	Name      string       `json:"name"`
	State     string       `json:"state"`
	Error     string       `json:"error,omitempty"`
	Share     string       `json:"share,omitempty"`
	Era       string       `json:"era,omitempty"`
	Command   []string     `json:"command"`
	Tools     []string     `json:"tools,omitempty"`
	Held      int          `json:"held,omitempty"` // what waits for the owner
	Package   *packageRow  `json:"package,omitempty"`
	Noise     int          `json:"noise,omitempty"` // lines on standard output that were no messages
	Processes []processRow `json:"processes"`
}

type processRow struct {
	PID    int    `json:"pid"`
	Serves string `json:"serves,omitempty"` // none: a spare
}

// packageRow is the package that a server's command starts.
type packageRow struct {
	Name      string `json:"name"`
	Version   string `json:"version,omitempty"`
	Integrity string `json:"integrity,omitempty"`
	Exact     bool   `json:"exact"` // the command asks for this version alone
	Note      string `json:"note,omitempty"`
}

func newServerRow(s bridge.Server) serverRow {
	row := serverRow{
		Name: s.Name, State: string(s.State), Error: s.Error, Share: s.Share, Era: s.Era,
		Command: s.Command, Noise: s.Noise, Processes: []processRow{},
	}
	row.Held = s.Waiting()
	if p := s.Package; p.Manager != "" {
		row.Package = &packageRow{p.Name, p.Version, p.Integrity, p.Exact, p.Note}
	}
	for _, t := range s.Tools {
		row.Tools = append(row.Tools, t.Name)
	}
	for _, p := range s.Processes {
		row.Processes = append(row.Processes, processRow{p.PID, p.Serves})
	}
	return row
}

func (s *serversListCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		all, err := o.Servers()
		if err != nil {
			return err
		}
		var rows []serverRow
		for _, sv := range all {
			rows = append(rows, newServerRow(sv))
		}
		err = show(c.Stdout, s.JSON, rows, "SERVER\tSTATE\tPROCESSES\tSHARE\tERA\tCOMMAND",
			"No servers yet. Add one: drawbridge servers add NAME -- COMMAND ARG…",
			func(r serverRow) string {
				return cells(r.Name, r.State, len(r.Processes), r.Share, r.Era, cut(strings.Join(r.Command, " "), 60))
			})
		for _, r := range rows {
			if !s.JSON {
				r.explain(c.Stdout)
			}
		}
		return err
	})
}

// explain says what is wrong with the server, if anything is.
func (r serverRow) explain(w io.Writer) {
	if r.Error != "" {
		fmt.Fprintf(w, "\n%s: %s\n", r.Name, plain(r.Error))
	}
	if r.Held > 0 {
		fmt.Fprintf(w, "\n%s: %d held, as you have not approved them as they are; drawbridge pins show %s\n", r.Name, r.Held, r.Name)
	}
	if p := r.Package; p != nil && p.Version != "" && !p.Exact {
		fmt.Fprintf(w, "\n%s: %s@%s ran last; the next start may take another version, unless you lock it: drawbridge servers lock %s\n", r.Name, plain(p.Name), plain(p.Version), r.Name)
	}
	if r.Noise > 0 {
		fmt.Fprintf(w, "\n%s: %d lines on its standard output were no messages; what is for people belongs on standard error\n", r.Name, r.Noise)
	}
}

type serversAddCmd struct {
	Env   map[string]string `placeholder:"K=V" mapsep:"none" help:"A variable of its environment; may be given again. $${keychain:NAME} and $${env:NAME} stand for values."`
	Cwd   string            `placeholder:"DIR" help:"Where it runs; your home directory when left out."`
	Share string            `enum:"auto,session,agent,all" default:"auto" placeholder:"WHO" help:"Who shares a process: session, agent, all, or auto for what fits the server."`

	Name    string   `arg:"" help:"1 to 32 of a-z, 0-9 and -."`
	Command []string `arg:"" optional:"" passthrough:"" help:"The program and its arguments, after --."`
}

func (s *serversAddCmd) Run(c *console) error {
	command, err := afterDashes(s.Command, "drawbridge servers add NAME -- COMMAND ARG…")
	if err != nil {
		return err
	}
	share := s.Share
	if share == auto {
		share = ""
	}
	return c.do(c.any, func(o owner) error {
		err := o.PutServer(app.NewServer{Name: s.Name, Command: command, Env: s.Env, Dir: s.Cwd, Share: share})
		if err == nil {
			c.hint("Added %s. Agents whose token names no server may use it now.", s.Name)
			c.mindSecrets(command, s.Env)
		}
		return err
	})
}

// openSecret is what to do about a secret that was written where config.json has it.
const openSecret = "keep it with drawbridge secrets set NAME, and write --env VARIABLE=${keychain:NAME}"

// looksSecret reports whether something that was written for a program looks like a secret.
func looksSecret(command []string, env map[string]string) bool {
	return app.SecretArguments(command) || len(app.SecretVariables(env)) > 0
}

// mindSecrets says so where a server was given a secret that config.json now has.
func (c *console) mindSecrets(command []string, env map[string]string) {
	if looksSecret(command, env) {
		c.hint("Mind: what looks like a secret is in config.json as plain text; %s.", openSecret)
	}
}

// afterDashes is the command that follows -- on the line; form is how the line should look.
func afterDashes(words []string, form string) ([]string, error) {
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		return nil, usage("no command; write " + form)
	}
	return words, nil
}

type serversRemoveCmd struct {
	Name string `arg:"" help:"The server's name."`
}

func (s *serversRemoveCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error { return c.done(o.RemoveServer, s.Name, "Removed %s.") })
}

type serversStartCmd struct {
	Name string `arg:"" help:"The server's name."`
}

func (s *serversStartCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error { return c.done(o.StartServer, s.Name, "%s starts when an agent needs it.") })
}

type serversStopCmd struct {
	Name string `arg:"" help:"The server's name."`
}

func (s *serversStopCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error { return c.done(o.StopServer, s.Name, "Stopped %s.") })
}

type serversRestartCmd struct {
	Name string `arg:"" help:"The server's name."`
}

func (s *serversRestartCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error { return c.done(o.RestartServer, s.Name, "Restarted %s.") })
}

// done does something to a server and says so.
func (c *console) done(do func(string) error, name, said string) error {
	err := do(name)
	if err == nil {
		c.hint(said, plain(name))
	}
	return err
}

type serversLockCmd struct {
	Name string `arg:"" help:"The server's name."`
}

func (s *serversLockCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		p, err := o.LockServer(s.Name)
		if err == nil {
			c.hint("%s starts %s from now on; its processes start anew.", plain(s.Name), plain(packageOf(p)))
		}
		return err
	})
}

// packageOf is a package and its version, for people.
func packageOf(p bridge.Package) string {
	switch {
	case p.Manager == "docker" && p.Integrity != "":
		return p.Name + "@" + p.Integrity
	case p.Version != "":
		return p.Name + "@" + p.Version
	}
	return p.Name
}

type serversLogsCmd struct {
	Name   string `arg:"" help:"The server's name."`
	Follow bool   `short:"f" help:"Go on with what comes."`
}

func (s *serversLogsCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		for line, err := range o.ServerLog(c.ctx, s.Name, s.Follow) {
			if c.ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintln(c.Stdout, plain(line)); err != nil {
				return err
			}
		}
		return nil
	})
}
