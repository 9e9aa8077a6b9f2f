package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"drawbridge/app"
	"drawbridge/bridge"
	"drawbridge/bridge/pin"
)

type pinsCmd struct {
	List   pinsListCmd   `cmd:"" help:"List what is not as you approved it."`
	Show   pinsShowCmd   `cmd:"" help:"Show what changed."`
	Accept pinsAcceptCmd `cmd:"" help:"Approve things as pins show has shown them; agents may use them then."`
	Reject pinsRejectCmd `cmd:"" help:"Leave things hidden from agents, and be told of them no more."`
}

type pinsListCmd struct {
	listing
	All    bool   `help:"List what is as you approved it, too."`
	Server string `arg:"" optional:"" help:"The server's name; all servers when left out."`
}

// pinRow is one thing as `pins list --json` prints it.
type pinRow struct {
	Server string    `json:"server"`
	Kind   pin.Kind  `json:"kind"`
	Name   string    `json:"name,omitempty"`
	State  string    `json:"state"`
	Since  time.Time `json:"since,omitzero"`
	Digest string    `json:"digest"`
}

// approved is the state of a thing that is as the owner approved it.
const approved = "approved"

// state is how a thing is, in a word.
func state(p app.Pin) string {
	switch {
	case !p.Held:
		return approved
	case p.Rejected:
		return "rejected"
	case p.Unsteady:
		return "keeps changing"
	case p.New:
		return "new"
	}
	return "changed"
}

func (l *pinsListCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		names := []string{l.Server}
		if l.Server == "" {
			all, err := o.Servers()
			if err != nil {
				return err
			}
			names = nil
			for _, s := range all {
				names = append(names, s.Name)
			}
		}
		var rows []pinRow
		for _, name := range names {
			pins, err := o.Pins(name)
			if err != nil {
				return err
			}
			for _, p := range pins.Pins {
				if p.Held || l.All {
					rows = append(rows, pinRow{name, p.Kind, p.Name, state(p), p.Since, p.Digest.Short()})
				}
			}
			if pins.More > 0 {
				c.hint("%s shows %d more new things than are kept; they are hidden too.", name, pins.More)
			}
		}
		return show(c.Stdout, l.JSON, rows, "SERVER\tKIND\tNAME\tSTATE\tSINCE\tDIGEST", "Everything is as you approved it.", func(r pinRow) string {
			return cells(r.Server, r.Kind, cut(r.Name, 60), r.State, when(r.Since, ""), r.Digest)
		})
	})
}

type pinsShowCmd struct {
	JSON   bool   `help:"Print JSON."`
	Server string `arg:"" help:"The server's name."`
	Name   string `arg:"" optional:"" help:"What to show: a name, KIND:NAME, or instructions; everything that is held when left out."`
}

// pinShown is one thing as `pins show --json` prints it.
type pinShown struct {
	pinRow
	pin.Diff
}

func (s *pinsShowCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		pins, err := o.Pins(s.Server)
		if err != nil {
			return err
		}
		chosen := keepHeld(pins.Pins)
		if s.Name != "" {
			p, err := choose(pins.Pins, s.Name)
			if err != nil {
				return err
			}
			chosen = []app.Pin{p}
		}
		all := []pinShown{}
		for _, p := range chosen {
			d, err := o.PinDiff(s.Server, p.Thing)
			if err != nil {
				return err
			}
			all = append(all, pinShown{pinRow{s.Server, p.Kind, p.Name, state(p), p.Since, d.Form.Short()}, d})
		}
		if s.JSON {
			return printJSON(c.Stdout, all)
		}
		if len(all) == 0 {
			fmt.Fprintln(c.Stdout, "Everything is as you approved it.")
		}
		for i, p := range all {
			if i > 0 {
				fmt.Fprintln(c.Stdout)
			}
			p.print(c.Stdout)
		}
		return nil
	})
}

// print prints what changed, for people. Old text stands in [-…-], new text in {+…+}.
func (p pinShown) print(w io.Writer) {
	fmt.Fprintf(w, "%s (%s, digest %s)\n", plain(strings.TrimSpace(string(p.Kind)+" "+p.Name)), p.State, p.Digest)
	for _, c := range p.Changes {
		path := c.Path
		if path == "" {
			path = string(p.Kind)
		}
		what := c.What + " "
		if p.State == approved {
			what = "" // it is shown as it is
		}
		switch text := marked(c); {
		case strings.Contains(text, "\n") || len(text) > 100:
			fmt.Fprintf(w, "  %s%s:\n", what, plain(path))
			for line := range strings.SplitSeq(text, "\n") {
				fmt.Fprintf(w, "    %s\n", plain(line))
			}
		default:
			fmt.Fprintf(w, "  %s%s: %s\n", what, plain(path), plain(text))
		}
	}
	if p.More > 0 {
		fmt.Fprintf(w, "  and %d more\n", p.More)
	}
	if p.Unseen {
		fmt.Fprintln(w, "  There is more text than is kept, and a part of it that is not shown here differs.")
	}
	if p.Hidden {
		fmt.Fprintln(w, "  Mind: it has characters that cannot be seen. They are written out as ⟨…⟩ here.")
	}
	if p.State != approved {
		fmt.Fprintf(w, "  Accept it as it is here: drawbridge pins accept %s %s --digest %s\n", p.Server, argument(p.Thing()), p.Digest)
	}
}

func (r pinRow) Thing() pin.Thing { return pin.Thing{Kind: r.Kind, Name: r.Name} }

// argument is what names a thing on the command line.
func argument(t pin.Thing) string {
	if t.Kind == pin.Instructions {
		return string(t.Kind)
	}
	return "'" + plain(strings.ReplaceAll(string(t.Kind)+":"+t.Name, "'", `'\''`)) + "'"
}

// marked is a change in one text.
func marked(c pin.Change) string {
	if c.Pieces == nil {
		return c.Old + c.New
	}
	var b strings.Builder
	for _, p := range c.Pieces {
		switch p.In {
		case pin.Old:
			b.WriteString("[-" + p.Text + "-]")
		case pin.New:
			b.WriteString("{+" + p.Text + "+}")
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func keepHeld(all []app.Pin) []app.Pin {
	return slices.DeleteFunc(slices.Clone(all), func(p app.Pin) bool { return !p.Held })
}

// choose is the one thing that is called name: its name alone, or with its kind and a colon before it.
func choose(all []app.Pin, name string) (app.Pin, error) {
	var found []app.Pin
	for _, p := range all {
		if p.Name == name || string(p.Kind)+":"+p.Name == name || p.Kind == pin.Instructions && name == string(p.Kind) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return app.Pin{}, fmt.Errorf("%q: %w", name, app.ErrUnknown)
	case 1:
		return found[0], nil
	}
	return app.Pin{}, usage(fmt.Sprintf("there is a %s and a %s called %q; write %s", found[0].Kind, found[1].Kind, name, argument(found[0].Thing)))
}

type pinsAcceptCmd struct {
	Server string   `arg:"" help:"The server's name."`
	Names  []string `arg:"" optional:"" name:"name" help:"What to accept: names, KIND:NAME, or instructions."`
	All    bool     `help:"Everything of the server that is held and that you have not rejected, as it is now."`
	Digest []string `help:"What you have looked at: a digest that pins show has printed, one for each name."`
}

func (a *pinsAcceptCmd) Run(c *console) error {
	if a.All == (len(a.Names) > 0) {
		return usage("name what to accept, or write --all")
	}
	if len(a.Digest) != len(a.Names) {
		return usage("write a --digest for each name: drawbridge pins show prints them with what they are of")
	}
	return c.do(c.live, func(o owner) error {
		which, err := forms(o, a.Server, a.Names, a.Digest)
		if err != nil {
			return err
		}
		if len(which) == 0 {
			c.hint("Nothing of %s waits for you.", plain(a.Server))
			return nil
		}
		if err := o.AcceptPins(a.Server, which...); err != nil {
			return err
		}
		c.hint("Accepted %d of %s. Agents may use them now.", len(which), plain(a.Server))
		return nil
	})
}

type pinsRejectCmd struct {
	Server string   `arg:"" help:"The server's name."`
	Names  []string `arg:"" name:"name" help:"What to reject: names, KIND:NAME, or instructions."`
}

func (r *pinsRejectCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		which, err := forms(o, r.Server, r.Names, nil)
		if err != nil {
			return err
		}
		if err := o.RejectPins(r.Server, which...); err != nil {
			return err
		}
		c.hint("Rejected %d of %s. They stay hidden from agents.", len(which), plain(r.Server))
		return nil
	})
}

// forms are the held things of those names, as they are now or in the forms of those digests; without names all that wait.
func forms(o owner, server string, names, digests []string) (which []bridge.PinForm, err error) {
	pins, err := o.Pins(server)
	if err != nil {
		return nil, err
	}
	held := keepHeld(pins.Pins)
	if names == nil {
		held = slices.DeleteFunc(held, func(p app.Pin) bool { return p.Rejected })
		for _, p := range held {
			which = append(which, bridge.PinForm{Thing: p.Thing, Digest: p.Digest})
		}
		return which, nil
	}
	for i, name := range names {
		p, err := choose(pins.Pins, name)
		if err != nil {
			return nil, err
		}
		if !p.Held {
			return nil, fmt.Errorf("%q is as you approved it; there is nothing to do", name)
		}
		if digests != nil {
			p.Digest = pin.Digest(digests[i])
		}
		which = append(which, bridge.PinForm{Thing: p.Thing, Digest: p.Digest})
	}
	return which, nil
}
