package ui

import (
	"drawbridge/app"
	"drawbridge/app/settings"
)

func settingScenes() []scene {
	return []scene{
		{"settings-sign-in", true, func(w *window) {
			f := w.app.(*fake)
			f.mu.Lock()
			f.owner = app.Owner{Provider: "Example Corp", Subject: "x|ada", Email: "ada@example.com"}
			f.mu.Unlock()
			p := settingsOf(w, "limits.quotas")
			p.roll(p.owner.body, 40)
		}, []string{"Sign-in", "Keep the bridge raised until I am signed in", "Access tokens of agents last"}, long},
		{"settings-away", true, func(w *window) {
			p := settingsOf(w, "limits.quotas")
			p.roll(p.chosen["raiseOn"].(*awayCard).body, 40)
		}, []string{"Raise the bridge by itself", "While my screen is locked"}, long},
		{"settings-limits", true, func(w *window) { settingsOf(w, "limits.quotas") }, []string{"Limits", "Quotas", "Add a quota…", "Largest message"}, long},
		{"settings-record", true, func(w *window) { settingsOf(w, "audit.ship") }, []string{"Record and metrics", "Collectors", "Add a collector…", "Serve metrics at"}, long},
		{"quota-new", true, func(w *window) { w.addTo("limits.quotas") }, []string{"Add a quota", "Calls a minute", "Bytes a minute", "Each agent: no bound yet."}, long},
		{"quota-edit", true, func(w *window) {
			p := settingsOf(w, "limits.quotas")
			w.editQuota(p.chosen["limits.quotas"].(*settingList), 1)
		}, []string{"Edit quota 2", "Save", "The agent ci with deploy_*: 6 calls a minute."}, long},
		{"quota-wrong", true, func(w *window) {
			f := w.editQuota(settingsOf(w, "limits.quotas").chosen["limits.quotas"].(*settingList), -1)
			f.fields["callsPerMinute"].Entry.SetText("many")
			f.refused(&settings.Error{Text: "drawbridge.limits.quotas[3] bounds nothing; add callsPerMinute, atOnce or bytesPerMinute"})
			f.sheet.ScrollToEnd()
		}, []string{"Write a whole number.", "It bounds nothing"}, long},
		{"provider-edit", true, func(w *window) {
			l := settingsOf(w, "signIn.providers").chosen["signIn.providers"].(*settingList)
			l.edit(l, 0)
		}, []string{"Edit identity provider 1", "Client secret", "At Example Corp: engineering may sign in."}, long},
		{"provider-more", true, func(w *window) {
			l := settingsOf(w, "signIn.providers").chosen["signIn.providers"].(*settingList)
			f := l.edit(l, 0)
			f.fields["tokens.audiences"].Entry.SetText("drawbridge")
			f.sheet.ScrollToEnd()
		}, []string{"Edit identity provider 1", "They come in as the agent", "Signatures"}, long},
		{"provider-more-wrong", true, func(w *window) {
			l := settingsOf(w, "signIn.providers").chosen["signIn.providers"].(*settingList)
			f := l.edit(l, 0)
			f.fields["params"].Entry.SetText("prompt")
			f.check()
			w.win.Canvas().Focus(f.fields["params"].Entry)
		}, []string{"Parameters of its sign-in page", "Write NAME=value, one a line"}, long},
		{"approve-new", true, func(w *window) { w.addTo("signIn.approve") }, []string{"Let agents in unasked", "Clients", "Nobody is let in yet."}, long},
		{"collector-new", true, func(w *window) { w.addTo("audit.ship") }, []string{"Add a collector", "What it takes", "Nowhere yet."}, long},
		{"collector-edit", true, func(w *window) {
			p := settingsOf(w, "audit.ship")
			f := w.editCollector(p.chosen["audit.ship"].(*settingList), 1)
			f.fields["name"].Entry.SetText("X-Api-Key")
			f.fields["secret"].Entry.SetText("swordfish")
		}, []string{"Header with a secret", "Edit collector 2", "OTLP logs", "Headers", "The record goes to https://otel.example.com:4318/v1/logs."}, long},
	}
}

// settingsOf shows a list among the household's settings.
func settingsOf(w *window, key string) *settingsPage {
	f := w.app.(*fake)
	f.mu.Lock()
	f.choices = houseChoices()
	f.mu.Unlock()
	w.turn(settingsAt)
	p := w.pages[settingsAt].(*settingsPage)
	p.roll(p.chosen[key].(*settingList).body, 210)
	return p
}
