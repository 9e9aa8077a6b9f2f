package authserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// documents are the clients whose id is the address of a document about them
// (draft-ietf-oauth-client-id-metadata-document).
type documents struct {
	http  *http.Client
	slots chan struct{} // one for each fetch at once; its capacity bounds them; never closed

	mu    sync.Mutex // guards the fields below
	known map[string]document
}

// document is what was read last, or why it could not be.
type document struct {
	client *client
	err    error
	until  time.Time
}

const (
	maxDocuments  = 256
	maxFetches    = 4
	keepAtLeast   = 5 * time.Minute
	keepAtMost    = 24 * time.Hour
	keepFailure   = 30 * time.Second // so that nobody makes the bridge knock at one door again and again
	maxDocumentID = 512              // bytes
)

func newDocuments(c *http.Client) *documents {
	return &documents{http: c, slots: make(chan struct{}, maxFetches), known: map[string]document{}}
}

// client returns the client whose document is at id.
func (d *documents) client(ctx context.Context, id string) (*client, error) {
	host, err := checkDocumentID(id)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	kept, ok := d.known[id]
	d.mu.Unlock()
	if ok && time.Now().Before(kept.until) {
		return kept.client, kept.err
	}
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, life, err := d.read(ctx, id)
	if err != nil {
		err = fmt.Errorf("read the client's document at %s: %w", host, err)
		life = keepFailure
	} else {
		c.Host = host
	}
	if ctx.Err() == nil {
		d.keep(id, document{c, err, time.Now().Add(life)})
	}
	return c, err
}

func (d *documents) read(ctx context.Context, id string) (*client, time.Duration, error) {
	body, life, err := fetch(ctx, d.http, id)
	if err != nil {
		return nil, 0, err
	}
	var text struct {
		ID string `json:"client_id"`
		registration
	}
	if err := json.Unmarshal(body, &text); err != nil {
		return nil, 0, fmt.Errorf("it is not a client's metadata: %w", err)
	}
	if text.ID != id {
		return nil, 0, fmt.Errorf("it describes another client, %.80q", text.ID)
	}
	if text.Method == "" {
		text.Method = methodNone
	}
	if text.Method != methodNone {
		return nil, 0, fmt.Errorf("it asks for the authentication method %.40q, and this bridge knows %q for such clients", text.Method, methodNone)
	}
	c, err := text.client()
	if err != nil {
		return nil, 0, err
	}
	if c.Name == "" {
		return nil, 0, fmt.Errorf("it has no client_name")
	}
	c.ID = id
	return c, life, nil
}

// keep remembers what was read. When there is no more room, it forgets what is out of date, then
// whichever comes first.
func (d *documents) keep(id string, read document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for other, kept := range d.known {
		if len(d.known) < maxDocuments {
			break
		}
		if !time.Now().Before(kept.until) {
			delete(d.known, other)
		}
	}
	for other := range d.known {
		if len(d.known) < maxDocuments {
			break
		}
		delete(d.known, other)
	}
	d.known[id] = read
}

// checkDocumentID says what is wrong with an id that looks like an address (§3 of the draft), and
// returns its host.
func checkDocumentID(id string) (host string, err error) {
	bad := fmt.Errorf("a client's id is an https address with a path, or one that this bridge gave out")
	if len(id) > maxDocumentID || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) {
		return "", bad
	}
	u, err := url.Parse(id)
	if err != nil || u.Scheme != "https" || !strings.HasPrefix(id, "https://") || u.User != nil || strings.Contains(id, "#") {
		return "", bad
	}
	if u.Hostname() == "" || u.Hostname() != strings.ToLower(u.Hostname()) || u.Path == "" || u.Path == "/" {
		return "", bad
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if part == "." || part == ".." {
			return "", bad
		}
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return "", bad
	}
	return u.Host, nil
}

// keptFor is how long a document may be kept by its Cache-Control.
func keptFor(control string) time.Duration {
	life := time.Hour
	for directive := range strings.SplitSeq(control, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return keepAtLeast
		case "max-age":
			if n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				life = time.Duration(n) * time.Second
			}
		}
	}
	return min(max(life, keepAtLeast), keepAtMost)
}
