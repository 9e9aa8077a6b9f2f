package ui

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge/policy"
)

// rulesView shows the rules in their order, and what they make of a call.
type rulesView struct {
	w    *window
	all  fyne.CanvasObject
	list *fyne.Container
	sift *look.Entry
	more *look.Text
	none fyne.CanvasObject
	what *explainBox

	shown   bool
	raw     []byte // of the file, as shown
	rules   []policy.Rule
	strange map[int][]string // of each rule that is shown, the names in it that nobody has
}

// rulesShown is how many rules are shown at once; what is typed into the search finds the others.
const rulesShown = 100

func newRulesView(w *window) *rulesView {
	v := &rulesView{w: w, list: look.Down(8), sift: look.NewEntry("Search rules"), more: look.NewText("", look.Caption), what: newExplainBox(w)}
	v.sift.OnChanged = func(string) { v.fill() }
	v.none = look.Inset(8, 0, 8, 0, look.NewProse("There are no rules: whatever you approved an agent for, it may do. A rule takes away, or has you asked first.", look.Note, 700))
	note := look.NewProse("An agent may do what you approved it for, less what rules take away. Of several that are about a call, the first one decides.", look.Note, 700)
	v.all = cardScroll(look.Down(14, v.what.body, note, v.sift, v.none, v.list, v.more))
	return v
}

// show brings the list up to the rules in force.
func (v *rulesView) show() {
	v.what.show(v.w.view)
	raw := v.w.app.Settings().Rules.JSON
	if v.shown && bytes.Equal(raw, v.raw) {
		v.recognize()
		return
	}
	rules, err := v.w.app.Rules()
	if err != nil {
		v.w.notice.show("The rules cannot be read", err)
		return
	}
	v.shown, v.raw, v.rules = true, raw, rules
	v.fill()
}

// recognize shows anew which names nobody has, where that is not as it was.
func (v *rulesView) recognize() {
	agents, servers := v.w.view.known()
	for i, was := range v.strange {
		if !slices.Equal(app.Strange(v.rules[i], agents, servers), was) {
			v.fill()
			return
		}
	}
}

// fill makes the rows of the rules that are searched for.
func (v *rulesView) fill() {
	words := strings.Fields(strings.ToLower(v.sift.Text))
	v.list.Objects, v.strange = nil, map[int][]string{}
	agents, servers := v.w.view.known()
	left := 0
	for i, r := range v.rules {
		says := strings.ToLower(r.String())
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(says, w) }) {
			continue
		}
		if len(v.list.Objects) == rulesShown {
			left++
			continue
		}
		v.strange[i] = app.Strange(r, agents, servers)
		v.list.Add(v.row(i, r))
	}
	visible(v.none, len(v.rules) == 0)
	visible(v.sift, len(v.rules) > 8 || len(words) > 0)
	v.more.SetText("and " + count(left, "rule") + " more: search for them")
	visible(v.more, left > 0)
	v.w.room.Refresh()
}

// row is one rule, with what can be done to it.
func (v *rulesView) row(i int, r policy.Rule) fyne.CanvasObject {
	word, tone := verdictChip(r.Verdict)
	says := plain(r.String())
	words := look.Down(0, look.Spring(), look.NewProse(capital(plain(ruleWords(r))), look.Body, 460))
	for _, text := range v.strange[i] {
		words.Add(look.NewProse(capital(plain(text))+".", look.Caption, 460))
	}
	words.Add(look.Spring())
	row := look.Across(8,
		look.Sized(26, 0, look.NewText(strconv.Itoa(i+1), look.CodeNote)), look.Sized(58, 0, look.Across(0, look.NewChip(word, tone))),
		look.Fill(words),
		look.NewButton(look.Ghost, "edit", "", func() { v.w.editRule(v.rules, i) }).Called("Edit: "+says),
		look.NewButton(look.Ghost, "trash", "", func() { v.remove(i) }).Called("Remove: "+says))
	row.Objects = slices.Insert(row.Objects, 3, movers(i, len(v.rules), says, v.move)...)
	return look.Over(look.NewPanel(look.Paper, 10).Edged(look.Line), look.Inset(4, 6, 4, 12, row))
}

// ruleWords is what a rule is about, without its verdict.
func ruleWords(r policy.Rule) string { return strings.TrimPrefix(r.String(), r.Verdict.String()+" ") }

// verdictChip is a verdict in a word.
func verdictChip(v policy.Verdict) (string, look.Tone) {
	switch v {
	case policy.Allow:
		return "Allow", look.Good
	case policy.Ask:
		return "Ask", look.Warn
	}
	return "Deny", look.Bad
}

// move puts rule i a step up or down.
func (v *rulesView) move(i, step int) {
	if to := i + step; to >= 0 && to < len(v.rules) {
		now := slices.Clone(v.rules)
		now[i], now[to] = now[to], now[i]
		v.set("The rule was not moved", now)
	}
}

func (v *rulesView) remove(i int) {
	r := v.rules[i]
	v.w.confirm(fmt.Sprintf("Remove rule %d?", i+1), capital(plain(r.String()))+".\nWithout it the next rule that is about a call decides, and if there is none, what you approved the agent for.", "Remove", func() {
		v.set("The rule was not removed", slices.Delete(slices.Clone(v.rules), i, i+1))
	})
}

// set makes the rules those, if they are still as they are shown.
func (v *rulesView) set(failed string, now []policy.Rule) {
	seen := v.rules
	v.w.act(failed, func() error {
		err := v.w.app.SetRules(seen, now)
		v.w.do(v.show)
		return err
	})
}
