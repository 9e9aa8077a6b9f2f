package cli

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge/app"
	"drawbridge/app/found"
)

type serversImportCmd struct {
	From    string   `placeholder:"APP" help:"Only from one application: claude-desktop, claude-code, cursor, vscode, windsurf, cline, gemini or codex."`
	List    bool     `help:"Show what there is, with its commands, and add nothing."`
	Secrets string   `enum:"keychain,file" default:"keychain" placeholder:"WHERE" help:"Where values of variables go that look like secrets: keychain, or file, which is config.json as plain text."`
	Names   []string `arg:"" optional:"" help:"Which servers; all when left out."`
}

func (s *serversImportCmd) Run(c *console) error {
	sources, err := s.sources()
	if err != nil {
		return err
	}
	if s.List {
		return s.list(c, sources)
	}
	return c.do(c.any, func(o owner) error {
		there, err := o.Servers()
		if err != nil {
			return err
		}
		taken := map[string]bool{}
		for _, sv := range there {
			taken[sv.Name] = true
		}
		all, err := s.chosen(c, sources, taken)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			c.hint("There is nothing to import. drawbridge servers import --list shows what was found.")
			return nil
		}
		if err := o.ImportServers(all); err != nil {
			return err
		}
		for _, i := range all {
			c.hint("Added %s: %s", i.Server.Name, plain(strings.Join(i.Server.Command, " ")))
		}
		return nil
	})
}

// sources are the files that the command is about.
func (s *serversImportCmd) sources() ([]found.Source, error) {
	known := func(a found.App) bool { return a.Key == s.From }
	if s.From != "" && !slices.ContainsFunc(found.Apps(), known) {
		return nil, usage(fmt.Sprintf("--from %s: no such application is known; see drawbridge servers import --help", s.From))
	}
	return slices.DeleteFunc(found.Find(), func(f found.Source) bool { return s.From != "" && f.App != s.From }), nil
}

// chosen are the servers to add. Those whose names are taken are told of, and left out.
func (s *serversImportCmd) chosen(c *console, sources []found.Source, taken map[string]bool) ([]app.Import, error) {
	var all []app.Import
	missing := slices.Clone(s.Names)
	for _, f := range sources {
		for _, sv := range f.Servers {
			if len(s.Names) > 0 && !slices.Contains(s.Names, sv.Name) {
				continue
			}
			missing = slices.DeleteFunc(missing, func(n string) bool { return n == sv.Name })
			if taken[sv.Name] {
				c.hint("%s of %s is left out: there is a server of that name.", sv.Name, f.Title)
				continue
			}
			taken[sv.Name] = true
			all = append(all, s.taken(c, sv))
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s: %w; drawbridge servers import --list shows what was found", strings.Join(missing, ", "), app.ErrUnknown)
	}
	return all, nil
}

// taken is the server as it will be added. What the owner should know of it is told.
func (s *serversImportCmd) taken(c *console, sv found.Server) app.Import {
	i := app.ImportOf(sv)
	for _, n := range sv.Notes {
		c.hint("%s: %s", sv.Name, plain(n))
	}
	if s.Secrets == "file" {
		i.Hide = nil
	}
	for _, name := range i.Hide {
		c.hint("%s: the value of %s goes into the keychain.", sv.Name, plain(name))
	}
	if app.SecretArguments(i.Server.Command) {
		c.hint("%s: its command holds what looks like a secret, which config.json will have as plain text.", sv.Name)
	}
	return i
}

func (s *serversImportCmd) list(c *console, sources []found.Source) error {
	if len(sources) == 0 {
		_, err := fmt.Fprintln(c.Stdout, "No application with servers was found.")
		return err
	}
	for _, f := range sources {
		fmt.Fprintf(c.Stdout, "%s  %s\n", f.Title, plain(f.File))
		if f.Err != nil {
			fmt.Fprintf(c.Stdout, "  not read: %s\n", plain(f.Err.Error()))
		}
		for _, sv := range f.Servers {
			fmt.Fprintf(c.Stdout, "  %s: %s\n", sv.Name, plain(strings.Join(append([]string{sv.Command}, sv.Args...), " ")))
			if secrets := app.SecretVariables(sv.Env); len(secrets) > 0 {
				fmt.Fprintf(c.Stdout, "    secrets: %s\n", plain(strings.Join(secrets, ", ")))
			}
			for _, n := range sv.Notes {
				fmt.Fprintf(c.Stdout, "    %s\n", plain(n))
			}
		}
		for _, o := range f.Others {
			fmt.Fprintf(c.Stdout, "  %s cannot be taken: %s\n", plain(o.Title), plain(o.Why))
		}
	}
	return nil
}
