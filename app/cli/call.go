package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"drawbridge/app"
	"drawbridge/bridge"
)

type callsShowCmd struct {
	JSON bool   `help:"Print JSON, pictures and other data included."`
	Wait bool   `help:"Keep what is said from now on, and wait until the call has ended."`
	Part int    `placeholder:"N" help:"Print that part of the answer alone, as it is: a picture goes into a file so."`
	Call uint64 `arg:"" help:"The call's number, as calls list shows it."`
}

// callShown is one call as `calls show --json` prints it.
type callShown struct {
	callRow
	Client   string       `json:"client,omitempty"` // while its session is open
	Front    string       `json:"front,omitempty"`
	Rule     string       `json:"rule,omitempty"` // that has it wait for the owner
	Progress *progressRow `json:"progress,omitempty"`
	Bytes    int          `json:"bytes,omitempty"` // of the answer
	Bare     bool         `json:"bare,omitempty"`  // what was said is no longer kept
}

// progressRow is how far a call is, by its server's account.
type progressRow struct {
	Done    float64 `json:"done"`
	Total   float64 `json:"total,omitempty"`
	Message string  `json:"message,omitempty"`
}

func (cmd *callsShowCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		if cmd.Wait {
			defer o.KeepPayloads()()
		}
		i, err := cmd.find(c, o)
		if err != nil {
			return err
		}
		row, err := newCallShown(o, i)
		if err != nil {
			return err
		}
		switch {
		case cmd.Part != 0:
			return row.part(c.Stdout, cmd.Part)
		case cmd.JSON:
			return printJSON(c.Stdout, row)
		}
		if _, err = fmt.Fprint(c.Stdout, row); err == nil && row.lacks() {
			c.hint("What is said in calls is kept whole while the window is in sight, and while calls list --follow --answers runs.")
		}
		return err
	})
}

// find is the call as the bridge remembers it, with --wait once it has ended.
func (cmd *callsShowCmd) find(c *console, o owner) (bridge.CallInfo, error) {
	for i, err := range o.Calls(c.ctx, false) {
		if err != nil {
			return i, err
		}
		if i.ID != cmd.Call {
			continue
		}
		if i.Ended || !cmd.Wait {
			return i, nil
		}
		return cmd.await(c, o)
	}
	return bridge.CallInfo{}, fmt.Errorf("call %d: %w; calls list shows those that the bridge remembers", cmd.Call, app.ErrUnknown)
}

// await is the call once it has ended.
func (cmd *callsShowCmd) await(c *console, o owner) (bridge.CallInfo, error) {
	for i, err := range o.Calls(c.ctx, true) {
		if err != nil || i.ID == cmd.Call && i.Ended {
			return i, err
		}
	}
	return bridge.CallInfo{}, cmp.Or(c.ctx.Err(), app.ErrNotRunning)
}

// newCallShown finds out what else there is to say of a call.
func newCallShown(o owner, i bridge.CallInfo) (callShown, error) {
	row := callShown{callRow: newCallRow(i), Bytes: i.End.Bytes, Bare: i.Bare}
	row.say(i.Said(o.Payload(i.ID)))
	if p := i.Progress; p != (bridge.Progress{}) {
		row.Progress = &progressRow{p.Done, p.Total, p.Message}
	}
	open, err := o.Questions()
	if err != nil {
		return row, err
	}
	if q := slices.IndexFunc(open, func(q bridge.Question) bool { return q.Call == i.ID }); q >= 0 {
		row.Rule = open[q].Rule
	}
	agents, err := o.Agents()
	for _, a := range agents {
		for _, s := range a.Sessions {
			if s.ID == i.Session {
				row.Client, row.Front = s.Client, s.Front
			}
		}
	}
	return row, err
}

// lacks reports whether more was said than is shown.
func (r callShown) lacks() bool {
	cut := func(s []byte) bool { return bytes.Contains(s, []byte("…")) }
	return cut(r.Arguments) || r.Bytes > 0 && r.Answer == nil || cut(r.Answer) && r.Content == nil || slices.ContainsFunc(r.Content, contentRow.lacks)
}

// String is the call for people, in several lines.
func (r callShown) String() string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(what, said string) {
		if said = strings.TrimSpace(said); said != "" {
			fmt.Fprintf(t, "%s\t%s\n", what, plain(said))
		}
	}
	line("Call", fmt.Sprintf("%d: %s %s", r.ID, r.Method, r.Name))
	line("Agent", r.Agent)
	line("User", r.User)
	line("Server", r.Server)
	line("Client", strings.Trim(r.Client+", "+r.Front, ", "))
	line("Started", when(r.Started, ""))
	line("Result", r.Result)
	line("By", r.Rule)
	if p := r.Progress; p != nil {
		line("Progress", p.String())
	}
	line("Took", r.took())
	if r.Bytes > 0 {
		line("Size", app.Size(r.Bytes))
	}
	line("Error", r.Error)
	t.Flush()
	if r.Bare {
		b.WriteString("What was said in it is no longer kept.\n")
	}
	if len(r.Arguments) > 0 {
		b.WriteString("Arguments\n" + inset(tidy(r.Arguments)))
	}
	if answer := r.answer(); answer != "" {
		b.WriteString("Answer\n" + answer)
	}
	return b.String()
}

func (p progressRow) String() string {
	far := fmt.Sprint(p.Done)
	if p.Total > 0 {
		far += fmt.Sprint(" of ", p.Total)
	}
	return strings.TrimSuffix(far+": "+p.Message, ": ")
}
