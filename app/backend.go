package app

import (
	"context"

	"drawbridge/bridge"
	"drawbridge/internal/wire"
	"drawbridge/stdio"
)

// backend has the bridge's servers run by the host.
type backend struct{ host *stdio.Host }

func (b backend) Acquire(ctx context.Context, server string, k bridge.Key) (wire.Conn, func(), error) {
	return b.host.Acquire(ctx, server, stdio.Key{Owner: k.Owner, ID: k.ID, Once: k.Once})
}
