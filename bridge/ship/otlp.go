package ship

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// OTLP sends records as logs by [OTLP/HTTP], in its JSON encoding.
//
// [OTLP/HTTP]: https://opentelemetry.io/docs/specs/otlp/#otlphttp
type OTLP struct {
	URL    string // required
	Origin Origin
	Client *http.Client // required; follows no redirects
	// Header is called for every request, so that a secret that changed counts. nil adds nothing.
	Header func() (http.Header, error)
	Log    *slog.Logger // required

	most int // records at once, after the collector found more too large; 0 is all
}

// Confirm implements Sender. Each batch is confirmed by its answer.
func (o *OTLP) Confirm(context.Context) error { return nil }

// Send implements Sender. What is too large for the collector is sent in parts.
func (o *OTLP) Send(ctx context.Context, batch []Record) error {
	for len(batch) > 0 {
		n := len(batch)
		if o.most > 0 {
			n = min(n, o.most)
		}
		status, err := o.post(ctx, o.logs(batch[:n]))
		if status == http.StatusRequestEntityTooLarge && n > 1 {
			o.most = n / 2
			continue
		}
		if err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

// post hands one request over. status is 0 where there is no answer.
func (o *OTLP) post(ctx context.Context, request any) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	body, err := json.Marshal(request)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	if o.Header != nil {
		if r.Header, err = o.Header(); err != nil {
			return 0, err
		}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "drawbridge/"+o.Origin.Version)
	answer, err := o.Client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if answer.StatusCode/100 != 2 {
		waitAsTold(ctx, answer)
		return answer.StatusCode, fmt.Errorf("it answers %s", answer.Status)
	}
	if err == nil {
		o.partly(said)
	}
	return answer.StatusCode, nil // it has taken them, whatever it says beyond that
}

// partly notes what the collector has not taken of what it answered well to. That is not to be sent again.
func (o *OTLP) partly(said []byte) {
	var answer struct {
		PartialSuccess struct {
			Records json.RawMessage `json:"rejectedLogRecords"` // a 64-bit number: text, or a number
			Spans   json.RawMessage `json:"rejectedSpans"`      // the same
			Message string          `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(said, &answer) != nil {
		return
	}
	for what, n := range map[string]int64{"records": number(answer.PartialSuccess.Records), "spans": number(answer.PartialSuccess.Spans)} {
		if n > 0 {
			o.Log.Warn("ship: the collector does not keep all", "to", o.URL, what, n, "because", answer.PartialSuccess.Message)
		}
	}
}

func number(raw json.RawMessage) int64 {
	n, _ := strconv.ParseInt(string(bytes.Trim(raw, `"`)), 10, 64) // what is none is 0
	return n
}

// waitAsTold waits as long as a busy collector wants, within bounds.
func waitAsTold(ctx context.Context, answer *http.Response) {
	seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if err == nil && seconds > 0 {
		pause(ctx, min(time.Duration(seconds)*time.Second, sendFor))
	}
}

// What a request with records holds: an ExportLogsServiceRequest, as far as it is used here, with the names that its [JSON encoding] has.
//
// [JSON encoding]: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
type (
	otlpLogs struct {
		ResourceLogs []resourceLogs `json:"resourceLogs"`
	}
	resourceLogs struct {
		Resource  resource    `json:"resource"`
		ScopeLogs []scopeLogs `json:"scopeLogs"`
	}
	scopeLogs struct {
		Scope      scope       `json:"scope"`
		LogRecords []logRecord `json:"logRecords"`
	}
	// resource is who sends, and scope which part of it.
	resource struct {
		Attributes []attribute `json:"attributes"`
	}
	scope struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	}
	logRecord struct {
		Time       uint64      `json:"timeUnixNano,string"`
		Observed   uint64      `json:"observedTimeUnixNano,string"`
		Severity   int         `json:"severityNumber"`
		Text       string      `json:"severityText"`
		Event      string      `json:"eventName"`
		Body       value       `json:"body"`
		Attributes []attribute `json:"attributes"`
	}
	attribute struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	// value has one of its fields.
	value struct {
		String string `json:"stringValue,omitempty"`
		Int    uint64 `json:"intValue,string,omitempty"`
	}
)

// The numbers of severities.
const (
	otlpInfo = 9
	otlpWarn = 13
)

func (o *OTLP) logs(batch []Record) otlpLogs {
	of := scopeLogs{Scope: scope{"drawbridge/audit", o.Origin.Version}, LogRecords: make([]logRecord, len(batch))}
	for i, r := range batch {
		of.LogRecords[i] = r.log(time.Now())
	}
	return otlpLogs{[]resourceLogs{{o.Origin.resource(), []scopeLogs{of}}}}
}

func (o Origin) resource() resource {
	all := []attribute{{"service.name", value{String: "drawbridge"}}, {"process.pid", value{Int: uint64(o.PID)}}}
	for _, a := range [][2]string{{"service.version", o.Version}, {"host.name", o.Host}} {
		if a[1] != "" {
			all = append(all, attribute{a[0], value{String: a[1]}})
		}
	}
	return resource{all}
}

func (r Record) log(now time.Time) logRecord {
	l := logRecord{
		Time: uint64(max(r.Time.UnixNano(), 0)), Observed: uint64(now.UnixNano()), Severity: otlpInfo, Text: "INFO",
		Event: "drawbridge." + r.Kind, Body: value{String: string(r.Line)},
		Attributes: []attribute{{"drawbridge.seq", value{Int: r.Seq}}},
	}
	if r.Bad {
		l.Severity, l.Text = otlpWarn, "WARN"
	}
	for _, a := range r.With {
		l.Attributes = append(l.Attributes, attribute{"drawbridge." + a[0], value{String: a[1]}})
	}
	return l
}
