package ui

import (
	"time"

	"drawbridge/app/ui/look"
)

const (
	pulseBeats = 30
	pulseBeat  = 30 * time.Second
)

// pulse counts what happened by name and time: the last quarter of an hour in beats of half a minute.
// The zero pulse is empty and ready.
type pulse map[string]*trace

// trace is the pulse of one name: a ring whose newest beat is number last.
type trace struct {
	last  int64
	beats [pulseBeats]look.Beat
}

func beatOf(t time.Time) int64 { return t.UnixNano() / int64(pulseBeat) }

// add counts one more at t.
func (p *pulse) add(name string, t time.Time) {
	if b := p.at(name, t); b != nil {
		b.All++
	}
}

// spoil says that one of those counted at t went wrong.
func (p *pulse) spoil(name string, t time.Time) {
	if b := p.at(name, t); b != nil && b.Bad < b.All {
		b.Bad++
	}
}

// at is the beat of t; nil when it is too old to be kept.
func (p *pulse) at(name string, t time.Time) *look.Beat {
	if *p == nil {
		*p = pulse{}
	}
	r := (*p)[name]
	if r == nil {
		r = &trace{last: beatOf(t)}
		(*p)[name] = r
	}
	n := beatOf(t)
	r.forward(n)
	if n <= r.last-pulseBeats || n < 0 {
		return nil
	}
	return &r.beats[n%pulseBeats]
}

// forward makes n the newest beat, unless a newer one is.
func (r *trace) forward(n int64) {
	for empty := max(r.last+1, n-pulseBeats+1); empty <= n; empty++ {
		r.beats[empty%pulseBeats] = look.Beat{}
	}
	r.last = max(r.last, n)
}

// beats are the counts up to now, oldest first, and their sum.
func (p pulse) beats(name string, now time.Time) (beats []look.Beat, total int) {
	beats = make([]look.Beat, pulseBeats)
	r := p[name]
	if r == nil {
		return beats, 0
	}
	end := max(beatOf(now), r.last)
	for i := range beats {
		n := end - pulseBeats + 1 + int64(i)
		if n > r.last-pulseBeats && n <= r.last && n >= 0 {
			beats[i] = r.beats[n%pulseBeats]
			total += beats[i].All
		}
	}
	return beats, total
}
