package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/ui/look"
	"drawbridge/bridge/audit"
)

// onRecord is a window that shows the record of a household.
func onRecord(t *testing.T) (*rig, *auditPage) {
	t.Helper()
	a := newFake()
	a.state = house(time.Now())
	a.records = houseRecords(time.Now())
	r := newRigOf(t, a)
	r.win.Resize(fyne.NewSize(1280, 840))
	r.press(fyne.Key4)
	r.expect("29 records")
	return r, r.pages[auditAt].(*auditPage)
}

func TestAuditPage(t *testing.T) {
	r, p := onRecord(t)
	r.expect("delete_repository")
	test.Type(p.filter, "refused n8n")
	r.expect("1 record that fits the search")
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
}

// TestAuditSearch: words of a search ask for fields, and what cannot be understood is said below the field while what was found stays.
func TestAuditSearch(t *testing.T) {
	r, p := onRecord(t)
	test.Type(p.filter, `kind:call-end outcome:tool-error "read_text"`)
	r.expect("4 records that fit the search")
	p.filter.SetText("kind:call-end agnt:x")
	r.expect(`There is no field "agnt"`)
	r.expect("4 records that fit the search")
	p.filter.SetText("until:2026-02-30")
	r.expect("Until: write how long ago")
	if p.filter.Text != "until:2026-02-30" {
		t.Error("what was typed is lost")
	}
	p.filter.SetText("until:2m agent:claude-laptop kind:session-begin")
	r.expect("1 record that fits the search")
	r.gone("Until: write")
	if p.spell.At() != allTime {
		t.Error("a search that names a time looks at another")
	}
}

// TestAuditWaits: nothing is read while the owner types, and once when that is over.
func TestAuditWaits(t *testing.T) {
	r, p := onRecord(t)
	r.until("the reading to end", func() bool { return p.stop == nil })
	p.stale = false
	test.Type(p.filter, "agent:n8n")
	if p.stop != nil || p.asked != "" {
		t.Error("it searches for half a word")
	}
	if due := p.due(r.view); due <= 0 {
		t.Errorf("the page is not looked at again, but in %v", due)
	}
	r.until("the search", func() bool { return p.asked == "agent:n8n" })
	test.Type(p.filter, "-workflow")
	r.win.Canvas().Focus(p.filter)
	r.typed(fyne.KeyReturn) // which waits for nothing
	if p.asked != "agent:n8n-workflow" {
		t.Errorf("Enter searches for %q", p.asked)
	}
	r.expect("1 record that fits the search")
}

// TestAuditFilter: the dialog reads the search, and writes it.
func TestAuditFilter(t *testing.T) {
	r, p := onRecord(t)
	test.Type(p.filter, "read_text agent:gone")
	test.Tap(button(r.window, "Filter…"))
	r.expect("Filter the record")
	pick := func(now, value string) {
		c, ok := find(r.window, func(c *look.Choice) bool { return slices.Contains(c.Names(), value) && c.Names()[c.At()] == now })
		if !ok {
			t.Fatalf("no choice has %s", value)
		}
		c.Pick(slices.Index(c.Names(), value))
	}
	pick("gone", "claude-laptop")
	pick("Any", "filesystem")
	pick("Any", "call-end")
	pick("Any", "tool-error")
	r.expect("read_text agent:claude-laptop server:filesystem kind:call-end")
	typeInto(r, "7d", "soon")
	test.Tap(button(r.window, "Search"))
	r.expect("Write how long ago")
	typeInto(r, "7d", "3h")
	test.Tap(button(r.window, "Search"))
	r.expect("4 records that fit the search")
	if want := "read_text agent:claude-laptop server:filesystem kind:call-end outcome:tool-error since:3h"; p.filter.Text != want {
		t.Errorf("the search is %q", p.filter.Text)
	}
	test.Tap(button(r.window, "Filter…"))
	test.Tap(button(r.window, "Clear"))
	r.typed(fyne.KeyEscape)
	if p.filter.Text == "" {
		t.Error("a dialog that is closed changes the search")
	}
	p.openFilter().clear()
	test.Tap(button(r.window, "Search"))
	if p.filter.Text != "read_text" {
		t.Errorf("what the dialog knows nothing of became %q", p.filter.Text)
	}
}

// TestAuditNarrows: a value of a record leads to what else has it.
func TestAuditNarrows(t *testing.T) {
	r, p := onRecord(t)
	test.Type(p.filter, "read_text")
	r.expect("24 records that fit the search")
	p.list.OnSelected(slices.IndexFunc(p.records, func(r audit.Record) bool { return r.Outcome == "tool-error" }))
	link, ok := find(r.window, func(l *look.Link) bool { return l.Label() == "tool-error" })
	if !ok {
		t.Fatal("the outcome leads nowhere")
	}
	r.win.Canvas().Focus(link)
	r.typed(fyne.KeyReturn)
	r.expect("4 records that fit the search")
	if p.filter.Text != "read_text outcome:tool-error" {
		t.Errorf("the search is %q", p.filter.Text)
	}
}

// TestExport: what is shown is exported, or all.
func TestExport(t *testing.T) {
	r, p := onRecord(t)
	which := func() *look.Segments {
		s, ok := find(r.window, func(s *look.Segments) bool { return strings.Contains(said(s), "All records") })
		if !ok {
			t.Fatal("there is nothing to choose")
		}
		return s
	}
	test.Tap(button(r.window, "Export…"))
	r.expect("29 records of this time")
	r.typed(fyne.KeyEscape)
	p.find("outcome:tool-error")
	r.expect("4 records that fit the search")
	test.Tap(button(r.window, "Export…"))
	r.expect("4 records that fit the search")
	format, _ := find(r.window, func(s *look.Segments) bool { return strings.Contains(said(s), "CSV") })
	format.Pick(1)
	r.fake.failing("the disk is full")
	test.Tap(button(r.window, "Export"))
	r.expect("the disk is full")
	r.fake.mended()
	test.Tap(button(r.window, "Export"))
	r.expect("Exported 4 records")
	test.Tap(button(r.window, "Export…"))
	which().Pick(1)
	test.Tap(button(r.window, "Export"))
	r.expect("Exported 29 records")
	p.find("")
	p.spell.Pick(allTime)
	test.Tap(button(r.window, "Export…"))
	r.gone("All records") // as there is no other
}
