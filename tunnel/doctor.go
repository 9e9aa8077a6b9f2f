package tunnel

import "context"

// Finding is what one step of an examination found.
type Finding struct {
	Check   string   `json:"check"`             // what was looked at
	Problem *Problem `json:"problem,omitempty"` // nil: it is fine
	Note    string   `json:"note,omitempty"`    // what was seen
}

func (d Direct) examine(ctx context.Context, e *Endpoint) []Finding   { return nil }
func (s SSH) examine(ctx context.Context, e *Endpoint) []Finding      { return nil }
func (x External) examine(ctx context.Context, e *Endpoint) []Finding { return nil }
