package ship

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestSyslog(t *testing.T) {
	o := Origin{Host: "amber\n ü", PID: 7}
	bad := record(1<<31 + 4)
	bad.Bad, bad.Kind, bad.Line = true, "refused", []byte(`{"a":"ü"}`)
	for _, c := range []struct {
		o    Origin
		r    Record
		most int
		want string
	}{
		{o, record(3), 0, `<110>1 2026-03-01T12:00:00.123456Z amber drawbridge 7 call-end [meta sequenceId="3"] {"seq":3}`},
		{Origin{}, bad, 0, `<108>1 2026-03-01T12:00:00.123456Z - drawbridge 0 refused [meta sequenceId="5"] ` + byteOrderMark + `{"a":"ü"}`},
		{Origin{}, bad, 90, `<108>1 2026-03-01T12:00:00.123456Z - drawbridge 0 refused [meta sequenceId="5"] ` + byteOrderMark + `{"a":"`},
		{Origin{}, bad, 91, `<108>1 2026-03-01T12:00:00.123456Z - drawbridge 0 refused [meta sequenceId="5"] ` + byteOrderMark + `{"a":"ü`},
	} {
		got := string(c.o.appendSyslog([]byte("x"), c.r, c.most))[1:]
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%d at most: %s", c.most, d)
		}
	}
	if got := string(o.appendCounted(nil, record(3))); !strings.HasPrefix(got, "94 <110>1 ") || len(got) != 94+3 {
		t.Errorf("%q", got)
	}
}

// TestSyslogOverTLS: a collector with a certificate that the owner named gets all, and its end is the confirmation; one that breaks
// off has confirmed nothing.
func TestSyslogOverTLS(t *testing.T) {
	certificates := httptest.NewTLSServer(nil)
	defer certificates.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certificates.Certificate())
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 1) // what one connection brought
	go func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if n == 1 { // reads a little and breaks off
				_, _ = io.ReadFull(conn, make([]byte, 10))
				_ = conn.(*tls.Conn).NetConn().(*net.TCPConn).SetLinger(0)
				_ = conn.(*tls.Conn).NetConn().Close()
				continue
			}
			b, _ := io.ReadAll(conn)
			got <- string(b)
			conn.Close()
		}
	}()
	s, err := Syslog("tcp+tls://"+l.Addr().String(), Origin{}, roots)
	if err != nil {
		t.Fatal(err)
	}
	send := func() error {
		if err := s.Send(t.Context(), []Record{record(1), record(2)}); err != nil {
			return err
		}
		return s.Confirm(t.Context())
	}
	want := string(Origin{}.appendCounted(Origin{}.appendCounted(nil, record(1)), record(2)))
	if err := send(); err != nil {
		t.Fatal(err)
	}
	if b := <-got; b != want {
		t.Errorf("%q", b)
	}
	if send() == nil {
		t.Error("a collector that broke off has confirmed")
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	if b := <-got; b != want {
		t.Errorf("%q", b)
	}
	strange, err := Syslog("tcp+tls://"+l.Addr().String(), Origin{}, x509.NewCertPool())
	if err != nil {
		t.Fatal(err)
	}
	if err := strange.Send(t.Context(), []Record{record(1)}); err == nil {
		t.Error("a collector that nobody vouches for got the record")
	}
}

func TestDatagrams(t *testing.T) {
	addresses := map[string]string{"udp": "127.0.0.1:0"}
	if runtime.GOOS != "windows" {
		addresses["unixgram"] = filepath.Join(t.TempDir(), "log")
	}
	for network, address := range addresses {
		l, err := net.ListenPacket(network, address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		scheme := map[string]string{"udp": "udp://", "unixgram": "unix://"}[network]
		s, err := Syslog(scheme+l.LocalAddr().String(), Origin{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		long := record(2)
		long.Line = []byte(strings.Repeat("ü", maxDatagram))
		if err := s.Send(t.Context(), []Record{record(1), long}); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1<<16)
		n, _, err := l.ReadFrom(b)
		if want := string(Origin{}.appendSyslog(nil, record(1), 0)); err != nil || string(b[:n]) != want {
			t.Errorf("%s: %q, %v", network, b[:n], err)
		}
		n, _, err = l.ReadFrom(b)
		if err != nil || n > maxDatagram || n < maxDatagram-1 || !utf8.Valid(b[:n]) {
			t.Errorf("%s: %d bytes, %v", network, n, err)
		}
		if err := s.Confirm(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// logs is a collector of OTLP.
type logs struct {
	most    int // records in a request
	status  int // 0 is 200
	answer  string
	bodies  []string
	headers []http.Header
}

func (l *logs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	if l.most > 0 && strings.Count(string(b), `"timeUnixNano"`) > l.most {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if l.status != 0 {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(l.status)
		return
	}
	l.bodies, l.headers = append(l.bodies, string(b)), append(l.headers, r.Header)
	_, _ = io.WriteString(w, l.answer)
}

func TestOTLP(t *testing.T) {
	l := &logs{answer: "{}"}
	server := httptest.NewTLSServer(l)
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	var told strings.Builder
	o := &OTLP{
		URL: server.URL + "/v1/logs", Origin: Origin{Host: "amber", Version: "1.2", PID: 7}, Client: Client(roots),
		Header: func() (http.Header, error) { return http.Header{"Authorization": {"Bearer s"}}, nil },
		Log:    slog.New(slog.NewTextHandler(&told, nil)),
	}
	defer o.Client.CloseIdleConnections()
	bad := record(2)
	bad.Bad, bad.With, bad.Line = true, [][2]string{{"agent", "ada"}}, []byte("{\"a\":\"ü\"}")
	if err := o.Send(t.Context(), []Record{record(1), bad}); err != nil {
		t.Fatal(err)
	}
	if h := l.headers[0]; h.Get("Authorization") != "Bearer s" || h.Get("Content-Type") != "application/json" {
		t.Error(h)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(l.bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	text := func(s string) any { return map[string]any{"stringValue": s} }
	number := func(s string) any { return map[string]any{"intValue": s} } // 64-bit numbers are text
	is := func(key string, value any) any { return map[string]any{"key": key, "value": value} }
	records := dig(got, "resourceLogs", 0, "scopeLogs", 0, "logRecords").([]any)
	for _, r := range records {
		if r := r.(map[string]any); len(r["observedTimeUnixNano"].(string)) != 19 {
			t.Error(r)
		}
		delete(r.(map[string]any), "observedTimeUnixNano")
	}
	want := map[string]any{"resourceLogs": []any{map[string]any{
		"resource": map[string]any{"attributes": []any{
			is("service.name", text("drawbridge")), is("process.pid", number("7")), is("service.version", text("1.2")), is("host.name", text("amber")),
		}},
		"scopeLogs": []any{map[string]any{
			"scope": map[string]any{"name": "drawbridge/audit", "version": "1.2"},
			"logRecords": []any{
				map[string]any{
					"timeUnixNano": "1772366400123456000", "severityNumber": 9.0, "severityText": "INFO", "eventName": "drawbridge.call-end",
					"body": text(`{"seq":1}`), "attributes": []any{is("drawbridge.seq", number("1"))},
				},
				map[string]any{
					"timeUnixNano": "1772366400123456000", "severityNumber": 13.0, "severityText": "WARN", "eventName": "drawbridge.call-end",
					"body": text(`{"a":"ü"}`), "attributes": []any{is("drawbridge.seq", number("2")), is("drawbridge.agent", text("ada"))},
				},
			},
		}},
	}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}

	// What is too large goes in parts; what is refused, or sent elsewhere, has not arrived.
	l.most, l.bodies = 2, nil
	if err := o.Send(t.Context(), []Record{record(1), record(2), record(3), record(4), record(5)}); err != nil || len(l.bodies) != 3 {
		t.Error(err, len(l.bodies))
	}
	for _, l.status = range []int{401, 302, 503} {
		if err := o.Send(t.Context(), []Record{record(1)}); err == nil || !strings.Contains(err.Error(), http.StatusText(l.status)) {
			t.Error(l.status, err)
		}
	}
	l.status, l.answer = 0, `{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}`
	if err := o.Send(t.Context(), []Record{record(1)}); err != nil || !strings.Contains(told.String(), "too old") {
		t.Error(err, told.String())
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.Send(ended, []Record{record(1)}); err == nil {
		t.Error("sent after the end")
	}
}

// dig follows keys and places into decoded JSON.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}
