package login

import (
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login/openid"
)

// The refusals. Each is answered with its own page and status; the error that
// wraps one says more, for the log alone. Ask for them by errors.Is before
// asking for an [edgeward.Reason].
var (
	// ErrProvider says that no provider has that name: 400.
	ErrProvider = fmt.Errorf("login: no such provider: %w", edgeward.MalformedRequest)
	// ErrReturnTo says that return_to leads elsewhere, or has two readings: 400.
	ErrReturnTo = fmt.Errorf("login: return_to is no path of ours and not on the list: %w", edgeward.MalformedRequest)
	// ErrLoop says that this browser signed in three times within half a minute
	// and is back again, so that another round would not help: 400, and a page
	// that says why. From half a minute later on a link there works.
	ErrLoop = fmt.Errorf("login: several sign-ins within moments: %w", edgeward.MalformedRequest)
	// ErrState, ErrCode, ErrDenied, ErrAnswer and ErrLogoutToken are those of
	// package openid.
	ErrState       = openid.ErrState
	ErrCode        = openid.ErrCode
	ErrDenied      = openid.ErrDenied
	ErrAnswer      = openid.ErrAnswer
	ErrLogoutToken = openid.ErrLogoutToken
	// ErrLeft is an ErrState: a logout at the provider, which said so by a logout
	// token, came while the sign-in was under way.
	ErrLeft = fmt.Errorf("login: a logout at the provider came while the sign-in was under way: %w", ErrState)
)

// ErrSigned is [openid.ErrSigned].
var ErrSigned = openid.ErrSigned

var (
	// ErrNoRecord says that nothing was kept under that id, or not any more.
	ErrNoRecord = errors.New("login: no such record")
)

// refuse wraps refusal and says why. What cause wraps is not wrapped: a token's
// Reason speaks of a request's credential, which no ID token is.
func refuse(refusal error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", refusal, fmt.Sprintf(format, args...))
}
