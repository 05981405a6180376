package assembly

import (
	"context"
	"errors"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/account"
	"github.com/edgeward/edgeward/keyring"
)

// makeAccounts makes what providers say of users. It keeps nothing in memory.
func (s *System) makeAccounts() error {
	key, previous, err := s.Config.Tokens.Derive(keyring.LoginSeal)
	if err != nil {
		return err
	}
	keep := s.Config.Tokens.RefreshLifetime
	if c := s.Config.Sessions; c != nil {
		keep = max(keep, c.Lifetime)
	}
	if c := s.Config.PersonalTokens; c != nil {
		keep = max(keep, c.ConfirmWithin)
	}
	s.Accounts, err = account.New(account.Config{Store: s.platform.Store, Key: key, Previous: previous, Keep: keep, Now: s.platform.Now})
	return err
}

// standing reads an account for what a sign-in gave, which object names.
func (s *System) standing(ctx context.Context, issuer, subject, object string) (edgeward.Standing, bool, error) {
	user, err := s.Accounts.Get(ctx, issuer, subject)
	if errors.Is(err, account.ErrUnknown) {
		return edgeward.Standing{}, false, nil
	}
	if err != nil {
		return edgeward.Standing{}, false, err
	}
	return edgeward.Standing{Permissions: user.Permissions, Profile: user.Profile, AsOf: user.Changed}, true, nil
}
