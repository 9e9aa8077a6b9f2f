package tunnel

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
)

// Fault is what is wrong with one field of a Driver, whatever happens elsewhere.
type Fault struct {
	Field string // as the owner writes it; "driver" is that this program has no such driver
	What  string // it is about
	Do    string // what to write
}

func (f Fault) Error() string { return f.What + ": " + f.Do }

// Check returns what is wrong with the fields of d, in the order in which they are read; nil is nothing. Open refuses what it finds.
func Check(d Driver) []Fault { return d.check() }

// about is a Fault of a field that holds text.
func about(field, what, text, do string) Fault {
	return Fault{field, fmt.Sprintf("%s %q", what, text), do}
}

// checkHost returns a host name or an address in its usual spelling. What is wrong with it is a Fault of the field name.
func checkHost(name string) (string, error) {
	if a, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil && a.Zone() == "" {
		return a.Unmap().String(), nil
	}
	host := strings.ToLower(strings.TrimSuffix(name, "."))
	fine := len(host) > 0 && len(host) <= 253
	for label := range strings.SplitSeq(host, ".") {
		fine = fine && len(label) > 0 && len(label) <= 63 && label[0] != '-' && label[len(label)-1] != '-' &&
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
	}
	if !fine {
		return "", Fault{"name", fmt.Sprintf("%q is no host name", name), "write one such as bridge.example.com, without https:// and without a port"}
	}
	return host, nil
}

// checkName is what is wrong with a host name or an address.
func checkName(name string) []Fault {
	if _, err := checkHost(name); err != nil {
		return []Fault{err.(Fault)}
	}
	return nil
}

// checkPublicName is what is wrong with a name that a public authority is to certify.
func checkPublicName(name string) []Fault {
	host, err := checkHost(name)
	switch {
	case err != nil:
		return []Fault{err.(Fault)}
	case net.ParseIP(host) != nil || !strings.Contains(host, "."):
		return []Fault{about("name", "certificate for", host, "public authorities certify full host names only, such as bridge.example.com")}
	}
	return nil
}

// check is what is wrong with the authority.
func (a ACME) check() (all []Fault) {
	if a.Directory != "" && !isSecure(a.Directory, false) {
		all = append(all, about("directory", "authority", a.Directory, "write the https URL of its ACME directory"))
	}
	if m, err := mail.ParseAddress(a.Email); a.Email != "" && (err != nil || m.Address != a.Email) {
		all = append(all, about("email", "authority writes to", a.Email, "write an e-mail address, such as me@example.com"))
	}
	return all
}

// checkPort is what is wrong with the port that agents use; 0 is the usual one.
func checkPort(port int) []Fault {
	if port < 0 || port > 65535 {
		return []Fault{{"port", fmt.Sprintf("port %d", port), "write a number from 1 to 65535"}}
	}
	return nil
}

// isSecure reports whether text is an https URL; with local, http is one too where it leads to this machine alone.
func isSecure(text string, local bool) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || local && isLoopback(u.Hostname()))
}

// isPort reports whether text is a port, by its number or its name.
func isPort(text string) bool {
	_, err := net.LookupPort("tcp", text)
	return text != "" && err == nil
}
