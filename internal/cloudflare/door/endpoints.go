package door

import (
	"context"
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// AdminSecret is the Worker's secret that opens /v1, of at least 32 bytes. A client
// that shows it is an administrator, who makes the API keys of others with it.
// Without it there is no /v1: its paths could be the application's.
const AdminSecret = "EDGEWARD_ADMIN"

const minAdmin = 32

// checkAdmin refuses a secret that others can guess, and one that no client can
// show: with an end of line, say, every right one would be a failed attempt.
func checkAdmin(secret edgeward.Secret) error {
	if secret.IsZero() {
		return nil
	}
	if secret.Len() < minAdmin {
		return fmt.Errorf("has %d bytes, and needs %d", secret.Len(), minAdmin)
	}
	if fault := rule.Guessable(secret); fault != nil {
		return errors.New(fault.What)
	}
	if _, err := credential.Bearer(&edgeward.Request{Header: edgeward.Header{"Authorization": {"Bearer " + secret.Reveal()}}}); err != nil {
		return errors.New("is no bearer token: it has other characters than those of base64url, or begins as an API key does")
	}
	return nil
}

// removeAdminSecret removes the fields that end with the AdminSecret. A client that
// misspells a path of /v1 shows it to the application: whatever a route forwards,
// that is none of it.
func (s *System) removeAdminSecret(h edgeward.Header) {
	if s.config.Admin.IsZero() {
		return
	}
	for _, name := range [...]string{"Authorization", "X-Api-Key"} {
		value := h.First(name)
		if tail := value[max(len(value)-s.config.Admin.Len(), 0):]; s.config.Admin.Equal(edgeward.NewSecret(tail)) {
			delete(h, name)
		}
	}
}

// endpoints returns the set that serves path, nil for none: then the routes
// decide. Another spelling of such a path is theirs to refuse.
func (s *System) endpoints(path string) *endpoint.Set {
	for _, set := range s.sets {
		if set.Serves(path) {
			return set
		}
	}
	return nil
}

// serve answers a request at an endpoint. The driver hands over one byte more than
// is read of a longer body, and of a body of another type than a form or JSON its
// first byte: what it says must not pass for nothing.
func (s *System) serve(ctx context.Context, set *endpoint.Set, r *edgeward.Request, body string) runtime.Frame {
	a := set.Serve(ctx, &endpoint.Call{Request: r, Read: func(most int) ([]byte, error) {
		if len(body) > most {
			return nil, endpoint.BodyError(problem.BodyTooLarge)
		}
		return []byte(body), nil
	}})
	s.share(ctx)
	if a.Code != "" {
		reason := a.Decision.Reason.Error()
		if _, is := errors.AsType[*problem.Failure](a.Decision.Err); is {
			reason = a.Code
		}
		s.logRefusal(r, &a.Decision, a.Status, reason)
	}
	return respond(a.Status, a.Body, a.Header)
}
