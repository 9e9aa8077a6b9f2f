package demo

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"drawbridge/internal/wire"
)

const (
	notesMost = 100
	noteMost  = 64 << 10 // bytes of one note
	nameMost  = 64       // bytes of a note's name
	scheme    = "note:///"
)

func noteURI(name string) string { return scheme + url.PathEscape(name) }

// noteName is the name in a note's URI; "" when it is none.
func noteName(uri string) string {
	path, ok := strings.CutPrefix(uri, scheme)
	name, err := url.PathUnescape(path)
	if !ok || err != nil {
		return ""
	}
	return name
}

func (s *server) note(name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.notes[name]
	return text, ok
}

// noteNames are the names of all notes, sorted.
func (s *server) noteNames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.notes))
}

// writeNote adds or changes a note and tells who wants to know.
func (s *server) writeNote(name, text string) error {
	if name == "" || len(name) > nameMost || len(text) > noteMost {
		return toolError("a note has a name of 1 to 64 bytes and a text of at most 64 KiB")
	}
	s.mu.Lock()
	_, old := s.notes[name]
	full := !old && len(s.notes) >= notesMost
	if !full {
		s.notes[name] = text
	}
	s.mu.Unlock()
	if full {
		return toolError("there are 100 notes already; delete one first")
	}
	s.changed(name, !old)
	return nil
}

func (s *server) deleteNote(name string) error {
	s.mu.Lock()
	_, ok := s.notes[name]
	delete(s.notes, name)
	s.mu.Unlock()
	if !ok {
		return toolError("no such note: " + name)
	}
	s.changed(name, true)
	return nil
}

func (r *request) listNotes() (object, error) {
	list := []object{}
	for _, name := range r.server.noteNames() {
		list = append(list, object{"uri": noteURI(name), "name": name, "mimeType": "text/plain"})
	}
	return object{"resources": list}, nil
}

func (r *request) listTemplates() (object, error) {
	return object{"resourceTemplates": []object{
		{"uriTemplate": scheme + "{name}", "name": "note", "title": "A note by its name", "mimeType": "text/plain"},
	}}, nil
}

func (r *request) readNote() (object, error) {
	contents, ok := r.server.contents(noteName(r.URI()))
	if !ok {
		code := wire.ResourceNotFound
		if r.modern() {
			code = wire.InvalidParams
		}
		return nil, &wire.Error{Code: code, Message: "no such note", Data: encode(object{"uri": r.URI()})}
	}
	return object{"contents": []object{contents}}, nil
}

func (s *server) contents(name string) (object, bool) {
	text, ok := s.note(name)
	return object{"uri": noteURI(name), "mimeType": "text/plain", "text": text}, ok
}
