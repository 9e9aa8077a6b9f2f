// Command otlp is a collector that reads what it is sent with OpenTelemetry's own decoder, and prints it, a line of JSON for
// each record and span. The first line says where it listens.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /v1/logs", logs)
	http.HandleFunc("POST /v1/traces", traces)
	fmt.Printf("http://%s\n", l.Addr())
	log.Fatal(http.Serve(l, nil))
}

// body is what was sent, unless it says that it is something else than JSON.
func body(w http.ResponseWriter, r *http.Request) []byte {
	b, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "no JSON", http.StatusUnsupportedMediaType)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	return b
}

func logs(w http.ResponseWriter, r *http.Request) {
	b := body(w, r)
	if b == nil {
		return
	}
	q := plogotlp.NewExportRequest()
	if err := q.UnmarshalJSON(b); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, of := range q.Logs().ResourceLogs().All() {
		for _, scope := range of.ScopeLogs().All() {
			for _, l := range scope.LogRecords().All() {
				say(map[string]any{"kind": "log", "resource": of.Resource().Attributes().AsRaw(), "event": l.EventName(), "with": l.Attributes().AsRaw()})
			}
		}
	}
	answer(w, plogotlp.NewExportResponse())
}

func traces(w http.ResponseWriter, r *http.Request) {
	b := body(w, r)
	if b == nil {
		return
	}
	q := ptraceotlp.NewExportRequest()
	if err := q.UnmarshalJSON(b); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, of := range q.Traces().ResourceSpans().All() {
		for _, scope := range of.ScopeSpans().All() {
			for _, s := range scope.Spans().All() {
				say(span(of.Resource().Attributes(), s))
			}
		}
	}
	answer(w, ptraceotlp.NewExportResponse())
}

func span(resource pcommon.Map, s ptrace.Span) map[string]any {
	return map[string]any{
		"kind": s.Kind().String(), "resource": resource.AsRaw(), "name": s.Name(), "trace": s.TraceID().String(), "span": s.SpanID().String(),
		"parent": s.ParentSpanID().String(), "state": s.TraceState().AsRaw(), "took": s.EndTimestamp().AsTime().Sub(s.StartTimestamp().AsTime()).String(),
		"with": s.Attributes().AsRaw(), "status": s.Status().Code().String(),
	}
}

func say(v any) {
	if err := json.NewEncoder(os.Stdout).Encode(v); err != nil {
		log.Fatal(err)
	}
}

func answer(w http.ResponseWriter, a json.Marshaler) {
	b, err := a.MarshalJSON()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(b)
}
