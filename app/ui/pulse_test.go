package ui

import (
	"testing"
	"time"
)

func TestPulse(t *testing.T) {
	start := time.Unix(1_000_000*30, 0)
	at := func(beats int) time.Time { return start.Add(time.Duration(beats) * pulseBeat) }
	var p pulse
	p.add("github", at(0))
	p.add("github", at(0).Add(pulseBeat-1))
	p.add("github", at(3))
	p.spoil("github", at(3))
	p.add("time", at(3))

	beats, total := p.beats("github", at(5))
	if total != 3 || len(beats) != pulseBeats {
		t.Fatalf("%d calls in %d beats", total, len(beats))
	}
	last := len(beats) - 1
	if beats[last-5].All != 2 || beats[last-2].All != 1 || beats[last-2].Bad != 1 {
		t.Errorf("%+v", beats)
	}
	if _, total := p.beats("github", at(pulseBeats)); total != 1 {
		t.Errorf("after a quarter of an hour %d calls are left, want 1", total)
	}
	if _, total := p.beats("nobody", at(0)); total != 0 {
		t.Errorf("%d calls of nobody", total)
	}
}

// TestPulseForgets: a beat of long ago does not come back when the ring comes round to it.
func TestPulseForgets(t *testing.T) {
	start := time.Unix(1_000_000*30, 0)
	var p pulse
	for i := range pulseBeats {
		p.add("a", start.Add(time.Duration(i)*pulseBeat))
	}
	later := start.Add(10 * pulseBeats * pulseBeat)
	p.add("a", later)
	if _, total := p.beats("a", later); total != 1 {
		t.Errorf("%d calls, want 1", total)
	}
	p.add("a", start)
	p.spoil("a", start)
	if _, total := p.beats("a", later); total != 1 {
		t.Errorf("a call of long ago counts: %d", total)
	}
}
