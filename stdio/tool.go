package stdio

import (
	"context"
	"io"
)

// Run runs a program that is no server until it has ended, or until ctx is done, and returns why it ended. What
// it prints goes to output. The program and all that it starts end with this one, if not before. Of config it uses
// Secret, Environ and Log.
func Run(ctx context.Context, name string, c Command, config Config, output io.Writer) error {
	s := newStarter(config)
	defer s.close()
	p, err := s.start(ctx, name, c, witness{output, func() {}})
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = p.Close() })()
	for err == nil { // nothing that it says is a message
		_, err = p.Read()
	}
	_ = p.Close()
	p.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return p.Err()
}
