package login

import (
	"context"
	"errors"
	"fmt"

	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/login/userapi"
)

// A provider of a type speaks no OpenID Connect: its client is api, and client is nil.
// What follows is what a sign-in asks of either.

// metadata returns what a provider says about itself, nil where an API stands for it.
func (s *source) metadata(ctx context.Context) (*openid.Metadata, error) {
	if s.api != nil {
		return nil, nil
	}
	return s.client.Metadata(ctx)
}

// authorizationURL is where the browser is sent.
func (s *source) authorizationURL(m *openid.Metadata, r openid.Authorization) string {
	if s.api != nil {
		return s.api.AuthorizationURL(r)
	}
	return s.client.AuthorizationURL(m, r)
}

// checkIssuer is [openid.Client.CheckIssuer]. A provider without OpenID Connect sends no
// iss, as a rule; its client has a secret, without which its codes are worth nothing.
func (s *source) checkIssuer(m *openid.Metadata, c *Callback) error {
	switch {
	case s.api == nil:
		return s.client.CheckIssuer(m, c.Issuer, c.HasIssuer)
	case c.HasIssuer && c.Issuer != s.Issuer:
		return refuse(ErrState, "iss is not the issuer of %s, where this sign-in began", s.Name)
	}
	return nil
}

func (s *source) refusedAuthorization(m *openid.Metadata, c *Callback) error {
	if s.api != nil {
		return openid.RefusedAuthorization(s.Name, c.Error, c.ErrorDescription, "")
	}
	return s.client.RefusedAuthorization(m, c.Error, c.ErrorDescription)
}

func (s *source) enter() error {
	if s.api != nil {
		return s.api.Enter()
	}
	return s.client.Enter()
}

func (s *source) leave() {
	if s.api != nil {
		s.api.Leave()
		return
	}
	s.client.Leave()
}

// redeemByAPI exchanges the code for an access token and asks the API whose it is. The
// token never leaves for a page of ours: it came from the provider, for this client.
func (l *Login) redeemByAPI(ctx context.Context, s *source, t *transaction, code string) (SignIn, error) {
	tokens, err := s.api.Exchange(ctx, openid.Code{Code: code, Verifier: t.verifier, RedirectURI: l.callback})
	if err != nil {
		return SignIn{}, err
	}
	who, user, err := s.ask(ctx, tokens)
	if err != nil {
		return SignIn{}, err
	}
	signedIn := SignIn{
		Provider: s.Name, Issuer: s.Issuer, Subject: user.Subject, Sub: s.sub(who.Subject),
		Permissions: user.Permissions, Grant: s.grantOf(l.tokensOf(tokens), who.Subject), Name: displayName(who.Claims),
		began: t.began, issued: l.clock.Now(),
	}
	if user.Profile != nil {
		signedIn.Profile = *user.Profile
	}
	return signedIn, nil
}

// ask asks the API whose the access token is, and reads it as the provider's claims say.
func (s *source) ask(ctx context.Context, tokens userapi.Tokens) (userapi.User, claim.User, error) {
	who, err := s.api.User(ctx, tokens.Access)
	if err != nil {
		return who, claim.User{}, err
	}
	for _, note := range who.Notes {
		s.note(claim.Note{Claim: "groups", Problem: note})
	}
	user, err := s.read(who.Subject, who.Claims)
	if err == nil && !openid.IsText(user.Subject) {
		err = refuse(ErrAnswer, "%s names a user by what is no subject", s.Name)
	}
	return who, user, err
}

// tokensOf is what a provider gave, as one of OpenID Connect gives it.
func (l *Login) tokensOf(t userapi.Tokens) openid.Tokens {
	got := openid.Tokens{Access: t.Access, Refresh: t.Refresh}
	if t.Lifetime > 0 {
		got.Expires = l.clock.Now().Add(t.Lifetime)
	}
	return got
}

// refreshByAPI is [Login.Refresh] of such a provider. An access token that lives without
// end, as those of GitHub's OAuth apps, and is not taken any more was withdrawn, by the
// user or by the provider: the grant has ended.
func (l *Login) refreshByAPI(ctx context.Context, s *source, subject string, g Grant) (Fresh, error) {
	fresh := Fresh{Grant: g}
	if err := s.enter(); err != nil {
		return fresh, err
	}
	defer s.leave()
	tokens := userapi.Tokens{Access: g.Access, Refresh: g.Refresh}
	if !g.Refresh.IsZero() {
		var err error
		if tokens, err = s.api.Refresh(ctx, g.Refresh); errors.Is(err, userapi.ErrEnded) {
			return fresh, refuse(ErrGrantEnded, "%v", err)
		} else if err != nil {
			return fresh, err
		}
		fresh.Grant = s.grantOf(l.tokensOf(tokens), g.Sub)
	}
	who, user, err := s.ask(ctx, tokens)
	switch {
	case errors.Is(err, userapi.ErrToken) && g.Refresh.IsZero() && g.Expires.IsZero():
		return fresh, refuse(ErrGrantEnded, "%v", err)
	case err != nil:
		return fresh, err
	case who.Subject != g.Sub || user.Subject != subject:
		return fresh, refuse(ErrAnswer, "%s says that the access token is another user's", s.Name)
	}
	fresh.Said, fresh.Permissions = true, user.Permissions
	if user.Profile != nil {
		fresh.Profile = *user.Profile
	}
	return fresh, nil
}

// connect makes the client that speaks with s.
func (l *Login) connect(s *source) (err error) {
	if s.Type == "" {
		s.client, err = openid.New(s.Provider.Provider, l.fetcher, l.clock.Now)
		return err
	}
	if !openid.IsName(s.Name) {
		return fmt.Errorf("login: %q is no name of a provider", s.Name)
	}
	s.api, err = userapi.New(userapi.Provider{
		Name: s.Name, Kind: s.Type, BaseURL: s.BaseURL, ClientID: s.ClientID, ClientSecret: s.ClientSecret, Scopes: s.Scopes, Authority: s.Authority,
	}, l.fetcher)
	if err == nil {
		s.Issuer = s.api.Issuer()
	}
	return err
}
