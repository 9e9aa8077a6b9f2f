package ui

import (
	"maps"
	"slices"

	"drawbridge/app/share"
)

// deedEntry is something that can be done from the palette.
type deedEntry struct {
	icon  string
	label string
	keys  string // that do the same; "" is none
	do    func()
}

// deeds are all that can be done now, those first that are done most.
func (w *window) deeds() []deedEntry {
	v := w.view
	all := []deedEntry{
		{"servers", "Show servers", chord("1"), func() { w.turn(serversAt) }},
		{"agents", "Show agents", chord("2"), w.showAgents},
		{"calls", "Show live calls", chord("3"), func() { w.turn(callsAt) }},
		{"audit", "Show the record", chord("4"), func() { w.turn(auditAt) }},
		{"settings", "Show settings", chord(","), func() { w.turn(settingsAt) }},
		{"key", "New token", chord("N"), w.newToken},
		{"plus", "Add a server", chord("Shift+N"), w.addServer},
		{"download", "Import servers from other applications", "", w.importServers},
		{"share", "Share all servers", chord("Shift+S"), func() { w.share(nil) }},
		{"key", "Let an agent in by its code", "", w.enterCode},
		{"shield", "Show rules", chord("R"), w.showRules},
		{"plus", "Add a rule", chord("Shift+R"), w.addRule},
		{"search", "Explain what would become of a call", "", func() { w.showRules(); w.win.Canvas().Focus(w.pages[agentsAt].(*agentsPage).rules.what.name) }},
		{"copy", "Copy address", "", func() { w.copy(w.app.Address()) }},
		{"plus", "Add an address for agents elsewhere", "", func() { w.addTunnel() }},
		{"plus", "Add an address by a tool, such as cloudflared and ngrok", "", func() { w.addTool() }},
		{"copy", "Copy this computer's public key for a relay", "", w.copyDeviceKey},
		{"plus", "Add an identity provider", "", func() { w.addTo("signIn.providers") }},
		{"plus", "Let agents in unasked", "", func() { w.addTo("signIn.approve") }},
		{"plus", "Add a quota", "", func() { w.addTo("limits.quotas") }},
		{"plus", "Add a collector for the record", "", func() { w.addTo("audit.ship") }},
		{"key", "Keep a secret in the keychain", "", w.keepSecret},
		{"trash", "Remove a secret from the keychain", "", w.removeSecret},
		{"search", "Look for programs again, after an installation", "", w.rescan},
		{"copy", "Copy the metrics", "", w.copyMetrics},
		{"shield", "Verify the record", "", func() { w.turn(auditAt); w.pages[auditAt].(*auditPage).check() }},
		{"search", "Filter the record", "", func() { w.turn(auditAt); w.pages[auditAt].(*auditPage).openFilter() }},
		{"download", "Export the record", "", func() { w.turn(auditAt); w.pages[auditAt].(*auditPage).export() }},
		{"keyboard", "Keyboard shortcuts", chord("/"), w.showKeys},
		{"folder", "Open settings file", "", w.openConfig},
		{"close", "Quit Drawbridge", chord("Q"), w.quit},
	}
	if v.Raised {
		all = append(all, deedEntry{"hand", "Lower the bridge", chord("B"), w.flip})
	} else {
		all = append(all, deedEntry{"hand", "Raise the bridge", chord("B"), w.flip})
	}
	if len(w.questions.waiting) > 0 {
		title, _ := w.questions.first(false).brief()
		all = slices.Insert(all, 0, deedEntry{"question", "Answer: " + title, "", func() { w.questions.ask(w.questions.first(false)) }})
	}
	for i, t := range []string{"as the system", "light", "dark"} {
		all = append(all, deedEntry{"settings", "Theme: " + t, "", func() { w.choose("theme", themes[i]) }})
	}
	return slices.Concat(all, w.ownerDeeds(), w.tunnelDeeds(), w.serverDeeds(), w.agentDeeds())
}

// ownerDeeds are what the owner can do at the company's identity provider.
func (w *window) ownerDeeds() []deedEntry {
	o, err := w.app.Owner()
	switch {
	case err != nil || o.Provider == "":
		return nil
	case o.Subject == "":
		return []deedEntry{{"shield", "Sign in at " + plain(o.Provider), "", w.signIn}}
	}
	return []deedEntry{{"shield", "Sign out at " + plain(o.Provider), "", w.signOut}}
}

// tunnelDeeds turn each tunnel on or off, and change it.
func (w *window) tunnelDeeds() (all []deedEntry) {
	for _, t := range w.app.Settings().Tunnels {
		turn, verb := w.app.DropTunnel, "Turn off"
		if t.Disabled {
			turn, verb = w.app.RaiseTunnel, "Turn on"
		}
		all = append(all, deedEntry{"share", verb + " the tunnel " + plain(t.Name), "", func() {
			w.act("The tunnel "+plain(t.Name)+" is as it was", func() error { return turn(t.Name) })
		}}, deedEntry{"edit", "Edit the tunnel " + plain(t.Name), "", func() { w.editTunnel(t.Name) }})
	}
	return all
}

// rescan has programs that were installed meanwhile be found.
func (w *window) rescan() {
	w.act("", func() error {
		w.app.RescanPrograms()
		w.do(func() {
			w.notice.tell("Looked for programs again", "Servers that start from now on find what was installed meanwhile.")
		})
		return nil
	})
}

// copyMetrics copies what was counted since the bridge started.
func (w *window) copyMetrics() {
	w.copyFrom(w.app.Metrics, "There are no metrics", "The metrics are on the clipboard", "They are in the Prometheus text format.")
}

// serverDeeds are what can be done to each server.
func (w *window) serverDeeds() (all []deedEntry) {
	for _, name := range slices.Sorted(maps.Keys(w.view.Servers)) {
		c := &serverCard{w: w, name: name, server: w.view.Servers[name]}
		if len(c.server.Held) > 0 {
			all = append(all, deedEntry{"search", "See what changed of " + plain(name), "", func() { w.lookAtPins(name) }})
		}
		all = append(all, deedEntry{"check", "See what you approved of " + plain(name), "", func() { w.showPins(name) }})
		if lockable(c.server.Package) {
			all = append(all, deedEntry{"lock", "Lock the package of " + plain(name), "", c.lock})
		}
		all = append(all,
			deedEntry{"share", "Share " + plain(name), "", func() { w.share([]string{name}) }},
			deedEntry{"logs", "Logs of " + plain(name), "", func() { w.logs(name) }},
			deedEntry{"restart", "Restart " + plain(name), "", c.restart},
			deedEntry{"play", "Start " + plain(name), "", c.start},
			deedEntry{"stop", "Stop " + plain(name), "", c.stop},
			deedEntry{"edit", "Edit " + plain(name), "", func() { w.editServer(name) }},
			deedEntry{"copy", "Copy address of " + plain(name), "", func() { w.copy(share.Endpoint(w.app.Address(), []string{name})) }},
			deedEntry{"trash", "Remove " + plain(name), "", c.remove},
		)
	}
	return all
}

// agentDeeds are what can be done about each agent.
func (w *window) agentDeeds() (all []deedEntry) {
	for _, name := range slices.Sorted(maps.Keys(w.view.Agents)) {
		c := &agentCard{w: w, name: name}
		all = append(all,
			deedEntry{"disconnect", "Disconnect " + plain(name), "", c.disconnect},
			deedEntry{"trash", "Revoke " + plain(name), "", c.revoke},
		)
		if w.view.RaisedFor[name] {
			all = append(all, deedEntry{"hand", "Lower the bridge for " + plain(name), "", func() { c.raise(false) }})
		} else {
			all = append(all, deedEntry{"hand", "Raise the bridge for " + plain(name), "", func() { c.raise(true) }})
		}
		if w.view.Agents[name].Hint != "" {
			all = append(all, deedEntry{"restart", "Rotate the token of " + plain(name), "", c.askRotate})
		}
	}
	return all
}
