package issuance

import (
	"errors"

	"github.com/edgeward/edgeward/internal/keep/ticket"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/login"
)

// loginFaults are the refusals of login, and of tickets, before what they wrap: no Reason of
// theirs speaks of a credential of the request's.
var loginFaults = [...]struct {
	err   error
	fault problem.Fault
}{
	{login.ErrProvider, problem.UnknownProvider},
	{login.ErrReturnTo, problem.ReturnRefused},
	{login.ErrLoop, problem.LoginLoop},
	{login.ErrClass, problem.StepUpClass},
	{login.ErrAge, problem.StepUpAge},
	{login.ErrNotAllowed, problem.LoginNotAllowed},
	{login.ErrState, problem.LoginMismatch},
	{login.ErrDenied, problem.LoginDenied},
	{login.ErrAnswer, problem.ProviderAnswer},
	{ticket.ErrRefused, problem.TicketRefused},
}

// LoginFailure is err of a sign-in as it is answered, at the gateway and the
// Worker alike. A Reason of another room stays one: cookies that cannot be read, a
// client with too many failed attempts.
func LoginFailure(err error) error {
	for _, row := range loginFaults {
		if errors.Is(err, row.err) {
			return &problem.Failure{Fault: row.fault, Err: err}
		}
	}
	return problem.Undecided(err, problem.LoginUnavailable)
}
