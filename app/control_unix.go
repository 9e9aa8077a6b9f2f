//go:build !windows

package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"drawbridge/app/settings"
)

// listenControl opens the control socket. Its directory is the owner's alone already, so there is no
// moment at which somebody else could connect. The caller holds the lock of the home, so that a socket
// that is there is a dead one.
func listenControl(p settings.Places) (net.Listener, error) {
	path := p.ControlSocket
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	return l, nil
}

// dialControl connects to the App that runs on these places.
func dialControl(ctx context.Context, p settings.Places) (net.Conn, error) {
	info, err := os.Lstat(p.ControlSocket)
	if err != nil {
		return nil, err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Getuid() {
		return nil, fmt.Errorf("%s belongs to somebody else", p.ControlSocket)
	}
	var d net.Dialer
	return d.DialContext(ctx, "unix", p.ControlSocket)
}
