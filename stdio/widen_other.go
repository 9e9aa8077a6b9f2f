//go:build !linux

package stdio

import "os"

// setPipeSize does nothing: here a pipe grows by itself, or was made large.
func setPipeSize(*os.File, int) {}
