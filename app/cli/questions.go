package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"drawbridge/bridge"
)

type callsWaitingCmd struct{ listing }

// questionRow is one question as `calls waiting --json` prints it.
type questionRow struct {
	ID        uint64          `json:"id"`
	Waits     bool            `json:"waits"` // false: the agent was told to try again
	Agent     string          `json:"agent"`
	User      string          `json:"user,omitempty"`
	Email     string          `json:"email,omitempty"`
	Groups    []string        `json:"groups,omitempty"`
	Server    string          `json:"server"`
	Method    string          `json:"method"`
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments,omitempty"` // redacted
	Cut       bool            `json:"cut,omitempty"`       // there is more than that
	First     bool            `json:"first,omitempty"`
	Changes   []changeRow     `json:"changes,omitempty"`
	Rule      string          `json:"rule"`
	Digest    string          `json:"digest"`
	Asked     time.Time       `json:"asked"`
	Until     time.Time       `json:"until,omitzero"`
}

type changeRow struct {
	Argument string `json:"argument"`
	Before   string `json:"before,omitempty"`
	After    string `json:"after,omitempty"`
}

func newQuestionRow(q bridge.Question) questionRow {
	row := questionRow{
		ID: q.ID, Waits: q.Call != 0, Agent: q.Agent, User: q.User, Email: q.Email, Groups: q.Groups, Server: q.Server,
		Method: q.Method, Name: q.Name, Cut: q.Cut, First: q.First, Rule: q.Rule, Digest: q.Digest, Asked: q.Asked, Until: q.Until,
	}
	if q.Arguments != "" {
		row.Arguments = json.RawMessage(q.Arguments)
	}
	for _, c := range q.Changes {
		row.Changes = append(row.Changes, changeRow(c))
	}
	return row
}

func (cmd *callsWaitingCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		all, err := o.Questions()
		if err != nil {
			return err
		}
		if cmd.JSON {
			rows := []questionRow{}
			for _, q := range all {
				rows = append(rows, newQuestionRow(q))
			}
			return printJSON(c.Stdout, rows)
		}
		if len(all) == 0 {
			_, err = fmt.Fprintln(c.Stdout, "No call waits for you.")
			return err
		}
		for _, q := range all {
			if _, err := fmt.Fprint(c.Stdout, describe(q)); err != nil {
				return err
			}
		}
		c.hint("Answer one: drawbridge calls answer NUMBER allow|session|tool|arguments|deny")
		return nil
	})
}

// describe is a question for people, in several lines.
func describe(q bridge.Question) string {
	var b strings.Builder
	line := func(format string, a ...any) { b.WriteString(plain(fmt.Sprintf(format, a...)) + "\n") }
	who := q.Agent
	if q.User != "" {
		who += " for " + cmp.Or(q.Email, q.User)
	}
	line("%d  %s: %s %s of %s", q.ID, who, q.Method, q.Name, q.Server)
	b.WriteString(inset(q.Arguments))
	if q.Cut {
		line("   There may be more than is shown.")
	}
	switch {
	case q.First:
		line("   You have not allowed this agent that before.")
	case q.Hidden:
		line("   Something that is not shown is not as it was when you last allowed it.")
	case len(q.Changes) == 0:
		line("   The arguments are as when you last allowed it.")
	}
	for _, c := range q.Changes {
		line("   %s was %s, is %s", c.Argument, cmp.Or(cut(c.Before, 60), "not there"), cmp.Or(cut(c.After, 60), "not there"))
	}
	line("   By %s", q.Rule)
	if q.Call == 0 {
		line("   The agent was told to try again; your answer holds for ten minutes.")
	} else {
		line("   It waits until %s.", when(q.Until, "-"))
	}
	return b.String()
}

type callsAnswerCmd struct {
	ID     uint64 `arg:"" help:"The number that calls waiting shows."`
	Answer string `arg:"" enum:"allow,session,tool,arguments,deny" help:"allow: this call. session: this tool until the agent's session ends. tool: this tool always, by a rule. arguments: this tool with these arguments always, by a rule. deny: not this call."`
	Reason string `placeholder:"TEXT" help:"Why it is denied; the agent reads it."`
}

func (cmd *callsAnswerCmd) Run(c *console) error {
	answer := bridge.Answer{Choice: bridge.Choice(cmd.Answer), Reason: cmd.Reason}
	switch cmd.Answer {
	case "allow":
		answer.Choice = bridge.AllowOnce
	case "deny":
		answer.Choice = bridge.DenyCall
	}
	if cmd.Reason != "" && answer.Choice != bridge.DenyCall {
		return usage("--reason is for deny")
	}
	return c.do(c.live, func(o owner) error {
		if err := o.AnswerCall(cmd.ID, answer); err != nil {
			return err
		}
		c.hint("%s", map[string]string{
			"allow":     "The call may pass, once.",
			"session":   "The agent may use this until its session ends.",
			"tool":      "The agent may always use this; the rule is in config.json.",
			"arguments": "The agent may always make this very call; the rule is in config.json.",
			"deny":      "The call is denied.",
		}[cmd.Answer])
		return nil
	})
}
