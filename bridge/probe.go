package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

const (
	// discoverFor is how long a probe waits in silence before it also tries initialize.
	discoverFor = 3 * time.Second
	// toolPages bounds the pages of tools that a probe reads.
	toolPages = 20
)

const discoverParams = `{"_meta":{"io.modelcontextprotocol/protocolVersion":"` + era.ModernRevision + `","io.modelcontextprotocol/clientInfo":{"name":"drawbridge","title":"Drawbridge","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}`

// era is the era or eras that the server speaks: remembered, or found out by a probe that all who ask at once share.
func (sv *server) era(ctx context.Context) (era.Era, error) {
	for {
		sv.mu.Lock()
		if sv.learned.Era != era.Unknown {
			defer sv.mu.Unlock()
			return sv.learned.Era, nil
		}
		wait := sv.probing
		if wait == nil {
			wait = make(chan struct{})
			if !sv.b.work.start(func() { sv.probe(wait) }) {
				sv.mu.Unlock()
				return era.Unknown, errClosing
			}
			sv.probing = wait
		}
		sv.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return era.Unknown, context.Cause(ctx)
		}
		sv.mu.Lock()
		learned, err := sv.learned.Era, sv.probed
		sv.mu.Unlock()
		if learned != era.Unknown || err != nil {
			return learned, err
		}
	}
}

// probe finds out what the server speaks, and reads its tools on the way. Processes that are spoken to as it
// does not speak are ended.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio#backward-compatibility
func (sv *server) probe(done chan struct{}) {
	ctx, cancel := context.WithTimeout(sv.b.ctx, 2*openFor)
	defer cancel()
	version := sv.settings().Version
	found, err := sv.discover(ctx)
	sv.mu.Lock()
	current := sv.config.Version == version
	if current {
		sv.learned.Era, sv.probed = found, err
	}
	learned := sv.learned
	sv.probing = nil
	sv.mu.Unlock()
	if current && err == nil {
		sv.b.memory.Remember(sv.name(), version, learned)
		sv.endLinks(func(l *link) bool { return l.era&found == 0 })
	}
	close(done)
	sv.b.serverChanged(sv)
}

// discover asks one process by server/discover and, where that settles nothing, by initialize; a process that dies of
// the first question is followed by one that hears only the second.
func (sv *server) discover(ctx context.Context) (era.Era, error) {
	l, release, err := sv.probeLink(ctx)
	if err != nil {
		return era.Unknown, err
	}
	found, err := l.askEra(ctx)
	if errors.Is(err, errSettlesNothing) {
		release()
		if l, release, err = sv.probeLink(ctx); err != nil {
			return era.Unknown, err
		}
		found, err = era.Legacy, l.greet(ctx)
	}
	defer release()
	if err != nil {
		return era.Unknown, err
	}
	if sv.pinned == nil {
		l.listTools(ctx, found)
		return found, nil
	}
	l.surveyAll(ctx, found, found != era.Both)
	if found == era.Both {
		sv.surveyLegacy(ctx)
	}
	return found, nil
}

// surveyLegacy looks at what a server of both eras shows in the other one: it may be another form of the same.
func (sv *server) surveyLegacy(ctx context.Context) {
	l, release, err := sv.probeLink(ctx)
	if err != nil {
		return
	}
	defer release()
	if l.greet(ctx) == nil {
		l.surveyAll(ctx, era.Legacy, true)
	}
}

// probeLink is a link to a process that nobody else uses. release ends it.
func (sv *server) probeLink(ctx context.Context) (*link, func(), error) {
	conn, release, err := sv.b.backend.Acquire(ctx, sv.name(), Key{ID: "probe " + sv.b.random(), Once: true})
	if err != nil {
		return nil, nil, err
	}
	l := newLink(sv, conn, era.Modern)
	l.proven = true         // what it speaks is being found out
	sv.b.work.start(l.read) // it does: the probe itself keeps the bridge's work from ending
	return l, func() { _ = conn.Close(); release() }, nil
}

// errSettlesNothing says that a process ended or stayed silent before its era could be told.
var errSettlesNothing = errors.New("the server did not say what it speaks")

// askEra tells the era of a fresh process. After a legacy answer the handshake has been made. A server that
// stays silent is asked both questions at once: the first answer that settles it counts.
func (l *link) askEra(ctx context.Context) (era.Era, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, openFor, errSilent(l.server))
	defer cancel()
	discover, err := l.start("server/discover", []byte(discoverParams))
	if err != nil {
		return era.Unknown, errSettlesNothing
	}
	patience := time.NewTimer(discoverFor)
	defer patience.Stop()
	var initialize errand
	var refusal error // of initialize
	for asked := false; ; asked = true {
		select {
		case end := <-discover:
			if found := end.era(); found != era.Unknown {
				l.greeting = end.m.Result()
				return found, nil
			}
			discover = nil
		case <-patience.C:
		case end := <-initialize:
			if end.err == nil {
				l.greeting = end.m.Result()
				l.initializedOnce()
				return era.Legacy, nil
			}
			if found := end.era(); found != era.Unknown {
				return found, nil
			}
			initialize, refusal = nil, end.err
		case <-ctx.Done():
			return era.Unknown, errSettlesNothing
		}
		switch {
		case !l.alive():
			return era.Unknown, errSettlesNothing
		case !asked:
			initialize, err = l.start("initialize", []byte(ownHandshake))
		case discover == nil && initialize == nil:
			return era.Unknown, refusal
		}
		if err != nil {
			return era.Unknown, errSettlesNothing
		}
	}
}

// era is what an answer to server/discover, or a refusal of initialize, tells; Unknown when it is not a
// modern server's.
func (e errandEnd) era() era.Era {
	var refusal *wire.Error
	switch {
	case e.err == nil && wire.Get(e.m.Result(), "supportedVersions") != nil:
		found := era.Modern
		for raw := range wire.Elements(wire.Get(e.m.Result(), "supportedVersions")) {
			v, _ := wire.String(raw)
			found |= era.Of(v)
		}
		return found
	case errors.As(e.err, &refusal) && modernError(refusal.Code):
		return era.Modern
	}
	return era.Unknown
}

func errSilent(sv *server) error {
	return &wire.Error{Code: wire.InternalError, Message: fmt.Sprintf("server %q did not answer initialize; its owner can look at its log", sv.name())}
}

// greet makes the handshake of the revisions that have one.
func (l *link) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, openFor, errSilent(l.server))
	defer cancel()
	m, err := l.do(ctx, "initialize", []byte(ownHandshake))
	if err != nil {
		return err
	}
	l.greeting = m.Result()
	l.initializedOnce()
	return nil
}

// modernError reports whether only a modern server answers with that code.
func modernError(code int) bool {
	return slices.Contains([]int{wire.HeaderMismatch, wire.MissingClientCapability, wire.UnsupportedProtocolVersion}, code)
}

// listTools reads the server's tools for the owner to see. That it fails matters to nobody.
func (l *link) listTools(ctx context.Context, e era.Era) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	params := []byte("{}")
	if e&era.Modern != 0 {
		params = []byte(discoverParams)
	}
	for page := range toolPages {
		m, err := l.do(ctx, "tools/list", params)
		if err != nil {
			return
		}
		l.server.learn(m.Result(), page == 0)
		next := wire.Get(m.Result(), "nextCursor")
		if next == nil {
			return
		}
		params = wire.Set(params, next, "cursor")
	}
}
