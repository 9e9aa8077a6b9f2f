package stdio

import (
	"context"
	"os"
)

// ownerEnviron is our own environment: Windows gives the same to every program of the owner's.
func ownerEnviron(context.Context) (environ, error) { return newEnviron(os.Environ()), nil }
