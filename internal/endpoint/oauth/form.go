package oauth

import (
	"errors"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

const maxForm = 16 << 10 // bytes; the longest thing in one is a token of 8 KiB

// form reads the body. A parameter without a value counts as absent, and one
// that nobody knows is ignored (RFC 6749 §3.2).
func (x *exchange) form() (form.Form, error) {
	f, err := door.ReadForm(x.w, x.in, maxForm)
	body, broken := errors.AsType[*door.BodyError](err)
	x.heard = !broken
	switch {
	case err == nil:
		return f, nil
	case broken && body.Fault != problem.BodyBroken:
		return nil, err // a status of its own
	}
	return nil, &oauthError{invalidRequest, "the body is no application/x-www-form-urlencoded, broke off, or repeats a parameter", err}
}

// publicClient refuses a client that proves who it is: none can here, and one
// that thinks it has must not be left in that belief.
func publicClient(f form.Form, r *edgeward.Request) error {
	for _, name := range [...]string{"client_secret", "client_assertion", "client_assertion_type"} {
		if f[name] != "" {
			return refuse(invalidClient, "clients are public and have no secret")
		}
	}
	if len(r.Header["Authorization"]) > 0 {
		return refuse(invalidClient, "clients are public and have no secret")
	}
	return nil
}

// scope returns the permissions that are asked for, nil for all that were
// granted (RFC 6749 §6). What is no scope-token was never granted.
func scope(f form.Form) []string {
	if f["scope"] == "" {
		return nil
	}
	permissions := strings.Split(f["scope"], " ")
	slices.Sort(permissions)
	return slices.Compact(permissions)
}
