package cli

import (
	"fmt"

	"drawbridge/app"
)

type policyCmd struct {
	List    policyListCmd    `cmd:"" help:"List the rules; the first that applies decides."`
	Add     policyAddCmd     `cmd:"" help:"Add a rule."`
	Change  policyChangeCmd  `cmd:"" help:"Put another rule in the place of one."`
	Remove  policyRemoveCmd  `cmd:"" help:"Remove a rule."`
	Move    policyMoveCmd    `cmd:"" help:"Give a rule another place among the others."`
	Explain policyExplainCmd `cmd:"" help:"Say what would become of a call: the verdict, the rule that gives it, and why others do not apply."`
}

type policyExplainCmd struct {
	JSON   bool     `help:"Print JSON."`
	Agent  string   `arg:"" help:"The agent's name."`
	Server string   `arg:"" help:"The server's name."`
	Tool   string   `arg:"" help:"The tool's name; with --kind, a prompt's or a URI."`
	Args   string   `placeholder:"JSON" help:"The arguments, an object."`
	User   string   `placeholder:"ISSUER|SUBJECT" help:"The user that the agent acts for."`
	Group  []string `placeholder:"NAME" help:"A group of the user's. May be given several times."`
	Kind   string   `default:"tool" enum:"tool,prompt,resource" help:"What the name names: tool, prompt or resource."`
}

// verdict is what `policy explain --json` prints.
type verdict struct {
	Verdict string   `json:"verdict"`
	Why     string   `json:"why"`
	Rule    int      `json:"rule,omitempty"` // from 1; none when a scope gave the verdict
	Passed  []passed `json:"passed"`
	Note    string   `json:"note,omitempty"`
}

type passed struct {
	Rule int    `json:"rule"`
	Text string `json:"text"`
	Why  string `json:"why"`
}

// passedShown is how many rules that do not apply are printed for people.
const passedShown = 50

func (p *policyExplainCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		q := app.PolicyQuestion{Agent: p.Agent, Server: p.Server, Kind: p.Kind, Name: p.Tool, User: p.User, Groups: p.Group}
		if p.Args != "" {
			q.Arguments = []byte(p.Args)
		}
		a, err := o.ExplainPolicy(q)
		if err != nil {
			return err
		}
		v := verdict{a.Verdict.String(), a.Why, a.Rule, []passed{}, a.Note}
		for _, r := range a.Passed {
			v.Passed = append(v.Passed, passed{r.Rule, r.Text, r.Why})
		}
		if p.JSON {
			return printJSON(c.Stdout, v)
		}
		return v.print(c)
	})
}

func (v verdict) print(c *console) error {
	_, err := fmt.Fprintf(c.Stdout, "%s: %s\n", v.Verdict, plain(v.Why))
	for i, r := range v.Passed {
		if i == passedShown {
			fmt.Fprintf(c.Stdout, "  and %d more; --json prints them all\n", len(v.Passed)-i)
			break
		}
		fmt.Fprintf(c.Stdout, "  not rule %d: %s; %s\n", r.Rule, plain(r.Text), plain(r.Why))
	}
	if v.Note != "" {
		c.hint("%s.", plain(v.Note))
	}
	return err
}
