package limit

import "net/netip"

// Neighbourhood is what counts as one where addresses are limited: an IPv4 address, or the /64 that one line has of
// IPv6. The address may have a port; what is no address is its own neighbourhood.
func Neighbourhood(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		with, err := netip.ParseAddrPort(address)
		if err != nil {
			return address
		}
		a = with.Addr()
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}
