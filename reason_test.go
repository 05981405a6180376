package edgeward_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
)

func TestTheZeroDecisionRefuses(t *testing.T) {
	var d edgeward.Decision
	if d.Allow || d.Reason.Status() != 503 || d.Identity != nil {
		t.Errorf("zero decision: allow %v, status %d", d.Allow, d.Reason.Status())
	}
}

func TestEveryReasonHasItsRow(t *testing.T) {
	codes := map[string]bool{}
	for _, r := range edgeward.Reasons() {
		if r.Error() == "" || codes[r.Error()] || r.Explanation() == "" {
			t.Errorf("reason %d: code %q is empty or taken", r, r.Error())
		}
		codes[r.Error()] = true
		if refuses := r.Status() >= 400; refuses != (r.Problem() != "") {
			t.Errorf("%v: status %d with problem code %q", r, r.Status(), r.Problem())
		}
	}
	if beyond := edgeward.Reason(255); beyond.Status() != 503 || beyond.Error() != "undecided" {
		t.Error("an unknown reason must refuse like the zero one")
	}
}

// Clients must not learn why a token is invalid: each such reason is one
// problem to them. That its user has to sign in again is said to who holds a
// personal token that is genuine.
func TestInvalidTokensLookAlike(t *testing.T) {
	for _, r := range edgeward.Reasons() {
		if r == edgeward.PersonalUnconfirmed {
			continue
		}
		if r.Status() == 401 && r != edgeward.CredentialMissing && r != edgeward.StepUpRequired && r.Problem() != "invalid_token" {
			t.Errorf("%v tells clients %q", r, r.Problem())
		}
	}
}

func TestReasonOf(t *testing.T) {
	wrapped := fmt.Errorf("jwt: too old: %w", edgeward.TokenExpired)
	if got := edgeward.ReasonOf(wrapped); got != edgeward.TokenExpired {
		t.Errorf("wrapped refusal: %v", got)
	}
	down := &edgeward.UnavailableError{What: "store", Err: errors.New("connection refused")}
	if got := edgeward.ReasonOf(fmt.Errorf("bearer: %w", down)); got != edgeward.Unavailable {
		t.Errorf("could not tell: %v", got)
	}
	if got := edgeward.ReasonOf(errors.New("anything")); got != edgeward.Unavailable {
		t.Errorf("an error without a reason: %v", got)
	}
}

func TestABlockedClientIsRefusedForTooManyFailures(t *testing.T) {
	err := fmt.Errorf("ratelimit: %w", &edgeward.BlockedError{RetryAfter: 6 * time.Minute})
	if got := edgeward.ReasonOf(err); got != edgeward.TooManyFailures || got.Status() != 429 {
		t.Errorf("blocked: %v, status %d", got, got.Status())
	}
}

// RFC 9110 §15.5.2 and §15.5.4: a 401 has a challenge, a 403 only where more
// permissions help; what may be tried again says when.
func TestStatusFields(t *testing.T) {
	for rule, row := range map[string]struct {
		status   int
		err      error
		required []string
		want     edgeward.Header
	}{
		"nothing was sent":             {401, edgeward.CredentialMissing, nil, edgeward.Header{"Www-Authenticate": {`Bearer realm="edgeward"`}}},
		"an invalid token":             {401, edgeward.TokenExpired, nil, edgeward.Header{"Www-Authenticate": {`Bearer realm="edgeward", error="invalid_token"`}}},
		"a permission lacks":           {403, edgeward.InsufficientScope, []string{"a", "b"}, edgeward.Header{"Www-Authenticate": {`Bearer realm="edgeward", error="insufficient_scope", scope="a b"`}}},
		"none that could be named":     {403, edgeward.InsufficientScope, nil, edgeward.Header{}},
		"no permission would help":     {403, edgeward.NoRoute, []string{"a"}, edgeward.Header{}},
		"too many failures":            {429, &edgeward.BlockedError{RetryAfter: 1500 * time.Millisecond}, nil, edgeward.Header{"Retry-After": {"2"}}},
		"a dependency does not answer": {503, errors.New("down"), nil, edgeward.Header{"Retry-After": {"5"}}},
		"a malformed request":          {400, edgeward.MalformedRequest, nil, edgeward.Header{}},
	} {
		h := edgeward.Header{}
		if edgeward.SetStatusFields(h, row.status, row.err, row.required...); !reflect.DeepEqual(h, row.want) {
			t.Errorf("%s: %v", rule, h)
		}
	}
}
