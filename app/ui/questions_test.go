package ui

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// heard is an announcer that writes down what it is told.
type heard struct {
	said []string
	act  func(string)
}

func (h *heard) announce(_, title, text string, act func(string)) {
	h.said, h.act = append(h.said, title+": "+text), act
}
func (h *heard) withdraw(string) {}

func applicantOf(id, client string) bridge.Event {
	return bridge.AgentAsked{Applicant: bridge.Applicant{ID: id, Client: client, Code: "K7Q-2MD", Address: "192.0.2.14", Servers: []string{"github"}, Asked: time.Now(), Ends: time.Now().Add(10 * time.Minute)}}
}

// meant lets a question take answers at once.
func meant(r *rig) {
	for _, label := range []string{"Approve", "Deny"} {
		button(r.window, label).Rest(0)
	}
}

func TestApplicantIsApproved(t *testing.T) {
	r := newRig(t, house(time.Now()))
	h := &heard{}
	r.announcer = h
	r.fake.publish(applicantOf("a1", "Cursor\u202e"))
	r.expect(`Cursor\u202e wants to connect`)
	r.expect("K7Q-2MD")
	if len(h.said) != 1 {
		t.Errorf("said %q", h.said)
	}
	r.fake.said() // what the window asks for as it opens
	test.Tap(button(r.window, "Approve"))
	if said := r.fake.said(); len(said) != 0 {
		t.Errorf("an answer that was not meant counts: %q", said)
	}
	meant(r)
	tick(r, "github")
	test.Tap(button(r.window, "Approve"))
	r.expect("Tick the servers that this agent may use.")
	tick(r, "time")
	test.Tap(button(r.window, "Approve"))
	r.asked(`approve K7Q-2MD ["time"]`)
	r.expect("claude may come in")
	if len(r.sheets) != 0 || r.questions.open != nil {
		t.Error("the question is still asked")
	}
	r.turn(callsAt)
	r.gone("claude may come in")
}

// TestApprovedBefore: the owner sees what they approved before for the same agent, and what is new; what was to be
// used alone stays so.
func TestApprovedBefore(t *testing.T) {
	r := newRig(t, house(time.Now()))
	ask := func(b bridge.Before) {
		e := applicantOf("a1", "Cursor").(bridge.AgentAsked)
		e.Applicant.Servers, e.Applicant.Before = []string{"github", "billing"}, b
		r.fake.publish(e)
	}
	tools := func() string {
		e, _ := find(r.window, func(e *look.Entry) bool { return e.PlaceHolder == "All tools" })
		return e.Text
	}
	ask(bridge.Before{Agent: "cursor-ada", Servers: []string{"github"}, Tools: []string{"read_*"}})
	r.expect("You approved github, only tools read_*, for cursor-ada")
	r.expect("billing")
	if got := tools(); got != "" {
		t.Errorf("of more the tools are %q", got)
	}
	test.Tap(button(r.window, "Later"))
	r.fake.publish(bridge.AgentAnswered{ID: "a1"})
	r.until("it to be over", func() bool { return len(r.questions.waiting) == 0 })
	ask(bridge.Before{Agent: "cursor-ada", Servers: []string{"github", "billing"}, Tools: []string{"read_*", "list"}, Same: true})
	r.expect("You approved the same, only tools read_* and list, for cursor-ada")
	r.gone("billing")
	if got := tools(); got != "read_*, list" {
		t.Errorf("of the same the tools are %q", got)
	}
}

// TestQuestionsQueue: one dialog at a time, the oldest first; Escape puts one off, and the strip remembers it.
func TestQuestionsQueue(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.fake.publish(applicantOf("a1", "First"))
	r.expect("First wants to connect")
	r.fake.publish(applicantOf("a2", "Second"))
	r.until("the second to wait", func() bool { return len(r.questions.waiting) == 2 })
	if len(r.sheets) != 1 {
		t.Errorf("%d dialogs are open", len(r.sheets))
	}
	r.typed(fyne.KeyEscape)
	r.expect("Second wants to connect")
	r.typed(fyne.KeyEscape)
	r.until("both to be put off", func() bool { return len(r.sheets) == 0 })
	r.expect("First wants to connect")
	r.expect("Answer")
	test.Tap(button(r.window, "Answer"))
	meant(r)
	test.Tap(button(r.window, "Deny"))
	r.asked("deny K7Q-2MD")
	r.until("one to be left", func() bool { return len(r.questions.waiting) == 1 })
}

// TestQuestionsDoNotInterrupt: nobody loses a half-typed word, or a dialog.
func TestQuestionsDoNotInterrupt(t *testing.T) {
	r := newRig(t, house(time.Now()))
	filter := callsOf(r.window).filter
	r.win.Canvas().Focus(filter)
	test.Type(filter, "half a wo")
	r.fake.publish(applicantOf("a1", "Cursor"))
	r.expect("Answer")
	if len(r.sheets) != 0 || r.win.Canvas().Focused() != fyne.Focusable(filter) {
		t.Fatal("the owner was interrupted")
	}
	filter.SetText("")
	r.win.Canvas().Unfocus()
	r.look(everything)
	r.expect("Approve")
}

// TestAnsweredElsewhere: a question that was answered by other means closes.
func TestAnsweredElsewhere(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.fake.publish(applicantOf("a1", "Cursor"))
	r.expect("Approve")
	r.fake.publish(bridge.AgentAnswered{ID: "a1"})
	r.until("the dialog to close", func() bool { return len(r.sheets) == 0 })
	r.gone("Answer")
}

// TestHiddenWindowComesForQuestions: it is there, and told of outside.
func TestHiddenWindowComesForQuestions(t *testing.T) {
	r := newRig(t, house(time.Now()))
	h := &heard{}
	r.announcer = h
	r.hide()
	r.fake.publish(applicantOf("a1", "Cursor"))
	r.until("the window", func() bool { return !r.hidden })
	r.expect("Approve")
	if len(h.said) != 1 {
		t.Errorf("said %q", h.said)
	}
}

func TestEnterCode(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.enterCode()
	test.Type(r.win.Canvas().Focused(), " k7q-2md ")
	test.Tap(button(r.window, "Find it"))
	r.asked("find K7Q-2MD")
	r.expect("Cursor wants to connect")
	meant(r)
	tick(r, "github")
	test.Tap(button(r.window, "Approve"))
	r.asked(`approve K7Q-2MD ["github"]`)
}

// TestApproveWithTools: an agent gets no more than the tools that the owner names, under the name that the owner gives.
func TestApproveWithTools(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 1000))
	r.fake.publish(applicantOf("a1", "Cursor"))
	r.expect("Cursor wants to connect")
	meant(r)
	typeInto(r, "All tools", "search_*, get_issue")
	typeInto(r, "Cursor", "cursor-desk")
	tick(r, "Let it stay signed in for a day")
	test.Tap(button(r.window, "Approve"))
	r.asked(`approve K7Q-2MD ["github"] ["search_*" "get_issue"] as "cursor-desk" long true`)
	r.expect("It may use github, only tools search_* and get_issue.")
}

func TestTrayTellsWhoWaits(t *testing.T) {
	r := newRig(t, house(time.Now()))
	h := &hostLog{}
	r.tray = &tray{w: r.window, host: h}
	r.fake.publish(applicantOf("a1", "Cursor"))
	r.until("the tray", func() bool {
		return h.menu != nil && slices.ContainsFunc(h.menu.Items, func(i *fyne.MenuItem) bool { return i.Label == "Cursor wants to connect…" })
	})
	if got := stateOf(r.view); got != trayNeeds {
		t.Errorf("the icon says %s", got)
	}
}

// TestCallIsAnswered: what an agent wants to do is shown with its arguments, and allowed as widely as the owner says.
func TestCallIsAnswered(t *testing.T) {
	r := newRig(t, house(time.Now()))
	ask := bridge.CallAsked{Question: bridge.Question{ID: 7, Call: 7, Agent: "claude-laptop", Server: "github", Method: "tools/call", Name: "merge", Digest: "d1",
		Arguments: `{"pull": 12}`, Changes: []bridge.Change{{Argument: "pull", Before: "11", After: "12"}}, Rule: "rule 3", Asked: time.Now(), Until: time.Now().Add(time.Minute)}}
	r.fake.publish(ask)
	r.expect("claude-laptop asks to use merge")
	r.expect("pull was 11, is 12")
	button(r.window, "Allow").Rest(0)
	spell, _ := find(r.window, func(c *look.Choice) bool { return slices.Contains(c.Names(), "Always") })
	spell.Pick(2)
	test.Tap(button(r.window, "Allow"))
	r.asked(`answer 7 arguments "" d1`)
	r.until("the dialog to close", func() bool { return len(r.sheets) == 0 })
	ask.Question.ID = 8
	r.fake.publish(ask)
	r.expect("claude-laptop asks to use merge")
	button(r.window, "Deny").Rest(0)
	typeInto(r, "Why not", "not today")
	test.Tap(button(r.window, "Deny"))
	r.asked(`answer 8  "not today" d1`)
}
