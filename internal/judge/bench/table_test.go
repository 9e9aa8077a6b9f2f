package bench

import (
	"strings"
	"testing"
)

// contender is one row of the table. Its place is prepared, and then opened while time is taken.
type contender struct {
	name    string
	prepare func(testing.TB) func() *place
}

func contenders() []contender {
	all := []contender{
		{"STDIO", func(testing.TB) func() *place { return pipes }},
		{"HTTP floor", func(tb testing.TB) func() *place { return func() *place { return floor(tb, "floor") } }},
		{"splice", func(tb testing.TB) func() *place { return func() *place { return floor(tb, "splice") } }},
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
	{"paced p50 µs (÷ floor, ÷ splice)", "$paced (${paced/floor}, ${paced/splice})"},
	{"c=1 p50/p99 µs", "$c1/$c1p99"},
	{"c=8 calls/s (÷ floor, ÷ splice)", "$c8 (${c8/floor}, ${c8/splice})"},
	{"c=64 calls/s (÷ floor, ÷ splice)", "$c64 (${c64/floor}, ${c64/splice})"},
	{"128 sessions calls/s (÷ floor, ÷ STDIO)", "$s128 (${s128/floor}, ${s128/stdio})"},
	{"echo 100 KiB ms (÷ STDIO)", "$echo100k (${echo100k/stdio})"},
	{"echo 5 MiB ms (÷ STDIO)", "$echo5m (${echo5m/stdio})"},
	{"CPU µs a call (÷ splice)", "$cpu (${cpu/splice})"},
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
			r.against("splice", at[2])
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
			for _, size := range []int{64, 1 << 20} {
				if got, err := (load{callers: 4, size: size, calls: 1, modern: p.modern}).run(talks); err != nil || len(got.took) < 12 {
					t.Errorf("%d bytes: %d calls, %v", size, len(got.took), err)
				}
			}
		})
	}
}
