package cli

import (
	"encoding/json"
	"errors"
	"fmt"
)

type settingsCmd struct {
	Set     settingsSetCmd     `cmd:"" help:"Give a setting a value, by its name in config.json below drawbridge."`
	Unset   settingsUnsetCmd   `cmd:"" help:"Give a setting its default again."`
	Test    settingsTestCmd    `cmd:"" help:"Try whether the keychain keeps secrets and the address is reached."`
	AtLogin settingsAtLoginCmd `cmd:"" help:"Start the tray app when you log in, or not; or say which."`
}

type settingsSetCmd struct {
	Key   string `arg:"" help:"Such as theme, listen or limits.calls."`
	Value string `arg:"" help:"Text, or JSON."`
}

func (s *settingsSetCmd) Run(c *console) error {
	value := json.RawMessage(s.Value)
	if !json.Valid(value) {
		var err error
		if value, err = json.Marshal(s.Value); err != nil {
			return err
		}
	}
	return c.do(c.any, func(o owner) error {
		err := o.Choose(s.Key, value)
		if err == nil {
			c.hint("%s is %s.", plain(s.Key), plain(string(value)))
		}
		return err
	})
}

type settingsUnsetCmd struct {
	Key string `arg:"" help:"Such as theme, listen or limits.calls."`
}

func (s *settingsUnsetCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		err := o.Choose(s.Key, nil)
		if err == nil {
			c.hint("%s is its default.", plain(s.Key))
		}
		return err
	})
}

type settingsTestCmd struct{}

func (*settingsTestCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		var failed []error
		for _, t := range []struct {
			what string
			try  func() error
		}{
			{"the keychain keeps a secret", o.TryKeychain},
			{"the address is reached", func() error { return o.TryAddress(c.ctx) }},
		} {
			word, err := "yes", t.try()
			if err != nil {
				word = "no"
				failed = append(failed, fmt.Errorf("%s: %w", t.what, err))
			}
			fmt.Fprintf(c.Stdout, "%-3s  %s\n", word, t.what)
		}
		return errors.Join(failed...)
	})
}

type settingsAtLoginCmd struct {
	State string `arg:"" optional:"" default:"show" enum:"on,off,show" help:"on or off; how it is when left out."`
}

func (s *settingsAtLoginCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		if s.State != "show" {
			return o.StartAtLogin(s.State == "on")
		}
		on, err := o.StartsAtLogin()
		if err == nil {
			_, err = fmt.Fprintln(c.Stdout, map[bool]string{true: "on", false: "off"}[on])
		}
		return err
	})
}
