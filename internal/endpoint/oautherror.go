package endpoint

import (
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// The error codes of RFC 6749 §5.2 and RFC 7009 §2.2.1.
const (
	InvalidRequest       = "invalid_request"
	InvalidClient        = "invalid_client"
	InvalidGrant         = "invalid_grant"
	InvalidScope         = "invalid_scope"
	UnsupportedGrantType = "unsupported_grant_type"
	UnsupportedTokenType = "unsupported_token_type"
)

// An OAuthError is a refusal whose form RFC 6749 §5.2 gives. Detail is for the
// developer of a client; nothing in it depends on a credential.
type OAuthError struct {
	Code, Detail string
	Err          error // wraps a Reason
}

func (e *OAuthError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *OAuthError) Unwrap() error { return e.Err }

// RefuseOAuth returns the refusal of a request that breaks a rule.
func RefuseOAuth(code, rule string) error {
	reason := edgeward.MalformedRequest
	if code == InvalidClient {
		reason = edgeward.CredentialMalformed
	}
	return &OAuthError{code, rule, fmt.Errorf("endpoint: %s: %s: %w", code, rule, reason)}
}

// oauthErrorOf returns what err is in the form of RFC 6749, if it has that form.
// All invalid grants are one: whatever is wrong with a refresh token, a client
// that guesses learns nothing.
func oauthErrorOf(c *Call, err error) (*OAuthError, bool) {
	if e, ok := errors.AsType[*OAuthError](err); ok {
		return e, true
	}
	if c.Endpoint != nil && c.Endpoint.OAuth && edgeward.ReasonOf(err).Problem() == InvalidGrant {
		return &OAuthError{InvalidGrant, "the refresh token is not valid, sign in again", err}, true
	}
	return nil, false
}

func (e *OAuthError) status() int {
	if e.Code == InvalidClient {
		return 401
	}
	return 400
}

func (e *OAuthError) document() []byte {
	var w strictjson.Writer
	w.String("error", e.Code)
	w.String("error_description", e.Detail)
	return append(w.End(), '\n')
}
