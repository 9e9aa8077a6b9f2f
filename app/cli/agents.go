package cli

import (
	"time"

	"drawbridge/app"
)

type agentsCmd struct {
	List       agentsListCmd       `cmd:"" help:"List agents and what they have open."`
	Waiting    agentsWaitingCmd    `cmd:"" help:"List agents that ask to be let in."`
	Approve    agentsApproveCmd    `cmd:"" help:"Let an agent in that asks."`
	Deny       agentsDenyCmd       `cmd:"" help:"Refuse an agent that asks."`
	Revoke     tokenRevokeCmd      `cmd:"" help:"End an agent's access now, however it came in."`
	Disconnect agentsDisconnectCmd `cmd:"" help:"End all that an agent has open. It may come back; token revoke is for good."`
}

type agentsListCmd struct{ listing }

// agentRow is one agent as `agents list --json` prints it.
type agentRow struct {
	Name     string       `json:"name"`
	Servers  []string     `json:"servers"`
	Tools    []string     `json:"tools,omitempty"`
	Client   string       `json:"client,omitempty"` // what it calls itself, where it came in by OAuth
	Users    []string     `json:"users,omitempty"`
	Expires  time.Time    `json:"expires,omitzero"`
	Used     time.Time    `json:"used,omitzero"`
	Sessions []sessionRow `json:"sessions"`
}

type sessionRow struct {
	Server  string    `json:"server,omitempty"` // none: all of them joined
	Front   string    `json:"front"`
	Era     string    `json:"era,omitempty"`
	Client  string    `json:"client,omitempty"`
	Address string    `json:"address,omitempty"`
	Opened  time.Time `json:"opened"`
}

func newAgentRow(a app.Agent) agentRow {
	servers, tools := a.Allowed()
	row := agentRow{Name: a.Name, Servers: servers, Tools: tools, Users: a.Users(), Expires: a.Expires, Used: a.Used, Sessions: []sessionRow{}}
	if len(a.Grants) > 0 {
		row.Client = a.Grants[0].Client.Name
	}
	for _, s := range a.Sessions {
		row.Sessions = append(row.Sessions, sessionRow{s.Server, s.Front, s.Era, s.Client, s.Address, s.Opened})
	}
	return row
}

func (a *agentsListCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		agents, err := o.Agents()
		if err != nil {
			return err
		}
		var rows []agentRow
		for _, agent := range agents {
			rows = append(rows, newAgentRow(agent))
		}
		if waiting, err := o.Applicants(); err == nil && len(waiting) > 0 {
			c.hint("Waiting for your approval: %d. See drawbridge agents waiting.", len(waiting))
		}
		return show(c.Stdout, a.JSON, rows, "AGENT\tUSER\tSESSIONS\tSERVERS\tTOOLS\tUSED\tEXPIRES",
			"No agents yet. Give one the address and approve the code that its browser shows, or a token: drawbridge token new NAME",
			func(r agentRow) string {
				return cells(r.Name, list(r.Users, "-"), len(r.Sessions), list(r.Servers, "-"), list(r.Tools, "all"),
					when(r.Used, "never"), when(r.Expires, "never"))
			})
	})
}

type agentsDisconnectCmd struct {
	Name string `arg:"" help:"The agent's name."`
}

func (a *agentsDisconnectCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		if err := o.DisconnectAgent(a.Name); err != nil {
			return err
		}
		c.hint("%s is disconnected. It may come back; drawbridge token revoke ends its access.", plain(a.Name))
		return nil
	})
}
