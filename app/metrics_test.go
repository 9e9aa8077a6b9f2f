package app

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// measures is what /metrics answers to somebody who asks for host; "" is the address itself.
func (h *house) measures(host string) (int, string) {
	h.t.Helper()
	h.owner.Lock()
	address := h.measured.url()
	h.owner.Unlock()
	r, err := http.NewRequest(http.MethodGet, address+"/metrics", nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Host = host
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	a, err := client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return a.StatusCode, string(b)
}

func withOwn(own string) string {
	return strings.TrimSuffix(entries("demo"), "}") + `, "drawbridge": {` + own + `}}`
}

func TestMetrics(t *testing.T) {
	h := newHouse(t, withOwn(`"metrics": "127.0.0.1:0"`))
	if _, err := h.Metrics(); err == nil {
		t.Error("metrics of a bridge that does not run")
	}
	h.run()
	token := h.token("ada")
	session := h.begin("/demo/mcp", token)
	const echoed = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"over the bridge"}}}`
	h.echo("/demo/mcp", token, session)
	if a, err := h.post("/demo/mcp", "wrong", "", initialize); err != nil || a.status != http.StatusUnauthorized {
		t.Fatal(a, err)
	}
	status, text := h.measures("")
	if status != http.StatusOK {
		t.Fatal(status, text)
	}
	for _, want := range []string{
		`drawbridge_info{version="test"} 1`,
		"drawbridge_raised 0",
		`drawbridge_calls_total{server="demo",outcome="ok"} 2`, // the opening too,
		`drawbridge_call_duration_seconds_count{server="demo"} 2`,
		`drawbridge_call_bytes_total{server="demo",direction="request"} ` + strconv.Itoa(len(initialize)+len(echoed)),
		`drawbridge_sessions{server="demo"} 1`,
		"drawbridge_calls_running 0",
		"# TYPE drawbridge_processes gauge",
		`drawbridge_requests_refused_total{status="401"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no line %s in\n%s", want, text)
		}
	}
	if status, text := h.measures("evil.example.com"); status != http.StatusForbidden || strings.Contains(text, "drawbridge_") {
		t.Error("a web page read the metrics", status, text)
	}
	// They are at their own address alone, and gone as soon as the owner wants none.
	if a, err := h.post("/metrics", token, "", initialize); err != nil || a.status != http.StatusNotFound || strings.Contains(a.body, "drawbridge_") {
		t.Error("metrics at the agents' address", a, err)
	}
	if err := h.Choose("metrics", nil); err != nil {
		t.Fatal(err)
	}
	h.owner.Lock()
	open := h.measured
	h.owner.Unlock()
	if open != nil {
		t.Error("the address of the metrics is still open")
	}
	// What cannot be opened is told, and stops nothing.
	if err := h.Choose("metrics", strings.TrimPrefix(h.Address(), "http://")); err != nil {
		t.Fatal(err)
	}
	if s, err := h.Status(); err != nil || !strings.Contains(s.Problem, `"metrics" in config.json`) {
		t.Error(s.Problem, err)
	}
	if err := h.Choose("metrics", ":9464"); err == nil {
		t.Error("metrics on an address that others reach")
	}
}
