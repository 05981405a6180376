package browser

import (
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/internal/problem"
)

// A failure is an error that is answered as a fault.
type failure struct {
	fault problem.Fault
	err   error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// loginFailure is err as people understand it. A Reason of another room stays
// one: cookies that cannot be read, a client that guessed too often.
func loginFailure(err error) error {
	if fault, ok := authority.LoginFault(err); ok {
		return &failure{fault, err}
	}
	return undecided(err, problem.LoginUnavailable)
}

// undecided is err, as fault when it means "could not tell".
func undecided(err error, fault problem.Fault) error {
	if edgeward.ReasonOf(err) != edgeward.Unavailable {
		return err
	}
	return &failure{fault, err}
}

// failureOf returns the document of a request that failed.
func failureOf(err error, d *edgeward.Decision, requestID string) problem.Document {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.fault.Document(requestID)
	}
	return problem.Of(d, requestID)
}

// malformed is the refusal of a request that breaks rule.
func malformed(rule string) error {
	return fmt.Errorf("browser: %s: %w", rule, edgeward.MalformedRequest)
}

// errNobody is the refusal of a request that somebody signed in has to make.
var errNobody = fmt.Errorf("browser: nobody is signed in: %w", edgeward.CredentialMissing)

// notFound says that what a form names is not there, or is somebody else's:
// nobody learns which.
func notFound(what string) error {
	return &failure{problem.NotFound, fmt.Errorf("browser: no such %s: %w", what, edgeward.MalformedRequest)}
}
