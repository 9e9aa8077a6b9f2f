package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	"drawbridge/app"
)

type signInCmd struct {
	JSON bool `help:"Print who is signed in as JSON, and begin nothing."`
}

// Run signs the owner in. The address is printed alone on standard output, so that a program can open it.
func (s *signInCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		if s.JSON {
			who, err := o.Owner()
			if err != nil {
				return err
			}
			return printJSON(c.Stdout, newOwnerRow(who))
		}
		who, err := o.SignIn(c.ctx, func(address string) error {
			c.hint("Open this page in a browser on this machine:")
			_, err := fmt.Fprintln(c.Stdout, address)
			return err
		})
		if err != nil {
			return err
		}
		c.hint("Signed in as %s.", plain(cmp.Or(who.Email, who.Subject)))
		return nil
	})
}

// ownerRow is the owner's sign-in as `signin --json` prints it.
type ownerRow struct {
	Provider string `json:"provider,omitempty"`
	Required bool   `json:"required"`
	Subject  string `json:"subject,omitempty"`
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
	Problem  string `json:"problem,omitempty"`
}

func newOwnerRow(o app.Owner) ownerRow {
	return ownerRow{o.Provider, o.Required, o.Subject, o.Email, o.Name, o.Problem}
}

type signOutCmd struct{}

func (*signOutCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		if err := o.SignOut(c.ctx); err != nil {
			return err
		}
		c.hint("Signed out.")
		return nil
	})
}

type secretsCmd struct {
	Set    secretsSetCmd    `cmd:"" help:"Keep what is read from standard input in the keychain, for $${keychain:NAME} in config.json."`
	Remove secretsRemoveCmd `cmd:"" help:"Take a secret out of the keychain."`
}

type secretsSetCmd struct {
	Name string `arg:"" help:"What stands in $${keychain:NAME}."`
}

const maxSecret = 64 << 10 // bytes

func (s *secretsSetCmd) Run(c *console) error {
	if c.Stdin == nil {
		return usage("give the secret on standard input")
	}
	value, err := io.ReadAll(io.LimitReader(c.Stdin, maxSecret+1))
	if err != nil {
		return err
	}
	if len(value) > maxSecret {
		return errors.New("the secret is longer than 64 KiB")
	}
	value = bytes.TrimSuffix(bytes.TrimSuffix(value, []byte("\n")), []byte("\r"))
	return c.do(c.any, func(o owner) error {
		if err := o.SetSecret(s.Name, string(value)); err != nil {
			return err
		}
		c.hint("Kept. Servers that are running get it when they start anew.")
		return nil
	})
}

type secretsRemoveCmd struct {
	Name string `arg:"" help:"What stands in $${keychain:NAME}."`
}

func (s *secretsRemoveCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error { return o.RemoveSecret(s.Name) })
}
