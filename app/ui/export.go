package ui

import (
	"context"

	"drawbridge/app/ui/look"
	"drawbridge/bridge/audit"
)

// export opens the dialog that writes to a file what is shown, or the whole record.
func (p *auditPage) export() {
	if !p.typed.IsZero() {
		p.search()
	}
	which := look.NewSegments(func(int) {}, p.shown(), "All records")
	field := look.Field("Which", look.Across(0, which), "")
	visible(field, p.asked != "" || p.spell.At() != allTime)
	wanted := []audit.Filter{p.wanted(), {}}
	note := "Arguments are as they are kept: without secrets, and cut where they were long."
	formats := []fileFormat{{"JSON Lines, with signatures", ".jsonl"}, {"CSV, for a spreadsheet", ".csv"}}
	w := p.w
	w.fileSheet("Export the record", note, "Export", "drawbridge-"+w.view.now.Format("2006-01-02"), formats, func(ctx context.Context, path string, format int) (string, error) {
		n, err := w.app.ExportAudit(ctx, path, format == 1, wanted[which.At()])
		return "Exported " + count(n, "record"), err
	}, field)
}

// shown says which records the page shows.
func (p *auditPage) shown() string {
	switch {
	case p.stop != nil: // nobody knows yet how many
		return "Those that fit"
	case p.asked == "":
		return p.amount() + " of this time"
	}
	return p.amount()
}
