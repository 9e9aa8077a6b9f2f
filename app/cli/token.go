package cli

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"drawbridge/app/settings"
	"drawbridge/bridge"
)

type tokenCmd struct {
	New    tokenNewCmd    `cmd:"" help:"Approve an agent: print a new token for it, alone, on standard output."`
	List   tokenListCmd   `cmd:"" help:"List tokens, without their secrets."`
	Rotate tokenRotateCmd `cmd:"" help:"Print another token for an agent; the old one goes on for a while."`
	Revoke tokenRevokeCmd `cmd:"" help:"End an agent's access now."`
}

type tokenNewCmd struct {
	Name    string   `arg:"" help:"The agent's name."`
	Server  []string `placeholder:"NAME" help:"A server that the agent may use; may be given again. Every one when left out."`
	Tool    []string `placeholder:"GLOB" help:"Tools that it may use, such as read_*; may be given again. With this, tools alone: no prompts, no resources."`
	Expires span     `placeholder:"D" help:"When the access ends: after a time such as 12h or 30d. Never when left out."`
}

func (t *tokenNewCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		token, err := o.NewToken(t.Name, t.Server, t.Tool, time.Duration(t.Expires))
		if err != nil {
			return err
		}
		if len(t.Server) == 0 {
			c.hint("%s may use every server; --server NAME limits that.", plain(t.Name))
		}
		t.doubt(c, o)
		c.hint("Its token is the next line. Hand it to the agent as `Authorization: Bearer TOKEN`.")
		_, err = fmt.Fprintln(c.Stdout, token)
		return err
	})
}

// doubt tells of servers that are not there, which a typing error may be why of.
func (t *tokenNewCmd) doubt(c *console, o owner) {
	all, err := o.Servers()
	for _, name := range t.Server {
		if err == nil && name != "*" && !slices.ContainsFunc(all, func(s bridge.Server) bool { return s.Name == name }) {
			c.hint("There is no server %q yet.", plain(name))
		}
	}
}

type tokenListCmd struct{ listing }

// tokenRow is one token as `token list --json` prints it.
type tokenRow struct {
	Agent   string    `json:"agent"`
	ID      string    `json:"id"` // what comes after dbk_ in the token
	Servers []string  `json:"servers"`
	Tools   []string  `json:"tools,omitempty"`
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends,omitzero"`
	Used    time.Time `json:"agentUsed,omitzero"`
}

func (t *tokenListCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		agents, err := o.Agents()
		if err != nil {
			return err
		}
		var rows []tokenRow
		for _, a := range agents {
			servers, tools := a.Allowed()
			for _, k := range a.Keys {
				rows = append(rows, tokenRow{a.Name, k.ID, servers, tools, k.Created, k.Ends, a.Used})
			}
		}
		return show(c.Stdout, t.JSON, rows, "AGENT\tTOKEN\tSERVERS\tTOOLS\tCREATED\tENDS\tUSED",
			"No tokens yet. Issue one: drawbridge token new NAME",
			func(r tokenRow) string {
				return cells(r.Agent, "dbk_"+r.ID+"…", list(r.Servers, "-"), list(r.Tools, "all"),
					when(r.Created, "-"), when(r.Ends, "never"), when(r.Used, "never"))
			})
	})
}

type tokenRotateCmd struct {
	Name  string `arg:"" help:"The agent's name."`
	Grace span   `placeholder:"D" default:"24h" help:"How long the old token goes on, such as 1h; 0 ends it now."`
}

func (t *tokenRotateCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		token, err := o.RotateToken(t.Name, time.Duration(t.Grace))
		if err != nil {
			return err
		}
		if t.Grace > 0 {
			c.hint("The old token goes on until %s.", when(time.Now().Add(time.Duration(t.Grace)), ""))
		}
		_, err = fmt.Fprintln(c.Stdout, token)
		return err
	})
}

type tokenRevokeCmd struct {
	Name string `arg:"" help:"The agent's name."`
}

func (t *tokenRevokeCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		if err := o.RevokeAgent(t.Name); err != nil {
			return err
		}
		c.hint("%s has no access any more.", plain(t.Name))
		return nil
	})
}

// span is a duration that may also be in days or weeks: 30d, 2w.
type span time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *span) UnmarshalText(b []byte) error {
	const longest = 100 * 365 * 24 * time.Hour
	d, err := settings.ParseDuration(string(b))
	if err != nil || d < 0 || d > longest {
		return errors.New("write a time such as 90m, 12h, 30d or 2w")
	}
	*s = span(d)
	return nil
}
