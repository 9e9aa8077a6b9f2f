package ship

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"drawbridge/internal/trace"
)

// Spans takes the spans of calls to one collector, as OTLP traces.
//
//	Add … -> Run: gather -> OTLP.post
//
// Unlike the record they are in memory alone: what there is no room for is dropped and counted, and no call waits.
type Spans struct {
	to      *OTLP
	problem func(error)
	queue   chan trace.Span // holds what waits, so that a collector may be slow for a moment; never closed
	dropped atomic.Uint64
}

const (
	spansWaiting = 4096
	spansAtOnce  = 512
	// spanAge is how long a span waits for others to go with.
	spanAge = time.Second
	// lastSpans is how long the spans that are left may take when Run ends.
	lastSpans = 500 * time.Millisecond
)

// NewSpans returns what takes spans to a collector. problem is told why nothing arrives, and with nil that it does again.
func NewSpans(to *OTLP, problem func(error)) *Spans {
	return &Spans{to: to, problem: problem, queue: make(chan trace.Span, spansWaiting)}
}

// Add has a span go to the collector. It never waits, and may be called by any number of goroutines.
func (s *Spans) Add(one trace.Span) {
	select {
	case s.queue <- one:
	default:
		s.dropped.Add(1)
	}
}

// Dropped is how many spans have not arrived, and will not.
func (s *Spans) Dropped() uint64 { return s.dropped.Load() }

// Run sends what is added until ctx is done, and then, once and for a moment, what is left.
func (s *Spans) Run(ctx context.Context) {
	var told uint64
	for ctx.Err() == nil {
		batch := s.gather(ctx)
		if len(batch) > 0 && s.send(ctx, batch) {
			s.problem(nil)
			if n := s.dropped.Load(); n > told {
				s.to.Log.Warn("ship: spans did not arrive", "to", s.to.URL, "spans", n-told)
				told = n
			}
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSpans)
	defer cancel()
	if batch := s.waiting(nil); len(batch) > 0 {
		if _, err := s.to.post(last, s.to.traces(batch)); err != nil {
			s.dropped.Add(uint64(len(batch)))
		}
	}
}

// gather waits for a span and, for a moment, for more to go with it.
func (s *Spans) gather(ctx context.Context) (batch []trace.Span) {
	select {
	case one := <-s.queue:
		batch = append(batch, one)
	case <-ctx.Done():
		return nil
	}
	pause(ctx, spanAge)
	return s.waiting(batch)
}

// waiting is batch and what else there is, as much as goes out at once.
func (s *Spans) waiting(batch []trace.Span) []trace.Span {
	for len(batch) < spansAtOnce {
		select {
		case one := <-s.queue:
			batch = append(batch, one)
		default:
			return batch
		}
	}
	return batch
}

// send sends a batch, again and again where that may help. It reports whether the collector has it; if not it is counted.
func (s *Spans) send(ctx context.Context, batch []trace.Span) bool {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		status, err := s.to.post(ctx, s.to.traces(batch))
		if err == nil {
			return true
		}
		if status == http.StatusRequestEntityTooLarge && len(batch) > 1 {
			half := len(batch) / 2
			first, second := s.send(ctx, batch[:half]), s.send(ctx, batch[half:])
			return first && second
		}
		if ctx.Err() == nil {
			s.problem(fmt.Errorf("traces do not reach %s: %w", s.to.URL, err))
		}
		if !again(status) || ctx.Err() != nil {
			s.dropped.Add(uint64(len(batch)))
			return false
		}
		pause(ctx, wait/2+rand.N(wait/2))
	}
}

// again reports whether what was answered with that status may be sent again; 0 is no answer. What OTLP does not name is not
// sent again: it would be refused as before, and hold up what comes after it.
func again(status int) bool {
	switch status {
	case 0, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// What a request with spans holds: an ExportTraceServiceRequest, as far as it is used here. Ids are in hexadecimal there.
type (
	otlpTraces struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	scopeSpans struct {
		Scope scope  `json:"scope"`
		Spans []span `json:"spans"`
	}
	span struct {
		TraceID    string      `json:"traceId"`
		SpanID     string      `json:"spanId"`
		ParentID   string      `json:"parentSpanId,omitempty"`
		State      string      `json:"traceState,omitempty"`
		Flags      uint32      `json:"flags"`
		Name       string      `json:"name"`
		Kind       int         `json:"kind"`
		Start      uint64      `json:"startTimeUnixNano,string"`
		End        uint64      `json:"endTimeUnixNano,string"`
		Attributes []attribute `json:"attributes,omitempty"`
		Status     status      `json:"status"`
	}
	status struct {
		Message string `json:"message,omitempty"`
		Code    int    `json:"code,omitempty"`
	}
)

// Numbers that OTLP has for words.
const (
	kindServer  = 2
	statusError = 2
	flagSampled = 1
	flagKnown   = 1 << 8 // it is known whether the parent is remote …
	flagRemote  = 1 << 9 // … and it is
)

func (o *OTLP) traces(batch []trace.Span) otlpTraces {
	of := scopeSpans{Scope: scope{"drawbridge/calls", o.Origin.Version}, Spans: make([]span, len(batch))}
	for i := range batch {
		of.Spans[i] = spanOf(&batch[i])
	}
	return otlpTraces{[]resourceSpans{{o.Origin.resource(), []scopeSpans{of}}}}
}

func spanOf(t *trace.Span) span {
	s := span{
		TraceID: hex.EncodeToString(t.Trace[:]), SpanID: hex.EncodeToString(t.ID[:]), State: t.State, Flags: flagSampled | flagKnown,
		Name: t.Name, Kind: kindServer, Start: uint64(max(t.Began.UnixNano(), 0)), End: uint64(max(t.Ended.UnixNano(), 0)),
	}
	if t.Parent != ([8]byte{}) {
		s.ParentID, s.Flags = hex.EncodeToString(t.Parent[:]), s.Flags|flagRemote
	}
	for _, a := range t.With {
		s.Attributes = append(s.Attributes, attribute{a[0], value{String: a[1]}})
	}
	if t.Failed != "" {
		s.Status = status{t.Failed, statusError}
	}
	return s
}
