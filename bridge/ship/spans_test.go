package ship

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/trace"
)

// taker is a collector of traces.
type taker struct {
	mu     sync.Mutex // guards the fields below
	status int        // 0 is that nobody is there
	most   int        // spans in a request; 0 is any number
	bodies []string
	asked  int
}

func (c *taker) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	b, _ := io.ReadAll(r.Body)
	status := c.status
	switch {
	case status == 0:
		return nil, errors.New("nobody there")
	case c.most > 0 && strings.Count(string(b), `"spanId"`) > c.most:
		status = http.StatusRequestEntityTooLarge
	case status == http.StatusOK:
		c.bodies = append(c.bodies, string(b))
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

func (c *taker) set(status, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status, c.most = status, most
}

// tries is how often it was asked.
func (c *taker) tries() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// took returns the names of the spans that have come since it was asked last.
func (c *taker) took() (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.bodies {
		for part := range strings.SplitSeq(b, `"kind"`) {
			if _, name, ok := strings.Cut(part, `"name":"s`); ok {
				names = append(names, "s"+name[:strings.IndexByte(name, '"')])
			}
		}
	}
	c.bodies = nil
	return names
}

// pier is a Spans and its collector.
type pier struct {
	*Spans
	taker   taker
	problem string
	stop    func()
}

func newPier(t *testing.T) *pier {
	p := &pier{taker: taker{status: 200}}
	p.Spans = NewSpans(&OTLP{URL: "http://c/v1/traces", Client: &http.Client{Transport: &p.taker}, Log: slog.New(slog.DiscardHandler)}, func(err error) {
		if p.problem = ""; err != nil {
			p.problem = err.Error()
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { p.Run(ctx) })
	p.stop = func() { cancel(); wg.Wait() }
	return p
}

func (p *pier) add(from, to int) {
	for n := from; n <= to; n++ {
		p.Add(trace.Span{Name: fmt.Sprint("s", n), Began: noon, Ended: noon})
	}
}

// after lets time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestSpansArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPier(t)
		p.add(1, 3)
		after(2 * time.Second)
		if got := strings.Join(p.taker.took(), " "); got != "s1 s2 s3" || p.taker.tries() != 1 {
			t.Errorf("%s in %d requests", got, p.taker.tries())
		}
		p.taker.set(200, 2)
		p.add(4, 8)
		after(2 * time.Second)
		if got := strings.Join(p.taker.took(), " "); got != "s4 s5 s6 s7 s8" {
			t.Errorf("in parts: %s", got)
		}
		p.add(9, 9)
		p.stop()
		if got := strings.Join(p.taker.took(), " "); got != "s9" || p.Dropped() != 0 || p.problem != "" {
			t.Errorf("at the end: %s, %d dropped, %q", got, p.Dropped(), p.problem)
		}
	})
}

// TestSpansThatDoNot: a collector that is away gets what there is room for when it is back, and the rest is counted; what it refuses
// for good is not sent again. Who adds never waits.
func TestSpansThatDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPier(t)
		p.taker.set(0, 0)
		p.add(1, 1)
		after(5 * time.Second)
		if !strings.Contains(p.problem, "traces do not reach http://c/v1/traces") || p.taker.tries() < 2 {
			t.Errorf("%q after %d tries", p.problem, p.taker.tries())
		}
		p.add(2, spansWaiting+11)
		if p.Dropped() != 10 {
			t.Errorf("%d dropped", p.Dropped())
		}
		after(time.Hour)
		if p.taker.tries() > 40 {
			t.Errorf("%d tries in an hour", p.taker.tries())
		}
		p.taker.set(503, 0)
		after(2 * lastWait)
		p.taker.set(200, 0)
		after(2 * lastWait)
		if got := p.taker.took(); len(got) != spansWaiting+1 || got[0] != "s1" || p.problem != "" {
			t.Errorf("%d spans arrive, %q", len(got), p.problem)
		}
		p.taker.set(401, 0)
		before := p.taker.tries()
		p.add(1, 4)
		after(time.Hour)
		if p.taker.tries() != before+1 || p.Dropped() != 14 || !strings.Contains(p.problem, "Unauthorized") {
			t.Errorf("%d tries, %d dropped, %q", p.taker.tries()-before, p.Dropped(), p.problem)
		}
		p.taker.set(0, 0)
		p.add(1, 1)
		after(2 * time.Second)
		p.stop()
		if p.Dropped() != 15 {
			t.Errorf("%d dropped", p.Dropped())
		}
	})
}

// TestSpanAsJSON: a span is what OTLP's JSON has for it.
func TestSpanAsJSON(t *testing.T) {
	one := trace.Span{
		Trace: [16]byte{0: 1, 15: 0xff}, ID: [8]byte{7: 2}, Parent: [8]byte{7: 3}, State: "a=b", Name: "tools/call x", Began: noon, Ended: noon.Add(time.Millisecond),
		With: [][2]string{{"mcp.method.name", "tools/call"}}, Failed: "denied",
	}
	first := trace.Span{Trace: one.Trace, ID: one.ID, Name: "ping", Began: noon, Ended: noon}
	o := &OTLP{Origin: Origin{Host: "amber", Version: "1.2", PID: 7}}
	b, err := json.Marshal(o.traces([]trace.Span{one, first}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"drawbridge"}},` +
		`{"key":"process.pid","value":{"intValue":"7"}},{"key":"service.version","value":{"stringValue":"1.2"}},{"key":"host.name","value":{"stringValue":"amber"}}]},` +
		`"scopeSpans":[{"scope":{"name":"drawbridge/calls","version":"1.2"},"spans":[` +
		`{"traceId":"010000000000000000000000000000ff","spanId":"0000000000000002","parentSpanId":"0000000000000003","traceState":"a=b","flags":769,` +
		`"name":"tools/call x","kind":2,"startTimeUnixNano":"1772366400123456000","endTimeUnixNano":"1772366400124456000",` +
		`"attributes":[{"key":"mcp.method.name","value":{"stringValue":"tools/call"}}],"status":{"message":"denied","code":2}},` +
		`{"traceId":"010000000000000000000000000000ff","spanId":"0000000000000002","flags":257,"name":"ping","kind":2,` +
		`"startTimeUnixNano":"1772366400123456000","endTimeUnixNano":"1772366400123456000","status":{}}]}]}]}`
	if d := cmp.Diff(want, string(b)); d != "" {
		t.Error(d)
	}
}
