package cli

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge/app/share"
	"drawbridge/bridge"
)

type shareCmd struct {
	For   string `placeholder:"CLIENT" default:"claude-code" help:"The program that the agent runs in: claude-code, claude-ai, chatgpt, cursor, vscode, codex, gemini, mcp-remote or curl."`
	Token string `placeholder:"AGENT" help:"Make a new token for an agent of that name and put it in; otherwise the agent signs in."`
	QR    bool   `name:"qr" help:"Print the address as a QR code."`
	At    string `placeholder:"TUNNEL" help:"Give the address of this tunnel; otherwise the first that is up, or this machine's own."`

	Server []string `arg:"" optional:"" help:"The server; all of them joined when left out, or when there are several."`
}

func (s *shareCmd) Run(c *console) error {
	client, ok := share.For(s.For)
	if !ok {
		return usage(fmt.Sprintf("--for %s: known are %s", s.For, strings.Join(share.Keys(), ", ")))
	}
	if s.Token != "" && !client.Tokens {
		return usage(client.Title + " takes no token: leave out --token, and it signs in")
	}
	return c.do(c.live, func(o owner) error {
		all, err := o.Servers()
		if err != nil {
			return err
		}
		for _, name := range s.Server {
			if !slices.ContainsFunc(all, func(sv bridge.Server) bool { return sv.Name == name }) {
				return fmt.Errorf("there is no server %q; drawbridge servers list shows them", name)
			}
		}
		address, err := s.address(o)
		if err != nil {
			return err
		}
		token := ""
		if s.Token != "" {
			if token, err = o.NewToken(s.Token, s.Server, nil, 0); err != nil {
				return err
			}
		}
		return s.print(c, client, address, token)
	})
}

// address is the one that agents are told.
func (s *shareCmd) address(o owner) (string, error) {
	if s.At == "" {
		status, err := o.Status()
		return status.Address, err
	}
	t, err := tunnelNamed(o, s.At)
	if err == nil && t.Status.URL == "" {
		err = fmt.Errorf("tunnel %q is not up; drawbridge tunnel shows why", s.At)
	}
	return t.Status.URL, err
}

// print puts what is to be pasted on standard output, and what is said about it beside.
func (s *shareCmd) print(c *console, client share.Client, address, token string) error {
	link := share.To(address, s.Server, token)
	if s.QR {
		squares, err := share.QR(link.URL)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(c.Stdout, share.Blocks(squares))
		return err
	}
	snippet := client.Snippet(link)
	c.hint("%s", snippet.Where)
	if client.Remote && share.IsNear(address) {
		c.hint("%s runs in the cloud and cannot reach %s: open a tunnel, or set publicURL in config.json.", client.Title, address)
	}
	if snippet.Install != "" {
		c.hint("Install: %s", snippet.Install)
	}
	_, err := fmt.Fprintln(c.Stdout, snippet.Text)
	return err
}
