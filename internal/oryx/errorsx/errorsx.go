// Package errorsx is what fosite needs of the package of this name in github.com/ory/x. The whole of that module brings
// tracing exporters, gRPC and loggers into the program, none of which fosite uses.
package errorsx

import "github.com/pkg/errors"

// WithStack returns err with the stack of its caller, or err itself when it has one or is nil.
func WithStack(err error) error {
	if traced, ok := err.(interface{ StackTrace() errors.StackTrace }); ok && len(traced.StackTrace()) > 0 {
		return err
	}
	return errors.WithStack(err)
}

// Cause returns the innermost error that err names by a method Cause, or err itself.
func Cause(err error) error {
	for {
		caused, ok := err.(interface{ Cause() error })
		if !ok {
			return err
		}
		inner := caused.Cause()
		if inner == nil {
			return err
		}
		err = inner
	}
}

// StatusCodeCarrier is an error with an HTTP status.
type StatusCodeCarrier interface{ StatusCode() int }

// StatusCarrier is an error with the text of its HTTP status.
type StatusCarrier interface{ Status() string }

// RequestIDCarrier is an error that names the request it is about; "" for none.
type RequestIDCarrier interface{ RequestID() string }

// ReasonCarrier is an error that can say why; "" when it can't.
type ReasonCarrier interface{ Reason() string }

// DebugCarrier is an error with a text for developers; "" for none.
type DebugCarrier interface{ Debug() string }

// DetailsCarrier is an error with further fields; nil for none.
type DetailsCarrier interface{ Details() map[string]any }
