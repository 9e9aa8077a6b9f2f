package app

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen opens the address that agents connect to. The bridge speaks no TLS there, so only this
// machine's own addresses will do.
func listen(address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &fault{fmt.Sprintf("listen on %q: write an address such as 127.0.0.1:7040", address), usage}
	}
	if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() {
		return nil, &fault{fmt.Sprintf("listen on %q: without TLS only this machine's own addresses are safe; "+
			"use 127.0.0.1:%s and put what terminates TLS in front of it", address, port), usage}
	}
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windowsInUse) {
		return nil, taken(address, port)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", address, err)
	}
	return l, nil
}

// windowsInUse is WSAEADDRINUSE, which package syscall has no name for everywhere.
const windowsInUse = syscall.Errno(10048)

// taken is the error for a port that somebody else listens on: who, if that can be found out, and
// what to do.
func taken(address, port string) error {
	by := "another program"
	number, _ := strconv.Atoi(port)
	if who := holder(number); who != "" {
		by = who
	}
	return fmt.Errorf("listen on %s: %s has this port; end it, or choose another, such as 127.0.0.1:%d",
		address, by, number+1)
}
