package bench

import (
	"strings"
	"testing"
	"time"
)

// contender is one row of the table. Its place is prepared, and then opened while time is taken.
type contender struct {
	name    string
	prepare func(testing.TB) func() *place
}

func contenders() []contender {
	all := []contender{
		{"STDIO", func(testing.TB) func() *place { return pipes }},
		{"HTTP floor", func(tb testing.TB) func() *place { return func() *place { return floor(tb) } }},
	}
	for _, share := range []string{"session", "all"} {
		for _, c := range []struct {
			name   string
			front  front
			modern bool
		}{{"Streamable HTTP, legacy", legacy, false}, {"Streamable HTTP, modern", modern, true}, {"HTTP+SSE", sse, false}, {"WebSocket", webSocket, false}} {
			on := terms{share: share, modern: c.modern, rules: 100}
			all = append(all, contender{c.name + ", share " + share, func(tb testing.TB) func() *place { return prepare(tb, c.front, on) }})
		}
	}
	return all
}

// columns are the heads of the table and the values in its cells.
var columns = [][2]string{
	{"paced p50 µs (÷ floor)", "$paced (${paced/floor})"},
	{"c=1 p50/p99 µs", "$c1/$c1p99"},
	{"c=8 calls/s (÷ floor)", "$c8 (${c8/floor})"},
	{"c=64 calls/s (÷ floor)", "$c64 (${c64/floor})"},
	{"128 sessions calls/s (÷ floor, ÷ STDIO)", "$s128 (${s128/floor}, ${s128/stdio})"},
	{"echo 100 KiB ms (÷ STDIO)", "$echo100k (${echo100k/stdio})"},
	{"echo 5 MiB ms (÷ STDIO)", "$echo5m (${echo5m/stdio})"},
	{"CPU µs a call", "$cpu"},
	{"RSS MiB 0 → 128 sessions → closed, most", "$rss0 → $rss128 → $rssClosed, $rssMost"},
	{"start ms", "$start"},
	{"end ms", "$end"},
}

// BenchmarkTable compares the fronts with the floors. A repetition is all contenders, each in a process of its own, one
// after the other and each time beginning with another.
func BenchmarkTable(b *testing.B) {
	phase := measuring(b)
	all := contenders()
	rows := make([][]row, len(all))
	machine := machine(b)
	for turn := 0; b.Loop(); turn++ {
		at := make([]row, len(all))
		for i := range all {
			n := (i + 3*turn) % len(all)
			at[n] = measure(b, all[n], phase)
			tell("repetition %d, %s: %s", turn+1, all[n].name, at[n].text("paced $paced µs, c=8 $c8/s, c=64 $c64/s, 128 sessions $s128/s"))
		}
		for n, r := range at {
			r.against("stdio", at[0])
			r.against("floor", at[1])
			rows[n] = append(rows[n], r)
		}
	}
	heads := []string{""}
	for _, c := range columns {
		heads = append(heads, c[0])
	}
	s := newSheet(heads...)
	for n, c := range all {
		m := medians(rows[n])
		cells := []string{c.name}
		for _, column := range columns {
			cells = append(cells, m.text(column[1]))
		}
		s.add(cells...)
	}
	publish(b, "table.md", heading(machine, len(rows[0]), phase)+s.String())
}

// measure is one repetition of one contender.
func measure(tb testing.TB, c contender, phase time.Duration) row {
	tb.Helper()
	open := c.prepare(tb)
	r := row{}
	began := time.Now()
	p := open()
	defer p.leave()
	run := func(l load, talks []talk) pace {
		tb.Helper()
		l.modern = p.modern
		got, err := l.run(talks)
		if err != nil {
			tb.Fatalf("%s: %v", c.name, err)
		}
		return got
	}
	with := func(n int) []talk {
		tb.Helper()
		talks, err := gather(n, p.open)
		if err != nil {
			tb.Fatalf("%s: %v", c.name, err)
		}
		return talks
	}

	first := with(1)
	run(load{calls: 1}, first)
	r["start"] = milli(time.Since(began))
	closeAll(first)
	p.note(r, "rss0", "VmRSS")

	crowd := with(128)
	run(load{calls: 1}, crowd)
	p.note(r, "rss128", "VmRSS")
	r["s128"] = run(load{last: phase}, crowd).perSecond()
	closeAll(crowd)
	p.note(r, "rssClosed", "VmRSS")

	one := with(1)
	r["paced"] = micro(run(load{rest: time.Millisecond, last: phase}, one).at(0.5))
	alone := run(load{last: phase}, one)
	r["c1"], r["c1p99"] = micro(alone.at(0.5)), micro(alone.at(0.99))
	p.eight(r, run, one, phase)
	r["c64"] = run(load{callers: 64, last: phase}, one).perSecond()
	r["echo100k"] = milli(run(load{size: 100 << 10, last: phase}, one).at(0.5))
	r["echo5m"] = milli(run(load{size: 5 << 20, calls: 5, last: 5 * phase}, one).at(0.5))
	p.note(r, "rssMost", "VmHWM")
	closeAll(one)
	if p.process != nil {
		r["end"] = milli(p.leave())
	}
	return r
}

// note notes the memory of the process at p, where there is one.
func (p *place) note(r row, key, kind string) {
	if p.process != nil {
		r[key] = p.memory(kind)
	}
}

// eight is eight callers in one session, and what a call costs the process at p.
func (p *place) eight(r row, run func(load, []talk) pace, one []talk, phase time.Duration) {
	var before time.Duration
	if p.process != nil {
		before = p.cpu()
	}
	got := run(load{callers: 8, last: phase}, one)
	r["c8"] = got.perSecond()
	if p.process != nil {
		r["cpu"] = micro(p.cpu()-before) / float64(len(got.took))
	}
}

// TestContenders: each of them answers each of its callers.
func TestContenders(t *testing.T) {
	measuring(t)
	for _, c := range contenders() {
		t.Run(strings.ReplaceAll(c.name, " ", ""), func(t *testing.T) {
			p := c.prepare(t)()
			defer p.leave()
			talks, err := gather(3, p.open)
			if err != nil {
				t.Fatal(err)
			}
			defer closeAll(talks)
			for _, size := range []int{64, 5 << 20} {
				if got, err := (load{callers: 4, size: size, calls: 1, modern: p.modern}).run(talks); err != nil || len(got.took) < 12 {
					t.Errorf("%d bytes: %d calls, %v", size, len(got.took), err)
				}
			}
		})
	}
}
