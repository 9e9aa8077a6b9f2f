package demo

import (
	"cmp"
	"fmt"
	"strings"

	"drawbridge/internal/wire"
)

// greetings by language.
var greetings = [...]struct{ language, word string }{
	{"english", "Hello"}, {"french", "Bonjour"}, {"german", "Guten Tag"}, {"italian", "Buongiorno"}, {"spanish", "Buenos días"},
}

func (r *request) listPrompts() (object, error) {
	return object{"prompts": []object{
		{
			"name": "greet", "title": "Greet somebody", "description": "A friendly greeting.",
			"arguments": []object{
				{"name": "name", "description": "Whom to greet", "required": true},
				{"name": "language", "description": "In which language; english when left out"},
			},
		},
		{
			"name": "review-note", "title": "Review a note", "description": "What could be better about a note?",
			"arguments": []object{{"name": "note", "description": "The note's name", "required": true}},
		},
	}}, nil
}

func (r *request) getPrompt() (object, error) {
	var in struct{ Name, Language, Note string }
	if err := r.arguments(&in); err != nil {
		return nil, err
	}
	switch r.Name() {
	case "greet":
		return greet(in.Name, cmp.Or(in.Language, "english"))
	case "review-note":
		contents, ok := r.server.contents(in.Note)
		if !ok {
			return nil, invalid("no such note: %q", in.Note)
		}
		return object{"messages": []object{
			{"role": "user", "content": text("What could be better about this note?")},
			{"role": "user", "content": object{"type": "resource", "resource": contents}},
		}}, nil
	}
	return nil, invalid("no such prompt: %q", r.Name())
}

func greet(name, language string) (object, error) {
	if name == "" {
		return nil, invalid("greet needs a name")
	}
	for _, g := range greetings {
		if g.language == language {
			say := fmt.Sprintf("Greet %s in %s. Begin with %q.", name, language, g.word)
			return object{"messages": []object{{"role": "user", "content": text(say)}}}, nil
		}
	}
	return nil, invalid("no such language: %q", language)
}

// completion completes languages and the names of notes.
func (r *request) completion() (object, error) {
	argument, _ := wire.String(wire.Get(r.Params(), "argument", "name"))
	begun, _ := wire.String(wire.Get(r.Params(), "argument", "value"))
	var all []string
	switch {
	case r.Name() == "greet" && argument == "language":
		for _, g := range greetings {
			all = append(all, g.language)
		}
	case r.Name() == "review-note" && argument == "note", r.URI() == scheme+"{name}" && argument == "name":
		all = r.server.noteNames()
	}
	values := []string{}
	for _, v := range all {
		if strings.HasPrefix(v, begun) {
			values = append(values, v)
		}
	}
	return object{"completion": object{"values": values, "total": len(values), "hasMore": false}}, nil
}
