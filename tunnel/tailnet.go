package tunnel

import (
	"context"
	"strings"
)

// Tailnet is a machine of its own in a Tailscale network: agents in the same tailnet reach it under its name, by
// WireGuard from end to end, and TLS ends here. Programs have it that are built with the tag tailnet.
type Tailnet struct {
	// Name is the whole name that the tailnet gives the machine, such as bridge.tail1234.ts.net; required. The tailnet
	// must have MagicDNS and HTTPS certificates turned on.
	Name string
	// Control is the URL of the coordination server; "" is Tailscale's.
	Control string
	// AuthKey returns the key that lets the machine into the tailnet the first time; nil is that the owner opens the
	// link that Status shows.
	AuthKey func() (string, error)

	//lint:ignore U1000 it is used with the tag
	certify func(context.Context) (cert, key []byte, err error) // in PEM, for Name; nil is the tailnet's, but in tests
}

func (n Tailnet) name() string { return "tailnet" }

func (n Tailnet) check() []Fault {
	all := checkName(n.Name)
	if len(all) == 0 && !strings.Contains(strings.Trim(n.Name, "."), ".") {
		all = append(all, about("name", "tailnet name", n.Name, "write it with the tailnet's own, such as bridge.tail1234.ts.net"))
	}
	if n.Control != "" && !isSecure(n.Control, true) {
		all = append(all, about("control", "control server", n.Control, "write an https URL"))
	}
	return append(all, tailnetLacks...)
}

func (n Tailnet) examine(ctx context.Context, e *Endpoint) []Finding {
	in := Finding{Check: "the tailnet", Seen: "this machine is in it", Problem: e.tracker.problem(partRelay)}
	certificate := Finding{Check: "the certificate", Seen: "nothing is wrong", Problem: e.tracker.problem(partCertificate)}
	return []Finding{in, certificate}
}
