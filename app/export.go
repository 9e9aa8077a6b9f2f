package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"

	"drawbridge/app/settings"
	"drawbridge/bridge/audit"
)

// ExportAudit writes the records that f asks for to a file for the owner alone, as JSON Lines with their signatures, or as CSV,
// and returns how many there are. A file that is there is replaced, once all is written.
func (a *App) ExportAudit(ctx context.Context, path string, csv bool, f audit.Filter) (records int, err error) {
	write := audit.WriteJSONL
	if csv {
		write = audit.WriteCSV
	}
	err = settings.Replace(path, func(file io.Writer) error {
		return cmp.Or(write(file, counted(a.Audit(ctx, f), &records)), ctx.Err())
	})
	if err != nil {
		return 0, fmt.Errorf("export to %q: %w", path, err)
	}
	return records, nil
}

// SaveContent writes the data of a part of an answer to a file for the owner alone. A file that is there is replaced, once all
// is written.
func (a *App) SaveContent(path string, data []byte) error {
	err := settings.Replace(path, func(file io.Writer) error {
		_, err := file.Write(data)
		return err
	})
	if err != nil {
		return fmt.Errorf("save to %q: %w", path, err)
	}
	return nil
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
