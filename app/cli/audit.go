package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

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
	Since  span   `placeholder:"D" help:"Only of the last such time, for instance 1h or 7d."`
	Agent  string `placeholder:"NAME" help:"Only of this agent."`
	Server string `placeholder:"NAME" help:"Only of this server."`
}

func (ch choice) filter() audit.Filter {
	f := audit.Filter{Agent: ch.Agent, Server: ch.Server}
	if ch.Since > 0 {
		f.Since = time.Now().Add(-time.Duration(ch.Since))
	}
	return f
}

type auditListCmd struct {
	listing
	choice
	Last int `short:"n" default:"50" help:"How many at most."`
}

func (a *auditListCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		f := a.filter()
		f.Last = max(a.Last, 1)
		var rows []audit.Record
		for r, err := range o.Audit(c.ctx, f) {
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
		if a.JSON {
			lines := make([]json.RawMessage, len(rows))
			for i, r := range rows {
				lines[i] = r.Line
			}
			return printJSON(c.Stdout, lines)
		}
		return show(c.Stdout, false, rows, "SEQ\tTIME\tKIND\tAGENT\tSERVER\tWHAT\tOUTCOME", "No records.",
			func(r audit.Record) string {
				what := r.Method
				if r.Name != "" {
					what += " " + r.Name
				}
				if what == "" {
					what = r.Note
				}
				return cells(r.Seq, when(r.Time, "-"), r.Kind, r.Agent, r.Server, cut(what, 60), cmp.Or(r.Outcome, r.Answer))
			})
	})
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
}

func (a *auditVerifyCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		found, err := o.VerifyAudit()
		if err != nil {
			return err
		}
		r := report{found.OK(), found.Records, found.Segments, []string{}}
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
	return c.do(c.any, func(o owner) error {
		records := o.Audit(c.ctx, a.filter())
		if a.CSV {
			return audit.WriteCSV(c.Stdout, records)
		}
		return audit.WriteJSONL(c.Stdout, records)
	})
}
