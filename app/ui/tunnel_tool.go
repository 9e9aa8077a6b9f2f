package ui

import (
	"net"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
)

// toolKind is an address that a tool gives: one that is known, or another.
type toolKind struct {
	*tunnelKind
	f      *tunnelForm
	tools  []app.TunnelTool
	choice *look.Choice
	note   *look.Prose

	command *tunnelField
	env     *tunnelField
	listen  *tunnelField
	token   *secretField // there where the tool has one
	end     *look.Segments
	was     settings.External // as it was written into the fields
}

// ends are where a tool may end TLS, as the settings file has it.
var ends = []string{"", "machine"}

const otherTool = "Any program that has an https address and forwards what comes to it. Leave the command empty if you start it yourself."

func (f *tunnelForm) toolKind() *tunnelKind {
	k := &toolKind{f: f, tools: app.TunnelTools(), note: look.NewProse("", look.Note, tunnelWidth-42)}
	var names []string
	for _, t := range k.tools {
		names = append(names, t.Name)
	}
	k.choice = look.NewChoice(append(names, "Another tool"), func(int) { k.pick() })
	url := newTunnelField("url", "Public address", "https://bridge.example.com", "Where agents will reach it: the host name that the tool gives you", func(t *settings.Tunnel) *string { return &t.External.URL })
	k.listen = newTunnelField("listen", "Where the tool delivers", "127.0.0.1:7041", "A port of this computer's own address that nobody else has", func(t *settings.Tunnel) *string { return &t.External.Listen })
	k.command = k.commandField()
	k.env = k.envField()
	k.token = newSecretField("Token", "", "", f.check)
	k.token.Entry.OnSubmitted = func(string) { f.save() }
	k.end = look.NewSegments(func(int) { f.check() }, "At its relay", "On this computer")
	k.tunnelKind = &tunnelKind{
		label: "A tool", driver: "external", note: "A tool that you have gives the bridge an address. Drawbridge starts it, and ends it when the tunnel is turned off.",
		fields: []*tunnelField{url, k.command}, others: []*tunnelField{k.env, k.listen},
		rare: newSeldom(f.fit, k.env.Body, k.listen.Body, look.Field("Where its TLS ends", look.Across(0, k.end), "Who ends it can read everything")),
		fill: k.fill, read: k.read, wrong: k.wrong,
	}
	k.body = look.Down(16, url.Body, k.command.Body, k.token.Body, k.rare.body)
	if f.old == "" {
		k.body.Objects = slices.Insert(k.body.Objects, 0, fyne.CanvasObject(look.Field("Tool", look.Down(8, k.choice, k.note), "")))
	}
	k.first = k.chosen()
	return k.tunnelKind
}

func (k *toolKind) commandField() *tunnelField {
	return &tunnelField{
		FormField: look.NewFormField("Command", look.NewEntry("You start it yourself"), "{address}, {port}, {url} and {host} are filled in when it starts"), key: "command",
		fill: func(t settings.Tunnel) string { return joinCommand(t.External.Command, onWindows) },
		read: func(t *settings.Tunnel, text string) (err error) {
			if t.External.Command = nil; text != "" {
				t.External.Command, err = splitCommand(text, onWindows)
			}
			return err
		},
	}
}

// envField is what the tool has in its environment, but for its token.
func (k *toolKind) envField() *tunnelField {
	return &tunnelField{
		FormField: look.NewFormField("Environment", look.NewLines("NAME=value", 2), "One NAME=value a line. What looks like a secret goes into the keychain"), key: "env",
		fill: func(t settings.Tunnel) string {
			variable, _ := app.ToolSecret(t.External)
			rest := map[string]string{}
			for name, value := range t.External.Env {
				if name != variable {
					rest[name] = value
				}
			}
			return joinEnv(rest)
		},
		read: func(t *settings.Tunnel, text string) (err error) {
			t.External.Env, err = splitEnv(text)
			return err
		},
	}
}

// chosen is a new tunnel by the tool that is chosen.
func (k *toolKind) chosen() settings.Tunnel {
	t, note := settings.Tunnel{Name: "tool", Driver: "external"}, otherTool
	if i := k.choice.At(); i < len(k.tools) {
		t, note = k.tools[i].Tunnel, k.tools[i].Note
	}
	t = app.TunnelBeside(t, k.f.w.app.Settings().Tunnels)
	_, port, _ := net.SplitHostPort(t.External.Listen)
	k.note.SetText(strings.NewReplacer("{address}", t.External.Listen, "{port}", port).Replace(note))
	return t
}

// pick begins anew with another tool. What was typed as the address stays.
func (k *toolKind) pick() {
	k.first = k.chosen()
	t := k.first
	t.External.URL = k.fields[0].text()
	k.put(t)
	k.f.suggest()
	k.f.check()
}

func (k *toolKind) fill(t settings.Tunnel) {
	k.was = t.External
	variable, key := app.ToolSecret(k.was)
	visible(k.token.Body, variable != "")
	k.token.show(k.was.Env[variable])
	if k.f.old == "" { // it is what the tool needs
		k.token.away.Hide()
		k.token.Hint("The keychain keeps it as " + plain(key) + ". Leave it empty if it is there already")
	}
	k.end.Pick(max(0, slices.Index(ends, t.External.TLSEnd)))
	known := k.f.old == "" && k.choice.At() < len(k.tools)
	k.rare.show(!known)
}

func (k *toolKind) read(t *settings.Tunnel, keep secrets) {
	x := &t.External
	x.TLSEnd = ends[k.end.At()]
	for _, name := range app.SecretVariables(x.Env) {
		x.Env[name] = keep.refer(tunnelSecret(*t, name), x.Env[name])
	}
	variable, key := app.ToolSecret(k.was)
	if variable == "" {
		return
	}
	token := k.token.refer(func() string { return key }, keep)
	if token == "" || x.Env[variable] != "" { // the owner has typed another among the others
		return
	}
	if x.Env == nil {
		x.Env = map[string]string{}
	}
	x.Env[variable] = token
}

func (k *toolKind) wrong(t settings.Tunnel, sent bool) {
	switch blank := app.ToolBlank(t.External); {
	case k.command.Wrong() != "":
	case app.SecretArguments(t.External.Command):
		k.command.Fault("This looks like a secret, and the settings file would have it as plain text.")
	case blank != "" && sent:
		k.command.Fault("Write your own in place of " + blank + ".")
	}
}
