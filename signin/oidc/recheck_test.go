package oidc

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// begun is a provider and somebody who has signed in there.
func begun(t *testing.T, i *idp, change ...func(*Config)) (*Provider, []byte) {
	t.Helper()
	p := i.provider(t, change...)
	who, err := i.signIn(t, p)
	if err != nil {
		t.Fatal(err)
	}
	return p, who.Session
}

// errs is a provider's error answer.
func errs(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		reply(w, status, map[string]any{"error": code, "error_description": "about " + r.FormValue("refresh_token")})
	}
}

func TestRecheck(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*idp)
		want  error // nil is that the person is still in
	}{
		"in":                     {func(*idp) {}, nil},
		"token is not replaced":  {func(i *idp) { i.forgets = true }, nil},
		"no ID token":            {func(i *idp) { i.quiet, i.info = true, map[string]any{"sub": "ann", "groups": "staff"} }, nil},
		"no ID token, other sub": {func(i *idp) { i.quiet, i.info = true, map[string]any{"sub": "bob", "groups": "staff"} }, ErrDenied},
		"no ID token, no groups": {func(i *idp) { i.quiet = true }, ErrDenied},
		"other sub":              {func(i *idp) { i.person["sub"], i.info = "bob", nil }, ErrDenied},
		"group taken away":       {func(i *idp) { i.person["groups"] = []string{"guests"} }, ErrDenied},
		"out":                    {func(i *idp) { clear(i.live) }, ErrDenied},
		"interaction":            {func(i *idp) { i.fails(errs(400, "interaction_required"), "/token") }, ErrDenied},
		"busy":                   {func(i *idp) { i.fails(errs(429, "invalid_grant"), "/token") }, ErrUnavailable},
		"broken":                 {func(i *idp) { i.fails(errs(500, "invalid_grant"), "/token") }, ErrUnavailable},
		"client unknown":         {func(i *idp) { i.fails(errs(401, "invalid_client"), "/token") }, ErrUnavailable},
		"400 of a proxy":         {func(i *idp) { i.fails(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) }, "/token") }, ErrUnavailable},
		"down":                   {func(i *idp) { i.fails(down, "/token") }, ErrUnavailable},
		"nonsense": {func(i *idp) {
			i.fails(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("[]")) }, "/token")
		}, ErrUnavailable},
		"bad signature": {func(i *idp) { i.key = newSigner("k1") }, ErrUnavailable},
		"clock off":     {func(i *idp) { i.change = func(_, c map[string]any) { c["iat"] = 9e9 } }, ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIDP(corp)
			p, session := begun(t, i, func(c *Config) { c.Allow.Groups = []string{"staff"} })
			i.set(func() { c.spoil(i) })
			tokens := i.count("/token")
			who, err := p.Recheck(t.Context(), session)
			if !errors.Is(err, c.want) || err == nil && (who.Subject != corp+"|ann" || who.Session == nil) {
				t.Errorf("%+v, %v", who, err)
			}
			if err != nil {
				checkNoCanary(t, err.Error())
			}
			if n := i.count("/token") - tokens; n != 1 {
				t.Errorf("%d requests for one recheck", n)
			}
			if !errors.Is(c.want, ErrUnavailable) {
				return
			}
			i.set(func() { i.instead, i.change, i.key = nil, nil, i.published[0] })
			if name == "bad signature" || name == "clock off" {
				return // for a minute the same answer is given again: see TestLostAnswer
			}
			if _, err := p.Recheck(t.Context(), session); err != nil {
				t.Errorf("the session is not as good as before: %v", err)
			}
		})
	}
}

// fails is fail with i.mu held.
func (i *idp) fails(answer http.HandlerFunc, path string) {
	i.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == path {
			answer(w, r)
		}
		return r.URL.Path == path
	}
}

func TestNothingToAskWith(t *testing.T) {
	i := newIDP(corp)
	i.forgets = true
	p, session := begun(t, i)
	if session != nil {
		t.Errorf("a session without a refresh token: %q", session)
	}
	for _, s := range [][]byte{nil, []byte("{}"), []byte(`{"subject":"https://idp.other.example|ann","refresh":"r"}`), []byte("\x00")} {
		if _, err := p.Recheck(t.Context(), s); !errors.Is(err, ErrDenied) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if n := i.count("/token"); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// TestKeysBeforeTokens: a refresh token is not spent while the answer could not be checked.
func TestKeysBeforeTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIDP(corp)
		p, session := begun(t, i)
		i.fail(down, "/keys")
		time.Sleep(stale + time.Second)
		if _, err := p.Recheck(t.Context(), session); !errors.Is(err, ErrUnavailable) || i.count("/token") != 1 {
			t.Errorf("%v after %d requests", err, i.count("/token"))
		}
		i.mend()
		time.Sleep(pause)
		if _, err := p.Recheck(t.Context(), session); err != nil {
			t.Error(err)
		}
	})
}

// TestLostAnswer: the provider replaced the refresh token, and the one who asked never got the new
// one. The old one leads to it for an hour, and is never shown to the provider again.
func TestLostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIDP(corp)
		p, session := begun(t, i)
		i.set(func() { i.person["groups"], i.info = nil, nil })
		if _, err := p.Recheck(t.Context(), session); !errors.Is(err, ErrUnavailable) {
			t.Fatal(err)
		}
		i.set(func() { i.info = map[string]any{"sub": "ann"} })
		if _, err := p.Recheck(t.Context(), session); err != nil || i.count("/token") != 2 {
			t.Errorf("at once: %v after %d requests", err, i.count("/token"))
		}
		time.Sleep(again)
		if _, err := p.Recheck(t.Context(), session); err != nil || i.count("/token") != 3 {
			t.Errorf("after a minute: %v after %d requests", err, i.count("/token"))
		}
		time.Sleep(2 * again)
		if _, err := p.Recheck(t.Context(), session); err != nil || i.count("/token") != 4 {
			t.Errorf("over two: %v after %d requests", err, i.count("/token"))
		}
		time.Sleep(2 * remembered)
		other := i.provider(t)
		if who, err := i.signIn(t, other); err != nil {
			t.Error(err)
		} else if _, err := other.Recheck(t.Context(), who.Session); err != nil {
			t.Error(err)
		}
		if _, err := other.Recheck(t.Context(), session); !errors.Is(err, ErrDenied) {
			t.Errorf("a token used twice: %v", err)
		}
	})
}

func TestTwoAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIDP(corp)
		p, session := begun(t, i)
		i.set(func() {
			i.instead = func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/token" {
					time.Sleep(time.Second)
				}
				return false
			}
		})
		var mu sync.Mutex // guards sessions
		var sessions []string
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				who, err := p.Recheck(t.Context(), session)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				sessions = append(sessions, string(who.Session))
			})
		}
		wg.Wait()
		slices.Sort(sessions)
		if n := i.count("/token"); n != 2 || len(slices.Compact(sessions)) != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

// TestRenewalsAreBounded: what is remembered of spent tokens does not grow for ever.
func TestRenewalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIDP(corp)
		p, session := begun(t, i)
		for range 50 {
			who, err := p.Recheck(t.Context(), session)
			if err != nil {
				t.Fatal(err)
			}
			session = who.Session
			time.Sleep(10 * time.Minute)
		}
		if n := len(p.renewals.made); n > 7 {
			t.Errorf("%d are remembered", n)
		}
	})
}

// TestNobodyWaits: the caller's end does not end a recheck whose answer would be lost.
func TestNobodyWaits(t *testing.T) {
	i := newIDP(corp)
	p, session := begun(t, i)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Recheck(gone, session); err != nil {
		t.Error(err)
	}
}

func TestSlowProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIDP(corp)
		p, session := begun(t, i)
		i.fail(silent, "/token")
		start := time.Now()
		if _, err := p.Recheck(t.Context(), session); !errors.Is(err, ErrUnavailable) || time.Since(start) != patience {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
