package ui

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

// collectorKind is what a collector may take.
type collectorKind struct{ key, name, hint, note string }

func collectorKinds() []collectorKind {
	return []collectorKind{
		{"syslog", "Syslog", "tcp+tls://logs.example.com:6514", "The record, over TLS; on this computer also by tcp, udp or unix:///dev/log"},
		{"otlp", "OTLP logs", "https://otel.example.com:4318/v1/logs", "The record, by OTLP over HTTP"},
		{"traces", "OTLP traces", "https://otel.example.com:4318/v1/traces", "A span for each call, and nothing of arguments and answers"},
	}
}

// collectorForm is the dialog for a collector.
type collectorForm struct {
	*entryForm
	kinds   []collectorKind
	kind    *look.Segments
	address *look.FormField
	headers *look.FormField
	name    *look.FormField // of the header that has a secret
	secret  *secretField    // what that says
	secrets fyne.CanvasObject
}

// editCollector opens the dialog for a collector, or with -1 for a new one.
func (w *window) editCollector(l *settingList, at int) *entryForm {
	f := &collectorForm{entryForm: newEntryForm(l, at), kinds: collectorKinds()}
	f.address = look.NewFormField("Address", look.NewEntry(""), "")
	f.headers = look.NewFormField("Headers", look.NewLines("Authorization: Bearer ${keychain:otlp}", 2), "One NAME: VALUE a line")
	f.headers.Entry.SetText(headerLines(f.entry["headers"]))
	f.put("address", f.address, func(string) (any, error) { return nil, nil }) // its key is what it takes
	f.put("headers", f.headers, headersOf)
	f.hidden()
	f.blamed, f.missing = f.address, f.lacks
	f.more = func(entry map[string]any) {
		f.takes(entry)
		f.hide(entry)
	}
	ca := f.field("Authorities that may vouch for it", "ca", "Those of the system", "A file of certificates, for a company's own", text)
	f.choose()
	title := "Add a collector"
	if at >= 0 {
		title = fmt.Sprintf("Edit collector %d", at+1)
	}
	f.open(title, "It gets what is recorded from then on, redacted as it is stored. No call waits for it.", f.kind,
		look.Field("What it takes", look.Across(0, f.kind), ""), f.address.Body, f.headers.Body, f.secrets, ca)
	return f.entryForm
}

// choose offers what a collector may take, with what this one takes chosen.
func (f *collectorForm) choose() {
	var names []string
	for _, k := range f.kinds {
		names = append(names, k.name)
	}
	f.kind = look.NewSegments(f.turn, names...)
	f.turn(0)
	for i, k := range f.kinds {
		if was, ok := f.entry[k.key]; ok {
			f.address.Entry.SetText(typed(was))
			f.kind.Pick(i)
		}
	}
}

// turn fits the fields to what the collector takes.
func (f *collectorForm) turn(i int) {
	f.address.Entry.SetPlaceHolder(f.kinds[i].hint)
	f.address.Hint(f.kinds[i].note)
	for _, field := range []*look.FormField{f.headers, f.name, f.secret.FormField} {
		visible(field.Body, i > 0)
	}
	visible(f.secrets, i > 0)
	f.check()
}

// takes puts the address under what the collector takes.
func (f *collectorForm) takes(entry map[string]any) {
	for _, k := range f.kinds {
		delete(entry, k.key)
	}
	if typed := strings.TrimSpace(f.address.Entry.Text); typed != "" {
		entry[f.kinds[f.kind.At()].key] = typed
	}
}

func (f *collectorForm) lacks(map[string]any) lack {
	if strings.TrimSpace(f.address.Entry.Text) == "" {
		return lack{"address", "Write its address."}
	}
	return lack{}
}

// hidden makes the fields of a header whose value nobody is to see.
func (f *collectorForm) hidden() {
	f.name = look.NewFormField("Header with a secret", look.NewEntry("Authorization"), "As the collector wants it")
	f.secret = newSecretField("What it says", "Bearer …", "The keychain keeps it", f.check)
	f.secrets = twoOf(f.name.Body, f.secret.Body)
	f.put("name", f.name, func(name string) (any, error) {
		if name == "" && f.secret.Entry.Text != "" {
			return nil, reason("Write the name of the header.")
		}
		return nil, nil
	})
	f.put("secret", f.secret.FormField, func(value string) (any, error) {
		if value == "" && strings.TrimSpace(f.name.Entry.Text) != "" {
			return nil, reason("Type what the header says.")
		}
		return nil, nil
	})
}

// hide puts the header with a secret among the others, in place of one of that name.
func (f *collectorForm) hide(entry map[string]any) {
	name := strings.TrimSpace(f.name.Entry.Text)
	value := f.secret.refer(func() string { return f.freeName("collector-"+hostOf(f.address.Entry.Text), name) }, f.keep)
	if value == "" || !f.secret.Body.Visible() {
		return
	}
	headers, _ := entry["headers"].(map[string]string)
	all := map[string]string{name: value}
	for other, value := range headers {
		if !strings.EqualFold(other, name) {
			all[other] = value
		}
	}
	entry["headers"] = all
}

// headerLines are the headers of an entry, a line each.
func headerLines(raw json.RawMessage) string {
	var headers map[string]string
	_ = json.Unmarshal(raw, &headers) // nothing is none
	var all []string
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		all = append(all, name+": "+headers[name])
	}
	return strings.Join(all, "\n")
}

// headersOf are the headers of such lines; nil where there are none.
func headersOf(text string) (any, error) {
	all := map[string]string{}
	for _, line := range lines(text) {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, reason("Write NAME: VALUE, one header a line.")
		}
		all[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	if len(all) == 0 {
		return nil, nil
	}
	if open := app.SecretVariables(all); len(open) > 0 {
		return nil, reason(plain(open[0]) + " is a secret. Take it out here, and type it into the fields below, which do not show it.")
	}
	return all, nil
}

// collectorWords is what a collector gets.
func collectorWords(raw json.RawMessage) string {
	var c struct{ Syslog, OTLP, Traces string }
	_ = json.Unmarshal(raw, &c) // what is no collector was never read
	switch {
	case c.Syslog != "":
		return "the record goes to " + c.Syslog
	case c.OTLP != "":
		return "the record goes to " + c.OTLP
	case c.Traces != "":
		return "traces go to " + c.Traces
	}
	return "nowhere yet"
}
