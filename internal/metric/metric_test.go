package metric

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	var text Text
	text.Metric("calls_total", Counter, "Calls.")
	text.Sample(3, "server", "files", "outcome", "ok")
	text.Sample(1e15, "server", "a\\\"b\nc\xff")
	text.Metric("up", Gauge, "Whether it is up.")
	text.Sample(0.5)
	want := `# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{server="files",outcome="ok"} 3
calls_total{server="a\\\"b\nc` + "\uFFFD" + `"} 1000000000000000
# HELP up Whether it is up.
# TYPE up gauge
up 0.5
`
	if d := cmp.Diff(want, text.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestHistogram(t *testing.T) {
	var h Histogram
	for _, d := range []time.Duration{-time.Second, time.Millisecond, time.Millisecond + 1, 2 * time.Second, time.Hour} {
		h.Observe(d)
	}
	var text Text
	text.Metric("t_seconds", Durations, "Time.")
	text.Distribution(h.Read(), "server", "files")
	got := strings.Split(text.String(), "\n")
	for _, want := range []string{
		`t_seconds_bucket{le="0.001",server="files"} 2`, // a bound belongs to its bucket
		`t_seconds_bucket{le="0.0025",server="files"} 3`,
		`t_seconds_bucket{le="1",server="files"} 3`,
		`t_seconds_bucket{le="2.5",server="files"} 4`,
		`t_seconds_bucket{le="300",server="files"} 4`,
		`t_seconds_bucket{le="+Inf",server="files"} 5`,
		`t_seconds_sum{server="files"} 3602.002000001`,
		`t_seconds_count{server="files"} 5`,
	} {
		found := false
		for _, line := range got {
			found = found || line == want
		}
		if !found {
			t.Errorf("no line %s in\n%s", want, text.String())
		}
	}
}
