package oidc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// vault is a Store that can be locked.
type vault struct {
	mu     sync.Mutex // guards the fields below
	value  string
	locked bool
	saved  int
}

var errLocked = errors.New("the keychain is locked")

func (v *vault) Load() (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.locked {
		return "", errLocked
	}
	return v.value, nil
}

func (v *vault) Save(value string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.locked {
		return errLocked
	}
	v.value = value
	v.saved++
	return nil
}

func (v *vault) Clear() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.locked {
		return errLocked
	}
	v.value = ""
	return nil
}

func (v *vault) lock(locked bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.locked = locked
}

// browser opens addresses as a person's does, who signs in at i. change may spoil the way back. It
// does not block, as one that is opened does not.
type browser struct {
	t      *testing.T
	i      *idp
	change func(*http.Request)
	wg     sync.WaitGroup
	status int
	page   string
}

func (b *browser) open(address string) error {
	answer := b.i.visit(b.t, address)
	back := mustParse(address).Query().Get("redirect_uri")
	b.wg.Go(func() { b.status, b.page = b.get(back + "?" + answer.Encode()) })
	return nil
}

func (b *browser) get(address string) (status int, page string) {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.t.Error(err)
		return 0, ""
	}
	if b.change != nil {
		b.change(r)
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := c.Do(r)
	if err != nil {
		b.t.Error(err)
		return 0, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Error(err)
	}
	if answer.Header.Get("Cache-Control") != "no-store" || !strings.Contains(answer.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		b.t.Errorf("headers %v", answer.Header)
	}
	return answer.StatusCode, string(text)
}

func newOwner(t *testing.T, p *Provider, v *vault, change ...func(*OwnerConfig)) *Owner {
	t.Helper()
	cfg := OwnerConfig{Provider: p, Store: v}
	for _, c := range change {
		c(&cfg)
	}
	o, err := NewOwner(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOwner(t *testing.T) {
	i, v := newIDP(corp), &vault{}
	b := &browser{t: t, i: i}
	o := newOwner(t, i.provider(t), v)
	if _, err := o.Refresh(t.Context()); !errors.Is(err, ErrSignedOut) {
		t.Errorf("before: %v", err)
	}
	who, err := o.SignIn(t.Context(), b.open)
	b.wg.Wait()
	if err != nil || who.Subject != corp+"|ann" || b.status != 200 || !strings.Contains(b.page, "You are signed in") || strings.Contains(b.page, "canary") {
		t.Fatalf("%+v, %v, page %d %s", who, err, b.status, b.page)
	}
	if s := o.Status(); !s.SignedIn(time.Now()) || s.Who.Session != nil || s.Checked.IsZero() || s.Err != nil || !strings.Contains(v.value, "canary-refresh") {
		t.Errorf("%+v, kept %.40q", s, v.value)
	}
	if _, err := o.Refresh(t.Context()); err != nil || v.saved != 2 {
		t.Errorf("%v, saved %d times", err, v.saved)
	}
	again := newOwner(t, i.provider(t), v) // after a restart
	if again.Status().SignedIn(time.Now()) {
		t.Error("signed in before anybody was asked")
	}
	i.fail(down, "/token")
	if _, err := again.Refresh(t.Context()); !errors.Is(err, ErrUnavailable) || !again.Status().SignedIn(time.Now()) || !again.Status().Checked.IsZero() {
		t.Errorf("%v, %+v", err, again.Status())
	}
	i.mend()
	if who, err := again.Refresh(t.Context()); err != nil || who.Email != "ann@corp.example" {
		t.Errorf("%+v, %v", who, err)
	}
	k, err := again.load()
	if err != nil || !i.live[k.Refresh] {
		t.Errorf("what is kept is not what the provider takes: %v", err)
	}
	if err := again.SignOut(t.Context()); err != nil || v.value != "" || again.Status().SignedIn(time.Now()) || i.live[k.Refresh] {
		t.Errorf("%v, kept %q, alive %v", err, v.value, i.live[k.Refresh])
	}
	if _, err := again.Refresh(t.Context()); !errors.Is(err, ErrSignedOut) {
		t.Errorf("after: %v", err)
	}
	if err := again.SignOut(t.Context()); err != nil {
		t.Errorf("signed out twice: %v", err)
	}
}

// TestStrayRequests: what is not the answer changes nothing, and the answer counts once.
func TestStrayRequests(t *testing.T) {
	i := newIDP(corp)
	b := &browser{t: t, i: i}
	open := func(address string) error {
		q := mustParse(address).Query()
		back := q.Get("redirect_uri")
		good := i.visit(t, address).Encode()
		if !strings.HasPrefix(back, "http://127.0.0.1:") || !strings.HasSuffix(back, "/callback") {
			t.Errorf("back to %q", back)
		}
		b.wg.Go(func() {
			for _, c := range []struct {
				address, host string
				status        int
			}{
				{back + "?code=x", "", 400},
				{back + "?code=x&state=x", "", 400},
				{back + "?" + good + "&state=" + q.Get("state"), "", 400},
				{back + "x?" + good, "", 404},
				{back + "?" + good, "evil.example", 421},
				{back + "?" + good, "localhost:" + mustParse(back).Port(), 421},
				{back + "?" + good, "", 200},
			} {
				b.change = func(r *http.Request) { r.Host = c.host }
				if status, page := b.get(c.address); status != c.status || strings.Contains(page, "canary") {
					t.Errorf("%s at %q: %d", c.address, c.host, status)
				}
			}
		})
		return nil
	}
	_, err := newOwner(t, i.provider(t), &vault{}).SignIn(t.Context(), open)
	b.wg.Wait()
	if err != nil {
		t.Error(err)
	}
}

func TestSignInFails(t *testing.T) {
	noAnswer := func(string) error { return nil }
	errOpen := errors.New("no browser")
	for name, c := range map[string]struct {
		open   func(b *browser) func(string) error
		change func(*OwnerConfig, *idp, *vault)
		want   error
		status int
	}{
		"refused": {nil, func(c *OwnerConfig, i *idp, v *vault) { i.change = func(_, c map[string]any) { c["nonce"] = "x" } }, ErrDenied, 403},
		"down":    {nil, func(c *OwnerConfig, i *idp, v *vault) { i.fail(down, "/token") }, ErrUnavailable, 500},
		"locked":  {nil, func(c *OwnerConfig, i *idp, v *vault) { v.lock(true) }, errLocked, 500},
		"no browser": {func(*browser) func(string) error { return func(string) error { return errOpen } },
			func(*OwnerConfig, *idp, *vault) {}, errOpen, 0},
		"nobody comes": {func(*browser) func(string) error { return noAnswer },
			func(c *OwnerConfig, _ *idp, _ *vault) { c.Patience = time.Millisecond }, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			i, v := newIDP(corp), &vault{}
			b := &browser{t: t, i: i}
			open := b.open
			if c.open != nil {
				open = c.open(b)
			}
			o := newOwner(t, i.provider(t), v, func(cfg *OwnerConfig) { c.change(cfg, i, v) })
			who, err := o.SignIn(t.Context(), open)
			b.wg.Wait()
			if err == nil || c.want != nil && !errors.Is(err, c.want) || who.Subject != "" || b.status != c.status {
				t.Errorf("%+v, %v, page %d", who, err, b.status)
			}
			if s := o.Status(); s.Err == nil || s.SignedIn(time.Now()) || v.value != "" {
				t.Errorf("%+v", s)
			}
			if err != nil {
				checkNoCanary(t, err.Error())
			}
		})
	}
}

// TestSecondSignIn: the owner has closed the first page and begins again.
func TestSecondSignIn(t *testing.T) {
	i := newIDP(corp)
	b := &browser{t: t, i: i}
	opened := make(chan struct{}) // closed when the first page is open
	var once sync.Once
	o := newOwner(t, i.provider(t), &vault{})
	open := func(address string) error {
		first := false
		once.Do(func() { first = true; close(opened) })
		if first {
			return nil
		}
		return b.open(address)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := o.SignIn(t.Context(), open); !errors.Is(err, errReplaced) {
			t.Errorf("the first: %v", err)
		}
	})
	<-opened
	if _, err := o.SignIn(t.Context(), open); err != nil {
		t.Error(err)
	}
	wg.Wait()
	b.wg.Wait()
	if s := o.Status(); !s.SignedIn(time.Now()) || s.Err != nil {
		t.Errorf("%+v", s)
	}
}

func TestCallbacks(t *testing.T) {
	for callback, fine := range map[string]bool{
		"http://127.0.0.1/callback": true, "http://localhost": true, "http://127.0.0.1:8765/": true,
		"https://127.0.0.1/": false, "http://192.168.0.1/": false, "http://localhost.example/": false,
		"http://a@127.0.0.1/": false, "http://127.0.0.1/?a=b": false, "127.0.0.1": false, "http://[::1]/": false,
	} {
		_, err := NewOwner(OwnerConfig{Provider: &Provider{}, Store: &vault{}, Callback: callback})
		if (err == nil) != fine {
			t.Errorf("%s: %v", callback, err)
		}
	}
	if _, err := NewOwner(OwnerConfig{}); err == nil {
		t.Error("an owner of nothing")
	}
}

// signedIn is an owner who has signed in, without a browser.
func signedIn(t *testing.T, i *idp, v *vault) *Owner {
	t.Helper()
	p := i.provider(t)
	o := newOwner(t, p, v)
	address, memory, err := p.Begin(t.Context(), back, state)
	if err != nil {
		t.Fatal(err)
	}
	who, refresh, err := p.finish(t.Context(), back, memory, i.visit(t, address))
	if err == nil {
		err = o.keep(t.Context(), who, refresh)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i, v := newIDP(corp), &vault{}
		o := signedIn(t, i, v)
		i.set(func() {
			i.instead = func(_ http.ResponseWriter, r *http.Request) bool { time.Sleep(time.Second); return false }
		})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := o.Refresh(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		impatient, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := o.Refresh(impatient); !errors.Is(err, context.Canceled) {
			t.Errorf("who does not wait: %v", err)
		}
		wg.Wait()
		if n := i.count("/token"); n != 2 || v.saved != 2 {
			t.Errorf("%d requests, saved %d times", n, v.saved)
		}
	})
}

// TestLockedInTheMiddle: the token is replaced, and the keychain does not take the new one. It is
// not used before it is saved.
func TestLockedInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i, v := newIDP(corp), &vault{}
		o := signedIn(t, i, v)
		i.set(func() {
			i.instead = func(_ http.ResponseWriter, r *http.Request) bool {
				v.lock(v.locked || r.URL.Path == "/token")
				return false
			}
		})
		if _, err := o.Refresh(t.Context()); !errors.Is(err, errLocked) || !o.Status().SignedIn(time.Now()) {
			t.Errorf("%v", err)
		}
		i.mend()
		if _, err := o.Refresh(t.Context()); !errors.Is(err, errLocked) {
			t.Errorf("still locked: %v", err)
		}
		time.Sleep(2 * again)
		v.lock(false)
		i.set(func() {
			i.instead = func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/token" && !strings.Contains(v.value, r.FormValue("refresh_token")) {
					t.Error("used before it was saved")
				}
				return false
			}
		})
		if _, err := o.Refresh(t.Context()); err != nil || i.count("/token") != 3 {
			t.Errorf("%v after %d requests", err, i.count("/token"))
		}
	})
}

func TestOwnerIsOut(t *testing.T) {
	i, v := newIDP(corp), &vault{}
	o := signedIn(t, i, v)
	i.set(func() { clear(i.live) })
	if _, err := o.Refresh(t.Context()); !errors.Is(err, ErrDenied) || v.value != "" || o.Status().SignedIn(time.Now()) || o.Status().Err == nil {
		t.Errorf("%v, %+v", err, o.Status())
	}
	v.value = "damaged"
	if _, err := o.Refresh(t.Context()); !errors.Is(err, ErrDenied) || v.value != "" {
		t.Errorf("%v, %q", err, v.value)
	}
}

func TestOwnerWithoutRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i, v := newIDP(corp), &vault{}
		i.forgets = true
		o := signedIn(t, i, v)
		time.Sleep(unasked - time.Minute)
		if _, err := o.Refresh(t.Context()); err != nil || !o.Status().SignedIn(time.Now()) || v.value != "" {
			t.Errorf("%v", err)
		}
		time.Sleep(time.Minute)
		if o.Status().SignedIn(time.Now()) {
			t.Error("signed in for ever")
		}
		if _, err := o.Refresh(t.Context()); !errors.Is(err, ErrSignedOut) {
			t.Error(err)
		}
	})
}

func TestSignOutInTrouble(t *testing.T) {
	i, v := newIDP(corp), &vault{}
	o := signedIn(t, i, v)
	v.lock(true)
	if err := o.SignOut(t.Context()); !errors.Is(err, errLocked) || !o.Status().SignedIn(time.Now()) {
		t.Errorf("locked: %v", err)
	}
	v.lock(false)
	i.fail(down, "/revoke")
	if err := o.SignOut(t.Context()); !errors.Is(err, ErrUnavailable) || v.value != "" || o.Status().SignedIn(time.Now()) {
		t.Errorf("down: %v", err)
	}
}
