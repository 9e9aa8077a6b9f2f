package ui

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge/policy"
)

// ruleForm is the dialog for a new rule, or for one that is there.
type ruleForm struct {
	w     *window
	seen  []policy.Rule // the rules as the owner has seen them
	at    int           // of seen; -1 for a new one
	sheet *look.Sheet

	verdict *look.Segments
	who     *look.FormField
	server  *look.FormField
	about   *look.Segments
	name    *look.FormField
	class   *look.Choice
	where   *look.FormField
	args    *look.FormField
	place   *look.Segments
	says    *look.Prose
	mind    *look.Prose // what to know of it beside that
	classes fyne.CanvasObject
	fault   *fault
	submit  *look.Button
}

const ruleWidth = 600

var (
	verdicts = []policy.Verdict{policy.Ask, policy.Allow, policy.Deny}
	classes  = []string{"", policy.ReadOnly, policy.Destructive, policy.OpenWorld}
)

// What a rule can be about, in the order of the form.
const (
	aboutAll = iota
	aboutTools
	aboutPrompts
	aboutResources
)

// addRule opens the dialog for a new rule.
func (w *window) addRule() {
	rules, err := w.app.Rules()
	if err != nil {
		w.notice.show("A rule cannot be added", err)
		return
	}
	w.editRule(rules, -1)
}

// editRule opens the dialog for one of the rules, or with -1 for a new one.
func (w *window) editRule(rules []policy.Rule, at int) *ruleForm {
	f := &ruleForm{w: w, seen: rules, at: at, fault: newFault(ruleWidth - 42), says: look.NewProse("", look.Note, ruleWidth-42), mind: look.NewProse("", look.Caption, ruleWidth-42)}
	f.verdict = look.NewSegments(func(int) { f.check() }, "Ask me", "Allow", "Deny")
	f.who = look.NewFormField("Who", look.NewLines("agent:claude", 2), "Empty is everybody. agent:NAME, group:NAME or user:ISSUER|SUBJECT; all must hold")
	f.server = look.NewFormField("Server", look.NewEntry("Every server"), "A name, or a pattern: * is any text, ? any character")
	f.about = look.NewSegments(func(int) { f.check() }, "Everything", "Tools", "Prompts", "Resources")
	f.name = look.NewFormField("Which", look.NewEntry("All of them"), "A name, or a pattern such as write_*")
	f.class = look.NewChoice([]string{"Any tool", "Read-only tools", "Destructive tools", "Tools that reach the open world"}, func(int) { f.check() })
	f.classes = look.Field("Kind", f.class, "As servers say that you trust in this; tools of others count as destructive and open-world")
	f.where = look.NewFormField("Only where", look.NewLines(`{"path": {"under": "/home/ada/Documents"}}`, 2), `Optional, as JSON: "under" a directory, "in" a list, or "matches" a pattern (RE2)`)
	f.args = look.NewFormField("Only with exactly these arguments", look.NewEntry(`{"path": "/srv"}`), "Optional, as JSON")
	f.place = look.NewSegments(func(int) {}, "As the last", "As the first")
	if at >= 0 {
		f.fill(rules[at])
	}
	for _, field := range f.fields() {
		field.Entry.OnChanged = func(string) { f.check() }
		field.Entry.OnSubmitted = func(string) { f.submit.Tapped(nil) }
	}
	f.open()
	return f
}

func (f *ruleForm) fields() []*look.FormField {
	return []*look.FormField{f.who, f.server, f.name, f.where, f.args}
}

// fill writes a rule into the fields.
func (f *ruleForm) fill(r policy.Rule) {
	f.verdict.Pick(slices.Index(verdicts, r.Verdict))
	f.who.Entry.SetText(strings.Join(r.Who, "\n"))
	f.server.Entry.SetText(r.Server)
	for about, name := range map[int]string{aboutTools: r.Tool, aboutPrompts: r.Prompt, aboutResources: r.Resource} {
		if name != "" {
			f.about.Pick(about)
			f.name.Entry.SetText(name)
		}
	}
	if r.Annotation != "" {
		f.about.Pick(aboutTools)
		f.class.Pick(slices.Index(classes, r.Annotation))
	}
	var said struct{ Where, Arguments json.RawMessage }
	_ = json.Unmarshal(r.JSON(), &said) // it is JSON, and these are objects
	f.where.Entry.SetText(string(said.Where))
	f.args.Entry.SetText(string(said.Arguments))
}

func (f *ruleForm) open() {
	title, verb := "Add a rule", "Add rule"
	parts := []fyne.CanvasObject{
		look.Field("What becomes of such calls", look.Across(0, f.verdict), ""), f.who.Body, f.server.Body,
		look.Field("About", look.Across(0, f.about), ""), f.name.Body, f.classes, f.where.Body, f.args.Body,
	}
	switch {
	case f.at >= 0:
		title, verb = "Edit rule "+some(f.at+1), "Save"
	case len(f.seen) > 0:
		parts = append(parts, look.Field("Place", look.Across(0, f.place), "The first rule that is about a call decides; you can move it later"))
	}
	f.submit = look.NewButton(look.Primary, "", verb, f.save)
	f.sheet = &look.Sheet{Title: title, Note: "It counts at once, for calls of open sessions too.", Width: ruleWidth, Body: look.Down(14, parts...), Foot: look.Down(8, look.Down(2, f.says, f.mind), f.fault.body)}
	f.fault.moved = f.sheet.Fit
	f.sheet.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", f.sheet.Close), f.submit}
	f.check()
	f.w.sheet(f.sheet, f.verdict)
}

// check shows the fields that a rule of this kind has, and says what it would do, or what is wrong with it.
func (f *ruleForm) check() {
	if f.sheet == nil {
		return
	}
	about := f.about.At()
	conditional := verdicts[f.verdict.At()] != policy.Deny && (about == aboutTools || about == aboutPrompts)
	visible(f.name.Body, about != aboutAll)
	visible(f.classes, about == aboutTools)
	visible(f.where.Body, conditional)
	visible(f.args.Body, conditional)
	for _, field := range f.fields() {
		field.Fault("")
	}
	f.fault.hide()
	r, wrong, err := f.read()
	switch {
	case err == nil:
		f.says.SetText(capital(plain(r.String())) + ".")
		f.mind.SetText(f.toMind(r))
		f.submit.Enable()
	case wrong != nil:
		wrong.Fault(sentence(err))
	default:
		f.fault.show(reason(sentence(err)))
	}
	if err != nil {
		f.says.SetText("")
		f.mind.SetText("")
		f.submit.Disable()
	}
	visible(f.mind, f.mind.Text() != "")
	f.sheet.Fit()
}

// toMind is what the owner should know of a rule beside what it says.
func (f *ruleForm) toMind(r policy.Rule) string {
	agents, servers := f.w.view.known()
	var all []string
	for _, text := range append(app.Strange(r, agents, servers), app.Otherwise(r)) {
		if text != "" {
			all = append(all, capital(plain(text))+".")
		}
	}
	return strings.Join(all, "\n")
}

// read is the rule that the fields describe. When it is none wrong is the field that is to blame, nil for no single one.
func (f *ruleForm) read() (r policy.Rule, wrong *look.FormField, err error) {
	said := map[string]any{"verdict": verdicts[f.verdict.At()].String()}
	put := func(key string, field *look.FormField, value any) bool {
		if !field.Body.Visible() || strings.TrimSpace(field.Entry.Text) == "" {
			return false
		}
		said[key] = value
		// Alone, with what it needs to be a rule, a field shows whether it is to blame.
		alone := map[string]any{"verdict": "ask", key: value}
		if key == "where" || key == "arguments" {
			alone["tool"] = "*"
		}
		if e := toRule(alone, &policy.Rule{}); e != nil && err == nil {
			wrong, err = field, e
		}
		return true
	}
	put("who", f.who, lines(f.who.Entry.Text))
	put("server", f.server, strings.TrimSpace(f.server.Entry.Text))
	key := [...]string{aboutTools: "tool", aboutPrompts: "prompt", aboutResources: "resource"}
	class := classes[f.class.At()]
	if class != "" && f.classes.Visible() {
		said["annotation"] = class
	}
	if about := f.about.At(); about != aboutAll && !put(key[about], f.name, strings.TrimSpace(f.name.Entry.Text)) && said["annotation"] == nil {
		said[key[about]] = "*"
	}
	for key, field := range map[string]*look.FormField{"where": f.where, "arguments": f.args} {
		text := strings.TrimSpace(field.Entry.Text)
		if text != "" && field.Body.Visible() && !json.Valid([]byte(text)) {
			return r, field, errors.New("this is no JSON: look for a quote, comma or brace that is missing")
		}
		put(key, field, json.RawMessage(text))
	}
	if err != nil {
		return r, wrong, err
	}
	return r, nil, toRule(said, &r)
}

// toRule makes a rule of what is said in it.
func toRule(said map[string]any, r *policy.Rule) error {
	raw, err := json.Marshal(said)
	if err == nil {
		err = json.Unmarshal(raw, r)
	}
	var syntax *policy.SyntaxError
	if errors.As(err, &syntax) {
		return errors.New(syntax.Text)
	}
	return err
}

// lines are the lines of a text that say something.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func (f *ruleForm) save() {
	r, _, err := f.read()
	if err != nil {
		f.check()
		return
	}
	now := slices.Clone(f.seen)
	switch {
	case f.at >= 0:
		now[f.at] = r
	case f.place.At() == 1:
		now = slices.Insert(now, 0, r)
	default:
		now = append(now, r)
	}
	f.submit.Disable()
	f.w.work.Go(func() {
		err := f.w.app.SetRules(f.seen, now)
		f.w.do(func() {
			f.submit.Enable()
			if err != nil {
				f.w.failing(f.sheet, f.fault, "The rule was not kept", err)
				return
			}
			f.sheet.Close()
			f.w.look(agentsChanged)
		})
	})
}
