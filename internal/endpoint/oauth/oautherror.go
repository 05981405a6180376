package oauth

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// A code is an OAuth error code.
type code string

// The codes of RFC 6749 §5.2 and RFC 7009 §2.2.1.
const (
	invalidRequest       code = "invalid_request"
	invalidClient        code = "invalid_client"
	invalidGrant         code = "invalid_grant"
	invalidScope         code = "invalid_scope"
	unsupportedGrantType code = "unsupported_grant_type"
	unsupportedTokenType code = "unsupported_token_type"
)

// An oauthError is a refusal whose form an RFC gives. Its detail is one of this
// package's constants and is shown.
type oauthError struct {
	code   code
	detail string
	err    error // wraps a Reason
}

func (e *oauthError) Error() string { return e.err.Error() }
func (e *oauthError) Unwrap() error { return e.err }

// refuse returns the refusal of a request that breaks a rule.
func refuse(c code, rule string) error {
	reason := edgeward.MalformedRequest
	if c == invalidClient {
		reason = edgeward.CredentialMalformed
	}
	return &oauthError{c, rule, fmt.Errorf("oauth: %s: %s: %w", c, rule, reason)}
}

// isClient reports whether err refuses a client that wanted to prove who it is.
func isClient(err error) bool {
	refusal, ok := errors.AsType[*oauthError](err)
	return ok && refusal.code == invalidClient
}

// descriptions are for the developer of a client; an invalid grant has one for
// all reasons.
var descriptions = map[code]string{
	invalidGrant: "the refresh token is not valid, sign in again",
}

// refuse answers in the form of RFC 6749 §5.2.
func (x *exchange) refuse(v *door.Visit, c code, detail string) {
	if fixed, ok := descriptions[c]; ok {
		detail = fixed
	}
	body := strictjson.AppendString([]byte(`{"error":`), string(c))
	body = append(body, `,"error_description":`...)
	body = append(strictjson.AppendString(body, detail), '}', '\n')
	status := http.StatusBadRequest
	if c == invalidClient {
		status = http.StatusUnauthorized
	}
	x.write(v, body, "application/json", status)
}
