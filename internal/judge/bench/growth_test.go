package bench

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"drawbridge/app/settings"
)

// scene is one point of a curve: a bridge, and what is asked of it.
type scene struct {
	terms
	sessions, callers, size, watchers int // callers are shared out among the first sessions
}

// curve changes one thing, and leaves the rest.
type curve struct {
	name, about string
	points      []int
	set         func(*scene, int)
}

func curves() []curve {
	return []curve{
		{"sessions", "Sessions that are open; 16 callers, in as many sessions as there are.", []int{1, 16, 128, 1000}, func(s *scene, n int) { s.sessions, s.callers = n, 16 }},
		{"bytes of text", "What a call carries, there and back; one caller.", []int{64, 1 << 10, 32 << 10, 1 << 20, 32 << 20}, func(s *scene, n int) { s.size, s.callers = n, 1 }},
		{"rules", "Rules in config.json, a third of them about other agents, a third about other tools by name, a third by pattern; 8 callers.", []int{0, 100, 1000, 10_000}, func(s *scene, n int) { s.rules = n }},
		{"watchers", "Clients of the control socket that follow the calls; 8 callers.", []int{0, 1, 10, 50}, func(s *scene, n int) { s.watchers = n }},
		{"ms more for a sync", "How much longer the disk of the record takes to sync, by strace; 8 callers.", []int{0, 10, 100}, func(s *scene, n int) {
			s.traced, s.sync = true, time.Duration(n)*time.Millisecond
		}},
	}
}

// BenchmarkGrowth shows how cost grows: each curve changes one thing. A repetition is all points of all curves in turn.
func BenchmarkGrowth(b *testing.B) {
	phase := measuring(b)
	machine := machine(b)
	all := curves()
	if err := exec.Command("strace", append(terms{traced: true}.tracer()[1:], "true")...).Run(); err != nil {
		tell("the curve of slow disks is left out: strace: %v", err)
		all = all[:len(all)-1]
	}
	rows := map[string][][]row{}
	turns := 0
	for ; b.Loop(); turns++ {
		for _, c := range all {
			if turns == 0 {
				rows[c.name] = make([][]row, len(c.points))
			}
			for i, n := range c.points {
				s := scene{terms: terms{share: "all", rules: 100}, sessions: 1, callers: 8}
				c.set(&s, n)
				r := s.measure(b, phase)
				tell("repetition %d, %d %s: %s", turns+1, n, c.name, r.text("p50 $p50 µs, $perSecond/s"))
				rows[c.name][i] = append(rows[c.name][i], r)
			}
		}
	}
	text := new(strings.Builder)
	text.WriteString(heading(machine, turns, phase))
	var panels []panel
	for _, c := range all {
		p := panel{title: c.name, series: make([][]float64, 2)}
		s := newSheet(c.name, "p50 µs", "p99 µs", "calls/s", "CPU µs a call", "RSS MiB")
		for i, n := range c.points {
			m := medians(rows[c.name][i])
			s.add(points(n), m.text("$p50"), m.text("$p99"), m.text("$perSecond"), m.text("$cpu"), m.text("$rss"))
			p.labels = append(p.labels, points(n))
			p.series[0], p.series[1] = append(p.series[0], m["p50"]), append(p.series[1], m["cpu"])
		}
		text.WriteString(c.about + "\n\n" + s.String() + "\n")
		panels = append(panels, p)
	}
	publish(b, "growth.md", text.String())
	publish(b, "growth.svg", plot([]string{"p50 of a call, µs", "CPU of the bridge, µs a call"}, panels))
}

// points is n as people write it.
func points(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + "Mi"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + "Ki"
	}
	return strconv.Itoa(n)
}

// measure is one repetition of one point.
func (s scene) measure(b *testing.B, phase time.Duration) row {
	b.Helper()
	p := prepare(b, legacy, s.terms)()
	defer p.leave()
	talks, err := gather(s.sessions, p.open)
	if err != nil {
		b.Fatal(err)
	}
	defer closeAll(talks)
	unwatch := p.watch(b, s.watchers)
	defer unwatch()
	asking := talks[:min(s.callers, s.sessions)]
	l := load{callers: s.callers / len(asking), size: s.size, last: phase / 4}
	if _, err := l.run(asking); err != nil { // what is only so at first is over then
		b.Fatal(err)
	}
	l.last = phase
	before := p.cpu()
	got, err := l.run(asking)
	if err != nil {
		b.Fatal(err)
	}
	return row{
		"p50": micro(got.at(0.5)), "p99": micro(got.at(0.99)), "perSecond": got.perSecond(),
		"cpu": micro(p.cpu()-before) / float64(len(got.took)), "rss": p.memory("VmRSS"),
	}
}

// watch has n clients follow the calls of the bridge at p, as `drawbridge calls list -f` does, until the returned
// function is called.
func (p *place) watch(b *testing.B, n int) (unwatch func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	b.Setenv("DRAWBRIDGE_HOME", p.home)
	places, err := settings.Find()
	if err != nil {
		b.Fatal(err)
	}
	c := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", places.ControlSocket)
	}}}
	for range n {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://drawbridge/calls", strings.NewReader(`{"Follow":true}`))
		if err != nil {
			b.Fatal(err)
		}
		resp, err := c.Do(req)
		if err == nil && resp.StatusCode != http.StatusOK {
			err = errors.New(resp.Status)
		}
		if err != nil {
			b.Fatalf("follow calls: %v", err)
		}
		go func() { // ends with ctx
			defer resp.Body.Close()
			_, _ = io.Copy(io.Discard, resp.Body)
		}()
	}
	return cancel
}
