package worker

import (
	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/internal/problem"
)

// A failure is an error that is answered as a fault: a provider's or the store's
// trouble is no credential of the request's.
type failure struct {
	fault problem.Fault
	err   error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// loginFailure is err as the gateway answers it, too.
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
