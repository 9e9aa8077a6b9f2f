package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"

	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/policy"
	"drawbridge/stdio"
)

// apply puts settings in force while Run is at work. What they say as before is left alone: calls in
// flight on servers that did not change go on. Settings that are refused change nothing. The caller holds owner.
func (a *App) apply(s settings.Settings) error {
	if a.isRunning() != nil {
		return nil
	}
	rules, people, err := a.understand(s)
	if err != nil {
		return err
	}
	a.mu.Lock()
	before := a.chosen
	a.chosen = s
	a.mu.Unlock()
	if log, err := a.record(); err == nil && s.Audit != before.Audit {
		log.SetKeep(s.Audit.Keep, s.Audit.KeepSize)
	}
	a.bridge.SetPolicy(rules)
	a.limit(s)
	a.publish(s.PublicURL)
	a.setSignIn(people)
	a.heed(s.RaiseOn)
	a.configure(s.Servers)
	a.share(s.Tunnels)
	a.remeasure(s.Metrics)
	a.ship(s.Ship)
	return a.reopen()
}

// understand reads what settings leave to other rooms, and returns why one of them would refuse it. It changes nothing.
func (a *App) understand(s settings.Settings) (*policy.Policy, *signIn, error) {
	rules, err := policy.Parse(s.Rules.JSON)
	if err != nil {
		return nil, nil, refusedRules(s.Rules, err)
	}
	people, err := a.newSignIn(s.SignIn)
	return rules, people, err
}

// later are the settings that were chosen and are not in force before the next start. The caller holds mu.
func (a *App) later() (keys []string) {
	now, then := a.chosen, a.begun
	for key, same := range map[string]bool{
		"limits.messageSize": now.Limits.MessageSize == then.Limits.MessageSize, "origins": slices.Equal(now.Origins, then.Origins),
		"signIn.accessToken": now.SignIn.AccessLife == then.SignIn.AccessLife,
	} {
		if !same {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// limit has the bridge keep to the owner's limits.
func (a *App) limit(s settings.Settings) {
	quotas := make([]bridge.Quota, len(s.Quotas))
	for i, q := range s.Quotas {
		quotas[i] = bridge.Quota{
			Agent: q.Agent, Server: q.Server, Tool: q.Tool, Shared: q.Shared,
			Calls: q.CallsPerMinute, AtOnce: q.AtOnce, Bytes: q.BytesPerMinute,
		}
	}
	a.bridge.SetQuotas(quotas)
	a.bridge.SetLimits(s.Limits.Sessions, s.Limits.Calls)
}

// refusedRules is the error for rules that cannot be read, with its place in the file.
func refusedRules(raw settings.Raw, err error) error {
	var syntax *policy.SyntaxError
	if errors.As(err, &syntax) {
		return raw.Error(syntax.Offset, errors.New(syntax.Text))
	}
	return err
}

// configure has bridge and host know these servers and no others. The caller holds owner.
func (a *App) configure(servers []settings.Server) {
	before := a.servers
	a.servers = map[string]settings.Server{}
	var order []string
	for _, s := range servers {
		order = append(order, s.Name)
		if old, ok := before[s.Name]; !ok || !old.Equal(s) {
			a.configureOne(old, s)
		}
		a.servers[s.Name] = s
	}
	for name := range before {
		if _, ok := a.servers[name]; !ok {
			a.bridge.RemoveServer(name)
			a.host.Remove(name)
		}
	}
	a.bridge.Order(order)
}

// configureOne makes a server what the owner chose. old is what it was, zero for a new one.
func (a *App) configureOne(old, s settings.Server) {
	a.host.Set(s.Name, stdio.Spec{
		Command: stdio.Command{Path: s.Command, Args: s.Args, Env: s.Env, Dir: s.Cwd},
		Spare:   s.Share == "" || s.Share == string(bridge.ShareSession),
		Idle:    s.Idle, MaxProcesses: s.MaxProcesses,
	})
	a.bridge.SetServer(bridge.ServerConfig{
		Name: s.Name, Command: commandLine(s), Share: bridge.Share(s.Share), Parallel: parallel(s.Parallel),
		MaxCall: s.MaxCallTime, StderrToAgents: s.StderrToAgents,
		Pins: pinning(s.Pins), TrustAnnotations: s.TrustAnnotations, Version: version(s),
	})
	var err error
	switch {
	case s.Disabled:
		err = a.host.Stop(s.Name)
	case old.Disabled:
		err = a.host.Start(s.Name)
	}
	if err != nil {
		a.log.Error("configure server", "server", s.Name, "err", err)
	}
}

// parallel is the choice as the bridge has it; settings have a word for the default.
func parallel(choice string) bridge.Parallel {
	if choice == "learn" {
		return bridge.ParallelLearn
	}
	return bridge.Parallel(choice)
}

func commandLine(s settings.Server) []string { return append([]string{s.Command}, s.Args...) }

// version is a digest of what a server is run as. Values of secrets are no part of it.
func version(s settings.Server) string {
	b, _ := json.Marshal([]any{s.Command, s.Args, s.Env, s.Cwd}) // strings always encode
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// serverChanged shows watchers how the processes of a server are. The host calls it.
func (a *App) serverChanged(s stdio.Status) { a.bridge.SetStatus(shownServer(s)) }

// shownServer is the status of a server's processes as the bridge shows it.
func shownServer(s stdio.Status) bridge.Server {
	shown := bridge.Server{
		Name: s.Server, State: bridge.ServerState(s.State), Error: s.Error, Stderr: s.Stderr, Noise: int(s.Noise),
	}
	for _, p := range s.Processes {
		serves := p.Owner
		if p.Spare {
			serves = ""
		}
		shown.Processes = append(shown.Processes, bridge.ProcessInfo{PID: p.PID, Serves: serves, Started: p.Started})
	}
	return shown
}
