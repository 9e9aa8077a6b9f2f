package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app"
	"drawbridge/app/found"
	"drawbridge/app/ui/look"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
)

// scene is a state of the window worth a picture.
type scene struct {
	name  string
	full  bool
	set   func(*window)
	shows []string // texts that must be in sight, whole
	cut   []string // beginnings of texts that may end in an ellipsis
}

// long are beginnings of texts that are cut where the window is small.
var long = []string{
	"npx ", "docker ", "uvx ", "filesystem", "postgres", "github", "claude-lap", "n8n-work", "claude-code", "file:///", "cursor ", "May use", "2 processes", "2 agents", "/home", "signature",
	"Every request", "MCP servers that", "The record", "2026-", "from 192", "search_code", "tools/", "Ada", "began", "ended", "resources/",
	"read_text", "approved", "dbk_", "everybody", "ssh-ed25519", "mcp", "Who may", "allow",
}

func turnTo(i int) func(*window) { return func(w *window) { w.turn(i) } }

func serversOf(w *window) *serversPage { return w.pages[serversAt].(*serversPage) }

func callsOf(w *window) *callsPage {
	w.turn(callsAt)
	return w.pages[callsAt].(*callsPage)
}

func auditOf(w *window) *auditPage {
	w.turn(auditAt)
	return w.pages[auditAt].(*auditPage)
}

func scenes() []scene {
	all := append(serverScenes(), agentScenes()...)
	all = append(all, callScenes()...)
	all = append(all, recordScenes()...)
	all = append(all, settingScenes()...)
	return append(all, otherScenes()...)
}

func serverScenes() []scene {
	return []scene{
		{"servers", true, turnTo(serversAt), []string{"Servers", "filesystem", "Running", "Failed", "Bridge lowered", "2 agents connected", "127.0.0.1:7040"}, long},
		{"servers-empty", false, turnTo(serversAt), []string{"No servers yet", "Add server", "Try the demo server", "Bridge raised", "Nobody can call", "Lower the bridge"}, long},
		{"servers-open", true, func(w *window) {
			w.turn(serversAt)
			serversOf(w).cards["filesystem"].expand(true)
			serversOf(w).cards["playwright"].expand(true)
		}, []string{"Serves claude-laptop", "A spare, for the next session", "Lock to this version"}, long},
		{"server-lock", true, func(w *window) { serversOf(w).cards["filesystem"].lock() }, []string{"Lock filesystem to this version?", "Lock", "Cancel"}, long},
		{"server-menu", true, func(w *window) {
			w.turn(serversAt)
			test.Tap(serversOf(w).cards["github"].more)
		}, []string{"Restart", "Logs…", "Edit…", "Share…", "Remove…"}, long},
		{"server-new", true, func(w *window) { w.addServer() }, []string{"Add a server", "Command", "Try it"}, long},
		{"server-edit", true, func(w *window) { w.editServer("github") }, []string{"Edit github", "Save"}, long},
		{"server-wrong", true, func(w *window) {
			f := w.serverForm(app.NewServer{Name: "My Files", Command: []string{"x", "sk-0123456789abcdefghij"}, Env: map[string]string{"API_TOKEN": "swordfish"}}, "")
			f.check()
		}, []string{"A server can't be called", "This looks like a secret"}, long},
		{"server-tried", true, func(w *window) {
			f := w.serverForm(app.NewServer{Name: "files", Command: []string{"npx", "files"}}, "")
			f.trial.show(app.NewServer{}, app.Trial{Tools: houseServers(stageTime())[0].Tools, Era: "legacy", Stderr: "Secure MCP Filesystem Server running on stdio\n", Took: 840 * time.Millisecond})
			f.sheet.ScrollToEnd()
		}, []string{"It works", "read_text_file"}, long},
		{"server-not-found", true, func(w *window) {
			f := w.serverForm(app.NewServer{Name: "files", Command: []string{"npx", "files"}}, "")
			f.trial.show(app.NewServer{}, app.Trial{Error: `start server "files": "npx" not found; looked in /usr/local/bin, /usr/bin, /bin, /home/ada/.local/bin; install it or give its full path, then scan again`})
			f.sheet.ScrollToEnd()
		}, []string{"It does not start", "Look again"}, long},
		{"server-logs", true, func(w *window) { w.logs("filesystem") }, []string{"Logs of filesystem", "Done", "2026-11-23T10:03:12Z starting"}, long},
		{"server-remove", true, func(w *window) {
			test.Tap(serversOf(w).cards["github"].more)
			choose(w, "Remove…")
		}, []string{"Remove github?", "Cancel", "Remove"}, long},
		{"server-held", true, func(w *window) {
			heldAt(w)
			w.sheets[0].Close()
			serversOf(w).cards["filesystem"].expand(true)
		}, []string{"2 held", "Look…", "filesystem shows 2 things otherwise than you approved", "See what changed"}, long},
		{"question-pins", true, heldAt, []string{"Not as you approved it: filesystem", "Reads a file as text.", "Accept all", "Reject all", "Later"}, long},
		{"pins-all", true, func(w *window) {
			heldAt(w)
			w.showPins("filesystem")
		}, []string{"What you approved of filesystem", "write_file", "Approved", "New", "Done"}, long},
		{"import", false, func(w *window) { serversOf(w).none.fill(houseFound()) }, []string{"Which of your servers shall agents use?", "Claude Desktop", "Import 3 servers"}, long},
		{"import-sheet", true, func(w *window) { w.importSheet(houseFound()) }, []string{"Import servers", "Claude Desktop", "It is here already."}, long},
		{"import-nothing", true, func(w *window) { w.importSheet(nil) }, []string{"No application with servers was found."}, long},
		{"share", true, func(w *window) { w.share([]string{"github"}) }, []string{"Share", "Claude Code", "http://127.0.0.1:7040/github/mcp", "Signs in"}, long},
		{"share-cloud", true, func(w *window) {
			s := w.shareSheet(nil, "", "")
			s.client.Pick(2)
		}, []string{"ChatGPT runs in the cloud"}, long},
		{"share-tunnel", true, func(w *window) {
			s := w.shareSheet([]string{"github"}, "", "")
			s.offer(houseTunnels(stageTime()))
		}, []string{"Reached by", "http://127.0.0.1:7040/github/mcp"}, long},
		{"share-token", true, func(w *window) {
			s := w.shareSheet(nil, "", "")
			s.how.Pick(1)
			s.client.Pick(4)
		}, []string{"Name of the agent", "Create token"}, long},
	}
}

func agentScenes() []scene {
	return []scene{
		{"agents", true, turnTo(agentsAt), []string{"claude-laptop", "Connected", "Expired", "Never used"}, long},
		{"agents-empty", false, turnTo(agentsAt), []string{"No agents yet", "New token", "Share servers…"}, long},
		{"agents-raised", true, func(w *window) {
			w.turn(agentsAt)
			w.show(&w.mirror.view, w.mirror.view.fold(bridge.Raised{Agent: "cursor-studio", Raised: true}))
		}, []string{"cursor-studio", "Raised for it", "Lower"}, long},
		{"rules", true, func(w *window) {
			houseRules(w)
			w.showRules()
		}, []string{"Rules", "Add rule", "What would become of a call?", "Everything of every server for group:guests", "Ask", "Deny"}, long},
		{"rules-empty", false, (*window).showRules, []string{"There are no rules", "No agent yet"}, long},
		{"rule-new", true, func(w *window) {
			houseRules(w)
			w.addRule()
		}, []string{"Add a rule", "Ask me", "Server", "As the last", "Ask everything of every server for everybody."}, long},
		{"rules-strange", true, func(w *window) {
			w.app.(*fake).rule(`[{"who": "agent:claude-desktop", "server": "git", "tool": "push*", "verdict": "deny"}, {"server": "github", "tool": "delete_*", "verdict": "ask"}]`)
			w.showRules()
		}, []string{"No agent is called claude-desktop.", "No server is called git.", "No tool of github fits delete_*."}, long},
		{"rule-hints", true, func(w *window) {
			houseRules(w)
			rules, _ := w.app.Rules()
			f := w.editRule(rules, 0)
			f.server.Entry.SetText("files")
			f.sheet.ScrollToEnd()
		}, []string{"No server is called files.", "Where the arguments are others this rule is passed over"}, long},
		{"rule-edit", true, func(w *window) {
			houseRules(w)
			rules, _ := w.app.Rules()
			f := w.editRule(rules, 0)
			f.where.Entry.SetText(`{"path": {"under": "srv"}}`)
			f.sheet.ScrollToEnd()
		}, []string{"Edit rule 1", "\"srv\" is no absolute path"}, long},
		{"agents-notice", true, func(w *window) {
			w.turn(agentsAt)
			w.notice.show("Could not rotate the token of claude-laptop", reason("the keychain is locked: unlock it and try again"))
		}, []string{"Could not rotate the token of claude-laptop", "the keychain is locked: unlock it and try again"}, long},
		{"agents-waiting", true, func(w *window) {
			w.turn(agentsAt)
			waiting(w)
			w.sheets[0].Close()
		}, []string{"Cursor wants to connect", "Answer", "Waiting for you"}, long},
		{"token-new", true, func(w *window) { w.turn(agentsAt); w.newToken() }, []string{"New token", "Every server, also those added later", "Create token"}, long},
		{"token-shown", true, func(w *window) { w.turn(agentsAt); w.showToken("claude-laptop", secret, nil) }, []string{"Copy", "Claude Code", "claude-laptop may come in"}, long},
		{"token-rotate", true, func(w *window) {
			w.turn(agentsAt)
			w.pages[agentsAt].(*agentsPage).cards["claude-laptop"].askRotate()
		}, []string{"Give claude-laptop a new token?", "It ends now", "Rotate"}, long},
		{"question-agent", true, waiting, []string{"Cursor wants to connect", "K7Q-2MD", "Approve", "Deny", "Later"}, long},
		{"question-again", true, func(w *window) {
			asks(w, bridge.Before{Agent: "cursor-ada", Servers: []string{"filesystem", "time"}, Tools: []string{"read_*"}})
		}, []string{"Cursor wants to connect", "Before", "You approved filesystem and time, only tools read_*, for cursor-ada", "New", "github"}, long},
		{"question-owner", true, func(w *window) {
			w.mirror.view.problems = []app.Problem{{With: "sign-in", Text: "the bridge is raised until you sign in"}}
			w.show(&w.mirror.view, bridgeChanged)
		}, []string{"Sign in to lower the bridge", "Sign in"}, long},
		{"question-call", true, func(w *window) {
			now := stageTime()
			c := w.mirror.view.fold(bridge.CallAsked{Question: bridge.Question{ID: 7, Call: 7, Agent: "claude-laptop", Email: "ada@example.com", Server: "github", Method: "tools/call", Name: "merge_pull_request",
				Arguments: "{\n  \"pull\": 12,\n  \"token\": \"[redacted]\"\n}", Changes: []bridge.Change{{Argument: "pull", Before: "11", After: "12"}}, Rule: "rule 3", Asked: now, Until: now.Add(time.Minute)}})
			w.show(&w.mirror.view, c)
		}, []string{"claude-laptop asks to use merge_pull_request", "Allow", "Deny", "Later"}, long},
		{"agent-code", true, func(w *window) { w.enterCode() }, []string{"Let an agent in", "Find it"}, long},
	}
}

// houseRules gives the household rules.
func houseRules(w *window) {
	w.app.(*fake).rule(`[
		{"who": "agent:claude-laptop", "server": "filesystem", "tool": "write_*", "where": {"path": {"under": "/home/ada/Documents"}}, "verdict": "allow"},
		{"who": "group:guests", "verdict": "deny"},
		{"annotation": "destructive", "verdict": "ask"},
		{"server": "postgres", "tool": "query", "verdict": "ask"}
	]`)
}

// heldAt has a server be another than approved.
func heldAt(w *window) {
	f := w.app.(*fake)
	f.diffs = houseDiffs()
	c := w.mirror.view.fold(bridge.ServerChanged{Server: f.hold("filesystem", housePins(stageTime())...)})
	w.show(&w.mirror.view, c)
}

// waiting has an agent ask to be let in.
func waiting(w *window) { asks(w, bridge.Before{}) }

// asks is waiting, of an agent for which the owner approved that before.
func asks(w *window, before bridge.Before) {
	now := stageTime()
	c := w.mirror.view.fold(bridge.AgentAsked{Applicant: bridge.Applicant{
		ID: "a1", Code: "K7Q-2MD", Client: "Cursor", Loopback: true, RedirectHost: "127.0.0.1", Address: "192.0.2.14", Email: "ada@example.com", User: "https://id.example.com|ada",
		Groups: []string{"engineering"}, Servers: []string{"github"}, Before: before, Asked: now.Add(-2 * time.Minute), Ends: now.Add(8 * time.Minute),
	}})
	w.show(&w.mirror.view, c)
}

func callScenes() []scene {
	return []scene{
		{"calls", true, func(w *window) { callsOf(w) }, []string{"Live calls", "10:03:48", "Running 40%", "Tool error", "140 calls kept here"}, long},
		{"calls-empty", false, func(w *window) { callsOf(w) }, []string{"No calls yet", "Share servers…"}, long},
		{"calls-detail", true, func(w *window) { callsOf(w).pick(139) }, []string{"Cancel call", "Reading 2 of 5 files", "Arguments"}, long},
		{"calls-picture", true, func(w *window) { callsOf(w).pick(132) }, []string{"Answer", "This is the bridge, lowered."}, long},
		{"picture", true, func(w *window) {
			p := piecesOf(housePayloads()[132].Content)[1]
			w.pictureSheet(&p, p.image)
		}, []string{"Picture", "PNG, ", "Save…", "Done"}, long},
		{"picture-save", true, func(w *window) {
			p := piecesOf(housePayloads()[132].Content)[1]
			w.savePiece(&p)
		}, []string{"Save the picture", "Only you can read it. A file of that name is replaced", "Save", "Cancel"}, long},
		{"calls-failed", true, func(w *window) { callsOf(w).pick(134) }, []string{"Arguments", "# Plan"}, long},
		{"calls-filtered", true, func(w *window) { test.Type(callsOf(w).filter, "postgres ok") }, []string{"38 of 140 calls kept here"}, long},
		{"calls-nothing", true, func(w *window) { test.Type(callsOf(w).filter, "zebra") }, []string{"No call like that", "Show all calls"}, long},
	}
}

func recordScenes() []scene {
	return []scene{
		{"audit", true, func(w *window) { auditOf(w) }, []string{"Audit", "read_text_file", "Refused", "Signed in", "Not checked yet"}, long},
		{"audit-empty", false, func(w *window) { auditOf(w) }, []string{"Nothing in this time"}, long},
		{"audit-detail", true, func(w *window) {
			p := auditOf(w)
			p.pick(&houseRecords(stageTime())[3])
		}, []string{"The record", "When"}, long},
		{"audit-good", true, func(w *window) { auditOf(w).verdict(audit.Report{Records: 12345}, nil) }, []string{"12,345 records verified"}, long},
		{"audit-damaged", true, func(w *window) {
			auditOf(w).verdict(audit.Report{Problems: []audit.Problem{{Text: "record 17 was changed"}, {Text: "records 20 to 24 are gone"}}}, nil)
		}, []string{"Damaged", "The record is not as it was written"}, long},
		{"audit-search", true, func(w *window) { auditOf(w).find("agent:claude-laptop outcome:tool-error") }, []string{"4 records that fit the search", "Filter…"}, long},
		{"audit-nothing", true, func(w *window) { auditOf(w).find("zebra") }, []string{"No record like that", "Show all"}, long},
		{"audit-wrong", true, func(w *window) { auditOf(w).find("agnt:claude-laptop") }, []string{"There is no field \"agnt\"", "29 records"}, long},
		{"audit-filter", true, func(w *window) {
			p := auditOf(w)
			p.find("agent:claude-laptop kind:refused")
			p.openFilter()
		}, []string{"Filter the record", "agent:claude-laptop kind:refused", "Since", "Search"}, long},
		{"audit-filter-wrong", true, func(w *window) {
			f := auditOf(w).openFilter()
			f.types["until"].Entry.SetText("2026-02-30")
			f.find()
			f.sheet.ScrollToEnd()
		}, []string{"Write how long ago"}, long},
		{"audit-export", true, func(w *window) { auditOf(w).export() }, []string{"Export the record", "Export"}, long},
		{"audit-export-search", true, func(w *window) {
			p := auditOf(w)
			p.find("outcome:tool-error")
			p.export()
		}, []string{"Which", "All records"}, long},
	}
}

func otherScenes() []scene {
	return []scene{
		{"settings", true, turnTo(settingsAt), []string{"Settings", "As the system", "Address on this computer", "Public address"}, long},
		{"settings-odd", true, func(w *window) {
			f := w.app.(*fake)
			f.mu.Lock()
			f.warnings = []string{"config.json:12:5: drawbridge.thme is not used; do you mean \"theme\"?", "config.json:3:15: drawbridge.listen is reachable from the network"}
			f.mu.Unlock()
			w.turn(settingsAt)
		}, []string{"The settings file needs a look", "config.json:12:5: drawbridge.thme is not used", "Open file"}, long},
		{"settings-end", true, func(w *window) {
			w.turn(settingsAt)
			p := w.pages[settingsAt].(*settingsPage)
			p.scroll.ScrollToBottom()
		}, []string{"About", "Drawbridge 1.2.3", "Keyboard shortcuts"}, long},
		{"tunnels", true, func(w *window) { tunnelsAt(w) }, []string{"Tunnels", "office", "https://bridge.example.com", "Whoever runs the relay can read and change everything", "Turn off"}, long},
		{"tunnel-examined", true, func(w *window) {
			p := tunnelsAt(w)
			p.scroll.ScrollToOffset(p.scroll.Offset.AddXY(0, 200)) // behind the first
			test.Tap(p.paths.rows["lan"].examine)
		}, []string{"The clock"}, long},
		{"tunnel-new", true, func(w *window) { w.addTunnel() }, []string{"Add an address", "Own network", "Relay by SSH", "Tailnet", "A tool", "Nobody but this bridge can read", "Listen on", "Host name", "Add address"}, long},
		{"tunnel-direct-wrong", true, func(w *window) {
			f := w.addTunnel()
			f.kind.fields[0].Entry.SetText("laptop:7443")
			f.kind.fields[1].Entry.SetText("https://laptop")
			f.kind.rare.show(true)
			f.check()
		}, []string{"Write an address of this machine, not a name.", "Write one such as bridge.example.com"}, long},
		{"tunnel-ssh", true, func(w *window) { w.addTunnel().choice.Pick(1) }, []string{"This computer's public key", "ssh-ed25519 AAAAC3Nza drawbridge", "Copy key", "Relay", "Account"}, long},
		{"tunnel-ssh-wrong", true, func(w *window) {
			f := w.addTunnel()
			f.choice.Pick(1)
			f.save()
		}, []string{"Write its host and port, such as", "ssh-ed25519 AAAAC3Nza drawbridge"}, long},
		{"tunnel-tailnet", true, func(w *window) { w.addTunnel().choice.Pick(2) }, []string{"This program was built without tailnets", "Authentication key"}, long},
		{"tunnel-tool", true, func(w *window) { w.addTool() }, []string{"NAME is a tunnel", "Whoever runs the relay", "Public address"}, long},
		{"tunnel-tool-wrong", true, func(w *window) {
			f := w.addTool()
			tool, _ := find(w, func(c *look.Choice) bool { return slices.Contains(c.Names(), "ngrok") })
			tool.Pick(1)
			f.save()
			f.sheet.ScrollToEnd()
		}, []string{"Token", "The keychain keeps it as cloudflared", "More"}, long},
		{"tunnel-edit", true, func(w *window) {
			w.app.(*fake).chosen.Tunnels = houseConfigured()
			w.editTunnel("home")
		}, []string{"Edit home", "It is opened anew when you save", "bridge.example.com", "Save"}, long},
		{"tunnel-edit-tool", true, func(w *window) {
			w.app.(*fake).chosen.Tunnels = houseConfigured()
			w.editTunnel("office")
		}, []string{"Edit office", "Whoever runs the relay", "Public address"}, long},
		{"tunnel-edit-tailnet", true, func(w *window) {
			w.app.(*fake).chosen.Tunnels = houseConfigured()
			w.editTunnel("tail")
			test.Tap(button(w, "Take it away"))
		}, []string{"Edit tail", "Authentication key", "Leave it", "Nothing refers to it once you save"}, long},
		{"tunnel-remove", true, func(w *window) { tunnelsAt(w).paths.rows["office"].remove() }, []string{"Remove office?", "Its entry leaves the settings"}, long},
		{"settings-keychain", true, func(w *window) {
			w.turn(settingsAt)
			w.win.Canvas().Focus(button(w, "Keep a secret…"))
		}, []string{"Can it keep a secret and give it back?", "Values of ${keychain:NAME}", "Remove a secret…", "Keep a secret…"}, long},
		{"secret-keep", true, func(w *window) { w.keepSecret() }, []string{"Keep a secret", "It is not shown again", "Keep"}, long},
		{"secret-remove", true, func(w *window) { w.removeSecret() }, []string{"Remove a secret", "What stands in", "Remove"}, long},
		{"problems", true, func(w *window) {
			w.mirror.view.problems = []app.Problem{{With: "address", Text: "listen on 127.0.0.1:7040: node (pid 4123) has this port"}, {With: "settings", Text: "config.json:4:12: a comma is missing"}}
			w.show(&w.mirror.view, bridgeChanged)
			test.Tap(button(w, "Details"))
		}, []string{"Agents cannot connect", "The settings file has a mistake", "listen on 127.0.0.1:7040"}, long},
		{"palette", true, func(w *window) { w.openPalette() }, []string{"Show servers", "New token"}, long},
		{"palette-sifted", true, func(w *window) {
			w.openPalette()
			test.Type(w.win.Canvas().Focused(), "git")
		}, []string{"Share github", "Restart github"}, long},
		{"keys", true, func(w *window) { w.showKeys() }, []string{"Keyboard", "Do anything by typing what it is"}, long},
		{"closing", true, func(w *window) { w.leave() }, []string{"Quit Drawbridge?", "Quit"}, long},
		{"failed", false, func(w *window) {
			w.failed(reason("open keychain: no Secret Service answers on the session bus: start one, or use the keychain \"file\" with a passphrase"))
		}, []string{"Drawbridge could not start", "Quit"}, long},
	}
}

// tunnelsAt shows the household's tunnels.
func tunnelsAt(w *window) *settingsPage {
	f := w.app.(*fake)
	f.tunnels, f.findings = houseTunnels(stageTime()), houseFindings()
	w.turn(settingsAt)
	p := w.pages[settingsAt].(*settingsPage)
	p.paths.show(f.tunnels)
	p.scroll.ScrollToOffset(fyne.NewPos(0, p.paths.body.Position().Y))
	return p
}

// houseFound is what other applications of the household have.
func houseFound() []found.Source {
	return []found.Source{
		{App: "claude-desktop", Title: "Claude Desktop", File: "/home/ada/.config/Claude/claude_desktop_config.json", Servers: []found.Server{
			{Name: "filesystem", Title: "filesystem", Command: "npx", Args: []string{"-y", "@modelcontextprotocol/server-filesystem", "/home/ada/Documents"}},
			{Name: "brave-search", Title: "Brave Search", Command: "npx", Args: []string{"-y", "@modelcontextprotocol/server-brave-search"}, Env: map[string]string{"BRAVE_API_KEY": "BSA0123456789"}},
		}, Others: []found.Other{{Title: "linear", Why: "it is a remote server: agents can connect to it without a bridge"}}},
		{App: "cursor", Title: "Cursor", File: "/home/ada/.cursor/mcp.json", Servers: []found.Server{
			{Name: "sqlite", Title: "sqlite", Command: "uvx", Args: []string{"mcp-server-sqlite", "--db-path", "${workspaceFolder}/x.db"}, Notes: []string{"Its command uses ${workspaceFolder}, which only that application knows: write the value instead."}},
			{Name: "old", Title: "old", Command: "old-server", Disabled: true},
		}},
		{App: "gemini", Title: "Gemini CLI", File: "/home/ada/.gemini/settings.json", Err: reason("it is no JSON: line 3")},
	}
}

// houseRecords are the last of the household's records, oldest first.
func houseRecords(now time.Time) (all []audit.Record) {
	seq := uint64(100)
	add := func(before time.Duration, e audit.Entry) {
		seq++
		e.Time = now.Add(-before)
		all = append(all, audit.Record{Seq: seq, Entry: e, Line: []byte(`{"seq":101,"time":"2026-11-23T09:58:00Z","kind":"call-begin","agent":"claude-laptop","mac":"3q2-7w"}`)})
	}
	add(40*time.Minute, audit.Entry{Kind: audit.Owner, Note: "lowered the bridge"})
	add(39*time.Minute, audit.Entry{Kind: audit.Owner, Agent: "claude-laptop", Note: "approved the agent"})
	add(38*time.Minute, audit.Entry{Kind: audit.SessionBegin, Agent: "claude-laptop", User: "https://id.example.com|ada", Server: "filesystem", Front: "streamable", Address: "192.0.2.14"})
	for i := range 12 {
		at := time.Duration(30-2*i) * time.Minute
		add(at, audit.Entry{Kind: audit.CallBegin, Call: uint64(i), Agent: "claude-laptop", Server: "filesystem", Method: "tools/call", Name: "read_text_file", Verdict: "allow", Rule: "scope filesystem"})
		add(at-time.Second, audit.Entry{Kind: audit.CallEnd, Call: uint64(i), Agent: "claude-laptop", Server: "filesystem", Method: "tools/call", Name: "read_text_file", Outcome: []string{"ok", "ok", "tool-error"}[i%3], Took: 12 * time.Millisecond, Bytes: 4_096})
	}
	add(3*time.Minute, audit.Entry{Kind: audit.Refused, Agent: "n8n-workflow", Server: "github", Method: "tools/call", Name: "delete_repository", Verdict: "deny", Error: "no rule allows it"})
	add(2*time.Minute, audit.Entry{Kind: audit.SignIn, User: "https://id.example.com|ada", Note: "at Example Corp"})
	return all
}
