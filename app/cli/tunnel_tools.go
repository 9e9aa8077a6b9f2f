package cli

import (
	"fmt"

	"drawbridge/app"
)

type tunnelToolsCmd struct{}

func (*tunnelToolsCmd) Run(c *console) error {
	for _, t := range app.TunnelTools() {
		fmt.Fprintf(c.Stdout, "%s: %s\n%s\n\n", t.Name, t.Note, t.Entry.JSON())
	}
	c.hint("drawbridge settings set tunnels.NAME 'ENTRY' adds one, and drawbridge settings unset tunnels.NAME takes it out.")
	return nil
}
