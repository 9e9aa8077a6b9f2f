package audit

import (
	"bufio"
	"encoding/csv"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
)

// WriteJSONL writes records as they are stored, one a line, signatures included.
func WriteJSONL(w io.Writer, records iter.Seq2[Record, error]) error {
	out := bufio.NewWriter(w)
	for r, err := range records {
		if err != nil {
			return err
		}
		out.Write(r.Line) // an error stays until Flush
		out.WriteByte('\n')
	}
	return out.Flush()
}

var columns = []string{
	"seq", "time", "kind", "agent", "user", "groups", "server", "method", "name", "verdict", "rule", "answer", "outcome", "error",
	"bytes", "took_ms", "call", "session", "grant", "front", "address", "era", "arguments", "count", "note",
}

// WriteCSV writes records as a table with a heading. A cell that a spreadsheet would run as a
// formula is led in by an apostrophe.
func WriteCSV(w io.Writer, records iter.Seq2[Record, error]) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	for r, err := range records {
		if err != nil {
			return err
		}
		if err := out.Write(r.row()); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (r Record) row() []string {
	number := func(n uint64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatUint(n, 10)
	}
	took := ""
	if r.Took > 0 {
		took = strconv.FormatFloat(float64(r.Took)/float64(time.Millisecond), 'f', 3, 64)
	}
	row := []string{
		number(r.Seq), r.Time.Format(timeLayout), string(r.Kind), r.Agent, r.User, strings.Join(r.Groups, " "), r.Server, r.Method,
		r.Name, r.Verdict, r.Rule, r.Answer, r.Outcome, r.Error, number(uint64(max(r.Bytes, 0))), took, number(r.Call), number(r.Session),
		r.Grant, r.Front, r.Address, r.Era, string(r.Arguments), number(uint64(max(r.Count, 0))), r.Note,
	}
	for i := range row {
		row[i] = plainCell(row[i])
	}
	return row
}

// plainCell makes s a cell that is shown and never computed. Spreadsheets look behind leading blanks, and some take the
// full-width forms of the signs as well.
func plainCell(s string) string {
	trimmed := strings.TrimLeft(s, " \t\r\n\v\f\u00a0\u3000\ufeff")
	if strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") || strings.HasPrefix(s, "\n") {
		return "'" + s
	}
	for _, sign := range []string{"=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(trimmed, sign) {
			return "'" + s
		}
	}
	return s
}
