package judge

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// person is somebody at a browser without scripts: they follow redirects, wait where a page goes on by itself, and
// fill in the forms that they meet. Methods may be called from one goroutine.
type person struct {
	http   *http.Client
	fields map[string]string       // what they type, by the field's name
	answer string                  // which button they press where there are several; "" is "allow"
	tell   func(code string) error // gets each code that a page wants the owner to have; nil is nobody

	mu   sync.Mutex // guards the field below
	seen []string   // addresses
}

// newPerson returns somebody who knows what to type at p, nil being no provider.
func newPerson(t testing.TB, p *idp) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	who := &person{http: &http.Client{Transport: tr, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if p != nil {
		who.fields = p.fields
	}
	return who
}

// approving returns somebody whose agents the owner of b approves by the code, as NAME; "" is what the agent calls itself.
func (b *bridge) approving(t *testing.T, p *idp, name string, args ...string) *person {
	who := newPerson(t, p)
	who.tell = func(code string) error {
		if name != "" {
			args = append([]string{"--as", name}, args...)
		}
		out, err := b.command(append([]string{"agents", "approve", code}, args...)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("agents approve: %w\n%s", err, out)
		}
		return nil
	}
	return who
}

// sight is a page that leads nowhere by itself.
type sight struct {
	url    string
	status int
	text   string
}

// a browser waits as long as a page says; a test has less time.
const patience = 300 * time.Millisecond

var ownerCode = regexp.MustCompile(`<strong>([0-9A-Z]{3}-[0-9A-Z]{3})</strong>`)

// visit goes to an address, and on until a page leads nowhere by itself.
func (p *person) visit(ctx context.Context, address string) (sight, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	told := map[string]bool{}
	for range 300 {
		if err != nil {
			return sight{}, err
		}
		resp, body, err2 := p.fetch(req)
		if err2 != nil {
			return sight{}, err2
		}
		here := resp.Request.URL
		for _, code := range ownerCode.FindAllStringSubmatch(body, -1) {
			if p.tell != nil && !told[code[1]] {
				told[code[1]] = true
				if err := p.tell(code[1]); err != nil {
					return sight{}, err
				}
			}
		}
		next, err3 := p.next(ctx, resp, body)
		if err3 != nil || next == nil {
			return sight{here.String(), resp.StatusCode, body}, err3
		}
		req = next
	}
	return sight{}, errors.New("300 pages, and no end")
}

func (p *person) fetch(req *http.Request) (*http.Response, string, error) {
	p.mu.Lock()
	p.seen = append(p.seen, req.URL.String())
	p.mu.Unlock()
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp, string(body), err
}

// next is the request that a page leads to: by a redirect, by a refresh or by its form. nil is none.
func (p *person) next(ctx context.Context, resp *http.Response, body string) (*http.Request, error) {
	here := resp.Request.URL
	follow := func(address string) (*http.Request, error) {
		u, err := here.Parse(address)
		if err != nil {
			return nil, err
		}
		return http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	}
	if to := resp.Header.Get("Location"); resp.StatusCode/100 == 3 && to != "" {
		return follow(to)
	}
	if refresh := resp.Header.Get("Refresh"); refresh != "" {
		seconds, to, _ := strings.Cut(refresh, "; url=")
		if seconds != "0" {
			select {
			case <-time.After(patience):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		if to == "" {
			to = here.String()
		}
		return follow(to)
	}
	return p.fillIn(ctx, here, body)
}

var (
	formTag   = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	fieldTag  = regexp.MustCompile(`(?s)<(input|button)([^>]*)>`)
	attribute = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

func attributes(tag string) map[string]string {
	all := map[string]string{}
	for _, a := range attribute.FindAllStringSubmatch(tag, -1) {
		all[a[1]] = html.UnescapeString(a[2])
	}
	return all
}

// fillIn answers the first form of a page, if there is one.
func (p *person) fillIn(ctx context.Context, here *url.URL, body string) (*http.Request, error) {
	form := formTag.FindStringSubmatch(body)
	if form == nil {
		return nil, nil
	}
	values, pressed := url.Values{}, map[string]string{}
	for _, tag := range fieldTag.FindAllStringSubmatch(form[2], -1) {
		a := attributes(tag[2])
		switch typed, ok := p.fields[a["name"]]; {
		case tag[1] == "button" && a["name"] != "":
			if want := p.answer; a["value"] == want || want == "" && a["value"] == "allow" {
				maps.Copy(pressed, map[string]string{a["name"]: a["value"]})
			}
		case a["name"] == "":
		case a["type"] == "radio" && values.Has(a["name"]):
		case ok:
			values.Set(a["name"], typed)
		default:
			values.Set(a["name"], a["value"])
		}
	}
	for name, value := range pressed {
		values.Set(name, value)
	}
	to, err := here.Parse(attributes(form[1])["action"])
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(values.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", here.Scheme+"://"+here.Host)
	return req, nil
}

// visited are the addresses where this person was.
func (p *person) visited() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// cookies are those that b left in somebody's browser.
func (b *bridge) cookies(t *testing.T, who *person) map[string]string {
	t.Helper()
	u, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, c := range who.http.Jar.Cookies(u) {
		if strings.Contains(c.Name, "drawbridge") {
			all[c.Name] = c.Value
		}
	}
	if len(all) == 0 {
		t.Error("there is no cookie of the bridge")
	}
	return all
}
