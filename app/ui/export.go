package ui

import (
	"context"

	"drawbridge/bridge/audit"
)

// exportAudit opens the dialog that writes records to a file.
func (w *window) exportAudit(f audit.Filter) {
	spell := "All records"
	if !f.Since.IsZero() {
		spell = "Records since " + moment(f.Since, w.view.now)
	}
	note := spell + ". Arguments are as they are kept: without secrets, and cut where they were long."
	formats := []fileFormat{{"JSON Lines, with signatures", ".jsonl"}, {"CSV, for a spreadsheet", ".csv"}}
	w.fileSheet("Export the record", note, "Export", "drawbridge-"+w.view.now.Format("2006-01-02"), formats, func(ctx context.Context, path string, format int) (string, error) {
		n, err := w.app.ExportAudit(ctx, path, format == 1, f)
		return "Exported " + count(n, "record"), err
	})
}
