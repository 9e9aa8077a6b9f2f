package oidc

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"time"
)

//go:embed page.html
var page string

// lastPage is how long the browser has to fetch the page that ends a sign-in.
const lastPage = 3 * time.Second

// parseCallback checks where the owner's browser is to come back.
func parseCallback(callback string) (*url.URL, error) {
	u, err := url.Parse(callback)
	if err != nil || u.Scheme != "http" || u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return nil, &Fault{"callback", fmt.Sprintf("is %.200q; it has to be http on 127.0.0.1 or localhost, without a query", callback)}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// answerer takes what the browser brought back to callback.
type answerer func(callback string, memory []byte, answer url.Values) error

// browse takes the owner's browser to the provider and back (RFC 8252 §7.3): to a port of this
// machine that is open only meanwhile.
func (o *Owner) browse(ctx context.Context, open func(address string) error, take answerer) error {
	callback, err := parseCallback(o.cfg.Callback)
	if err != nil {
		return err
	}
	port := callback.Port()
	if port == "" {
		port = "0"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return fmt.Errorf("wait for the browser: %w", err)
	}
	defer l.Close()
	if _, port, err = net.SplitHostPort(l.Addr().String()); err != nil {
		return err
	}
	callback.Host = net.JoinHostPort(callback.Hostname(), port)
	state := rand.Text()
	address, memory, err := o.cfg.Provider.Begin(ctx, callback.String(), state)
	if err != nil {
		return err
	}
	d := &desk{
		callback: callback, state: state, turn: make(chan struct{}, 1), came: make(chan error, 1),
		take: func(answer url.Values) error { return take(callback.String(), memory, answer) },
	}
	return d.wait(ctx, l, func() error { return open(address) })
}

// desk is where the owner's browser comes back to. It lets one answer through: the first with the
// right state.
type desk struct {
	callback *url.URL
	state    string
	take     func(answer url.Values) error
	turn     chan struct{} // holds one, for good: the request that brought the answer, or the end; never closed
	came     chan error    // holds what take returned; never closed
}

// wait serves l until the browser has come back, or ctx ends.
func (d *desk) wait(ctx context.Context, l net.Listener, open func() error) error {
	s := &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	served := make(chan error, 1) // one: it is read at the end only
	go func() { served <- s.Serve(l) }()
	err := open()
	if err != nil {
		err = fmt.Errorf("open the browser: %w", err)
	} else {
		select {
		case err = <-d.came:
		case <-ctx.Done():
			err = d.close(context.Cause(ctx))
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastPage)
	defer cancel()
	if s.Shutdown(last) != nil {
		_ = s.Close() // a browser that keeps its connection loses it
	}
	<-served
	return err
}

// close lets no answer through any more. It returns what became of the one that has come already,
// and cause if none has.
func (d *desk) close(cause error) error {
	select {
	case d.turn <- struct{}{}:
		return cause
	default:
		return <-d.came
	}
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Connection", "close")
	query := r.URL.Query()
	switch {
	case r.Host != d.callback.Host: // a name of somebody else's that leads here
		show(w, http.StatusMisdirectedRequest, "This page is not here", "Close it and go back to Drawbridge.")
		return
	case r.URL.Path != d.callback.Path || r.Method != http.MethodGet:
		show(w, http.StatusNotFound, "There is nothing here", "You can close this page.")
		return
	case len(query["state"]) != 1 || !same(query.Get("state"), d.state):
		show(w, http.StatusBadRequest, "This is not the sign-in that Drawbridge waits for", "Close this page and start again from Drawbridge.")
		return
	}
	select {
	case d.turn <- struct{}{}:
	default:
		show(w, http.StatusConflict, "This sign-in has been used already", "You can close this page.")
		return
	}
	err := d.take(query)
	switch {
	case err == nil:
		show(w, http.StatusOK, "You are signed in", "You can close this page and go back to Drawbridge.")
	case errors.Is(err, ErrDenied):
		show(w, http.StatusForbidden, "You are not signed in", "Sign-in was refused. Drawbridge says why. You can close this page.")
	default:
		show(w, http.StatusInternalServerError, "You are not signed in", "Something did not work. Drawbridge says what. You can close this page.")
	}
	d.came <- err
}

// show writes the page that a person is left with.
func show(w http.ResponseWriter, status int, title, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	t, err := template.New("page").Parse(page)
	if err != nil {
		http.Error(w, title, status)
		return
	}
	w.WriteHeader(status)
	_ = t.Execute(w, struct {
		Title, Text string
		Good        bool
	}{title, text, status == http.StatusOK}) // a browser that has gone gets nothing
}
