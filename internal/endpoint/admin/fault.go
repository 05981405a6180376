package admin

import (
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// What is wrong with a request of a caller who may make it, without anything
// particular to say. Details are shown.
var (
	errUnknown    = failure(problem.NotFound, "There is no such thing, or it has ended.")
	errNothing    = failure(problem.NotFound, "Nothing of that name is known here, so nothing was revoked. Check the spelling; with \"force\": true it is revoked nevertheless.")
	errNobody     = failure(problem.NotFound, "No session, refresh family, API key or sign-in at the console of that subject is known here, so nothing was revoked. Check the spelling. If the subject comes with bearer tokens alone, name their \"issuer\"; with \"force\": true every accepted issuer's is revoked.")
	errNoVoucher  = failure(problem.NotFound, "Nothing of that issuer is accepted here, so nothing was revoked. Write it exactly as it is configured; with \"force\": true it is revoked nevertheless.")
	errNoIssuer   = failure(problem.Unprocessable, "The subject has no issuer: set tokens.issuer in the configuration, or name the \"issuer\".")
	errState      = failure(problem.Conflict, "Its state does not allow that: it was revoked, another rotation came first, or the old secret of an earlier one still lives.")
	errGrant      = failure(problem.Unprocessable, "No credential or revocation can say that: a name is empty, too long or not printable, a member does not belong to the scope, a not_before is to come, or it has expired already.")
	errReplaces   = failure(problem.Unprocessable, "The session to be replaced has ended, or belongs to another subject.")
	errNone       = failure(problem.NotConfigured, "This is not configured here: sessions need \"sessions\", token pairs \"tokens.audience\" and \"tokens.keys\", API keys \"api_keys\", bans \"failures\".")
	errLarge      = failure(problem.BodyTooLarge, fmt.Sprintf("A body has up to %d bytes.", maxBody))
	errMediaType  = failure(problem.UnsupportedMediaType, "A body is application/json: set the field Content-Type.")
	errMismatch   = failure(problem.IdempotencyMismatch, "The Idempotency-Key was used for another request.")
	errInProgress = &problem.Failure{Fault: problem.InProgress, Detail: "The first request with this Idempotency-Key is not known to have ended.", Wait: time.Second}
)

func failure(f problem.Fault, detail string) *problem.Failure {
	return &problem.Failure{Fault: f, Detail: detail}
}

// malformed says how a request breaks a rule.
func malformed(format string, args ...any) error {
	return failure(problem.BodyBroken, fmt.Sprintf(format, args...))
}

// failureOf is how err is answered: as it is where it refuses the client, and as
// an unknown outcome where nothing else is known of it.
func failureOf(err error) error {
	if _, ok := errors.AsType[*problem.Failure](err); ok {
		return err
	}
	for _, row := range [...]struct{ err, failure error }{
		{issuance.ErrNoIssuer, errNoIssuer}, {issuance.ErrGrant, errGrant},
		{issuance.ErrNobody, errNobody}, {issuance.ErrIssuer, errNoVoucher}, {issuance.ErrUnknown, errUnknown},
		{issuance.ErrState, errState}, {issuance.ErrUnsupported, errNone},
	} {
		if errors.Is(err, row.err) {
			return row.failure
		}
	}
	return problem.Undecided(err, problem.OutcomeUnknown)
}
