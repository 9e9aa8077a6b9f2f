package bench

import (
	"testing"
	"time"
)

// visit is one repetition of one contender at one place.
type visit struct {
	tb    testing.TB
	phase time.Duration
	*place
	row // what was measured
}

// measure is one repetition of one contender: a process for the calls of one session, and another for a crowd's.
func measure(tb testing.TB, c contender, phase time.Duration) row {
	tb.Helper()
	r := row{}
	open := c.prepare(tb)
	began := time.Now()
	v := visit{tb, phase, open(), r}
	v.first(began)
	v.alone()
	took := v.leave()
	if v.process != nil {
		r["end"] = milli(took)
	}
	v = visit{tb, phase, c.prepare(tb)(), r}
	v.crowd()
	v.leave()
	return r
}

// first is how long it took from the start to the first right answer.
func (v visit) first(began time.Time) {
	one := v.gather(1)
	v.run(load{calls: 1}, one)
	v.row["start"] = milli(time.Since(began))
	closeAll(one)
}

// alone is what one session gets.
func (v visit) alone() {
	one := v.gather(1)
	defer closeAll(one)
	v.run(load{callers: 4, last: v.phase / 4}, one) // what is only so at first is over then
	v.row["paced"] = micro(v.run(load{rest: time.Millisecond, last: v.phase}, one).at(0.5))
	single := v.run(load{last: v.phase}, one)
	v.row["c1"], v.row["c1p99"] = micro(single.at(0.5)), micro(single.at(0.99))
	v.eight(one)
	v.row["c64"] = v.run(load{callers: 64, last: v.phase}, one).perSecond()
	v.row["echo100k"] = milli(v.run(load{size: 100 << 10, last: v.phase}, one).at(0.5))
	v.row["echo5m"] = milli(v.run(load{size: 5 << 20, calls: 5}, one).at(0.5))
	v.note("rssMost", "VmHWM")
}

// eight is eight callers in one session, and what a call costs the process.
func (v visit) eight(one []talk) {
	var before time.Duration
	if v.process != nil {
		before = v.cpu()
	}
	got := v.run(load{callers: 8, last: v.phase}, one)
	v.row["c8"] = got.perSecond()
	if v.process != nil {
		v.row["cpu"] = micro(v.cpu()-before) / float64(len(got.took))
	}
}

// crowd is what 128 sessions get, and what they take.
func (v visit) crowd() {
	one := v.gather(1)
	v.run(load{calls: 1}, one)
	closeAll(one)
	v.note("rss0", "VmRSS")
	all := v.gather(128)
	v.run(load{calls: 1}, all)
	v.note("rss128", "VmRSS")
	v.row["s128"] = v.run(load{last: v.phase}, all).perSecond()
	closeAll(all)
	v.note("rssClosed", "VmRSS")
}

func (v visit) gather(n int) []talk {
	v.tb.Helper()
	talks, err := gather(n, v.open)
	if err != nil {
		v.tb.Fatal(err)
	}
	return talks
}

func (v visit) run(l load, talks []talk) pace {
	v.tb.Helper()
	l.modern = v.modern
	got, err := l.run(talks)
	if err != nil {
		v.tb.Fatal(err)
	}
	return got
}

// note notes the memory of the process, where there is one.
func (v visit) note(key, kind string) {
	if v.process != nil {
		v.row[key] = v.memory(kind)
	}
}
