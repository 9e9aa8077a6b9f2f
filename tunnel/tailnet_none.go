//go:build !tailnet

package tunnel

import "errors"

func (n Tailnet) open(*Endpoint) error {
	if _, _, err := n.check(); err != nil {
		return err
	}
	return errors.New("this program was built without tailnets: build it with -tags tailnet, or use the driver external with `tailscale funnel` or `tailscale serve`")
}
