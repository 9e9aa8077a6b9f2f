package tunnel

import (
	"bufio"
	"errors"
	"fmt"

	"github.com/pires/go-proxyproto"
)

// proxyRoom is more than a header has without extensions. The rest is read in steps.
const proxyRoom = 256

// readProxy takes the PROXY protocol's header, version 2, off a visit: there the relay says who the visitor is.
// It is for listeners where nobody but the relay can write the first bytes.
//
// https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
func readProxy(v *visit) error {
	r := bufio.NewReaderSize(v.Conn, proxyRoom)
	h, err := proxyproto.Read(r)
	if err != nil {
		return fmt.Errorf("the relay's PROXY header: %w", err)
	}
	if h.Version != 2 {
		return errors.New("the relay's PROXY header is of version 1")
	}
	if h.Command.IsProxy() { // else the relay itself has called
		v.from = h.SourceAddr
	}
	v.ahead = r
	return nil
}
