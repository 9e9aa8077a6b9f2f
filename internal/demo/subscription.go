package demo

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"drawbridge/internal/wire"
)

// subscriptionsMost is how many resources a client may watch at once.
const subscriptionsMost = 1000

// filter is what a subscription of a modern client is for. Tools and prompts never change here, so
// they are never agreed to.
type filter struct {
	List  bool     `json:"resourcesListChanged,omitempty"`
	Notes []string `json:"resourceSubscriptions,omitempty"`
}

// changed tells everybody who asked for it that a note is not as it was, and whether the list is another.
func (s *server) changed(name string, list bool) {
	uri := noteURI(name)
	s.mu.Lock()
	legacy, watched := s.session != nil, s.watched[uri]
	listening := maps.Clone(s.listening)
	s.mu.Unlock()
	if legacy && list {
		s.notify("notifications/resources/list_changed", object{})
	}
	if watched {
		s.notify("notifications/resources/updated", object{"uri": uri})
	}
	for id, f := range listening {
		if f.List && list {
			s.notify("notifications/resources/list_changed", object{"_meta": subscription(id)})
		}
		if slices.Contains(f.Notes, uri) {
			s.notify("notifications/resources/updated", object{"uri": uri, "_meta": subscription(id)})
		}
	}
}

func subscription(id wire.ID) object {
	return object{"io.modelcontextprotocol/subscriptionId": raw(id)}
}

// listen is a modern client's subscription: it lasts until the client cancels it or the server ends.
//
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions
func (r *request) listen() (object, error) {
	var f filter
	if err := json.Unmarshal(wire.Get(r.Params(), "notifications"), &f); err != nil {
		return nil, invalid("notifications: %v", err)
	}
	if len(f.Notes) > subscriptionsMost {
		return nil, invalid("more than %d resources", subscriptionsMost)
	}
	s, id := r.server, r.ID()
	s.mu.Lock() // so that nothing comes before the acknowledgement, and nothing after it is missed
	s.notify("notifications/subscriptions/acknowledged", object{"notifications": f, "_meta": subscription(id)})
	s.listening[id] = f
	s.mu.Unlock()
	<-r.ctx.Done()
	s.mu.Lock()
	delete(s.listening, id)
	s.mu.Unlock()
	if context.Cause(r.ctx) == errCancelled {
		return nil, errCancelled
	}
	return object{"_meta": subscription(id)}, nil
}

func (r *request) subscribe() (object, error) {
	s := r.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.watched) >= subscriptionsMost {
		return nil, invalid("more than %d resources", subscriptionsMost)
	}
	s.watched[r.URI()] = true
	return object{}, nil
}

func (r *request) unsubscribe() (object, error) {
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	delete(r.server.watched, r.URI())
	return object{}, nil
}
