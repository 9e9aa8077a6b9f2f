package demo

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"drawbridge/assets"
	"drawbridge/internal/wire"
)

// tool is one tool: how it is listed and what it does.
type tool struct {
	name, title, description string
	input                    object   // properties of its arguments
	required                 []string // among them
	output                   object   // properties of its structured result; nil for none
	writes                   bool     // it changes something
	call                     func(*request) (object, error)
}

// tools are all tools, in the order they are listed in.
func tools() []tool {
	str := func(about string) object { return object{"type": "string", "description": about} }
	num := func(about string) object { return object{"type": "number", "description": about} }
	return []tool{
		{name: "echo", title: "Echo", description: "Returns the text it is given.",
			input: object{"text": str("What to return")}, required: []string{"text"}, call: (*request).echo},
		{name: "add", title: "Add", description: "Adds two numbers.",
			input: object{"a": num("The first"), "b": num("The second")}, required: []string{"a", "b"},
			output: object{"sum": object{"type": "number"}}, call: (*request).add},
		{name: "clock", title: "Clock", description: "Tells the time.",
			input: object{"zone": str("A time zone such as Europe/Paris; UTC when left out")}, call: (*request).clock},
		{name: "draw", title: "Draw", description: "Draws the bridge.", call: (*request).draw},
		{name: "write-note", title: "Write a note", description: "Adds a note, or changes the one of that name.",
			input:    object{"name": str("The note's name"), "text": str("What it says")},
			required: []string{"name", "text"}, writes: true, call: (*request).writeNote},
		{name: "delete-note", title: "Delete a note", description: "Deletes a note.",
			input: object{"name": str("The note's name")}, required: []string{"name"}, writes: true, call: (*request).deleteNote},
		{name: "slow", title: "Take a while", description: "Takes its time, tells how far it is, and can be cancelled.",
			input: object{"seconds": num("How long; 5 when left out, 60 at most")}, call: (*request).slow},
		{name: "ask-name", title: "Ask for a name", description: "Asks the user for their name and greets them.",
			call: (*request).askName},
		{name: "summarize", title: "Summarize", description: "Has the client's own model sum up a text.",
			input: object{"text": str("What to sum up")}, required: []string{"text"}, call: (*request).summarize},
	}
}

func (t tool) list() object {
	o := object{
		"name": t.name, "title": t.title, "description": t.description, "inputSchema": schema(t.input, t.required),
		"annotations": object{"readOnlyHint": !t.writes, "destructiveHint": t.writes, "openWorldHint": false},
	}
	if t.output != nil {
		o["outputSchema"] = schema(t.output, nil)
	}
	return o
}

func schema(properties object, required []string) object {
	if properties == nil {
		properties = object{}
	}
	o := object{"type": "object", "properties": properties}
	if required != nil {
		o["required"] = required
	}
	return o
}

func (r *request) listTools() (object, error) {
	list := []object{}
	for _, t := range tools() {
		list = append(list, t.list())
	}
	return object{"tools": list}, nil
}

// toolError is what a tool says when it fails: a result, not an error of the protocol.
type toolError string

func (e toolError) Error() string { return string(e) }

func (r *request) callTool() (object, error) {
	for _, t := range tools() {
		if t.name != r.Name() {
			continue
		}
		for _, name := range t.required {
			if wire.Get(r.Arguments(), name) == nil {
				return nil, invalid("%s needs the argument %q", t.name, name)
			}
		}
		result, err := t.call(r)
		var failed toolError
		if errors.As(err, &failed) {
			return object{"content": []object{text(failed.Error())}, "isError": true}, nil
		}
		return result, err
	}
	return nil, invalid("no such tool: %q", r.Name())
}

func text(s string) object { return object{"type": "text", "text": s} }

func say(format string, a ...any) (object, error) {
	return object{"content": []object{text(fmt.Sprintf(format, a...))}}, nil
}

func (r *request) draw() (object, error) {
	picture := base64.StdEncoding.EncodeToString(assets.Icon)
	return object{"content": []object{text("This is the bridge, lowered."), {"type": "image", "mimeType": "image/png", "data": picture}}}, nil
}

func (r *request) echo() (object, error) {
	var in struct{ Text string }
	if err := r.arguments(&in); err != nil {
		return nil, err
	}
	return say("%s", in.Text)
}

func (r *request) add() (object, error) {
	var in struct{ A, B float64 }
	if err := r.arguments(&in); err != nil {
		return nil, err
	}
	sum := in.A + in.B
	if sum-sum != 0 { // infinite: JSON has no such number
		return nil, toolError("the sum is too large")
	}
	return object{"content": []object{text(fmt.Sprint(sum))}, "structuredContent": object{"sum": sum}}, nil
}

func (r *request) clock() (object, error) {
	var in struct{ Zone string }
	if err := r.arguments(&in); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(cmp.Or(in.Zone, "UTC"))
	if err != nil {
		return nil, toolError("no such time zone: " + in.Zone)
	}
	return say("%s", time.Now().In(zone).Format(time.RFC3339))
}

func (r *request) writeNote() (object, error) {
	var in struct{ Name, Text string }
	if err := r.arguments(&in); err != nil {
		return nil, err
	}
	if err := r.server.writeNote(in.Name, in.Text); err != nil {
		return nil, err
	}
	return object{"content": []object{
		text("Written."),
		{"type": "resource_link", "uri": noteURI(in.Name), "name": in.Name, "mimeType": "text/plain"},
	}}, nil
}

func (r *request) deleteNote() (object, error) {
	var in struct{ Name string }
	if err := r.arguments(&in); err != nil {
		return nil, err
	}
	if err := r.server.deleteNote(in.Name); err != nil {
		return nil, err
	}
	return say("Deleted.")
}

// slow takes its time in ten steps.
func (r *request) slow() (object, error) {
	const steps, most = 10, 60
	in := struct{ Seconds float64 }{5}
	if err := r.arguments(&in); err != nil {
		return nil, err
	}
	took := time.Duration(min(max(in.Seconds, 0), most) * float64(time.Second))
	r.log("info", fmt.Sprintf("this will take %v", took))
	tick := time.NewTicker(max(took/steps, time.Nanosecond))
	defer tick.Stop()
	for step := 1; step <= steps; step++ {
		select {
		case <-tick.C:
			r.progress(step, steps, fmt.Sprintf("step %d of %d", step, steps))
		case <-r.ctx.Done():
			return nil, context.Cause(r.ctx)
		}
	}
	return say("That took %v.", took)
}

func (r *request) askName() (object, error) {
	answer, err := r.ask(question{
		key: "name", method: "elicitation/create", capability: "elicitation",
		params: object{
			"message": "What is your name?",
			"requestedSchema": object{
				"type": "object", "properties": object{"name": object{"type": "string", "title": "Name"}}, "required": []string{"name"},
			},
		},
	})
	if err != nil {
		return nil, err
	}
	name, _ := wire.String(wire.Get(answer, "content", "name"))
	if action, _ := wire.String(wire.Get(answer, "action")); action != "accept" || name == "" {
		return say("Nice to meet you, whoever you are.")
	}
	return say("Nice to meet you, %s.", name)
}

func (r *request) summarize() (object, error) {
	var in struct{ Text string }
	if err := r.arguments(&in); err != nil {
		return nil, err
	}
	answer, err := r.ask(question{
		key: "summary", method: "sampling/createMessage", capability: "sampling",
		params: object{
			"messages":  []object{{"role": "user", "content": text("Sum this up in one sentence:\n\n" + in.Text)}},
			"maxTokens": 200,
		},
	})
	if err != nil {
		return nil, err
	}
	summary, ok := wire.String(wire.Get(answer, "content", "text"))
	if !ok {
		return nil, toolError("the client's model did not answer with a text")
	}
	return say("%s", strings.TrimSpace(summary))
}
