package judge

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// TestConformanceJoined runs the suite on the endpoint that joins a server of each era. The suite knows the names of its
// fixture's tools and prompts; a proxy puts the server's name before them and takes it off again.
func TestConformanceJoined(t *testing.T) {
	judging(t)
	node := npm(t)
	fixture := entry{Command: program(t, everything)}
	for _, tt := range []struct {
		revision, server, other string
		scenarios               int
		exempt                  []string
	}{
		{"2025-11-25", "legacy", "modern", 33, nil},
		{"2026-07-28", "modern", "legacy", 40, nil},
		{"2026-07-28", "legacy", "modern", 38, beyondLegacy},
		{"2025-11-25", "modern", "legacy", 29, beyondModern},
	} {
		t.Run(tt.revision+" client, "+tt.server+" server first", func(t *testing.T) {
			b := serve(t, map[string]entry{"aa": shimmed(tt.server, fixture), "zz": shimmed(tt.other, fixture)})
			address := namer(t, b.admitted(t, b.token(t, "suite")), "aa__") + "/mcp"
			if passed := node.conformance(t, address, tt.revision, tt.exempt...); passed != tt.scenarios {
				t.Errorf("%d scenarios passed, want %d", passed, tt.scenarios)
			}
		})
	}
}

// namer is the address of a proxy to target that puts prefix before the names of tools and prompts on the way in and takes
// it off on the way out.
func namer(t *testing.T, target, prefix string) string {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			rename(r.Out, prefix)
		},
		ModifyResponse: func(r *http.Response) error {
			r.Body = &unnamed{r.Body, []byte(`"` + prefix), nil}
			r.ContentLength = -1
			r.Header.Del("Content-Length")
			return nil
		},
		FlushInterval: -1,
	})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// rename puts the prefix into a request's name, in its body and in its header.
func rename(r *http.Request, prefix string) {
	if r.Body == nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var m struct {
		Method string
		Params map[string]json.RawMessage
	}
	if json.Unmarshal(body, &m) == nil {
		body = bytes.Replace(body, []byte(`"ref/prompt","name":"`), []byte(`"ref/prompt","name":"`+prefix), 1)
		var name string
		if (m.Method == "tools/call" || m.Method == "prompts/get") && json.Unmarshal(m.Params["name"], &name) == nil {
			body = bytes.Replace(body, []byte(`"name":"`+name+`"`), []byte(`"name":"`+prefix+name+`"`), 1)
			if names, ok := r.Header["Mcp-Name"]; ok {
				r.Header["Mcp-Name"] = renamed(names, prefix)
			}
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
}

func renamed(names []string, prefix string) []string {
	var all []string
	for _, name := range names {
		if text, ok := strings.CutPrefix(name, "=?base64?"); ok {
			if raw, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, "?=")); err == nil {
				name = "=?base64?" + base64.StdEncoding.EncodeToString(append([]byte(prefix), raw...)) + "?="
			}
		} else {
			name = prefix + name
		}
		all = append(all, name)
	}
	return all
}

// unnamed takes a prefix off every string that begins with it. What it reads at once is whole lines or a whole body,
// as far as the suite sends them.
type unnamed struct {
	io.ReadCloser
	prefix []byte
	left   []byte
}

func (u *unnamed) Read(p []byte) (int, error) {
	if len(u.left) == 0 {
		buf := make([]byte, 64<<10)
		n, err := u.ReadCloser.Read(buf)
		if n == 0 {
			return 0, err
		}
		u.left = bytes.ReplaceAll(buf[:n], u.prefix, []byte(`"`))
	}
	n := copy(p, u.left)
	u.left = u.left[n:]
	return n, nil
}
