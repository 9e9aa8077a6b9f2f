package ui

import (
	"encoding/json"
	"fmt"
	"strings"

	"drawbridge/app/ui/look"
)

// editQuota opens the dialog for a quota, or with -1 for a new one.
func (w *window) editQuota(l *settingList, at int) *entryForm {
	f := newEntryForm(l, at)
	shared := look.NewCheck("All of them together, instead of each agent by itself", func(bool) { f.check() })
	shared.Tick(string(f.entry["shared"]) == "true")
	f.more = func(entry map[string]any) {
		delete(entry, "shared")
		if shared.Checked {
			entry["shared"] = true
		}
	}
	f.missing = func(entry map[string]any) lack {
		if entry["callsPerMinute"] == nil && entry["atOnce"] == nil && entry["bytesPerMinute"] == nil {
			return lack{text: "Write how much it allows: calls a minute, calls at once, or bytes a minute."}
		}
		return lack{}
	}
	title := "Add a quota"
	if at >= 0 {
		title = fmt.Sprintf("Edit quota %d", at+1)
	}
	who := f.field("Agent", "agent", "Every agent", "The name of one", text)
	f.open(title, "A call must have room in every quota that it falls under.", f.fields["agent"].Entry,
		who, look.Inset(-6, 0, -6, -6, shared),
		twoOf(f.field("Server", "server", "Every server", "A name, or a pattern", text), f.field("Tool", "tool", "Everything", "A name, or a pattern such as write_*", text)),
		twoOf(f.field("Calls a minute", "callsPerMinute", "No bound", "So many may come at once", number), f.field("Calls at once", "atOnce", "No bound", "In flight", number)),
		f.field("Bytes a minute", "bytesPerMinute", "No bound", "Of requests and answers, such as 64MiB", text))
	return f
}

// quotaWords is what a quota says.
func quotaWords(raw json.RawMessage) string {
	var q struct {
		Agent, Server, Tool    string
		Shared                 bool
		CallsPerMinute, AtOnce int
		BytesPerMinute         json.RawMessage // a size, or a number of bytes
	}
	_ = json.Unmarshal(raw, &q) // what is no quota was never read
	who := "each agent"
	switch {
	case q.Agent != "":
		who = "the agent " + q.Agent
	case q.Shared:
		who = "all agents together"
	}
	var about, most []string
	if q.Server != "" {
		about = append(about, "of "+q.Server)
	}
	if q.Tool != "" {
		about = append([]string{"with " + q.Tool}, about...)
	}
	if q.CallsPerMinute > 0 {
		most = append(most, count(q.CallsPerMinute, "call")+" a minute")
	}
	if q.AtOnce > 0 {
		most = append(most, count(q.AtOnce, "call")+" at once")
	}
	if q.BytesPerMinute != nil {
		bytes := typed(q.BytesPerMinute)
		if strings.Trim(bytes, "0123456789") == "" {
			bytes += " bytes"
		}
		most = append(most, bytes+" a minute")
	}
	if most == nil {
		most = []string{"no bound yet"}
	}
	return strings.Join(append([]string{who}, about...), " ") + ": " + strings.Join(most, ", ")
}
