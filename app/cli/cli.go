// Package cli is the command line: one client of the application among others. Commands act on the
// App that runs, through its control socket; where none runs, those that are safe without one act
// on its home directly.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"drawbridge/app"
)

// Exit codes. The help text lists them.
const (
	exitOK = iota
	exitFailed
	exitUsage
	exitNotRunning
	exitDamaged
)

const description = `Drawbridge lets approved remote agents use the STDIO MCP servers of this machine, with every call visible and recorded.

Commands act on the running bridge. Where none runs, raise, lower, token, agents list|revoke, secrets, tunnel add|change|remove|key, servers list|add|change|import|try|remove, settings list|get|set|unset|at-login, policy and audit work on its files directly.

DRAWBRIDGE_HOME is where everything is kept, if not in the usual places. DRAWBRIDGE_DEBUG makes the log say more.

Exit codes: 0 done; 1 failed; 2 the command line is wrong; 3 no bridge is running and the command needs one; 4 audit verify found damage.`

// Config is what Run needs of the program.
type Config struct {
	Args           []string  // without the program's name
	Stdin          io.Reader // read by demo-server alone
	Stdout, Stderr io.Writer // required
	Version        string    // of the program

	// Tray runs the desktop, until the owner quits, when it returns nil, or ctx is done. It is called on the
	// goroutine of Run. nil in a build without one.
	Tray func(ctx context.Context, d app.Desktop) error
}

// grammar is the command line.
type grammar struct {
	Tray   trayCmd   `cmd:"" default:"withargs" hidden:"" help:"Start the tray app; also what drawbridge alone does."`
	Serve  serveCmd  `cmd:"" help:"Run the bridge without a desktop."`
	Token  tokenCmd  `cmd:"" help:"Issue, list, rotate and revoke the tokens of agents."`
	Agents agentsCmd `cmd:"" help:"Show agents and what they have open; approve, refuse or disconnect one."`

	Signin  signInCmd  `cmd:"" help:"Sign in at the company's identity provider."`
	Signout signOutCmd `cmd:"" help:"Forget the sign-in, here and at the provider."`
	Secrets secretsCmd `cmd:"" help:"Keep secrets for servers and sign-in in the keychain."`

	Tunnel tunnelCmd `cmd:"" help:"Let agents reach the bridge from elsewhere."`

	Servers servers  `cmd:"" help:"Show and manage the servers behind the bridge."`
	Share   shareCmd `cmd:"" help:"Show how an agent reaches a server: what to paste into which program."`

	Pins     pinsCmd     `cmd:"" help:"Show what of servers is not as you approved it; accept or reject it."`
	Policy   policyCmd   `cmd:"" help:"Show and change the rules, and say what they make of a call."`
	Calls    callsCmd    `cmd:"" help:"Show the calls of agents, and answer those that wait for you."`
	Audit    auditCmd    `cmd:"" help:"Read, check and export the record of what agents did."`
	Settings settingsCmd `cmd:"" help:"Show settings, change one, or try it."`
	Status   statusCmd   `cmd:"" help:"Show how the bridge is."`
	Metrics  metricsCmd  `cmd:"" help:"Print what was counted since the bridge started, in the Prometheus text format."`
	Raise    raiseCmd    `cmd:"" help:"Let nothing pass: sessions, calls and processes end now, and nothing starts until you lower the bridge."`
	Lower    lowerCmd    `cmd:"" help:"Let approved agents in again."`

	Quit quitCmd `cmd:"" help:"End the bridge, and the tray app with it; what agents have open ends too."`

	Version    versionCmd `cmd:"" help:"Print the version."`
	DemoServer demoCmd    `cmd:"" help:"Be the built-in MCP server on standard input and output."`
}

// console is what a command works with.
type console struct {
	Config
	ctx context.Context
}

// Run does what the command line says and returns the exit code. It ends when ctx does.
func Run(ctx context.Context, c Config) int {
	if len(c.Args) == 0 && c.Tray == nil {
		c.Args = []string{"--help"}
	}
	code := -1
	parser, err := kong.New(&grammar{},
		kong.Name("drawbridge"), kong.Description(description), kong.Writers(c.Stdout, c.Stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(n int) { code = n }),
	)
	if err != nil {
		panic(err) // the grammar is wrong
	}
	parsed, err := parser.Parse(c.Args)
	if code >= 0 { // the help text was asked for, and printed
		return code
	}
	if err != nil {
		fmt.Fprintf(c.Stderr, "drawbridge: %v\n", err)
		return exitUsage
	}
	cons := &console{c, ctx}
	if err := parsed.Run(cons); err != nil {
		return cons.report(err)
	}
	return exitOK
}

// report tells the owner what went wrong, and what to do, and is the exit code for that.
func (c *console) report(err error) int {
	fmt.Fprintf(c.Stderr, "drawbridge: %s\n", plain(err.Error()))
	switch {
	case errors.Is(err, app.ErrNotRunning):
		return exitNotRunning
	case errors.Is(err, app.ErrUsage):
		return exitUsage
	case errors.Is(err, errDamaged):
		return exitDamaged
	}
	return exitFailed
}

// usage is the error for a command line that cannot be right.
type usage string

func (u usage) Error() string { return string(u) }

// Unwrap is app.ErrUsage.
func (u usage) Unwrap() error { return app.ErrUsage }

// hint is a line for the person at the terminal, apart from what a program would read.
func (c *console) hint(format string, a ...any) { fmt.Fprintf(c.Stderr, format+"\n", a...) }
