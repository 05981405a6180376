package openid

import (
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
)

// The refusals. Each is answered with its own page and status; the error that
// wraps one says more, for the log alone. Ask for them by errors.Is before
// asking for an [edgeward.Reason].
var (
	// ErrState says that the callback belongs to no sign-in that this browser
	// began and has not finished: it took longer than ten minutes, was used
	// before, belongs to another browser or another provider. 400; begin anew.
	ErrState = fmt.Errorf("openid: the callback fits no sign-in of this browser: %w", edgeward.MalformedRequest)
	// ErrCode is an ErrState: the provider does not take the code, which expired,
	// was used, or belongs to another browser. A client that sends one after the other
	// tries codes out, at the cost of a request to the provider and a row in the
	// store each: it counts as a guess.
	ErrCode = fmt.Errorf("openid: the provider does not take the code: %w: %w", edgeward.CodeInvalid, ErrState)
	// ErrGrantEnded says that the provider takes the refresh token no more
	// (invalid_grant, RFC 6749 §5.2): it expired, was revoked, or was used before. The
	// sign-in has ended there.
	ErrGrantEnded = fmt.Errorf("openid: the provider takes the refresh token no more: %w", edgeward.CredentialRevoked)
	// ErrDenied says that the person refused at the provider, or has to do
	// something there first: 403; begin anew.
	ErrDenied = fmt.Errorf("openid: the provider refused: %w", edgeward.CredentialMissing)
	// ErrAnswer says that the provider answered what proves nothing: HTML, too
	// much, tokens that are wrong, an error that is not the person's. 502; an
	// operator has to look.
	ErrAnswer = fmt.Errorf("openid: the provider's answer proves nothing: %w", edgeward.CredentialMalformed)
	// ErrLogoutToken says that a back-channel logout token proves nothing, or was
	// carried out before: 400 (OpenID Connect Back-Channel Logout §2.8).
	ErrLogoutToken = fmt.Errorf("openid: the logout token proves nothing: %w", edgeward.CredentialMalformed)
)

// ErrSubject is what an [ErrAnswer] wraps besides when an answer is about another user
// than the ID token before it, or about none. It is no refusal of its own.
var ErrSubject = errors.New("openid: sub is not that of the ID token, or missing")

// ErrSigned is what a refusal wraps besides when the refused token was signed by
// the provider: no stranger made it up, so an operator has to look, or the
// provider's does. It is no refusal of its own.
var ErrSigned = errors.New("openid: the provider has signed it")

// signed is a refusal of a token whose signature is good.
type signed struct{ error }

func (s signed) Unwrap() []error { return []error{s.error, ErrSigned} }

// Signed returns a refusal that wraps [ErrSigned] as well.
func Signed(refusal error) error { return signed{refusal} }

// refuse wraps refusal and says why. What cause wraps is not wrapped: a token's
// Reason speaks of a request's credential, which no ID token is.
func refuse(refusal error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", refusal, fmt.Sprintf(format, args...))
}
