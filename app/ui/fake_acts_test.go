package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"drawbridge/app"
	"drawbridge/app/found"
	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/pin"
	"drawbridge/tunnel"
)

func (f *fake) Problems() []app.Problem {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.problems)
}

func (f *fake) Settings() settings.Settings {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.chosen
}

func (f *fake) Choices() (all []app.Choice, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range settings.Default().Choices() {
		if said, ok := f.choices[c.Key]; ok {
			c.Value, c.Chosen = said, true
		}
		all = append(all, app.Choice{Choice: c})
	}
	return all, nil
}

func (f *fake) Choose(key string, value any) error {
	words := value
	if raw, ok := value.(json.RawMessage); ok {
		words = string(raw)
	}
	if err := f.ask("choose %s %v", key, words); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.choices[key], _ = json.Marshal(value)
	if value == nil {
		delete(f.choices, key)
	}
	if key == "theme" {
		f.chosen.Theme = fmt.Sprint(value)
	}
	return nil
}

func (f *fake) ChangeEntry(key string, c app.EntryChange) error {
	f.mu.Lock()
	var all []json.RawMessage
	_ = json.Unmarshal(f.choices[key], &all) // nothing is a list of none
	f.mu.Unlock()
	all, err := c.In(all)
	switch {
	case err != nil:
		return err
	case len(all) == 0:
		return f.Choose(key, nil)
	}
	raw, err := json.Marshal(all)
	return errors.Join(err, f.Choose(key, json.RawMessage(raw)))
}

func (f *fake) Status() (app.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return app.Status{Warnings: f.warnings, Version: "1.2.3", Config: "/home/ada/.config/drawbridge/config.json", Home: "/home/ada/.local/state/drawbridge"}, nil
}

func (f *fake) Metrics() (string, error) { return "drawbridge_calls 3\n", f.ask("metrics") }

func (f *fake) StartsAtLogin() (bool, error)     { return true, nil }
func (f *fake) StartAtLogin(on bool) error       { return f.ask("at login %v", on) }
func (f *fake) TryKeychain() error               { return f.ask("try keychain") }
func (f *fake) TryAddress(context.Context) error { return f.ask("try address") }
func (f *fake) RescanPrograms()                  { _ = f.ask("rescan") }

func (f *fake) SetSecret(name, value string) error { return f.ask("secret %s %s", name, value) }

func (f *fake) RemoveSecret(name string) error { return f.ask("no secret %s", name) }

func (f *fake) FindServers() []found.Source {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.found
}

func (f *fake) ImportServers(all []app.Import) error {
	for _, i := range all {
		if err := f.ask("import %s %q %v hide %q", i.Server.Name, i.Server.Command, i.Server.Env, i.Hide); err != nil {
			return err
		}
		f.publish(bridge.ServerChanged{Server: bridge.Server{Name: i.Server.Name, Command: i.Server.Command, State: bridge.Idle}})
	}
	return nil
}

func (f *fake) ConfiguredServer(name string) (app.NewServer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return app.NewServer{Name: name, Command: f.state.Servers[name].Command, Env: map[string]string{"LEVEL": "info"}, Share: "agent"}, nil
}

func (f *fake) PutServer(s app.NewServer) error {
	return f.ask("add %s %q %v", s.Name, s.Command, s.Env)
}

func (f *fake) ChangeServer(s app.NewServer) error {
	return f.ask("change %s %q %v %s", s.Name, s.Command, s.Env, s.Share)
}

func (f *fake) TryServer(_ context.Context, s app.NewServer) (app.Trial, error) {
	err := f.ask("try %s %q", s.Name, s.Command)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.trial, err
}

func (f *fake) ServerLog(ctx context.Context, name string, more bool) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if name == "github" {
			return
		}
		for _, line := range []string{"2026-11-23T10:03:12Z starting", "Secure MCP Filesystem Server running on stdio", "Allowed directories: [ '/home/ada/Documents' ]"} {
			if !yield(line, nil) {
				return
			}
		}
		for more {
			select {
			case line := <-f.log:
				if !yield(line, nil) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

func (f *fake) Audit(_ context.Context, want audit.Filter) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		f.mu.Lock()
		records, err := slices.Clone(f.records), f.fails
		f.mu.Unlock()
		if want.Newest {
			slices.Reverse(records)
		}
		for _, r := range records {
			if isWanted(r, want) && !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(audit.Record{}, err)
		}
	}
}

// isWanted does what the tests ask of a filter.
func isWanted(r audit.Record, f audit.Filter) bool {
	fits := func(want, got string) bool { return want == "" || want == got }
	said := strings.ToLower(fmt.Sprint(r.Entry))
	return !r.Time.Before(f.Since) && (f.Until.IsZero() || r.Time.Before(f.Until)) && (f.Kinds == nil || slices.Contains(f.Kinds, r.Kind)) &&
		fits(f.Agent, r.Agent) && fits(f.Server, r.Server) && fits(f.Outcome, r.Outcome) && fits(f.Verdict, r.Verdict) &&
		!slices.ContainsFunc(f.Texts, func(text string) bool { return !strings.Contains(said, strings.ToLower(text)) })
}

func (f *fake) VerifyAudit() (audit.Report, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.report, f.fails
}

func (f *fake) ExportAudit(ctx context.Context, path string, csv bool, want audit.Filter) (n int, err error) {
	for range f.Audit(ctx, want) {
		n++
	}
	return n, f.ask("export %s %v", path, csv)
}

func (f *fake) SaveContent(path string, data []byte) error {
	return f.ask("save %d bytes as %s", len(data), path)
}

func (f *fake) ApproveAgent(key string, yes app.Approval) (string, error) {
	did := fmt.Sprintf("approve %s %q", key, yes.Servers)
	if yes.Name != "" || yes.Tools != nil || yes.Long {
		did += fmt.Sprintf(" %q as %q long %v", yes.Tools, yes.Name, yes.Long)
	}
	return "claude", f.settle(did, key)
}

func (f *fake) DenyAgent(key string) error {
	return f.settle("deny "+key, key)
}

// settle answers the applicant of that code, or of that id if it has signed in.
func (f *fake) settle(did, key string) error {
	if err := f.ask("%s", did); err != nil {
		return err
	}
	f.mu.Lock()
	id := ""
	for _, a := range f.state.Applying {
		if a.Code == key || a.ID == key && a.User != "" {
			id = a.ID
		}
	}
	f.mu.Unlock()
	f.publish(bridge.AgentAnswered{ID: id})
	return nil
}

func (f *fake) LockServer(name string) (bridge.Package, error) {
	return bridge.Package{Manager: "npx", Name: "@modelcontextprotocol/server-filesystem", Version: "2026.8.31", Exact: true}, f.ask("lock %s", name)
}

func (f *fake) Applicant(code string) (bridge.Applicant, error) {
	return bridge.Applicant{Code: code, Client: "Cursor", Address: "192.0.2.14"}, f.ask("find %s", code)
}

func (f *fake) Owner() (app.Owner, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.owner, nil
}

func (f *fake) SignIn(_ context.Context, open func(string) error) (app.Owner, error) {
	return app.Owner{}, f.ask("sign in")
}

func (f *fake) SignOut(context.Context) error { return f.ask("sign out") }

func (f *fake) AnswerCall(id uint64, a bridge.Answer) error {
	err := f.ask("answer %d %s %q %s", id, a.Choice, a.Reason, a.Digest)
	if err == nil {
		f.publish(bridge.QuestionClosed{ID: id})
	}
	return err
}

func (f *fake) Pins(server string) (app.Pins, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pins[server], f.fails
}

func (f *fake) PinDiff(server string, t pin.Thing) (pin.Diff, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.diffs[t]
	for _, p := range f.pins[server].Pins {
		if p.Thing == t && d.Form == "" {
			d.Form = p.Digest
		}
	}
	return d, nil
}

func (f *fake) AcceptPins(server string, which ...bridge.PinForm) error {
	return f.decide("accept", server, which, func(p *app.Pin) { p.Held = false })
}

func (f *fake) RejectPins(server string, which ...bridge.PinForm) error {
	return f.decide("reject", server, which, func(p *app.Pin) { p.Rejected = true })
}

// decide does it to those pins, and publishes what is left.
func (f *fake) decide(verb, server string, which []bridge.PinForm, do func(*app.Pin)) error {
	if err := f.ask("%s %s %v", verb, server, which); err != nil {
		return err
	}
	f.mu.Lock()
	pins := slices.Clone(f.pins[server].Pins)
	f.mu.Unlock()
	for i, p := range pins {
		if slices.Contains(which, bridge.PinForm{Thing: p.Thing, Digest: p.Digest}) {
			do(&pins[i])
		}
	}
	f.publish(bridge.ServerChanged{Server: f.hold(server, pins...)})
	return nil
}

// hold has a server show things otherwise than approved, and returns how it is then.
func (f *fake) hold(server string, pins ...app.Pin) bridge.Server {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pins == nil {
		f.pins = map[string]app.Pins{}
	}
	f.pins[server] = app.Pins{Pins: pins}
	s := f.state.Servers[server]
	s.Held = nil
	for _, p := range pins {
		if p.Held {
			s.Held = append(s.Held, bridge.Held{Kind: p.Kind, Name: p.Name, New: p.New, Rejected: p.Rejected, Unsteady: p.Unsteady, Since: p.Since})
		}
	}
	return s
}

func (f *fake) Tunnels() ([]app.Tunnel, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.tunnels), nil
}

func (f *fake) PutTunnel(t settings.Tunnel) error    { return f.ask("add %s", tunnelText(t)) }
func (f *fake) ChangeTunnel(t settings.Tunnel) error { return f.ask("change %s", tunnelText(t)) }
func (f *fake) RemoveTunnel(name string) error       { return f.ask("remove tunnel %s", name) }

// tunnelText is a tunnel with what its driver has.
func tunnelText(t settings.Tunnel) string {
	of := map[string]any{"direct": t.Direct, "ssh": t.SSH, "tailnet": t.Tailnet, "external": t.External}
	return fmt.Sprintf("tunnel %s %s %+v", t.Name, t.Driver, of[t.Driver])
}

func (f *fake) RaiseTunnel(name string) error { return f.ask("tunnel up %s", name) }
func (f *fake) DropTunnel(name string) error  { return f.ask("tunnel down %s", name) }
func (f *fake) DeviceKey() (string, error) {
	return "ssh-ed25519 AAAAC3Nza drawbridge", f.ask("device key")
}

func (f *fake) ExamineTunnel(_ context.Context, name string) ([]tunnel.Finding, error) {
	err := f.ask("examine %s", name)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.findings, err
}
