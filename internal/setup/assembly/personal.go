package assembly

import (
	"context"
	"errors"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance/personal"
	"github.com/edgeward/edgeward/internal/issuance/recheck"
	accounts "github.com/edgeward/edgeward/internal/keep/account"
)

// personalStrategy is the way of the tokens that users make for themselves.
func (s *System) personalStrategy() (engine.Strategy, error) {
	v, err := personal.New(personal.Config{
		Keys: s.APIKeys, Account: s.accountOf, Superseded: s.Revocations.Superseded, Refused: s.Authority.PersonalTokenRefused,
		ConfirmWithin: s.Config.PersonalTokens.ConfirmWithin, CacheBytes: s.platform.Sizes.Rows, Now: s.platform.Now,
	})
	return engine.Strategy{Name: apikey.MethodPersonal, Source: credential.Personal, Verifier: v, Basic: true}, err
}

// accountOf returns what is known of a user.
func (s *System) accountOf(ctx context.Context, issuer, subject string) (personal.Account, error) {
	of, err := s.Accounts.Get(ctx, issuer, subject)
	if errors.Is(err, accounts.ErrUnknown) {
		return personal.Account{}, personal.ErrNoAccount
	}
	if err == nil {
		s.Rechecks.Used(recheck.User{Issuer: issuer, Subject: subject}, "", of.Checked)
	}
	return personal.Account{Permissions: of.Permissions, Profile: of.Profile, Changed: of.Changed, Confirmed: of.Checked}, err
}

// personalTokens says which tokens users can make on the page of their sessions,
// nil for none.
func (s *System) personalTokens() *account.PersonalTokens {
	c := s.Config.PersonalTokens
	if c == nil {
		return nil
	}
	return &account.PersonalTokens{PerUser: c.PerUser, MaxLifetime: c.MaxLifetime}
}
