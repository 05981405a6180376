package login

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/store"
)

const maxCode = 8 << 10 // bytes of an authorization code

// A Callback is what a provider sent a browser back with. The door refuses a
// parameter that came twice.
type Callback struct {
	State, Code, Error string
	ErrorDescription   string // for the log alone
	Issuer             string // iss (RFC 9207)
	HasIssuer          bool   // tells an empty iss from none
}

// A SignIn is a person whose provider has just said who it is.
type SignIn struct {
	Provider    string           // its name
	Issuer      string           // the provider's
	Subject     string           // unique within the issuer: sub, or what the provider's claims have in its place
	Sub         string           // by which the provider knows the user, where that is not Subject; else ""
	Permissions []string         // by the provider's claims; sorted, each once
	Profile     edgeward.Profile // by the provider's claims; ACR and AuthTime are those of this authentication
	SID         string           // the session at the provider, or ""
	IDToken     edgeward.Secret  // to leave there by; zero when it is longer than [openid.MaxHint]
	Grant       Grant            // to ask there again by
	GrantID     string           // where Grant is kept, once it is; "" for nowhere
	Name        string           // display only, at most 100 characters, not unique, not to be trusted; "" when unknown
	ReturnTo    string           // a path with query of our own, or an entry of Config.ReturnTo
	// Ask is what the sign-in was begun with, but for the account.
	Ask Ask
	// Again says, beside [ErrClass] and [ErrAge], that the provider may do what was asked
	// if the sign-in is begun with Ask and Again.
	Again bool
	// Cookie is the transaction cookie's new value; "" means: leave it as it is.
	Cookie string

	Asked  time.Time // when the provider was asked who it is; zero when that is not known
	began  time.Time // by our clock
	issued time.Time // iat of the ID token, by the provider's clock
}

// Finish takes the callback that a browser with that transaction cookie brought
// and finds out who it is. A state signs in once.
//
// Errors wrap [ErrState], [ErrDenied], [ErrAnswer], [ErrNotAllowed], [ErrClass] or
// [ErrAge], or mean: could not tell. Beside an error SignIn holds no more than Provider, ReturnTo, Ask and
// Again, to begin anew with, where they are known, and Cookie, to be set all the same, and beside
// [ErrNotAllowed] Issuer and Subject, for the log. With
// Cookie "" after a "could not tell" trying the very same callback again may
// work.
func (l *Login) Finish(ctx context.Context, cookie edgeward.Secret, c Callback) (SignIn, error) {
	now := l.clock.Now()
	j := l.openJar(cookie, now)
	state, hint, _ := strings.Cut(c.State, ".")
	t, found := j.take(state)
	s := l.named(t.provider)
	if !found || s == nil {
		return l.abandoned(hint), refuse(ErrState, "no such state in the browser's cookie, or of more than %v ago", TransactionLife)
	}
	begun := SignIn{Provider: t.provider, ReturnTo: t.returnTo, Ask: t.ask}
	m, err := s.metadata(ctx)
	if err != nil {
		return begun, err
	}
	// Before anything is told to anybody: a code of one provider, sent to
	// another, is the mix-up attack (RFC 9207 §2.4).
	if err := s.checkIssuer(m, &c); err != nil {
		return begun, err
	}
	// Only what costs a request to the provider costs a row: see ErrCode.
	switch {
	case c.Error == unmetRequirements && len(t.ask.StepUp.ACR) > 0:
		begun.Cookie = l.closeJar(j, now)
		return begun, refuse(ErrClass, "%s answered %s; acr_values=%q", s.Name, unmetRequirements, t.ask.StepUp.ACRValues())
	case c.Error != "":
		begun.Cookie = l.closeJar(j, now)
		return begun, s.refusedAuthorization(m, &c)
	case c.Code == "" || len(c.Code) > maxCode:
		begun.Cookie = l.closeJar(j, now)
		return begun, refuse(ErrState, "it has no code, or one of more than %d bytes", maxCode)
	}
	if err := s.enter(); err != nil {
		return begun, err
	}
	defer s.leave()
	if err := l.use(ctx, &t, now); err != nil {
		return begun, err
	}
	begun.Cookie = l.closeJar(j, now)
	signedIn, err := l.redeem(ctx, s, m, &t, c.Code)
	if err != nil {
		return begun, err
	}
	if err := s.allows(signedIn.Subject, signedIn.Permissions, signedIn.Profile, now); err != nil {
		begun.Issuer, begun.Subject = signedIn.Issuer, signedIn.Subject
		return begun, err
	}
	if begun.Again, err = t.met(&signedIn, now); err != nil {
		return begun, err
	}
	signedIn.ReturnTo, signedIn.Ask, signedIn.Asked = t.returnTo, t.ask, now
	j.rounds = append(j.rounds, newRound(t.returnTo, now))
	signedIn.Cookie = l.closeJar(j, now)
	return signedIn, nil
}

// use notes that the state is used, on all nodes: a thief who has the cookie
// and the callback finds it spent, and so does a browser that went back.
func (l *Login) use(ctx context.Context, t *transaction, now time.Time) error {
	_, err := l.rows.Create(ctx, store.LoginStatePrefix+t.state, []byte(`{"v":1}`), now.Add(TransactionLife))
	switch {
	case errors.Is(err, store.ErrExists):
		return refuse(ErrState, "it was used before")
	case err != nil:
		return l.rows.Unavailable(err)
	}
	return nil
}

// hintOf is what of an ID token is kept.
func hintOf(token string) edgeward.Secret {
	if len(token) > openid.MaxHint {
		return edgeward.Secret{}
	}
	return edgeward.NewSecret(strings.Clone(token))
}

// redeem exchanges the code for an ID token and reads it.
func (l *Login) redeem(ctx context.Context, s *source, m *openid.Metadata, t *transaction, code string) (SignIn, error) {
	if s.api != nil {
		return l.redeemByAPI(ctx, s, t, code)
	}
	tokens, err := s.client.Exchange(ctx, m, openid.Code{Code: code, Verifier: t.verifier, RedirectURI: l.callback})
	if err != nil {
		return SignIn{}, err
	}
	claims, err := s.client.VerifyIDToken(ctx, tokens, t.nonce)
	if err != nil {
		return SignIn{}, err
	}
	documents, trouble := s.documents(ctx, m, claims, tokens.Access, claims.Subject)
	if documents == nil {
		return SignIn{}, trouble
	}
	user, err := s.read(claims.Subject, documents...)
	if err != nil {
		return SignIn{}, err
	}
	if trouble != nil {
		s.note(claim.Note{Claim: "userinfo", Problem: "is not had: " + trouble.Error()})
	}
	sid, _ := openid.SessionID(claims)
	var profile edgeward.Profile
	if user.Profile != nil {
		profile = *user.Profile
	}
	return SignIn{
		Provider: s.Name, Issuer: claims.Issuer, Subject: user.Subject, Sub: s.sub(claims.Subject),
		Permissions: user.Permissions, Profile: profile, Grant: s.grantOf(tokens, claims.Subject),
		SID: sid, IDToken: hintOf(tokens.ID), Name: displayName(documents...),
		began: t.began, issued: claims.IssuedAt,
	}, nil
}
