package account

import (
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// failureOf returns the document of a request that failed.
func failureOf(err error, d *edgeward.Decision, requestID string) problem.Document {
	if f, ok := errors.AsType[*problem.Failure](err); ok {
		return f.Fault.Document(requestID)
	}
	return problem.Of(d, requestID)
}

// malformed is the refusal of a request that breaks rule.
func malformed(rule string) error {
	return fmt.Errorf("account: %s: %w", rule, edgeward.MalformedRequest)
}

// errNobody is the refusal of a request that somebody signed in has to make.
var errNobody = fmt.Errorf("account: nobody is signed in: %w", edgeward.CredentialMissing)

// notFound says that what a form names is not there, or is somebody else's:
// nobody learns which.
func notFound(what string) error {
	return &problem.Failure{Fault: problem.NotFound, Err: fmt.Errorf("account: no such %s: %w", what, edgeward.MalformedRequest)}
}
