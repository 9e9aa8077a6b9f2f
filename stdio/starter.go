package stdio

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what all servers of a host have in common.
type Config struct {
	// Secret looks up ${keychain:NAME}. nil: there is no keychain, and what needs it does not start.
	Secret func(name string) (string, error)
	// Environ is the environment that servers get a part of and whose PATH programs are found on, as
	// os.Environ gives it. nil: what the owner's login shell gives to programs, asked once, when the first server starts.
	// That is right for a program started by a desktop; one started from a shell has that environment already.
	Environ []string
	Log     *slog.Logger // nil: nothing is logged
	// OnChange is told, some time after it happened, that a server is not as it was: nothing is
	// missed for good, but of quick changes only the last. It may call Host. nil: nobody is told.
	OnChange func(Status)

	MaxMessage   int // bytes of one message, either way; 0 is 32 MiB
	MaxProcesses int // of all servers together; 0 is 512
	MaxPerOwner  int // of all servers together, for one Key.Owner; 0 is 192
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	or := func(n *int, zero int) {
		if *n <= 0 {
			*n = zero
		}
	}
	or(&c.MaxMessage, 32<<20)
	or(&c.MaxProcesses, 512)
	or(&c.MaxPerOwner, 192)
	return c
}

// starter turns commands into processes: it knows the owner's environment, and has the keeper of
// what it started.
type starter struct {
	config Config
	keeper *keeper
	widths widths
	grace  grace
	ctx    context.Context // ends with close
	cancel context.CancelFunc

	stale atomic.Bool // the environment is to be asked for again

	mu    sync.Mutex // guards the field below; held while the environment is asked for
	owner environ    // nil until it is known
}

func newStarter(c Config) *starter {
	c = c.withDefaults()
	s := &starter{config: c, keeper: newKeeper(c.Log), grace: usualGrace}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// start starts a server. w is told what it writes beside messages.
func (s *starter) start(ctx context.Context, server string, c Command, w witness) (*Process, error) {
	wrap := func(err error) error { return fmt.Errorf("start server %q: %w", server, err) }
	l, hide, err := c.resolve(ctx, s.environment(), s.config.Secret)
	if err != nil {
		return nil, wrap(err)
	}
	child, err := s.keeper.start(l)
	if err != nil {
		return nil, wrap(err)
	}
	p, err := newProcess(server, child, s, hide, w)
	if err != nil {
		child.abandon()
		return nil, wrap(err)
	}
	p.log.Info("server started", "path", l.path)
	return p, nil
}

// warm does what the first start would wait for.
func (s *starter) warm() {
	s.keeper.warm()
	s.environment()
}

// environment is the owner's, asked for when it is not known.
func (s *starter) environment() environ {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner != nil && !s.stale.Load() {
		return s.owner
	}
	s.stale.Store(false)
	if s.config.Environ != nil {
		s.owner = newEnviron(s.config.Environ)
		return s.owner
	}
	begun := time.Now()
	e, err := ownerEnviron(s.ctx)
	if err != nil {
		s.config.Log.Warn("the login shell did not say what PATH is; programs may not be found", "error", err)
		e = newEnviron(os.Environ())
	}
	s.config.Log.Debug("environment of the owner", "took", time.Since(begun).Round(time.Millisecond), "variables", len(e))
	s.owner = e
	return e
}

// forget makes the next start ask for the environment again. It doesn't wait for one that asks now.
func (s *starter) forget() { s.stale.Store(true) }

// close ends everything that was started and returns when it is gone.
func (s *starter) close() {
	s.cancel()
	s.keeper.close()
}
