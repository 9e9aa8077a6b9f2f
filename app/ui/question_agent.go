package ui

import (
	"maps"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// applicantQuestion asks whether an agent may come in.
type applicantQuestion struct{ a bridge.Applicant }

func (q applicantQuestion) key() string      { return "agent " + q.a.ID }
func (q applicantQuestion) since() time.Time { return q.a.Asked }

// called is what the applicant calls itself.
func called(a bridge.Applicant) string {
	if a.Client == "" {
		return "An agent without a name"
	}
	return look.Plain(a.Client, 60)
}

func (q applicantQuestion) brief() (title, text string) {
	return called(q.a) + " wants to connect", dots(plain(q.a.Email), "from "+plain(q.a.Address), "code "+plain(q.a.Code))
}

// approvalForm is the dialog in which an agent is let in or refused.
type approvalForm struct {
	w       *window
	a       bridge.Applicant
	sheet   *look.Sheet
	every   *look.Check
	names   []string
	servers []*look.Check
	tools   *look.Entry
	name    *look.Entry
	long    *look.Check // nil where it has no effect
	fault   *fault
	approve *look.Button
	deny    *look.Button
}

func (q applicantQuestion) open(w *window) *look.Sheet {
	const width = 560
	f := &approvalForm{w: w, a: q.a, fault: newFault(width - 42)}
	f.every = look.NewCheck("Every server, also those added later", func(on bool) {
		for _, c := range f.servers {
			if on {
				c.Disable()
			} else {
				c.Enable()
			}
		}
	})
	title, _ := q.brief()
	f.sheet = &look.Sheet{Title: title, Note: vouched(q.a), Width: width, Foot: f.fault.body}
	f.fault.moved = f.sheet.Fit
	f.tools, f.name = look.NewEntry("All tools"), look.NewEntry(called(q.a))
	if q.a.Before.Same {
		f.tools.SetText(strings.Join(q.a.Before.Tools, ", "))
	}
	body := look.Down(16, f.code(), f.facts(), look.Field("Servers it may use", f.choices(), ""),
		look.Field("Tools", f.tools, "Optional. Names or patterns such as read_*, search_*; leave it empty for all tools"),
		look.Field("What to call it", f.name, "Optional. How you will recognise it here and in the records"))
	if q.a.User == "" {
		f.long = look.NewCheck("Let it stay signed in for a day, if it cannot renew its sign-in", nil)
		body.Add(look.Inset(-10, 0, -6, -4, f.long))
	}
	f.sheet.Body = body
	f.approve = look.NewButton(look.Primary, "", "Approve", func() { f.answer(true) })
	f.deny = look.NewButton(look.Danger, "", "Deny", func() { f.answer(false) })
	put := look.NewButton(look.Soft, "", "Later", f.sheet.Close)
	f.sheet.Acts = []fyne.CanvasObject{put, look.Spring(), f.deny, f.approve}
	guard(f.approve, f.deny)
	w.sheet(f.sheet, put) // a key that was on its way to something else answers nothing
	return f.sheet
}

// guardFor is how long after it opened a question takes no answer: what was pressed then was meant for something else.
const guardFor = 600 * time.Millisecond

// guard has buttons do nothing for a moment.
func guard(buttons ...*look.Button) {
	for _, b := range buttons {
		b.Rest(guardFor)
	}
}

// vouched says how far the applicant's name can be believed.
func vouched(a bridge.Applicant) string {
	switch {
	case a.Vouches != "":
		return "The name is what " + plain(a.Vouches) + " says of it."
	case a.Loopback:
		return "It runs on the computer of its user, and any program there can take this name."
	}
	return "It gave itself this name, and nobody vouches for it."
}

// code is what the owner compares before anything else.
func (f *approvalForm) code() fyne.CanvasObject {
	code := look.NewText(plain(f.a.Code), look.BigCode)
	row := look.Across(12, look.Fill(look.NewText("Approve it only if its browser shows this code", look.Body)), code)
	return look.Over(look.NewPanel(look.Well, 10), look.Inset(14, 16, 14, 16, row))
}

func (f *approvalForm) facts() fyne.CanvasObject {
	var lines facts
	user := f.a.Email
	if user == "" {
		user = f.a.User
	}
	lines.add("Signed in", plain(user))
	lines.add("Groups", plain(listed(f.a.Groups, 4)))
	lines.add("From", plain(f.a.Address))
	to := plain(f.a.RedirectHost)
	if f.a.Loopback {
		to += " (its own computer)"
	}
	lines.add("Returns to", to)
	if len(f.a.Servers) > 0 {
		lines.add("Asks for", plain(listed(f.a.Servers, 4)))
	}
	before := app.ApprovedBefore(f.a.Before, func(names []string) string { return listed(names, 4) })
	lines.add("Before", capital(plain(before)))
	lines.add("New", plain(listed(f.a.New(), 4)))
	lines.add("Waits until", f.a.Ends.Local().Format("15:04"))
	return look.Down(1, lines...)
}

// choices are the boxes of the servers. What the agent asked for is ticked.
func (f *approvalForm) choices() fyne.CanvasObject {
	f.names = slices.Sorted(maps.Keys(f.w.view.Servers))
	boxes := look.Down(0, f.every)
	for _, name := range f.names {
		label := name
		if n := len(f.w.view.Servers[name].Tools); n > 0 {
			label += "  (" + count(n, "tool") + ")"
		}
		c := look.NewCheck(plain(label), nil)
		c.SetChecked(slices.Contains(f.a.Servers, name) || len(f.names) == 1)
		f.servers = append(f.servers, c)
		boxes.Add(c)
	}
	return look.Inset(-4, 0, -4, -6, boxes)
}

// allowed are the servers that are ticked.
func (f *approvalForm) allowed() []string {
	if f.every.Checked {
		return []string{"*"}
	}
	var names []string
	for i, c := range f.servers {
		if c.Checked {
			names = append(names, f.names[i])
		}
	}
	return names
}

// approval is what the owner says yes to.
func (f *approvalForm) approval() app.Approval {
	return app.Approval{Name: strings.TrimSpace(f.name.Text), Servers: f.allowed(), Tools: globs(f.tools.Text), Long: f.long != nil && f.long.Checked}
}

// granted says what an approval lets an agent use.
func granted(yes app.Approval) string {
	a := bridge.Agent{Servers: yes.Servers, Tools: yes.Tools}
	if slices.Contains(yes.Servers, "*") {
		a.Servers = nil
	}
	return strings.Replace(access(a), "May use", "It may use", 1) + "."
}

func (f *approvalForm) answer(yes bool) {
	approval := f.approval()
	if yes && len(approval.Servers) == 0 {
		f.fault.show(reason("Tick the servers that this agent may use."))
		return
	}
	key := f.a.Code // by its id only who has signed in is found
	f.approve.Disable()
	f.deny.Disable()
	f.w.work.Go(func() {
		var name string
		var err error
		if yes {
			name, err = f.w.app.ApproveAgent(key, approval)
		} else {
			err = f.w.app.DenyAgent(key)
		}
		f.w.do(func() {
			f.approve.Enable()
			f.deny.Enable()
			if err != nil {
				f.w.failing(f.sheet, f.fault, "The agent was not answered", err)
				return
			}
			f.w.questions.settle(applicantQuestion{f.a})
			f.sheet.Close()
			if yes {
				f.w.notice.tell(plain(name)+" may come in", granted(approval))
			}
		})
	})
}

// enterCode opens the dialog that finds an agent by the code that its browser shows.
func (w *window) enterCode() {
	const width = 440
	code := look.NewFormField("Code", look.NewEntry("K7Q-2MD"), "The agent's browser shows it while it waits for you")
	fault := newFault(width - 42)
	s := &look.Sheet{Title: "Let an agent in", Note: "Add the address of the bridge to the agent, and begin to connect there. Its browser then shows a code.", Width: width, Body: code.Body, Foot: fault.body}
	fault.moved = s.Fit
	find := func() {
		typed := strings.ToUpper(strings.TrimSpace(code.Entry.Text))
		if typed == "" {
			code.Fault("Type the code.")
			return
		}
		w.work.Go(func() {
			a, err := w.app.Applicant(typed)
			w.do(func() {
				if err != nil {
					fault.show(err)
					return
				}
				s.Close()
				applicantQuestion{a}.open(w)
			})
		})
	}
	code.Entry.OnSubmitted = func(string) { find() }
	s.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", s.Close), look.NewButton(look.Primary, "", "Find it", find)}
	w.sheet(s, code.Entry)
}
