package stdio

import "syscall"

// attempt is a write that does not wait. There is no such thing for a pipe here: all is queued.
type attempt struct{}

func (attempt) init() {}

func (attempt) try(syscall.RawConn, []byte, []byte) (int, error) { return 0, nil }
