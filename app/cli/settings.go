package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"drawbridge/app"
)

type settingsCmd struct {
	List    settingsListCmd    `cmd:"" default:"withargs" help:"List every setting with its value and its default; also what settings alone does."`
	Get     settingsGetCmd     `cmd:"" help:"Print the value of a setting, alone."`
	Set     settingsSetCmd     `cmd:"" help:"Give a setting a value, by its name in config.json below drawbridge."`
	Unset   settingsUnsetCmd   `cmd:"" help:"Give a setting its default again."`
	Test    settingsTestCmd    `cmd:"" help:"Try whether the keychain keeps secrets and the address is reached."`
	AtLogin settingsAtLoginCmd `cmd:"" help:"Start the tray app when you log in, or not; or say which."`
}

type settingsListCmd struct{ listing }

// settingRow is one setting as `settings list --json` prints it.
type settingRow struct {
	Key     string          `json:"key"`
	Value   json.RawMessage `json:"value"`   // null is nothing
	Default json.RawMessage `json:"default"` // likewise
	Chosen  bool            `json:"chosen"`  // config.json says it
	Later   bool            `json:"later,omitempty"`
}

func (s *settingsListCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		all, err := o.Choices()
		if err != nil {
			return err
		}
		if s.JSON {
			rows := []settingRow{}
			for _, i := range all {
				rows = append(rows, settingRow{i.Key, i.Value, i.Default, i.Chosen, i.Later})
			}
			return printJSON(c.Stdout, rows)
		}
		err = show(c.Stdout, false, all, "SETTING\tVALUE\tDEFAULT", "", func(i app.Choice) string {
			return cells(i.Key, cut(i.Text(), 60), i.DefaultText())
		})
		for _, i := range all {
			if i.Later {
				c.hint("%s is in force when the bridge starts anew.", i.Key)
			}
		}
		return err
	})
}

type settingsGetCmd struct {
	Key string `arg:"" help:"Such as theme, listen or limits.calls."`
}

func (s *settingsGetCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		all, err := o.Choices()
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(i app.Choice) bool { return i.Key == s.Key })
		if i < 0 {
			return fmt.Errorf("setting %q: %w; settings list shows those that there are", s.Key, app.ErrUnknown)
		}
		_, err = fmt.Fprintln(c.Stdout, plain(all[i].Text()))
		return err
	})
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

type settingsTestCmd struct {
	What string `arg:"" optional:"" default:"all" enum:"keychain,address,all" help:"keychain or address; both when left out."`
}

func (s *settingsTestCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		var failed []error
		for _, t := range []struct {
			name, what string
			try        func() error
		}{
			{"keychain", "the keychain keeps a secret", o.TryKeychain},
			{"address", "the address is reached", func() error { return o.TryAddress(c.ctx) }},
		} {
			if s.What != "all" && s.What != t.name {
				continue
			}
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
