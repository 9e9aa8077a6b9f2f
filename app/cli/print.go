package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// listing is the flag of every command that lists something.
type listing struct {
	JSON bool `help:"Print JSON."`
}

// show prints rows as a JSON array, or as a table with a line each, or says that there are none.
func show[Row any](w io.Writer, asJSON bool, rows []Row, heading, empty string, line func(Row) string) error {
	switch {
	case asJSON:
		if rows == nil {
			rows = []Row{}
		}
		return printJSON(w, rows)
	case len(rows) == 0:
		_, err := fmt.Fprintln(w, empty)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, heading)
	for _, r := range rows {
		fmt.Fprintln(t, line(r))
	}
	return t.Flush()
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// cells joins the cells of a table's row. What they say may come from an agent or a server.
func cells(c ...any) string {
	texts := make([]string, len(c))
	for i, v := range c {
		texts[i] = plain(fmt.Sprint(v))
		if texts[i] == "" {
			texts[i] = "-"
		}
	}
	return strings.Join(texts, "\t")
}

// plain is s without what a terminal would take for a command, or a reader for the end of the line.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// cut is s in at most n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// when is a time for people: the clock for today, else the date.
func when(t time.Time, never string) string {
	switch now := time.Now(); {
	case t.IsZero():
		return never
	case t.Local().Format(time.DateOnly) == now.Local().Format(time.DateOnly):
		return t.Local().Format(time.TimeOnly)
	default:
		return t.Local().Format("2006-01-02 15:04")
	}
}

// list is names for people.
func list(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return strings.Join(names, ", ")
}
