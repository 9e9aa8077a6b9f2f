package signin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func FuzzTakeToken(f *testing.F) {
	f.Add("Bearer "+canary, "", "", "")
	f.Add("Bearer a", "Basic b", "mcp, "+carried(canary), "a=b&access_token=c")
	f.Add("", "", carried(canary)+",mcp", "access%5ftoken")
	f.Add("Bearer\ta", "bearer  ==", ","+strings.ToUpper(carrier)+" ,", ";;&&=")
	f.Fuzz(func(t *testing.T, first, second, protocols, query string) {
		r := httptest.NewRequest("GET", "/ws", nil)
		r.URL.RawQuery = query
		r.Header["Upgrade"] = []string{"websocket"}
		for _, v := range []string{first, second} {
			if v != "" {
				r.Header["Authorization"] = append(r.Header["Authorization"], v)
			}
		}
		if protocols != "" {
			r.Header["Sec-Websocket-Protocol"] = []string{protocols}
		}
		token, why := new(Gate).takeToken(r)
		if (token == "") == (why == nil) {
			t.Fatalf("token %q with refusal %v", token, why)
		}
		if why == nil {
			if !isBearer(token) || strings.ContainsAny(token, " ,\"\t\r\n\x00") {
				t.Errorf("%q is no token", token)
			}
			if first != "" && second != "" {
				t.Errorf("one of two credentials was taken")
			}
			fromHeader := strings.TrimSpace(first + second)
			if fromHeader != "" && !(len(fromHeader) > 7 && strings.EqualFold(fromHeader[:7], "bearer ") && strings.HasSuffix(fromHeader, token)) {
				t.Errorf("the token %q is not from %q", token, fromHeader)
			}
			if fromHeader == "" && !strings.Contains(strings.ToLower(protocols), carrier) {
				t.Errorf("the token %q is from nowhere", token)
			}
		}
		checkStripped(t, r.Header, protocols)
		again, why := new(Gate).takeToken(r)
		if again != "" || why != refuseNone && why != refuseQuery {
			t.Errorf("a credential was left: %q, %v", again, why)
		}
	})
}

// checkStripped checks that h offers the protocols as they were, without those that carry tokens.
func checkStripped(t *testing.T, h http.Header, protocols string) {
	t.Helper()
	if h["Authorization"] != nil {
		t.Error("Authorization was left")
	}
	var want []string
	for p := range strings.SplitSeq(protocols, ",") {
		if p = strings.TrimSpace(p); p != "" && !strings.HasPrefix(strings.ToLower(p), carrier) {
			want = append(want, p)
		}
	}
	var got []string
	for _, line := range h["Sec-Websocket-Protocol"] {
		for p := range strings.SplitSeq(line, ",") {
			if p = strings.TrimSpace(p); p != "" {
				got = append(got, p)
			}
		}
	}
	if strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("protocols %q became %q", protocols, got)
	}
}

func FuzzPaths(f *testing.F) {
	for _, p := range []string{"/mcp", "/a/ws", "/a-0/sse", "/a/message", "//mcp", "/a/b/mcp", "mcp", "", "/", "/" + strings.Repeat("a", 33) + "/mcp"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, path string) {
		endpoint, ok := endpointOf(path)
		parts := strings.Split(path, "/")
		name, last := "x", parts[len(parts)-1]
		if len(parts) == 3 {
			name = parts[1]
		}
		want := (len(parts) == 2 || len(parts) == 3) && parts[0] == "" && (last == "mcp" || last == "sse" || last == "ws" || last == "message") &&
			0 < len(name) && len(name) <= 32 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
		if ok != want || ok && last != "message" && endpoint != path || !ok && endpoint != "" {
			t.Errorf("endpointOf(%q) = %q, %v", path, endpoint, ok)
		}
		if described, ok := describedBy(wellKnown + path); ok && described != path {
			t.Errorf("describedBy(…%q) = %q", path, described)
		}
	})
}
