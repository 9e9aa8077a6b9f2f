package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"

	"drawbridge/app/settings"
)

// The pipe's name is drawn anew at each start and written to a file in the owner's home: whoever
// cannot read that can neither connect nor wait under the name for the owner to come.
func nameFile(p settings.Places) string {
	return filepath.Join(filepath.Dir(p.StateDB), "control.pipe")
}

// listenControl opens the control pipe, for this user alone and for nobody on the network.
func listenControl(p settings.Places) (net.Listener, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("open control pipe: %w", err)
	}
	name := `\\.\pipe\drawbridge-` + rand.Text()
	l, err := winio.ListenPipe(name, &winio.PipeConfig{
		SecurityDescriptor: "D:P(D;;GA;;;NU)(A;;GA;;;" + user.User.Sid.String() + ")",
	})
	if err != nil {
		return nil, fmt.Errorf("open control pipe: %w", err)
	}
	if err := os.WriteFile(nameFile(p), []byte(name), 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("open control pipe: %w", err)
	}
	return l, nil
}

// dialControl connects to the App that runs on these places.
func dialControl(ctx context.Context, p settings.Places) (net.Conn, error) {
	name, err := os.ReadFile(nameFile(p))
	if err != nil {
		return nil, err
	}
	return winio.DialPipeContext(ctx, string(name))
}
