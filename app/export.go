package app

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"drawbridge/bridge/audit"
)

// ExportAudit writes the records that f asks for to a file for the owner alone, as JSON Lines with their signatures, or as CSV,
// and returns how many there are. A file that is there is replaced, once all is written.
func (a *App) ExportAudit(ctx context.Context, path string, csv bool, f audit.Filter) (records int, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("export to %q: %w", path, err)
		}
	}()
	file, err := os.CreateTemp(filepath.Dir(path), ".drawbridge-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name()) // which is gone by then, if all went well
	defer file.Close()
	write := audit.WriteJSONL
	if csv {
		write = audit.WriteCSV
	}
	if err := write(file, counted(a.Audit(ctx, f), &records)); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := file.Close(); err != nil {
		return 0, err
	}
	return records, os.Rename(file.Name(), path)
}

// counted is all of them, counted on the way.
func counted(all iter.Seq2[audit.Record, error], n *int) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		for r, err := range all {
			if err == nil {
				*n++
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
