package bridge

import (
	"slices"
	"sync"

	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// tasks is who made which task in a process that callers share: a task is its caller's alone.
// https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks
type tasks struct {
	mu    sync.Mutex // guards the fields below
	of    map[string]*caller.Caller
	order []string // oldest first
}

// tasksMax bounds the tasks that are known of one process. An older one is nobody's any more.
const tasksMax = 4096

// made notes the task that a call was answered with, if it was.
func (t *tasks) made(l *link, c *call, m wire.Message) {
	var id []byte
	switch {
	case m.ResultType() == "task":
		if id = wire.Get(m.Result(), "taskId"); id == nil {
			id = wire.Get(m.Result(), "task", "taskId")
		}
	case l.hasTasks && wire.Get(c.m.Params(), "task") != nil:
		id = wire.Get(m.Result(), "task", "taskId")
	}
	name, ok := wire.String(id)
	if !ok || len(name) > uriMax {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[string]*caller.Caller{}
	}
	if _, again := t.of[name]; again {
		return
	}
	t.of[name], t.order = c.session.owner(), append(t.order, name)
	if len(t.order) > tasksMax {
		delete(t.of, t.order[0])
		t.order = slices.Delete(t.order, 0, 1)
	}
}

// are reports whether the task that params or an element of a list names is that caller's.
func (t *tasks) are(who *caller.Caller, params []byte) bool {
	name, _ := wire.String(wire.Get(params, "taskId"))
	t.mu.Lock()
	defer t.mu.Unlock()
	owner := t.of[name]
	return owner != nil && same(owner, who)
}

// mine reports whether a request is about no task, or about one of its caller's.
func (t *tasks) mine(c *call) bool {
	switch c.m.Method() {
	case "tasks/get", "tasks/result", "tasks/update", "tasks/cancel":
		return t.are(c.session.owner(), c.m.Params())
	}
	return true
}

// filtered is the answer to tasks/list with the caller's own tasks alone.
func (t *tasks) filtered(c *call, m wire.Message) wire.Message {
	all := wire.Get(m.Result(), "tasks")
	if c.m.Method() != "tasks/list" || all == nil {
		return m
	}
	var kept [][]byte
	for task := range wire.Elements(all) {
		if t.are(c.session.owner(), task) {
			kept = append(kept, task)
		}
	}
	return m.With(wire.Edit{Cuts: []wire.Cut{{Old: all, New: wire.Array(kept)}}})
}

// unknownTask is how a task looks that is not there, or another caller's.
func unknownTask() *wire.Error {
	return &wire.Error{Code: wire.InvalidParams, Message: "Task not found"}
}
