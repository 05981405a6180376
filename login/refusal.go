package login

import (
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
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
	// ErrState says that the callback belongs to no sign-in that this browser
	// began and has not finished: it took longer than ten minutes, was used
	// before, belongs to another browser or another provider. 400; begin anew.
	ErrState = fmt.Errorf("login: the callback fits no sign-in of this browser: %w", edgeward.MalformedRequest)
	// ErrCode is an ErrState: the provider does not take the code, which expired,
	// was used, or belongs to another browser. Whoever sends one after the other
	// tries codes out, at the cost of a request to the provider and a row in the
	// store each: it counts as a guess.
	ErrCode = fmt.Errorf("login: the provider does not take the code: %w: %w", edgeward.CodeInvalid, ErrState)
	// ErrLeft is an ErrState: a logout at the provider, which said so by a logout
	// token, came while the sign-in was under way.
	ErrLeft = fmt.Errorf("login: a logout at the provider came while the sign-in was under way: %w", ErrState)
	// ErrDenied says that the person refused at the provider, or has to do
	// something there first: 403; begin anew.
	ErrDenied = fmt.Errorf("login: the provider refused: %w", edgeward.CredentialMissing)
	// ErrAnswer says that the provider answered what proves nothing: HTML, too
	// much, tokens that are wrong, an error that is not the person's. 502; an
	// operator has to look.
	ErrAnswer = fmt.Errorf("login: the provider's answer proves nothing: %w", edgeward.CredentialMalformed)
	// ErrLogoutToken says that a back-channel logout token proves nothing, or was
	// carried out before: 400 (OpenID Connect Back-Channel Logout §2.8).
	ErrLogoutToken = fmt.Errorf("login: the logout token proves nothing: %w", edgeward.CredentialMalformed)
)

// ErrSigned is what a refusal wraps besides when the refused token was signed by
// the provider: no stranger made it up, so an operator has to look, or the
// provider's does. It is no refusal of its own.
var ErrSigned = errors.New("login: the provider has signed it")

// signed is a refusal of a token whose signature is good.
type signed struct{ error }

func (s signed) Unwrap() []error { return []error{s.error, ErrSigned} }

var (
	// ErrNoRecord says that nothing was kept under that id, or not any more.
	ErrNoRecord = errors.New("login: no such record")
)

// refuse wraps refusal and says why. What cause wraps is not wrapped: a token's
// Reason speaks of a request's credential, which no ID token is.
func refuse(refusal error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", refusal, fmt.Sprintf(format, args...))
}
