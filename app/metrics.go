package app

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/front"
	"drawbridge/internal/metric"
)

// Metrics is what was counted since the bridge started, and how it is now, in the Prometheus text format.
func (a *App) Metrics() (string, error) {
	if err := a.isRunning(); err != nil {
		return "", err
	}
	snapshot, sub := a.Watch()
	sub.Close()
	var t metric.Text
	t.Metric("drawbridge_info", metric.Gauge, "The version that runs; always 1.")
	t.Sample(1, "version", a.options.Version)
	t.Metric("drawbridge_start_time_seconds", metric.Gauge, "When the bridge started, in seconds since 1970.")
	t.Sample(float64(a.started.UnixMilli()) / 1000)
	t.Metric("drawbridge_raised", metric.Gauge, "1 while nothing passes.")
	t.Sample(map[bool]float64{true: 1}[snapshot.Raised])
	addTallies(&t, a.bridge.Tallies())
	addNow(&t, &snapshot)
	t.Metric("drawbridge_requests_refused_total", metric.Counter, "HTTP requests that were answered with an error, by status.")
	a.refusals.add(&t)
	if to := a.traced.Load(); to != nil && len(*to) > 0 {
		t.Metric("drawbridge_spans_dropped_total", metric.Counter, "Spans of calls that did not reach a collector of traces.")
		var dropped uint64
		for _, s := range *to {
			dropped += s.Dropped()
		}
		t.Sample(float64(dropped))
	}
	return t.String(), nil
}

// addTallies adds what was counted of calls.
func addTallies(t *metric.Text, tallies []bridge.Tally) {
	t.Metric("drawbridge_calls_total", metric.Counter, "Calls that have ended, by server and how.")
	for _, s := range tallies {
		for _, r := range slices.Sorted(maps.Keys(s.Ended)) {
			t.Sample(float64(s.Ended[r]), "server", s.Server, "outcome", string(r))
		}
	}
	t.Metric("drawbridge_call_duration_seconds", metric.Durations, "How long calls took, from their arrival to their end.")
	for _, s := range tallies {
		t.Distribution(s.Took, "server", s.Server)
	}
	t.Metric("drawbridge_call_bytes_total", metric.Counter, "Bytes of the requests and responses of calls.")
	for _, s := range tallies {
		t.Sample(float64(s.Requests), "server", s.Server, "direction", "request")
		t.Sample(float64(s.Responses), "server", s.Server, "direction", "response")
	}
}

// addNow adds how many there are of what is open.
func addNow(t *metric.Text, s *bridge.Snapshot) {
	sessions, running := map[string]float64{}, 0
	for _, session := range s.Sessions {
		sessions[session.Server]++
	}
	for _, c := range s.Calls {
		if !c.Ended {
			running++
		}
	}
	t.Metric("drawbridge_sessions", metric.Gauge, "Open sessions, by server; of the endpoint for all servers it is empty.")
	for _, server := range slices.Sorted(maps.Keys(sessions)) {
		t.Sample(sessions[server], "server", server)
	}
	t.Metric("drawbridge_processes", metric.Gauge, "Running processes, by server.")
	for _, name := range slices.Sorted(maps.Keys(s.Servers)) {
		t.Sample(float64(len(s.Servers[name].Processes)), "server", name)
	}
	t.Metric("drawbridge_calls_running", metric.Gauge, "Calls that have not ended.")
	t.Sample(float64(running))
	t.Metric("drawbridge_questions", metric.Gauge, "Calls that wait for the owner.")
	t.Sample(float64(len(s.Questions)))
}

// refusals counts answers that are errors, by their status from 400 to 599.
type refusals [200]atomic.Uint64

// count is next, with its refusals counted.
func (r *refusals) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		next.ServeHTTP(&refusing{w, r}, request)
	})
}

func (r *refusals) add(t *metric.Text) {
	for i := range r {
		if n := r[i].Load(); n > 0 {
			t.Sample(float64(n), "status", strconv.Itoa(400+i))
		}
	}
}

// refusing is a ResponseWriter that counts when it refuses.
type refusing struct {
	http.ResponseWriter
	refusals *refusals
}

func (c *refusing) WriteHeader(status int) {
	if i := status - 400; i >= 0 && i < len(c.refusals) {
		c.refusals[i].Add(1)
	}
	c.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (c *refusing) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// remeasure moves the listener for /metrics to where the owner chose; "" is nowhere. What is wrong with it is a problem
// and stops nothing else. The caller holds owner.
func (a *App) remeasure(address string) {
	if a.measured != nil && a.measured.address == address {
		return
	}
	if a.measured != nil {
		a.measured.shut()
		a.measured = nil
	}
	if address == "" {
		a.wrong(metricsProblem, nil)
		return
	}
	d, err := a.openDoors(address, a.metricsServer(), metricsProblem)
	if err != nil {
		a.wrong(metricsProblem, fmt.Errorf("%w; it is \"metrics\" in config.json", err))
		return
	}
	a.wrong(metricsProblem, nil)
	a.measured = d
	a.log.Info("metrics", "url", d.url()+"/metrics")
}

const metricsProblem = "metrics"

// metricsServer serves /metrics and nothing else, to who asks for this machine by one of its own names: a web page that
// has a name of its own resolved to it gets nothing.
func (a *App) metricsServer() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !front.IsLoopback(strings.ToLower(strings.Trim(host, "[]"))) {
			http.Error(w, "this bridge is not known under that host name", http.StatusForbidden)
			return
		}
		text, err := a.Metrics()
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", metric.ContentType)
		_, _ = io.WriteString(w, text) // who has gone gets nothing
	})
	return &http.Server{
		Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10,
	}
}
