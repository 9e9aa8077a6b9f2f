package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"drawbridge/app"
	"drawbridge/bridge/audit"
)

// errDamaged is the error of `audit verify` when the record is not as it was written.
var errDamaged = errors.New("the record is damaged")

type auditCmd struct {
	List   auditListCmd   `cmd:"" help:"List the newest records."`
	Verify auditVerifyCmd `cmd:"" help:"Check that no record was changed, dropped or moved."`
	Export auditExportCmd `cmd:"" help:"Print all records as JSON Lines, signatures included, or as CSV."`
}

// choice are the flags that say which records.
type choice struct {
	Since   moment `placeholder:"WHEN" help:"Only from then on: 7d is a week ago; or 2026-11-29, or 2026-11-29T14:30."`
	Until   moment `placeholder:"WHEN" help:"Only before then."`
	Kind    []kind `placeholder:"KIND" help:"Only of these kinds, for instance call-end, refused, sign-in, asked, owner."`
	Agent   string `placeholder:"NAME" help:"Only of this agent."`
	User    string `placeholder:"USER" help:"Only of this user, as the record has it: issuer|subject."`
	Group   string `placeholder:"NAME" help:"Only of users in this group."`
	Session uint64 `placeholder:"N" help:"Only of this session."`
	Call    uint64 `placeholder:"N" help:"Only of this call."`
	Front   string `placeholder:"FRONT" help:"Only by this front: streamable, sse or websocket."`
	Address string `placeholder:"IP" help:"Only from this address."`
	Era     string `placeholder:"ERA" help:"Only of agents of this era: legacy or modern."`
	Server  string `placeholder:"NAME" help:"Only of this server."`
	Method  string `placeholder:"METHOD" help:"Only of this method, for instance tools/call."`
	Tool    string `placeholder:"NAME" help:"Only of this tool, prompt or URI."`
	Verdict string `placeholder:"VERDICT" help:"Only of this verdict: allow, ask or deny."`
	Rule    string `placeholder:"RULE" help:"Only by this rule, as the record has it."`
	Outcome string `placeholder:"OUTCOME" help:"Only of this outcome, for instance ok, tool-error, failed, denied, cancelled, lost."`
	Text    string `placeholder:"TEXT" help:"Only where this text stands somewhere, in whatever case."`

	Search []string `arg:"" optional:"" help:"What the window's search takes, too: words, 'a phrase' in double quotes, and FIELD:VALUE with a flag's name, such as agent:claude."`
}

// filter is what the flags and the search ask for, both.
func (ch choice) filter() (audit.Filter, error) {
	f := audit.Filter{
		Since: time.Time(ch.Since), Until: time.Time(ch.Until), Agent: ch.Agent, User: ch.User, Group: ch.Group,
		Session: ch.Session, Call: ch.Call, Front: ch.Front, Address: ch.Address, Era: ch.Era, Server: ch.Server,
		Method: ch.Method, Name: ch.Tool, Verdict: ch.Verdict, Rule: ch.Rule, Outcome: ch.Outcome,
	}
	if ch.Text != "" {
		f.Texts = []string{ch.Text}
	}
	for _, k := range ch.Kind {
		f.Kinds = append(f.Kinds, audit.Kind(k))
	}
	if err := app.Search(strings.Join(ch.Search, " ")).Narrow(&f, time.Now()); err != nil {
		return f, usage(err.Error())
	}
	return f, nil
}

// kind is a kind of record.
type kind audit.Kind

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *kind) UnmarshalText(b []byte) error {
	one, err := audit.ParseKind(string(b))
	*k = kind(one)
	return err
}

// moment is a point of time, as app.Moment reads it.
type moment time.Time

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *moment) UnmarshalText(b []byte) error {
	t, err := app.Moment(string(b), time.Now())
	*m = moment(t)
	return err
}

type auditListCmd struct {
	listing
	choice
	Last   int  `short:"n" default:"50" help:"How many at most."`
	Newest bool `help:"The newest first."`
}

func (a *auditListCmd) Run(c *console) error {
	f, err := a.filter()
	if err != nil {
		return err
	}
	return c.do(c.any, func(o owner) error {
		f.Last, f.Newest = max(a.Last, 1), a.Newest
		var rows []audit.Record
		for r, err := range o.Audit(c.ctx, f) {
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if a.JSON {
			lines := make([]json.RawMessage, len(rows))
			for i, r := range rows {
				lines[i] = r.Line
			}
			return printJSON(c.Stdout, lines)
		}
		return show(c.Stdout, false, rows, "SEQ\tTIME\tKIND\tAGENT\tSERVER\tWHAT\tOUTCOME", "No records.", recordRow)
	})
}

// recordRow is a record in a line.
func recordRow(r audit.Record) string {
	what := strings.TrimSpace(r.Method + " " + r.Name)
	switch {
	case what == "":
		what = cmp.Or(r.Note, r.Error)
	case r.Kind == audit.Refused || r.Kind == audit.SignIn:
		what += ": " + r.Error
	}
	outcome := cmp.Or(r.Outcome, r.Answer)
	if r.Count > 0 {
		outcome += fmt.Sprintf(" ×%d", r.Count)
	}
	return cells(r.Seq, when(r.Time, "-"), r.Kind, cmp.Or(r.Agent, r.User, r.Address), r.Server, cut(what, 60), outcome)
}

type auditVerifyCmd struct {
	JSON bool `help:"Print JSON."`
}

// report is what `audit verify --json` prints.
type report struct {
	OK       bool     `json:"ok"`
	Records  uint64   `json:"records"`
	Segments int      `json:"segments"`
	Problems []string `json:"problems"`
	Unlisted int      `json:"unlisted,omitempty"` // problems beyond those
}

func (a *auditVerifyCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		found, err := o.VerifyAudit()
		if err != nil {
			return err
		}
		r := report{found.OK(), found.Records, found.Segments, []string{}, found.Unlisted}
		for _, p := range found.Problems {
			r.Problems = append(r.Problems, p.String())
		}
		if a.JSON {
			err = printJSON(c.Stdout, r)
		} else {
			err = r.print(c)
		}
		if err == nil && !r.OK {
			err = errDamaged
		}
		return err
	})
}

func (r report) print(c *console) error {
	for _, p := range r.Problems {
		fmt.Fprintln(c.Stdout, plain(p))
	}
	if r.Unlisted > 0 {
		fmt.Fprintf(c.Stdout, "and %d more.\n", r.Unlisted)
	}
	if !r.OK {
		return nil
	}
	_, err := fmt.Fprintf(c.Stdout, "%d records, all as they were written.\n", r.Records)
	return err
}

type auditExportCmd struct {
	choice
	CSV bool `name:"csv" help:"Print CSV instead of JSON Lines."`
}

func (a *auditExportCmd) Run(c *console) error {
	f, err := a.filter()
	if err != nil {
		return err
	}
	return c.do(c.any, func(o owner) error {
		write := audit.WriteJSONL
		if a.CSV {
			write = audit.WriteCSV
		}
		return cmp.Or(write(c.Stdout, o.Audit(c.ctx, f)), c.ctx.Err())
	})
}
