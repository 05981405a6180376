package login

import (
	"context"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/form"
)

// challengeMethod is the only one: "plain" shows the verifier to whoever sees
// the first redirect (RFC 9700 §2.1.1).
const challengeMethod = "S256"

// Begun is a sign-in that began.
type Begun struct {
	Location string // at the provider: where to send the browser
	Cookie   string // the transaction cookie's new value, at most 3.5 KB
}

// Begin begins a sign-in at the provider of that name, for the browser whose
// transaction cookie is given; it may be zero, and one that is not ours counts
// as none. The person returns to returnTo: see [ReturnTo].
//
// Errors wrap [ErrProvider], [ErrReturnTo], [ErrLoop] or [ErrAnswer], or mean:
// could not tell. Then the cookie stays as it is.
func (l *Login) Begin(ctx context.Context, provider string, cookie edgeward.Secret, returnTo string) (Begun, error) {
	s := l.named(provider)
	if s == nil {
		return Begun{}, ErrProvider
	}
	returnTo, err := ReturnTo(returnTo, l.origin, l.returnTo)
	if err != nil {
		return Begun{}, err
	}
	now := l.clock.Now()
	j := l.openJar(cookie, now)
	if j.looping(returnTo) {
		return Begun{}, ErrLoop
	}
	m, err := l.metadata(ctx, s)
	if err != nil {
		return Begun{}, err
	}
	t := newTransaction(s.Name, returnTo, now)
	j.pending = append(j.pending, t)
	return Begun{Location: l.authorizationURL(s, m, &t), Cookie: l.closeJar(j, now)}, nil
}

// authorizationURL is an authentication request (OpenID Connect Core §3.1.2.1).
func (l *Login) authorizationURL(s *source, m *metadata, t *transaction) string {
	scopes := append([]string{"openid"}, slices.DeleteFunc(slices.Clone(s.Scopes), func(scope string) bool { return scope == "openid" })...)
	return form.Text(nil).
		Add("response_type", "code").
		Add("client_id", s.ClientID).
		Add("redirect_uri", l.callback).
		Add("scope", strings.Join(scopes, " ")).
		Add("state", l.state(t)).
		Add("nonce", t.nonce).
		Add("code_challenge", t.challenge()).
		Add("code_challenge_method", challengeMethod).
		Below(m.authorization)
}
