package oidc

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// failures are the provider's errors that say nothing about a person: it is in trouble, or it and
// this bridge were set up differently (RFC 6749 §4.1.2.1 and §5.2).
var failures = []string{
	"server_error", "temporarily_unavailable", "slow_down", "invalid_request", "invalid_client", "unauthorized_client",
	"unsupported_grant_type", "unsupported_response_type", "invalid_scope", "request_not_supported", "invalid_request_uri",
}

// answerError is what an error of the provider's means. Only its name decides; the description,
// which an administrator may need, is kept short.
func answerError(name, description string) error {
	kind := ErrDenied
	if slices.Contains(failures, name) {
		kind = ErrUnavailable
	}
	said := shown(name)
	if description != "" {
		said += ": " + shown(description)
	}
	return fmt.Errorf("%w: the provider says %q", kind, said)
}

// tokenError is what a failed request to the token endpoint means. secret, which was sent, is kept
// out of it, whatever the provider echoes.
func tokenError(err error, secret string) error {
	var r *oauth2.RetrieveError
	switch {
	case !errors.As(err, &r):
		return fmt.Errorf("%w: %w", ErrUnavailable, brief(err))
	case r.ErrorCode == "" || r.Response.StatusCode >= 500 || r.Response.StatusCode == 429:
		return fmt.Errorf("%w: its token endpoint answers %.40q", ErrUnavailable, r.Response.Status)
	}
	return answerError(strings.ReplaceAll(r.ErrorCode, secret, "…"), strings.ReplaceAll(r.ErrorDescription, secret, "…"))
}

// brief is err, or its first words: libraries put whole answers into their errors.
func brief(err error) error {
	text := shown(err.Error())
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
