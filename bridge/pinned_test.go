package bridge

import (
	"strings"

	"drawbridge/bridge/pin"
)

// shelves keep books in memory.
type shelves map[string][]byte

func (s shelves) Load(server string) ([]byte, error) { return s[server], nil }
func (s shelves) Save(server string, book []byte) error {
	s[server] = book
	return nil
}

// held is what the owner sees of a server that is held.
func (st *stage) held(server string) string {
	snapshot, sub := st.bridge.Watch()
	sub.Close()
	var all []string
	for _, h := range snapshot.Servers[server].Held {
		text := strings.TrimSpace(string(h.Kind) + " " + h.Name)
		if h.New {
			text += " (new)"
		}
		if h.Rejected {
			text += " (rejected)"
		}
		if h.Unsteady {
			text += " (unsteady)"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func (st *stage) decide(verb string, args []string) {
	which := PinForm{Thing: pin.Thing{Kind: pin.Kind(args[1])}}
	if len(args) > 2 {
		which.Name = args[2]
	}
	items, _, err := st.bridge.Pins(args[0])
	if err != nil {
		st.fail("%v", err)
	}
	for _, it := range items {
		if it.Thing == which.Thing && it.Held != nil {
			which.Digest = it.Held.Digest
		}
	}
	do := st.bridge.AcceptPins
	if verb == "reject" {
		do = st.bridge.RejectPins
	}
	if _, err := do(args[0], []PinForm{which}); err != nil {
		st.fail("%v", err)
	}
}
