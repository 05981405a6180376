package login

import (
	"context"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/form"
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
	return l.BeginAs(ctx, provider, cookie, returnTo, AnyAccount)
}

// An Account says which account a user may sign in with.
type Account string

// The accounts, as the values of prompt (OpenID Connect Core §3.1.2.1).
const (
	// AnyAccount lets the provider go on with the one that its own session has.
	AnyAccount Account = ""
	// OtherAccount has the provider ask for a password again, or whatever else
	// proves an account, and lets the user enter another one. Every certified
	// provider knows it. Where the metadata lists it, it is ChooseAccount.
	OtherAccount Account = "login"
	// ChooseAccount has the provider ask which one. Some refuse a prompt that they
	// do not know (invalid_request).
	ChooseAccount Account = "select_account"
)

// BeginAs is [Login.Begin] for a user who wants to choose an account. Errors are
// those of Begin.
func (l *Login) BeginAs(ctx context.Context, provider string, cookie edgeward.Secret, returnTo string, as Account) (Begun, error) {
	s := l.named(provider)
	if s == nil {
		return Begun{}, ErrProvider
	}
	returnTo, err := l.Destination(returnTo)
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
	return Begun{Location: l.authorizationURL(s, m, &t, m.supported(as)), Cookie: l.closeJar(j, now)}, nil
}

// authorizationURL is an authentication request (OpenID Connect Core §3.1.2.1).
func (l *Login) authorizationURL(s *source, m *metadata, t *transaction, as Account) string {
	scopes := append([]string{"openid"}, slices.DeleteFunc(slices.Clone(s.Scopes), func(scope string) bool { return scope == "openid" })...)
	question := form.Text(nil)
	if as != AnyAccount {
		question = question.Add("prompt", string(as))
	}
	return question.
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
