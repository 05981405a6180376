package login

import (
	"context"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login/openid"
)

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
	return l.BeginWith(ctx, provider, cookie, returnTo, Ask{Account: as})
}

// BeginWith is [Login.Begin] with more to ask of the provider. Errors are those of
// Begin.
func (l *Login) BeginWith(ctx context.Context, provider string, cookie edgeward.Secret, returnTo string, ask Ask) (Begun, error) {
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
	m, err := s.metadata(ctx)
	if err != nil {
		return Begun{}, err
	}
	t := newTransaction(s.Name, returnTo, ask, now)
	j.pending = append(j.pending, t)
	return Begun{Location: s.authorizationURL(m, l.authorization(&t, m)), Cookie: l.closeJar(j, now)}, nil
}

// authorization is what the browser asks the provider for.
func (l *Login) authorization(t *transaction, m *openid.Metadata) openid.Authorization {
	r := openid.Authorization{RedirectURI: l.callback, State: l.state(t), Nonce: t.nonce, Challenge: t.challenge()}
	t.ask.put(&r, m)
	return r
}

// supported is as, or what the provider says that it has for it. Google and Microsoft
// let users choose by select_account, and do not list it; Google refuses login.
func supported(m *openid.Metadata, as Account) Account {
	if m != nil && as == OtherAccount && (m.ListsPrompt(string(ChooseAccount)) || m.Chooses()) {
		return ChooseAccount
	}
	return as
}
