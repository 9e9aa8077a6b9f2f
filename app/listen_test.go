package app

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func TestListen(t *testing.T) {
	for address, fine := range map[string]bool{
		"127.0.0.1:0": true, "127.1.2.3:0": runtime.GOOS == "linux", "localhost:0": true,
		"0.0.0.0:0": false, ":0": false, "[::]:0": false, "192.0.2.1:0": false, "example.com:0": false,
		"127.0.0.1": false, "": false, "7040": false,
	} {
		l, err := listen(address)
		if (err == nil) != fine {
			t.Errorf("listen(%q): %v", address, err)
		}
		if err == nil {
			l.Close()
		}
	}
	if _, err := listen("0.0.0.0:7040"); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), "127.0.0.1:7040") {
		t.Errorf("an address of the network: %v", err)
	}
}

// TestTaken: the error says who has the port, where that can be found out, and what to do.
func TestTaken(t *testing.T) {
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	_, err = listen(address)
	if err == nil || !strings.Contains(err.Error(), address) || !strings.Contains(err.Error(), "choose another") {
		t.Fatalf("a port that is taken: %v", err)
	}
	if who := "process " + strconv.Itoa(os.Getpid()); runtime.GOOS == "linux" && !strings.Contains(err.Error(), who) {
		t.Errorf("%v does not say %q", err, who)
	}
}
