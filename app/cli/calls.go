package cli

import (
	"encoding/json"
	"fmt"
	"time"

	"drawbridge/bridge"
)

type callsCmd struct {
	List    callsListCmd    `cmd:"" default:"withargs" help:"List the calls that the bridge remembers; also what calls alone does."`
	Show    callsShowCmd    `cmd:"" help:"Show one call whole: who made it, what was asked, and what it was answered with."`
	Waiting callsWaitingCmd `cmd:"" help:"Show the calls that wait for your answer."`
	Answer  callsAnswerCmd  `cmd:"" help:"Let a call pass that waits, or deny it."`
	Cancel  callsCancelCmd  `cmd:"" help:"End a call that runs."`
}

type callsListCmd struct {
	listing
	Follow  bool `short:"f" help:"Go on with calls as they begin and end. With --json, a line each."`
	Answers bool `help:"With --follow: keep what is said in calls from now on, and print what they are answered with."`
}

// callRow is one call as `calls --json` prints it.
type callRow struct {
	ID        uint64          `json:"id"`
	Started   time.Time       `json:"started"`
	Agent     string          `json:"agent"`
	User      string          `json:"user,omitempty"`
	Server    string          `json:"server,omitempty"`
	Method    string          `json:"method"`
	Name      string          `json:"name,omitempty"`
	Arguments json.RawMessage `json:"arguments,omitempty"` // redacted
	Result    string          `json:"result"`              // running, waits for you, or how it ended
	Error     string          `json:"error,omitempty"`
	Micros    int64           `json:"micros,omitempty"`

	Answer  json.RawMessage `json:"answer,omitempty"`  // redacted, and without what Content has; of a call that is shown whole
	Content []contentRow    `json:"content,omitempty"` // what a person would read of it
}

func newCallRow(i bridge.CallInfo) callRow {
	row := callRow{
		ID: i.ID, Started: i.Started, Agent: i.Agent, User: i.User, Server: i.Server,
		Method: i.Method, Name: i.Name, Result: "running",
	}
	if json.Valid([]byte(i.Arguments)) {
		row.Arguments = json.RawMessage(i.Arguments)
	}
	if i.Waits {
		row.Result = "waits for you"
	}
	if i.Ended {
		row.Result, row.Error, row.Micros = string(i.End.Result), i.End.Error, i.End.Took.Microseconds()
	}
	return row
}

// took is for people.
func (r callRow) took() string {
	if r.Micros == 0 {
		return ""
	}
	return (time.Duration(r.Micros) * time.Microsecond).Round(100 * time.Microsecond).String()
}

func (cmd *callsListCmd) Run(c *console) error {
	if cmd.Answers && !cmd.Follow {
		return usage("--answers is for --follow; calls show NUMBER shows the answer to one call")
	}
	return c.do(c.live, func(o owner) error {
		if cmd.Follow {
			return cmd.follow(c, o)
		}
		var rows []callRow
		for i, err := range o.Calls(c.ctx, false) {
			if err != nil {
				return err
			}
			rows = append(rows, newCallRow(i))
		}
		return show(c.Stdout, cmd.JSON, rows, "CALL\tTIME\tAGENT\tSERVER\tMETHOD\tNAME\tRESULT\tTOOK",
			"No calls yet.",
			func(r callRow) string {
				return cells(r.ID, when(r.Started, "-"), r.Agent, r.Server, r.Method, cut(r.Name, 40), r.Result, r.took())
			})
	})
}

func (cmd *callsListCmd) follow(c *console, o owner) error {
	if cmd.Answers {
		defer o.KeepPayloads()()
	}
	lines := json.NewEncoder(c.Stdout)
	for i, err := range o.Calls(c.ctx, true) {
		if c.ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		r := newCallRow(i)
		if cmd.Answers && i.Ended {
			r.say(i.Said(o.Payload(i.ID)))
		}
		if cmd.JSON {
			err = lines.Encode(r)
		} else {
			_, err = fmt.Fprintf(c.Stdout, "%-6d  %-8s  %-16s  %-40s  %-10s  %s\n%s", r.ID, when(r.Started, "-"),
				cut(plain(r.Agent), 16), cut(plain(r.Server+"  "+r.Method+" "+r.Name), 40), r.Result, r.took(), r.answer())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type callsCancelCmd struct {
	Call uint64 `arg:"" help:"The call's number, as calls list shows it."`
}

func (cmd *callsCancelCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		err := o.CancelCall(cmd.Call)
		if err == nil {
			c.hint("Ended call %d.", cmd.Call)
		}
		return err
	})
}
