package demo

import (
	"slices"

	"drawbridge/internal/wire"
)

// levels are those of log messages, the least first.
var levels = []string{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"}

func (r *request) setLevel() (object, error) {
	level, _ := wire.String(wire.Get(r.Params(), "level"))
	if !slices.Contains(levels, level) {
		return nil, invalid("no such log level: %q", level)
	}
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	r.server.session.level = level
	return object{}, nil
}

// log sends a log message, if the client wants it: a modern one says so with each request, a legacy
// one gets them from info on until it says otherwise.
func (r *request) log(level, text string) {
	least := r.LogLevel()
	if !r.modern() {
		least = r.legacyLevel()
	}
	if least != "" && slices.Index(levels, level) >= slices.Index(levels, least) {
		r.server.notify("notifications/message", object{"level": level, "logger": r.Name(), "data": text})
	}
}

func (r *request) legacyLevel() string {
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	if level := r.server.session.level; level != "" {
		return level
	}
	return "info"
}

// progress tells how far the request is, if the client wants to know.
func (r *request) progress(done, total int, message string) {
	if token := r.ProgressToken(); token != "" {
		r.server.notify("notifications/progress", object{
			"progressToken": raw(token), "progress": done, "total": total, "message": message,
		})
	}
}
