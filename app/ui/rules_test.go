package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// onRules is a household's window that shows these rules.
func onRules(t *testing.T, rules string) (*rig, *rulesView) {
	t.Helper()
	f := newFake()
	f.state = house(time.Now())
	f.rule(rules)
	r := newRigOf(t, f)
	r.win.Resize(fyne.NewSize(1280, 1000))
	r.press(fyne.KeyR)
	return r, r.pages[agentsAt].(*agentsPage).rules
}

const guestsOut, askAll = `{"who":"group:guests","verdict":"deny"}`, `{"tool":"*","verdict":"ask"}`

// TestRulesInOrder: rules are moved and removed as they are shown, and what others made of them meanwhile is not lost.
func TestRulesInOrder(t *testing.T) {
	r, v := onRules(t, "["+guestsOut+","+askAll+"]")
	r.expect("Everything of every server for group:guests")
	v.move(0, 1)
	r.asked("rules [" + askAll + "," + guestsOut + "]")
	r.until("the new order to be shown", func() bool { return strings.HasPrefix(v.rules[0].String(), "ask tool") })
	v.remove(1)
	r.expect("Remove rule 2?")
	test.Tap(button(r.window, "Remove"))
	r.asked("rules [" + askAll + "]")
	r.gone("Everything of every server for group:guests")

	r.fake.rule("[" + guestsOut + "]") // by another hand
	v.remove(0)
	test.Tap(button(r.window, "Remove"))
	r.expect("The rule was not removed")
	r.expect("Everything of every server for group:guests")
}

// TestAddRule: a rule is written in a form that says in words what it does, and beside a field what is wrong with it.
func TestAddRule(t *testing.T) {
	r, _ := onRules(t, "["+guestsOut+"]")
	test.Tap(button(r.window, "Add rule"))
	r.expect("Ask everything of every server for everybody.")
	typeInto(r, "agent:claude", "claude")
	r.expect(`Who is "claude"; write "agent:NAME"`)
	typeInto(r, "agent:claude", "agent:claude-laptop\ngroup:a,b")
	typeInto(r, "Every server", "files*")
	r.expect("Ask everything of files* for agent:claude-laptop and group:a,b.")
	about, _ := find(r.window, func(s *look.Segments) bool { return strings.Contains(said(s), "Prompts") })
	about.Pick(aboutTools)
	typeInto(r, "All of them", "write_*")
	typeInto(r, `{"path": {"under"`, `{"path": `)
	r.expect("This is no JSON")
	if !button(r.window, "Add rule").Disabled() {
		t.Error("a rule that cannot be read can be added")
	}
	typeInto(r, `{"path": {"under"`, `{"path": {"under": "/srv"}}`)
	r.expect("Ask tool write_* of files* for agent:claude-laptop and group:a,b, where path is under /srv.")
	place, _ := find(r.window, func(s *look.Segments) bool { return strings.Contains(said(s), "As the first") })
	place.Pick(1)
	test.Tap(button(r.window, "Add rule"))
	r.asked(`rules [{"who":["agent:claude-laptop","group:a,b"],"server":"files*","tool":"write_*","where":{"path":{"under":"/srv"}},"verdict":"ask"},` + guestsOut + "]")
	r.until("the dialog to close", func() bool { return len(r.sheets) == 0 })
	r.expect("Tool write_* of files*")
}

// TestRuleHints: names in rules that nobody has are told, quietly and for as long as that is so, and what a condition leaves out is too.
func TestRuleHints(t *testing.T) {
	r, v := onRules(t, `[{"who":"agent:claude-desktop","server":"gitlab","verdict":"deny"},`+guestsOut+"]")
	r.expect("No agent is called claude-desktop.")
	r.expect("No server is called gitlab.")
	r.fake.publish(bridge.ServerChanged{Server: bridge.Server{Name: "gitlab", Tools: []bridge.Tool{{Name: "push"}}}})
	r.gone("No server is called gitlab.")
	r.expect("No agent is called claude-desktop.")

	r.editRule(v.rules, 0)
	r.expect("No agent is called claude-desktop.")
	about, _ := find(r.window, func(s *look.Segments) bool { return strings.Contains(said(s), "Prompts") })
	about.Pick(aboutTools)
	typeInto(r, "All of them", "pull")
	r.expect("No tool of gitlab is called pull.")
	typeInto(r, "All of them", "pu*")
	r.gone("No tool of gitlab")
	verdict, _ := find(r.window, func(s *look.Segments) bool { return strings.Contains(said(s), "Ask me") })
	verdict.Pick(0)
	typeInto(r, "agent:claude", "")
	typeInto(r, `{"path": {"under"`, `{"path": {"under": "/srv"}}`)
	r.expect("Where the arguments are others this rule is passed over")
	if button(r.window, "Save").Disabled() {
		t.Error("a hint refuses the rule")
	}
}

// TestEditRule: a form shows all that a rule says, and what is saved unchanged is the same rule.
func TestEditRule(t *testing.T) {
	for _, rule := range []string{
		guestsOut, askAll, `{"annotation":"read-only","verdict":"allow"}`, `{"server":"a","tool":"b*","annotation":"open-world","verdict":"ask"}`,
		`{"prompt":"secret-*","verdict":"deny"}`, `{"resource":"mail://private/*","verdict":"ask"}`,
		`{"tool":"x","where":{"/a/b":{"in":[1,"two",null]},"c":{"matches":"^[a-z]+$"}},"verdict":"allow"}`, `{"prompt":"x","arguments":{"a":[2],"b":1},"verdict":"ask"}`,
	} {
		r, v := onRules(t, "["+rule+"]")
		f := r.editRule(v.rules, 0)
		f.save()
		r.asked("rules [" + rule + "]")
		r.until("the dialog to close", func() bool { return len(r.sheets) == 0 })
	}
}

// TestExplain: the box asks what decides calls, and names the rule that does.
func TestExplain(t *testing.T) {
	r, _ := onRules(t, "["+guestsOut+","+askAll+"]")
	test.Tap(button(r.window, "Explain"))
	r.expect("Type the name of what would be called.")
	typeInto(r, "Name of the tool", "query")
	typeInto(r, "Arguments, such as", `{"sql": "select 1"}`)
	test.Tap(button(r.window, "Explain"))
	r.asked(`explain claude-laptop filesystem tool query {"sql": "select 1"}`)
	r.expect("Rule 2: ask tool * of every server for everybody")
	r.expect("Not rule 1: it is for group:guests")
	typeInto(r, "Groups of the user", "staff, guests")
	test.Tap(button(r.window, "Explain"))
	r.expect("Rule 1: deny everything of every server for group:guests")
}

// TestLockPackage: the owner sees what would be locked, and is told what is.
func TestLockPackage(t *testing.T) {
	r := newRig(t, house(time.Now()))
	card := serversOf(r.window).cards["filesystem"]
	card.expand(true)
	r.expect("@modelcontextprotocol/server-filesystem")
	r.expect("sha512-9yW3")
	test.Tap(button(r.window, "Lock to this version"))
	r.expect("Lock filesystem to this version?")
	test.Tap(button(r.window, "Lock"))
	r.asked("lock filesystem")
	r.expect("filesystem is locked")
}
