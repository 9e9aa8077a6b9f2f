//go:build !linux

package app

import (
	"context"

	"drawbridge/app/settings"
)

// watchAbsence hears nothing on this system.
func watchAbsence(context.Context, settings.RaiseOn, func(reason, bool), func()) error {
	return errDeafHere
}
