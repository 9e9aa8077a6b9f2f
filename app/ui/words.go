package ui

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// longest is how many runes of a name or a line that others wrote are shown.
const longest = 200

// plain is a stranger's line, safe to show.
func plain(s string) string { return look.Plain(s, longest) }

// count is "1 tool" or "3 tools".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "s") {
		return thousands(n) + " " + noun + "es"
	}
	return thousands(n) + " " + noun + "s"
}

// took is how long a call took, or has been running.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "0 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return span(d)
}

// span is a length of time in one or two words.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < day:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return count(int(d/day), "day")
}

// ago is a moment in the past.
func ago(t, now time.Time) string {
	if d := now.Sub(t); d >= time.Minute {
		return span(d) + " ago"
	}
	return "just now"
}

// listed is "a, b and c", or the first few "and 4 more".
func listed(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// dots joins what is not empty.
func dots(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "  ·  ")
}

// tidy is JSON with indentation, or the text as it is when it is none: what was cut is no JSON any more.
func tidy(text string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if raw := json.RawMessage(text); json.Valid(raw) && enc.Encode(raw) == nil {
		text = strings.TrimSuffix(b.String(), "\n")
	}
	return look.Block(text, 16<<10)
}

// what is what a call asks for: a tool's name, or the method.
func what(c *bridge.CallInfo) string {
	if c.Name != "" {
		return plain(c.Name)
	}
	return plain(c.Method)
}

// where is the server of a call; a call to all of them at once names none.
func where(c *bridge.CallInfo) string {
	if c.Server == "" {
		return "all servers"
	}
	return plain(c.Server)
}

// outcome is the state of a call in a word.
func outcome(c *bridge.CallInfo) (string, look.Tone) {
	if c.Waits && !c.Ended {
		return "Waiting for you", look.Warn
	}
	if !c.Ended {
		if p := c.Progress; p.Total > 0 {
			return fmt.Sprintf("Running %d%%", int(100*part(p))), look.Busy
		}
		return "Running", look.Busy
	}
	switch c.End.Result {
	case bridge.OK:
		return "OK", look.Good
	case bridge.InputRequired:
		return "Waiting for agent", look.Busy
	case bridge.Asked:
		return "Asked agent", look.Good
	case bridge.ToolError:
		return "Tool error", look.Warn
	case bridge.Denied:
		return "Denied", look.Warn
	case bridge.Cancelled:
		return "Cancelled", look.Quiet
	case bridge.Lost:
		return "Lost", look.Bad
	}
	return "Failed", look.Bad
}

// part is how much of a call is done, from 0 to 1. The numbers are the server's own.
func part(p bridge.Progress) float64 {
	if !(p.Total > 0) || !(p.Done > 0) {
		return 0
	}
	return min(1, p.Done/p.Total)
}

// front is a way in as its specification calls it.
func front(name string) string {
	switch name {
	case "streamable":
		return "Streamable HTTP"
	case "sse":
		return "HTTP+SSE"
	case "websocket":
		return "WebSocket"
	}
	return plain(name)
}

// condition is the state of a server in a word.
func condition(s bridge.ServerState) (string, look.Tone) {
	switch s {
	case bridge.Running:
		return "Running", look.Good
	case bridge.Starting:
		return "Starting", look.Busy
	case bridge.Idle:
		return "Idle", look.Quiet
	case bridge.CrashLoop:
		return "Crash loop", look.Bad
	case bridge.Failed:
		return "Failed", look.Bad
	}
	return "Stopped", look.Quiet
}

// moment is a time as one reads it in a list: the clock for today, else the date with it.
func moment(t, now time.Time) string {
	t = t.Local()
	if t.Format(time.DateOnly) == now.Local().Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format("2006-01-02 15:04")
}

// exact is a time to the millisecond, with its zone.
func exact(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05.000 MST") }

// thousands is a number that can be read.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
