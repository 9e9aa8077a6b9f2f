package app

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/ship"
	"drawbridge/internal/trace"
	"drawbridge/stdio"
)

// shipping is the record, or the traces of calls, on their way to one collector.
type shipping struct {
	chosen settings.Shipment
	spans  *ship.Spans // nil where it is the record that goes there
	cancel context.CancelFunc
	ended  chan struct{} // closed when nothing of it runs
}

// ship has the record, and the traces, go to these collectors and no others. Those that are as they were stay as they are. The caller
// holds owner.
func (a *App) ship(chosen []settings.Shipment) {
	for address, s := range a.shipped {
		if !slices.ContainsFunc(chosen, s.chosen.Equal) {
			s.cancel()
			<-s.ended
			delete(a.shipped, address)
		}
	}
	a.mu.Lock()
	maps.DeleteFunc(a.problem, func(with string, _ error) bool {
		address, ours := strings.CutPrefix(with, shipProblem)
		return ours && !slices.ContainsFunc(chosen, func(c settings.Shipment) bool { return c.Address() == address })
	})
	a.mu.Unlock()
	for _, c := range chosen {
		if a.shipped[c.Address()] == nil {
			a.wrong(shipProblem+c.Address(), a.shipOne(c))
		}
	}
	a.trace()
}

// trace has the bridge tell of calls to who takes traces. The caller holds owner.
func (a *App) trace() {
	var to []*ship.Spans
	for _, s := range a.shipped {
		if s.spans != nil {
			to = append(to, s.spans)
		}
	}
	a.traced.Store(&to)
	if len(to) == 0 {
		a.bridge.SetTraces(nil)
		return
	}
	a.bridge.SetTraces(func(s trace.Span) {
		for _, one := range to {
			one.Add(s)
		}
	})
}

// shipProblem begins what the problems of collectors are noted under.
const shipProblem = "ship "

// shipOne begins to ship to one collector. The caller holds owner.
func (a *App) shipOne(c settings.Shipment) error {
	s := &shipping{chosen: c, ended: make(chan struct{})}
	run, err := a.shipper(s)
	if err != nil {
		return fmt.Errorf("audit.ship %q: %w", c.Address(), err)
	}
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(a.ctx)
	go func() { // ends with cancel, and ship waits for it
		defer close(s.ended)
		run(ctx)
	}()
	if a.shipped == nil {
		a.shipped = map[string]*shipping{}
	}
	a.shipped[c.Address()] = s
	return nil
}

// shipper is what brings s to its collector, until its context is done.
func (a *App) shipper(s *shipping) (run func(context.Context), err error) {
	c, origin := s.chosen, ship.Origin{Version: a.options.Version, PID: os.Getpid()}
	origin.Host, _ = os.Hostname() // without one it is unknown
	roots, err := authorities(c.CA)
	if err != nil {
		return nil, err
	}
	log, problem := a.log.With("room", "ship"), func(err error) { a.wrong(shipProblem+c.Address(), err) }
	otlp := &ship.OTLP{URL: c.Address(), Origin: origin, Client: ship.Client(roots), Header: a.headers(c.Headers), Log: log}
	if c.Traces != "" {
		s.spans = ship.NewSpans(otlp, problem)
		return s.spans.Run, nil
	}
	record := &ship.Shipment{
		To: c.Address(), Mark: a.synced, Source: source{&audit.Tail{Dir: a.options.Places.AuditDir}}, Position: position{a.db, c.Address()},
		Sender: otlp, Log: log, Problem: problem,
	}
	if c.Syslog != "" {
		record.Sender, err = ship.Syslog(c.Syslog, origin, roots)
	}
	return record.Run, err
}

// headers are those of every request to a collector, with their secrets as they are then.
func (a *App) headers(chosen map[string]string) func() (http.Header, error) {
	return func() (http.Header, error) {
		all := http.Header{}
		for name, value := range chosen {
			text, err := stdio.Expand(value, os.Environ(), a.secret)
			if err != nil {
				return nil, fmt.Errorf("header %s: %w", name, err)
			}
			all.Set(name, text)
		}
		return all, nil
	}
}

// authorities are the certificates in a file; nil for none.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate; write them as PEM", file)
	}
	return roots, nil
}

// position is, in state.db, how far a collector has taken the record.
type position struct {
	db *bbolt.DB
	to string
}

func (p position) Load() (seq uint64, known bool, err error) {
	b, err := get(p.db, "ship", p.to)
	switch {
	case err != nil || len(b) == 0:
		return 0, false, err
	case len(b) != 8:
		return 0, false, errors.New("state.db: how far a collector has the record is damaged")
	}
	return binary.BigEndian.Uint64(b), true, nil
}

func (p position) Save(seq uint64) error {
	return put(p.db, "ship", p.to, binary.BigEndian.AppendUint64(nil, seq))
}

// source is the record as ship reads it.
type source struct{ tail *audit.Tail }

// shipBatch is how many records go out together.
const shipBatch = 512

func (s source) Read(after, last uint64) ([]ship.Record, error) {
	records, err := s.tail.Read(after, last, shipBatch)
	batch := make([]ship.Record, len(records))
	for i, r := range records {
		batch[i] = shippedRecord(r)
	}
	return batch, err
}

func shippedRecord(r audit.Record) ship.Record {
	s := ship.Record{Seq: r.Seq, Time: r.Time, Kind: string(r.Kind), Line: r.Line}
	switch bridge.Result(r.Outcome) {
	case bridge.Denied, bridge.Failure, bridge.Lost:
		s.Bad = true
	}
	switch r.Kind {
	case audit.Refused, audit.Damaged, audit.Lost:
		s.Bad = true
	}
	s.Bad = s.Bad || r.Error != ""
	for _, a := range [][2]string{
		{"agent", r.Agent}, {"user", r.User}, {"server", r.Server}, {"method", r.Method}, {"name", r.Name},
		{"verdict", r.Verdict}, {"outcome", r.Outcome}, {"address", r.Address},
	} {
		if a[1] != "" {
			s.With = append(s.With, a)
		}
	}
	return s
}
