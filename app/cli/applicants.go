package cli

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"drawbridge/app"
	"drawbridge/bridge"
)

type agentsWaitingCmd struct{ listing }

// applicantRow is one agent that asks to be let in, as `agents waiting --json` prints it.
type applicantRow struct {
	Code     string    `json:"code"`
	Client   string    `json:"client"`             // what it calls itself
	Vouches  string    `json:"vouches,omitempty"`  // the host that says so; none: it is unverified
	Redirect string    `json:"redirect,omitempty"` // where its browser takes the answer
	Loopback bool      `json:"loopback,omitempty"` // that is the browser's own machine
	User     string    `json:"user,omitempty"`
	Email    string    `json:"email,omitempty"`
	Groups   []string  `json:"groups,omitempty"`
	Address  string    `json:"address,omitempty"`
	Servers  []string  `json:"servers,omitempty"` // asked for; none: whichever the owner picks
	Before   string    `json:"before,omitempty"`  // what the same client and user were approved as before
	New      []string  `json:"new,omitempty"`     // of the servers, those that were not
	Asked    time.Time `json:"asked"`
	Ends     time.Time `json:"ends"`
}

func newApplicantRow(a bridge.Applicant) applicantRow {
	return applicantRow{
		a.Code, a.Client, a.Vouches, a.RedirectHost, a.Loopback, a.User, a.Email, a.Groups, a.Address, a.Servers,
		a.Before.Agent, a.New(), a.Asked, a.Ends,
	}
}

func (a *agentsWaitingCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		all, err := o.Applicants()
		if err != nil {
			return err
		}
		var rows []applicantRow
		for _, one := range all {
			rows = append(rows, newApplicantRow(one))
		}
		return show(c.Stdout, a.JSON, rows, "CODE\tCALLS ITSELF\tUSER\tFROM\tANSWER GOES TO\tSERVERS\tASKED",
			"No agent waits. Without company sign-in, approve one by the code that its browser shows: drawbridge agents approve CODE",
			func(r applicantRow) string {
				return cells(r.Code, r.name(), cmp.Or(r.Email, r.User), r.Address, r.Redirect, list(r.Servers, "any"), when(r.Asked, "-"))
			})
	})
}

// name is what the agent calls itself, and whether somebody vouches for that.
func (r applicantRow) name() string {
	if r.Vouches != "" {
		return fmt.Sprintf("%s (%s)", r.Client, r.Vouches)
	}
	return fmt.Sprintf("%s (unverified)", cmp.Or(r.Client, "no name"))
}

type agentsApproveCmd struct {
	Code   string   `arg:"" help:"The code that the agent's browser shows."`
	As     string   `placeholder:"NAME" help:"What to call the agent; what it calls itself when left out."`
	Server []string `placeholder:"NAME" help:"A server that it may use, * for every one; may be given again. What it asked for when left out."`
	Tool   []string `placeholder:"GLOB" help:"Tools that it may use, such as read_*; may be given again. With this, tools alone. Without any flag, those that you approved before when it asks for the same."`
	Long   bool     `help:"Let its access tokens live for a day, for an agent that cannot refresh them. No effect where a user signed in."`
}

func (a *agentsApproveCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		who, err := o.Applicant(a.Code)
		if err != nil {
			return err
		}
		introduce(c, who)
		if len(a.Tool) == 0 && len(a.Server) == 0 && who.Before.Same {
			a.Tool = who.Before.Tools
		}
		name, err := o.ApproveAgent(a.Code, app.Approval{Name: a.As, Servers: a.Server, Tools: a.Tool, Long: a.Long})
		if err != nil {
			return err
		}
		servers := a.Server
		if len(servers) == 0 {
			servers = who.Servers
		}
		c.hint("%s is let in, to %s.", plain(name), whichServers(servers))
		return nil
	})
}

// introduce tells who it is that is let in.
func introduce(c *console, who bridge.Applicant) {
	r := newApplicantRow(who)
	c.hint("%s", plain(fmt.Sprintf("%s, used by %s, from %s; the answer goes to %s.",
		r.name(), cmp.Or(r.Email, r.User, "whoever sees the code"), cmp.Or(r.Address, "-"), cmp.Or(r.Redirect, "-"))))
	if r.Loopback {
		c.hint("Any program on the machine where the browser runs may be what asks.")
	}
	if what := approvedBefore(who); what != "" {
		c.hint("%s", plain(what))
	}
}

// approvedBefore says what the owner approved before for the same client and user, and what is new.
func approvedBefore(who bridge.Applicant) string {
	before := app.ApprovedBefore(who.Before, func(names []string) string { return list(names, "") })
	if before == "" {
		return ""
	}
	text := "Before, " + before + "."
	if added := who.New(); len(added) > 0 {
		text += " New: " + list(added, "") + "."
	}
	return text
}

// whichServers are those that an agent may use, in words. None is all of them.
func whichServers(names []string) string {
	if len(names) == 0 || slices.Contains(names, "*") {
		return "all servers"
	}
	return list(names, "")
}

type agentsDenyCmd struct {
	Code string `arg:"" help:"The code that the agent's browser shows."`
}

func (a *agentsDenyCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		if err := o.DenyAgent(a.Code); err != nil {
			return err
		}
		c.hint("It is refused.")
		return nil
	})
}
