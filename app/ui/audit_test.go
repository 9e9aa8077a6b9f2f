package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/bridge/audit"
)

func TestAuditPage(t *testing.T) {
	a := newFake()
	a.state = house(time.Now())
	a.records = houseRecords(time.Now())
	r := newRigOf(t, a)
	r.press(fyne.Key4)
	r.expect("29 records")
	r.expect("delete_repository")
	p := r.pages[auditAt].(*auditPage)
	test.Type(p.filter, "refused n8n")
	r.expect("1 record of 29 records")
	p.list.OnSelected(0)
	r.expect("no rule allows it")
	r.typed(fyne.KeyEscape)
	r.typed(fyne.KeyEscape)
	r.expect("29 records")
	test.Type(p.filter, "zebra")
	r.expect("No record like that")
	test.Tap(button(r.window, "Show all"))
	p.spell.Pick(0)
	r.expect("29 records")

	r.fake.report = audit.Report{Records: 29}
	test.Tap(button(r.window, "Verify"))
	r.expect("29 records verified")
	r.fake.report.Problems = []audit.Problem{{Text: "record 17 was changed"}}
	test.Tap(button(r.window, "Verify"))
	r.expect("The record is not as it was written")
	r.notice.hide()

	test.Tap(button(r.window, "Export…"))
	typeInto(r, "", "/tmp/x.jsonl")
	r.expect("Export the record")
}

func TestExportDialog(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.exportAudit(audit.Filter{})
	kind, _ := find(r.window, func(s interface {
		fyne.CanvasObject
		Pick(int)
		At() int
	}) bool {
		return true
	})
	kind.Pick(1)
	r.fake.failing("the disk is full")
	test.Tap(button(r.window, "Export"))
	r.expect("the disk is full")
	r.fake.mended()
	test.Tap(button(r.window, "Export"))
	r.expect("Exported 3 records")
}
