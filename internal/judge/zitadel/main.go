// Command zitadel is the example provider of zitadel's OpenID Connect library, on a free port of this machine. It is a
// module of its own, so that the bridge needs none of it. It prints {"issuer": …} when it is ready; the issuer
// ends with a slash. Its answers have no iss, its users no groups.
package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := fmt.Sprintf("http://localhost:%d/", l.Addr().(*net.TCPAddr).Port)
	storage.RegisterClients(storage.NativeClient("drawbridge", "http://127.0.0.1/callback"))
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	handler := exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), log, false)
	fmt.Printf("{\"issuer\":%q}\n", issuer)
	return http.Serve(l, handler)
}
