package ui

import (
	"maps"
	"net/url"
	"slices"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/share"
	"drawbridge/app/ui/look"
)

// shareSheet is the dialog that tells how an agent gets to one server, or to all.
type shareSheet struct {
	w       *window
	sheet   *look.Sheet
	clients []share.Client
	names   []string // of the servers; "" is all of them
	at      int      // which of the names
	token   string   // "" lets the agent sign in
	agent   string   // whose token it is

	base    string          // the address that agents use
	which   *look.Choice    // of the servers
	spots   *fyne.Container // holds the choice among addresses, where there are several
	reach   *look.Prose
	client  *look.Choice
	how     *look.Segments
	name    *look.FormField // of the agent that a token is made for
	making  fyne.CanvasObject
	shown   fyne.CanvasObject // the token
	bare    *look.CodeBlock
	address *look.CodeBlock
	qr      *look.QR
	block   *look.CodeBlock
	hint    *look.Prose
	warning *fyne.Container
	far     *look.Prose
	install *look.Button
	copy    *look.Button
	fault   *fault
}

const (
	shareWidth = 660
	qrSide     = 132
)

// share opens the dialog for these servers; several, or nil, are all of them joined.
func (w *window) share(servers []string) { w.shareSheet(servers, "", "") }

// showToken shows a new token, the only time, with what to paste into the agent.
func (w *window) showToken(agent, token string, servers []string) {
	w.shareSheet(servers, agent, token)
}

func (w *window) shareSheet(servers []string, agent, token string) *shareSheet {
	s := &shareSheet{w: w, clients: share.Clients(), base: w.app.Address(), agent: agent, token: token, fault: newFault(shareWidth - 42)}
	s.names = append([]string{""}, slices.Sorted(maps.Keys(w.view.Servers))...)
	if len(servers) == 1 {
		s.at = max(0, slices.Index(s.names, servers[0]))
	}
	s.build()
	s.show()
	s.open()
	s.findTunnels()
	return s
}

// findTunnels has the owner choose among the addresses that agents can use, if there is more than one.
func (s *shareSheet) findTunnels() {
	s.w.work.Go(func() {
		all, err := s.w.app.Tunnels()
		s.w.do(func() {
			if err == nil {
				s.offer(all)
			}
		})
	})
}

// offer lists the addresses: the usual one first.
func (s *shareSheet) offer(all []app.Tunnel) {
	usual, bases := shortAddress(s.base), []string{s.base}
	var labels []string
	for _, t := range all {
		switch t.Status.URL {
		case "":
		case s.base:
			usual = dots(plain(t.Name), usual)
		default:
			bases = append(bases, t.Status.URL)
			labels = append(labels, dots(plain(t.Name), shortAddress(t.Status.URL)))
		}
	}
	if len(labels) == 0 {
		return
	}
	choice := look.NewChoice(append([]string{usual}, labels...), func(i int) {
		s.base = bases[i]
		s.show()
	})
	s.spots.Objects = []fyne.CanvasObject{look.Field("Reached by", choice, "")}
	s.spots.Show()
	s.sheet.Fit()
}

func (s *shareSheet) build() {
	var labels, titles []string
	for _, name := range s.names {
		if name == "" {
			name = "All servers, joined"
		}
		labels = append(labels, plain(name))
	}
	for _, c := range s.clients {
		titles = append(titles, c.Title)
	}
	s.which = look.NewChoice(labels, nil)
	s.which.Pick(s.at)
	s.which.OnChange(func(i int) { s.at = i; s.show() })
	s.client = look.NewChoice(titles, func(int) { s.show() })
	s.how = look.NewSegments(func(int) { s.show() }, "Signs in", "With a new token")
	s.name = look.NewFormField("Name of the agent", look.NewEntry("claude-laptop"), "How you will recognise it here and in the records")
	s.name.Entry.OnSubmitted = func(string) { s.make() }
	s.making = look.Across(10, look.Fill(s.name.Body), look.NewButton(look.Primary, "key", "Create token", s.make))
	s.bare = look.NewCodeBlock(s.token).With(s.copier("", func() string { return s.token }))
	s.shown = look.Field("Token", s.bare, "Copy it now: it is not shown again. Whoever has it is this agent.")
	s.address = look.NewCodeBlock("").With(s.copier("", func() string { return s.link().URL }))
	s.reach = look.NewProse("", look.Caption, shareWidth-42-qrSide-18)
	s.spots = look.Down(0)
	s.spots.Hide()
	s.qr = look.NewQR(qrSide)
	s.block, s.hint = look.NewCodeBlock(""), look.NewProse("", look.Note, shareWidth-42)
	s.far = look.NewProse("", look.Body, shareWidth-130)
	s.warning = look.Strip(look.Warn, s.far)
	s.install = look.NewButton(look.Soft, "open", "Install", s.installNow)
	s.copy = s.copier("", func() string { return s.snippet().Text })
	s.copy.Set(look.Primary, "Copy")
}

// copier is a button that copies and says so.
func (s *shareSheet) copier(label string, what func() string) *look.Button {
	b := look.NewButton(look.Soft, "copy", label, nil)
	b.OnPress(func() {
		s.w.copy(what())
		b.SetIcon("check")
	})
	return b
}

func (s *shareSheet) open() {
	top := look.Across(18, look.Fill(look.Down(14,
		look.Field("Servers", s.which, ""),
		s.spots,
		look.Field("Address", look.Down(4, s.address, s.reach), ""),
	)), s.qr)
	parts := []fyne.CanvasObject{top}
	title, note := "Share", "Tell an agent where your servers are. It gets in once you approve it."
	if s.token != "" {
		title, note = plain(s.agent)+" may come in", "Paste this into the agent. It can call as soon as the bridge is lowered."
		if !s.w.view.Raised {
			note = "Paste this into the agent. The bridge is lowered: it can call at once."
		}
		parts = append(parts, s.shown)
	} else {
		parts = append(parts, look.Field("The agent", look.Across(0, s.how), ""), s.making, s.shown)
	}
	parts = append(parts, look.Field("It runs in", s.client, ""), s.warning, look.Down(8, s.block, s.hint))
	s.sheet = &look.Sheet{Title: title, Note: note, Width: shareWidth, Body: look.Down(16, parts...), Foot: s.fault.body}
	s.fault.moved = s.sheet.Fit
	s.sheet.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Done", s.sheet.Close), s.install, s.copy}
	s.w.sheet(s.sheet, s.copy)
}

// servers are those that the link is for; nil is all.
func (s *shareSheet) servers() []string {
	if s.names[s.at] == "" {
		return nil
	}
	return []string{s.names[s.at]}
}

func (s *shareSheet) link() share.Link {
	return share.To(s.base, s.servers(), s.token)
}

func (s *shareSheet) snippet() share.Snippet { return s.clients[s.client.At()].Snippet(s.link()) }

// show brings the dialog up to what is chosen.
func (s *shareSheet) show() {
	c, l := s.clients[s.client.At()], s.link()
	withToken := s.how.At() == 1 || s.token != ""
	visible(s.making, withToken && s.token == "")
	visible(s.shown, s.token != "")
	s.bare.SetText(s.token)
	s.address.SetText(l.URL)
	s.reach.SetText(share.Reach(s.base))
	s.qr.Set(l.URL)
	snippet := c.Snippet(l)
	if withToken && s.token == "" && c.Tokens {
		l.Token = "TOKEN"
		snippet = c.Snippet(l)
	}
	s.block.SetText(snippet.Text)
	s.hint.SetText(snippet.Where)
	far := ""
	switch {
	case withToken && !c.Tokens:
		far = c.Title + " takes no token: it signs in, and you approve it here."
	case c.Remote && share.IsNear(s.base):
		far = c.Title + " runs in the cloud and cannot reach this computer by this address. Give the bridge a public address in Settings first."
	}
	s.far.SetText(far)
	visible(s.warning, far != "")
	visible(s.install, snippet.Install != "")
	if s.sheet != nil {
		s.sheet.Fit()
	}
}

// make makes a token for the agent that was named.
func (s *shareSheet) make() {
	name, servers := s.name.Entry.Text, s.servers()
	if name == "" {
		s.name.Fault("Give the agent a name.")
		s.w.win.Canvas().Focus(s.name.Entry)
		return
	}
	s.w.work.Go(func() {
		token, err := s.w.app.NewToken(name, servers, nil, 0)
		s.w.do(func() {
			if err != nil {
				s.fault.show(reason("No token was made: " + err.Error()))
				return
			}
			s.fault.hide()
			s.agent, s.token = name, token
			s.show()
		})
	})
}

// installNow has the client ask whether to add the server.
func (s *shareSheet) installNow() {
	link, err := url.Parse(s.snippet().Install)
	if err == nil {
		err = fyne.CurrentApp().OpenURL(link)
	}
	if err != nil {
		s.fault.show(reason("It was not opened: " + err.Error()))
	}
}
