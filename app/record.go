package app

import (
	"context"
	"iter"

	"drawbridge/bridge/audit"
)

// Audit yields the records that f asks for, the newest last.
func (a *App) Audit(ctx context.Context, f audit.Filter) iter.Seq2[audit.Record, error] {
	return audit.Query(ctx, a.options.Places.AuditDir, f)
}

// VerifyAudit checks the whole record.
func (a *App) VerifyAudit() (audit.Report, error) {
	if a.isRunning() == nil {
		log, err := a.record()
		if err != nil {
			return audit.Report{}, err
		}
		return log.Verify(a.ctx)
	}
	v, err := a.vault()
	if err != nil {
		return audit.Report{}, err
	}
	head, err := checkpoint{db: a.db}.Load()
	if err != nil {
		return audit.Report{}, err
	}
	return audit.Verify(a.ctx, a.options.Places.AuditDir, auditKey(v), head)
}

func auditKey(v *vault) []byte { return v.root.Derive("audit") }

// openRecord opens the record for writing.
func (a *App) openRecord() (*audit.Log, error) {
	v, err := a.vault()
	if err != nil {
		return nil, err
	}
	keep := a.Settings().Audit
	log, err := audit.Open(audit.Config{
		Dir: a.options.Places.AuditDir, Key: auditKey(v), Checkpoint: checkpoint{a.db, a.synced}, Keep: keep.Keep, KeepSize: keep.KeepSize,
	})
	if err != nil {
		return nil, err
	}
	a.closeLater(log)
	a.closeLater(a.strangers) // before the log
	return log, nil
}

// record is where the bridge writes calls down.
type record struct{ open func() (*audit.Log, error) }

func (r record) Append(e audit.Entry) error {
	log, err := r.open()
	if err != nil {
		return err
	}
	return log.Append(&e)
}

// noteAgent writes down what the owner did about an agent.
func (a *App) noteAgent(agent, what string) {
	a.write(audit.Entry{Kind: audit.Owner, Agent: agent, Note: what})
}

// note writes down what the owner did.
func (a *App) note(what string) { a.write(audit.Entry{Kind: audit.Owner, Note: what}) }

// write appends to the record what has happened already: a failure is logged, and calls are refused by then.
func (a *App) write(e audit.Entry) {
	if err := (record{a.record}).Append(e); err != nil {
		a.log.Error("audit: not recorded", "kind", e.Kind, "err", err)
	}
}
