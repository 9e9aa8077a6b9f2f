package ui

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// onCalls is a rig that shows the calls.
func onCalls(t *testing.T, s bridge.Snapshot) (*rig, *callsPage) {
	r := newRig(t, s)
	r.press(fyne.Key3)
	return r, r.pages[2].(*callsPage)
}

func begun(id uint64, tool string) bridge.CallStarted {
	return bridge.CallStarted{Call: bridge.CallInfo{ID: id, Agent: "claude", Server: "github", Method: "tools/call", Name: tool, Started: time.Now()}}
}

func ended(id uint64) bridge.CallEnded {
	return bridge.CallEnded{ID: id, End: bridge.Outcome{Result: bridge.OK, Took: time.Second}}
}

func TestRunningCallsAreOnTop(t *testing.T) {
	r, p := onCalls(t, newFake().state)
	r.expect("No calls yet")
	r.fake.publish(begun(1, "slow"), begun(2, "quick"), ended(2), begun(3, "other"), ended(3), begun(4, "late"))
	r.until("the calls", func() bool { return fmt.Sprint(p.rows) == "[4 1 3 2]" })
	r.expect("github / slow")
	r.fake.publish(bridge.CallProgressed{ID: 1, Progress: bridge.Progress{Done: 1, Total: 4}})
	r.expect("Running 25%")
	r.fake.publish(ended(1))
	r.until("its end", func() bool { return fmt.Sprint(p.rows) == "[4 3 2 1]" })
}

func TestCallsAreFiltered(t *testing.T) {
	s := house(time.Now())
	r, p := onCalls(t, s)
	test.Type(p.filter, "POSTGRES ok")
	want := 0
	for _, c := range s.Calls {
		if c.Server == "postgres" && c.Ended && c.End.Result == bridge.OK {
			want++
		}
	}
	if len(p.rows) != want || want == 0 {
		t.Errorf("%d calls, want %d", len(p.rows), want)
	}
	r.typed(fyne.KeyEscape)
	if p.filter.Text != "" || len(p.rows) != len(s.Calls) {
		t.Errorf("after Escape the filter is %q, with %d calls", p.filter.Text, len(p.rows))
	}
	p.kind.Pick(badCalls)
	for _, id := range p.rows {
		c := s.Call(id)
		if !c.Ended || !bad(c.End.Result) {
			t.Errorf("call %d is no problem: %+v", c.ID, c.End)
		}
	}
	p.kind.Pick(runningCalls)
	if len(p.rows) != 3 {
		t.Errorf("%d run, want 3", len(p.rows))
	}
	test.Type(p.filter, "zebra")
	r.expect("No call like that")
	test.Tap(button(r.window, "Show all calls"))
	if len(p.rows) != len(s.Calls) {
		t.Errorf("%d calls, want all", len(p.rows))
	}
}

func TestPause(t *testing.T) {
	r, p := onCalls(t, newFake().state)
	r.fake.publish(begun(1, "one"), ended(1))
	r.expect("github / one")
	test.Tap(button(r.window, "Pause"))
	r.fake.publish(begun(2, "two"), begun(3, "three"))
	r.expect("Paused  ·  2 newer calls since then")
	if len(p.rows) != 1 {
		t.Errorf("%d calls are listed while paused", len(p.rows))
	}
	test.Type(p.filter, "t")
	if fmt.Sprint(p.rows) != "[1]" {
		t.Errorf("filtering lets newer calls in: %v", p.rows)
	}
	p.filter.SetText("")
	test.Tap(button(r.window, "Resume"))
	r.expect("github / three")
}

func TestCallDetail(t *testing.T) {
	r, p := onCalls(t, newFake().state)
	one := begun(1, "create_issue")
	one.Call.Arguments = `{"title":"Lower the bridge"}`
	r.fake.publish(one)
	r.expect("github / create_issue")
	p.list.OnSelected(0)
	r.expect("Cancel call")
	r.expect("Arguments")
	if got := p.detail.args.block.Text(); got != "{\n  \"title\": \"Lower the bridge\"\n}" {
		t.Errorf("arguments %q", got)
	}
	test.Tap(button(r.window, "Cancel call"))
	r.asked("cancel 1")

	r.fake.publish(begun(2, "newer"), bridge.CallEnded{ID: 1, End: bridge.Outcome{Result: bridge.Cancelled, Error: "the owner cancelled it", Answer: "{}"}})
	r.expect("the owner cancelled it")
	r.expect("Answer")
	if p.picked != 1 || p.detail.shown.ID != 1 {
		t.Errorf("a newer call took the place of the picked one")
	}
	if p.detail.cancel.Visible() {
		t.Error("an ended call can be cancelled")
	}
	r.typed(fyne.KeyEscape)
	if p.detail.body.Visible() {
		t.Error("Escape does not close the pane")
	}
}

// TestPaneInPlaceOfTheList: in a small window the keyboard goes to the pane that hides the list, and back to the list when it is closed.
func TestPaneInPlaceOfTheList(t *testing.T) {
	r, p := onCalls(t, newFake().state)
	r.fake.publish(begun(1, "create_issue"))
	r.expect("github / create_issue")
	for _, size := range []fyne.Size{fyne.NewSize(900, 600), fyne.NewSize(1280, 840)} {
		r.win.Resize(size)
		small := size.Width < 1000
		r.win.Canvas().Focus(p.list)
		p.list.OnSelected(0)
		if at := r.win.Canvas().Focused(); (at == fyne.Focusable(p.detail.close)) != small {
			t.Errorf("%v: the keyboard is at %T", size, at)
		}
		r.typed(fyne.KeyEscape)
		if at := r.win.Canvas().Focused(); at != fyne.Focusable(p.list) {
			t.Errorf("%v: afterwards the keyboard is at %T", size, at)
		}
	}
}

// TestListStaysWhereTheOwnerReads: calls that come in above do not push away what is looked at.
func TestListStaysWhereTheOwnerReads(t *testing.T) {
	now := time.Now()
	r, p := onCalls(t, house(now))
	row := callRowHeight + float32(4)
	p.list.ScrollToOffset(20 * row)
	top := p.rows[20]
	r.fake.publish(begun(500, "new"), begun(501, "newer"))
	r.until("the new calls", func() bool { return p.rows[0] == 501 })
	if at := int(p.list.GetScrollOffset() / row); p.rows[at] != top {
		t.Errorf("the list shows call %d on top, want %d", p.rows[at], top)
	}
}

// TestListStaysAtItsEnd: so does the last call there is, for which the list has to become longer first.
func TestListStaysAtItsEnd(t *testing.T) {
	r, p := onCalls(t, house(time.Now()))
	p.list.ScrollToBottom()
	_, top := p.top()
	r.fake.publish(begun(500, "new"), begun(501, "newer"))
	r.until("the new calls", func() bool { return p.rows[0] == 501 })
	if _, is := p.top(); is != top || top == 0 {
		t.Errorf("the list shows call %d on top, want %d", is, top)
	}
}

// BenchmarkTenThousandCalls is what the page does while as many calls are listed as are kept: a look while calls come in, which is as
// often as the mirror gathers them, one that only filters, and one step of the wheel.
func BenchmarkTenThousandCalls(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(look.NewTheme(look.Light))
	now := time.Now()
	w := newWindow(b.Context(), fyne.CurrentApp(), newFake(), func(func()) {}, func() {})
	defer w.win.Close()
	s := newFake().state
	kinds := houseCalls(now)
	for id := range uint64(10_000) {
		c := kinds[id%uint64(len(kinds))]
		c.ID = id + 1
		s.Calls = append(s.Calls, c)
	}
	p := callsOf(w)
	stage(w, s, now)
	p.list.ScrollTo(5_000)
	b.Run("look", func(b *testing.B) {
		for b.Loop() {
			p.show(w.view, callsChanged)
		}
	})
	b.Run("filter", func(b *testing.B) {
		p.filter.Text = "postgres ok"
		for b.Loop() {
			p.relist(w.view)
		}
		p.filter.Text = ""
		p.relist(w.view)
	})
	b.Run("scroll", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			p.list.ScrollToOffset(float32(i * 60 % 300_000))
		}
	})
}
