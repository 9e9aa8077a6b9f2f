package cli

import (
	"time"

	"drawbridge/app"
)

type agentsCmd struct {
	List       agentsListCmd       `cmd:"" help:"List agents and what they have open."`
	Disconnect agentsDisconnectCmd `cmd:"" help:"End all that an agent has open. It may come back; token revoke is for good."`
}

type agentsListCmd struct{ listing }

// agentRow is one agent as `agents list --json` prints it.
type agentRow struct {
	Name     string       `json:"name"`
	Servers  []string     `json:"servers"`
	Tools    []string     `json:"tools,omitempty"`
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
	row := agentRow{a.Name, servers, tools, a.Expires, a.Used, []sessionRow{}}
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
		return show(c.Stdout, a.JSON, rows, "AGENT\tSESSIONS\tSERVERS\tTOOLS\tUSED\tEXPIRES",
			"No agents yet. Approve one: drawbridge token new NAME",
			func(r agentRow) string {
				return cells(r.Name, len(r.Sessions), list(r.Servers, "-"), list(r.Tools, "all"),
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
