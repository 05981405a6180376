package edgeward_test

import (
	"errors"
	"fmt"
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
// problem to them.
func TestInvalidTokensLookAlike(t *testing.T) {
	for _, r := range edgeward.Reasons() {
		if r.Status() == 401 && r != edgeward.CredentialMissing && r.Problem() != "invalid_token" {
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
