//go:build !tailnet

package tunnel

var tailnetLacks = []Fault{{"driver", "this program was built without tailnets", "build it with -tags tailnet, or have a tool of yours give the address: `tailscale funnel` or `tailscale serve`"}}

func (n Tailnet) open(*Endpoint) error { return tailnetLacks[0] }
