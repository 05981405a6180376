package login

import (
	"context"
	"errors"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/store"
)

// Ended is what a provider said has ended: all sessions of Subject, or when SID
// is not "" that one session at the provider. At least one of the two is there.
type Ended struct {
	Provider, Issuer, Subject, SID string
}

// Logout reads a back-channel logout token (OpenID Connect Back-Channel Logout
// 1.0 §2.4 to §2.6) and calls end with what it says. Once end has returned nil,
// the token is refused as a replay on every node. When end returns an error, so
// does Logout, and the provider may try again with the same token: a logout is
// not lost to a store's trouble. end can therefore be called more than once for
// a token, also at the same time. A sign-in that has begun by then and whose
// record was not kept yet, so that end cannot find it, is refused by
// [Login.Keep].
//
// The specification demands exp. Two providers in wide use, Ory Hydra and
// Glewlwyd, do not send it, and a logout that is refused leaves a person signed
// in who has left: a token without exp counts as expiring ten minutes after its
// iat, which bounds its age anyway, and its jti is remembered for as long. It can
// only end what its provider gave.
//
// Errors wrap [ErrLogoutToken], and [ErrSigned] as well when the provider has
// signed the token; or mean: could not tell.
func (l *Login) Logout(ctx context.Context, token string, end func(context.Context, Ended) error) (Ended, error) {
	s, c, err := l.verifyLogout(ctx, token)
	if err != nil {
		return Ended{}, err
	}
	key := store.LogoutTokenPrefix + l.seal[0].Name(c.Issuer, c.TokenID)
	switch _, err := l.rows.Get(ctx, key); {
	case err == nil:
		return Ended{}, openid.Signed(refuse(ErrLogoutToken, "it was carried out before"))
	case !errors.Is(err, store.ErrNotFound):
		return Ended{}, edgeward.NewUnavailable("logouts", 0, err)
	}
	sid, _ := openid.SessionID(c)
	e := Ended{Provider: s.Name, Issuer: c.Issuer, Subject: c.Subject, SID: sid}
	if err := l.markOver(ctx, &e, c); err != nil {
		return e, edgeward.NewUnavailable("logouts", 0, err)
	}
	if err := l.endAll(ctx, s, e, end); err != nil {
		return e, err
	}
	// Who was first matters not: what was done is the same.
	_, err = l.rows.Create(ctx, key, []byte(`{"v":1}`), c.Expires.Add(2*openid.Leeway))
	if err != nil && !errors.Is(err, store.ErrExists) {
		return e, edgeward.NewUnavailable("logouts", 0, err)
	}
	return e, nil
}

// endAll has end end what e says, of each subject that the user of the provider has
// here. A session at the provider is found without any.
func (l *Login) endAll(ctx context.Context, s *source, e Ended, end func(context.Context, Ended) error) error {
	subjects, err := l.subjectsOf(ctx, s, e.Subject)
	if err != nil {
		return edgeward.NewUnavailable("logouts", 0, err)
	}
	if len(subjects) == 0 && e.SID != "" {
		subjects = []string{""}
	}
	for _, e.Subject = range subjects {
		if err := end(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// verifyLogout finds the provider by the token's iss, as a key and nothing
// else, and proves the token.
func (l *Login) verifyLogout(ctx context.Context, token string) (*source, *jwt.Claims, error) {
	u, err := jwt.Parse(token)
	if err != nil {
		return nil, nil, refuse(ErrLogoutToken, "%v", err)
	}
	s := l.find(func(p *Provider) bool { return p.Issuer == u.Claims.Issuer && p.Type == "" })
	if s == nil {
		return nil, nil, refuse(ErrLogoutToken, "iss is no provider's")
	}
	c, err := s.client.VerifyLogoutToken(ctx, token)
	return s, c, err
}
