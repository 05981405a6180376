package authority

import (
	"errors"

	"github.com/edgeward/edgeward/internal/problem"
	"github.com/edgeward/edgeward/login"
)

// loginFaults are the refusals of login, before what they wrap: no Reason of
// theirs speaks of a credential of the request's.
var loginFaults = [...]struct {
	err   error
	fault problem.Fault
}{
	{login.ErrProvider, problem.UnknownProvider},
	{login.ErrReturnTo, problem.ReturnRefused},
	{login.ErrLoop, problem.LoginLoop},
	{login.ErrState, problem.LoginMismatch},
	{login.ErrDenied, problem.LoginDenied},
	{login.ErrAnswer, problem.ProviderAnswer},
}

// LoginFault is what a sign-in that failed by err is answered with, at the
// gateway and the Worker alike. false means that err is none of login's
// refusals.
func LoginFault(err error) (problem.Fault, bool) {
	for _, row := range loginFaults {
		if errors.Is(err, row.err) {
			return row.fault, true
		}
	}
	return "", false
}
