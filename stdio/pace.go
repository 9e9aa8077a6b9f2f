package stdio

import "time"

// What a server writes beside messages is read as fast as it comes up to paceBurst bytes, and then at
// paceRate, so that a flood costs little of a processor: the server then waits in its own write.
const (
	paceBurst = 32 << 20
	paceRate  = 8 << 20 // bytes a second
)

// pace bounds how fast one goroutine reads.
type pace struct {
	debt  float64 // bytes not yet paid for with time
	since time.Time
}

// charge says that size bytes were read, and returns how long to wait before more is.
func (p *pace) charge(size int, now time.Time) time.Duration {
	p.debt = max(0, p.debt-now.Sub(p.since).Seconds()*paceRate) + float64(size)
	p.since = now
	return time.Duration(max(0, p.debt-paceBurst) / paceRate * float64(time.Second))
}
