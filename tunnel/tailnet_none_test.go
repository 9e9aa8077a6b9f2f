//go:build !tailnet

package tunnel

import (
	"strings"
	"testing"
)

// TestWithoutTailnet: who has another program than the settings want is told so.
func TestWithoutTailnet(t *testing.T) {
	for n, want := range map[string]string{"bridge.tail1234.ts.net": "-tags tailnet", "bridge": "with the tailnet's own", "": "no host name"} {
		if _, err := Open(Tailnet{Name: n}, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", n, err, want)
		}
	}
}
