// Drawbridge lets approved remote agents use the STDIO MCP servers of this machine, behind sign-in,
// with every call visible and recorded.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"drawbridge/app/cli"
	"drawbridge/app/ui/desktop"
	"drawbridge/stdio"
)

// version is set when a release is built.
var version = "dev"

func main() {
	if stdio.Reexec() {
		return
	}
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	c := cli.Config{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: version,
	}
	if desktop.Available() {
		c.Tray = desktop.Run
	}
	return cli.Run(ctx, c)
}
