package assembly

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/recheck"
	"github.com/edgeward/edgeward/internal/keep/account"
	"github.com/edgeward/edgeward/internal/keep/grant"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/login"
)

// makeAccounts makes what keeps what providers say of users, and gave at sign-ins, and
// the queue of those whom providers are asked about again.
func (s *System) makeAccounts(old *System) error {
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
	if err != nil {
		return err
	}
	intervals := s.Config.Login.Intervals()
	if s.carries(old) {
		s.Grants = old.Grants // which may hold what the store did not take yet
		if maps.Equal(intervals, old.Config.Login.Intervals()) {
			s.Rechecks = old.Rechecks
			return nil
		}
	} else if s.Grants, err = grant.New(grant.Config{
		Store: s.platform.Store, Key: key, Previous: previous, Once: s.platform.Once, Pause: s.platform.Pause, Now: s.platform.Now,
	}); err != nil {
		return err
	}
	if len(intervals) > 0 {
		s.Rechecks = recheck.NewQueue(intervals, s.platform.Now)
	}
	return nil
}

// checker makes what asks providers again.
func (s *System) checker(*System) error {
	if s.Login != nil {
		s.Checker = recheck.New(recheck.Config{
			Queue: s.Rechecks, Authority: s.Authority, Grants: s.Grants, Provider: asks{s.Login}, Observe: s.platform.Rechecked, Now: s.platform.Now,
		})
	}
	return nil
}

// accessTokens are those that users' providers gave, for upstreams.
type accessTokens struct{ *recheck.Checker }

// AccessToken implements [engine.AccessTokens].
func (a accessTokens) AccessToken(ctx context.Context, id *edgeward.Identity) (string, error) {
	token, err := a.Checker.AccessToken(ctx, id)
	if errors.Is(err, recheck.ErrNoAccess) {
		return "", nil
	}
	return token.Reveal(), err
}

// asks is a [recheck.Provider].
type asks struct{ *login.Login }

// Refresh implements [recheck.Provider].
func (a asks) Refresh(ctx context.Context, provider, issuer, subject string, g grant.Grant) (recheck.Fresh, error) {
	fresh, err := a.Login.Refresh(ctx, provider, issuer, subject, login.Grant(g))
	said := recheck.Fresh{Permissions: fresh.Permissions, Profile: fresh.Profile, Grant: grant.Grant(fresh.Grant)}
	for _, row := range [...]struct{ theirs, ours error }{
		{login.ErrGrantEnded, recheck.ErrEnded}, {login.ErrNotAllowed, recheck.ErrEnded}, {login.ErrNoGrant, recheck.ErrCannot}, {login.ErrProvider, recheck.ErrCannot}, {login.ErrAnswer, recheck.ErrAnswer},
	} {
		if errors.Is(err, row.theirs) {
			return said, fmt.Errorf("%w: %w", row.ours, err)
		}
	}
	if err == nil && !fresh.Said {
		err = recheck.ErrCannot
	}
	return said, err
}

// Used takes note that something is in use that was proved some time ago, by a user who
// may have an account.
func (s *System) Used(id *edgeward.Identity) {
	if s.Rechecks == nil || id.AsOf == 0 {
		return
	}
	issuer, subject, ok := s.userAt(id.Issuer, id.Subject)
	if !ok {
		return
	}
	object := issuance.SessionObject
	if id.Issuer == s.Config.Tokens.Issuer {
		object = issuance.FamilyObject
	}
	s.Rechecks.Open(recheck.User{Issuer: issuer, Subject: subject}, object+id.Session)
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
	s.Rechecks.Used(recheck.User{Issuer: issuer, Subject: subject}, object, user.Checked)
	return edgeward.Standing{Permissions: user.Permissions, Profile: user.Profile, AsOf: user.Changed}, true, nil
}

// tokenLife is how long a verification of our own tokens is believed where users have
// accounts: a use of the account is noticed as often.
const tokenLife = time.Minute

// ownAccounts are those of the users that our own tokens name; nil where there are none.
func (s *System) ownAccounts() *bearer.Accounts {
	if s.platform.Store == nil {
		return nil
	}
	return &bearer.Accounts{
		Claim: keyring.AccountClaim, Claims: keyring.ClaimsClaim, Superseded: s.Revocations.Superseded, Used: s.Used, Life: tokenLife,
		Standing: func(ctx context.Context, issuer, subject, family string) (edgeward.Standing, bool, error) {
			issuer, subject, ok := s.userAt(issuer, subject)
			if !ok || s.Accounts == nil {
				return edgeward.Standing{}, false, nil // signed in at a provider that is configured no more
			}
			return s.standing(ctx, issuer, subject, issuance.FamilyObject+family)
		},
	}
}

// userAt returns how the provider names a user whom our own tokens, or the provider
// itself, name so; false where they name none.
func (s *System) userAt(issuer, subject string) (at, name string, ok bool) {
	if s.Config.Login == nil {
		return "", "", false
	}
	provider, rest, ours := strings.Cut(subject, "|")
	ours = ours && issuer == s.Config.Tokens.Issuer
	for i := range s.Config.Login.Providers {
		switch p := &s.Config.Login.Providers[i]; {
		case p.Issuer == issuer:
			return issuer, subject, true
		case ours && p.Name == provider:
			return p.Issuer, rest, true
		}
	}
	return "", "", false
}
