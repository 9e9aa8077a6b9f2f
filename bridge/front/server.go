package front

import (
	"log/slog"
	"net/http"
	"time"
)

// Server returns a server for handler, which is the Guard, with the bounds that a handler cannot set: on headers and on
// idle connections. The caller serves its listeners and closes it; sessions on sockets and streams end with the bridge.
func Server(c Config, handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    128 << 10,
		ErrorLog:          slog.NewLogLogger(c.log().Handler(), slog.LevelDebug),
	}
}
