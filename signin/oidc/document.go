package oidc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	fresh = time.Hour       // how long a document is used without asking again
	stale = 24 * time.Hour  // how long it is used when asking fails
	pause = 5 * time.Second // the least time between two requests that anybody can cause
)

// document is what the provider publishes at one place: fetched when needed, kept, and asked for by
// one goroutine at a time.
type document[T any] struct {
	fetch func(context.Context) (T, error)

	mu     sync.Mutex // guards the fields below
	value  T
	since  time.Time     // when value was asked for; zero is never
	tried  time.Time     // when fetch last returned; zero is never
	fault  error         // of that call
	flight chan struct{} // closed by the goroutine that fetches, when it has; nil while none does
}

// get returns the document, and when it was asked for. Its error is ErrUnavailable.
func (d *document[T]) get(ctx context.Context) (T, time.Time, error) {
	return d.read(ctx, pause, func() bool { return time.Since(d.since) < fresh })
}

// after returns a document that is newer than the one of that time, if there may be one. It is
// asked for only if the last request is that long ago.
func (d *document[T]) after(ctx context.Context, seen time.Time, ago time.Duration) (T, time.Time, error) {
	return d.read(ctx, ago, func() bool { return d.since.After(seen) })
}

func (d *document[T]) read(ctx context.Context, ago time.Duration, good func() bool) (T, time.Time, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !d.since.IsZero() && good():
		return d.value, d.since, nil
	case d.flight != nil:
		if err := d.join(ctx); err != nil {
			return d.value, d.since, err
		}
	case d.tried.IsZero() || time.Since(d.tried) >= ago:
		d.lead(ctx)
	}
	return d.last()
}

// last is what there is when nothing newer can be had. With d.mu held.
func (d *document[T]) last() (T, time.Time, error) {
	if d.since.IsZero() || d.fault != nil && time.Since(d.since) > stale {
		return d.value, d.since, unavailable(d.fault)
	}
	return d.value, d.since, nil
}

// join waits for the request under way. With d.mu held, which it gives away meanwhile.
func (d *document[T]) join(ctx context.Context) error {
	flight := d.flight
	d.mu.Unlock()
	defer d.mu.Lock()
	select {
	case <-flight:
		return nil
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

// lead fetches the document for all who wait, so the end of one caller's context does not end it.
// With d.mu held, which it gives away meanwhile.
func (d *document[T]) lead(ctx context.Context) {
	flight, start := make(chan struct{}), time.Now()
	d.flight = flight
	d.mu.Unlock()
	value, err := d.fetch(context.WithoutCancel(ctx))
	d.mu.Lock()
	d.tried = time.Now()
	if d.fault = err; err == nil {
		d.value, d.since = value, start
	}
	d.flight = nil
	close(flight)
}

// unavailable makes err an ErrUnavailable, unless it says something already.
func unavailable(err error) error {
	if err == nil || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrDenied) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
