package authserver

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ory/fosite"
)

// problem is an error as OAuth tells it (RFC 6749 §4.1.2.1 and §5.2). It is never changed.
type problem struct {
	code   string // for programs
	reason string // for people; says what to do next
	status int    // of HTTP where it is told as JSON; 0 is 400
}

func (p *problem) Error() string { return p.code + ": " + p.reason }

var (
	problemBusy = &problem{"temporarily_unavailable", "too many requests: try again in a minute", http.StatusTooManyRequests}
	problemDown = &problem{"temporarily_unavailable", "company sign-in cannot be reached: try again later", http.StatusServiceUnavailable}
	problemOurs = &problem{"server_error", "the bridge could not do this: its owner finds the cause in its log", http.StatusInternalServerError}

	problemClient   = &problem{"invalid_client", "no such client, or a wrong secret: register again", http.StatusUnauthorized}
	problemSignedOn = &problem{"invalid_grant", "the sign-in behind this grant is over: authorize again", 0}
	problemDenied   = &problem{"access_denied", "the owner of this bridge said no", 0}
	problemNoUser   = &problem{"access_denied", "company sign-in did not let you in", 0}
	problemRefused  = &problem{"access_denied", "you did not allow it", 0}
	problemTarget   = &problem{"invalid_target", "no such resource: send the address of one endpoint of this bridge", 0}
)

func badRequest(reason string) *problem { return &problem{code: "invalid_request", reason: reason} }

// problemOf is what a client is told of err, which nobody should see if it is ours.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var f *fosite.RFC6749Error
	if errors.As(err, &f) && f.ErrorField != fosite.ErrServerError.ErrorField && f.CodeField < 500 {
		return &problem{f.ErrorField, f.WithExposeDebug(false).GetDescription(), f.CodeField}
	}
	return problemOurs
}

// write answers with p as JSON.
func (p *problem) write(w http.ResponseWriter) {
	status := p.status
	switch status {
	case 0:
		status = http.StatusBadRequest
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "60")
	}
	writeJSON(w, status, map[string]string{"error": p.code, "error_description": p.reason})
}

// at is the redirect that tells a client of p (RFC 9207 §2).
func (p *problem) at(redirect, state, issuer string) string {
	return answerAt(redirect, state, issuer, url.Values{"error": {p.code}, "error_description": {p.reason}})
}

// answerAt adds an authorization response to a redirect, whose own query stays as it is.
func answerAt(redirect, state, issuer string, answer url.Values) string {
	if state != "" {
		answer.Set("state", state)
	}
	answer.Set("iss", issuer)
	separator := "?"
	for _, c := range redirect {
		if c == '?' {
			separator = "&"
		}
	}
	return redirect + separator + answer.Encode()
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever has gone gets nothing
}
