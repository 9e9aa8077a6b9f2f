package app

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"drawbridge/app/settings"
	"drawbridge/bridge"
)

// NewServer is a server that the owner adds.
type NewServer struct {
	Name    string   // 1 to 32 of a-z, 0-9 and -; required
	Command []string // the program and its arguments, given to no shell; required
	Env     map[string]string
	Dir     string // where it runs; "" is the home directory
	Share   string // session, agent, all, or "" for what fits
}

// Servers are all configured servers, in the order of the configuration. Where the bridge is not
// running nothing is known of their processes.
func (a *App) Servers() ([]bridge.Server, error) {
	snapshot, sub := a.Watch()
	sub.Close()
	chosen, err := a.choices()
	if err != nil {
		return nil, err
	}
	var all []bridge.Server
	for _, s := range chosen.Servers {
		shown, ok := snapshot.Servers[s.Name]
		if !ok {
			shown = bridge.Server{Name: s.Name, Command: commandLine(s), Share: s.Share, State: bridge.Idle}
			if s.Disabled {
				shown.State = bridge.Stopped
			}
		}
		all = append(all, shown)
	}
	return all, nil
}

// AddServer adds a server to the configuration.
func (a *App) AddServer(name string, command []string, env map[string]string) error {
	return a.PutServer(NewServer{Name: name, Command: command, Env: env})
}

// PutServer adds a server to the configuration. When it returns, agents may use it.
func (a *App) PutServer(s NewServer) error {
	if err := s.check(); err != nil {
		return err
	}
	err := a.edit("added server "+s.Name+": "+keptCommand(s.Command), func(d *settings.Draft) error {
		return add(d, s, false)
	})
	if err == nil && a.isRunning() == nil {
		a.bridge.Probe(s.Name)
	}
	return err
}

// check says what could not be right about s anywhere.
func (s NewServer) check() error {
	if len(s.Command) == 0 || s.Command[0] == "" {
		return &fault{fmt.Sprintf("add server %q: it has no command", s.Name), usage}
	}
	return nil
}

// add has the file name one more server.
func add(d *settings.Draft, s NewServer, disabled bool) error {
	if slices.ContainsFunc(d.Settings.Servers, func(old settings.Server) bool { return old.Name == s.Name }) {
		return fmt.Errorf("there is a server %q already; remove it first, or choose another name", s.Name)
	}
	return d.SetServer(settings.Server{
		Name: s.Name, Command: s.Command[0], Args: s.Command[1:], Env: s.Env, Cwd: s.Dir, Share: s.Share, Disabled: disabled,
	})
}

// ChangeServer makes a server run as s says; what s does not mention stays. Its processes end, and new ones start as they are needed.
func (a *App) ChangeServer(s NewServer) error {
	if err := s.check(); err != nil {
		return err
	}
	err := a.edit("changed server "+s.Name+": "+keptCommand(s.Command), func(d *settings.Draft) error {
		i := slices.IndexFunc(d.Settings.Servers, func(old settings.Server) bool { return old.Name == s.Name })
		if i < 0 {
			return fmt.Errorf("change server %q: %w", s.Name, ErrUnknown)
		}
		changed := d.Settings.Servers[i]
		changed.Command, changed.Args, changed.Env, changed.Cwd, changed.Share = s.Command[0], s.Command[1:], s.Env, s.Dir, s.Share
		return d.SetServer(changed)
	})
	if err == nil && a.isRunning() == nil {
		a.bridge.Probe(s.Name)
	}
	return err
}

// ConfiguredServer is a server as config.json has it.
func (a *App) ConfiguredServer(name string) (NewServer, error) {
	for _, s := range a.Settings().Servers {
		if s.Name == name {
			return NewServer{s.Name, commandLine(s), s.Env, s.Cwd, s.Share}, nil
		}
	}
	return NewServer{}, fmt.Errorf("server %q: %w", name, ErrUnknown)
}

// RemoveServer removes a server from the configuration. When it returns its sessions have ended, and what was approved of
// it is forgotten. An entry that is only taken out of the file keeps that, for when it is put back.
func (a *App) RemoveServer(name string) error {
	err := a.edit("removed server "+name, func(d *settings.Draft) error { return d.RemoveServer(name) })
	if err == nil {
		a.forgetPins(name)
	}
	if errors.Is(err, settings.ErrNoServer) {
		return fmt.Errorf("remove server %q: %w", name, ErrUnknown)
	}
	return err
}

// edit changes config.json and, where the bridge runs, puts the change in force. what is for the record. What would be refused
// when it is read is refused before anything is written.
func (a *App) edit(what string, change func(*settings.Draft) error) error {
	a.owner.Lock()
	defer a.owner.Unlock()
	err := settings.Edit(a.options.Places.Config, func(d *settings.Draft) error {
		if err := change(d); err != nil {
			return err
		}
		s, err := d.Result()
		if err == nil {
			_, _, err = a.understand(s)
		}
		return err
	})
	if err != nil {
		return err
	}
	if a.isRunning() != nil {
		return nil
	}
	a.note(what)
	return a.reload()
}

// StartServer takes back StopServer, and what is held against a server that kept dying.
func (a *App) StartServer(name string) error { return a.manage("start", name, a.host.Start) }

// StopServer ends a server's processes. None starts until StartServer, or until the bridge starts anew.
func (a *App) StopServer(name string) error { return a.manage("stop", name, a.host.Stop) }

// RestartServer ends a server's processes. New ones start as they are needed.
func (a *App) RestartServer(name string) error { return a.manage("restart", name, a.host.Restart) }

func (a *App) manage(verb, name string, do func(string) error) error {
	if err := a.isRunning(); err != nil {
		return err
	}
	a.owner.Lock()
	defer a.owner.Unlock()
	if do(name) != nil { // the one thing that can be wrong
		return fmt.Errorf("%s server %q: %w", verb, name, ErrUnknown)
	}
	a.note(verb + " server " + name)
	return nil
}

// addDemo shares the built-in server, if the owner wants that and has configured no other.
func (a *App) addDemo() error {
	if !a.options.Demo || len(a.Settings().Servers) > 0 {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("add the demo server: %w", err)
	}
	err = a.PutServer(NewServer{Name: "demo", Command: []string{self, "demo-server"}})
	if err != nil {
		return err
	}
	s, _, err := settings.Load(a.options.Places.Config)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.chosen = s
	return err
}
