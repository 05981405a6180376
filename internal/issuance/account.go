package issuance

import (
	"context"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/account"
	"github.com/edgeward/edgeward/internal/keep/grant"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/refresh"
)

// Said writes down what a provider says of a user, and has every node know of what the
// user has lost. at is when the provider was asked. Errors are those of
// [account.Accounts.Put].
func (a *Authority) Said(ctx context.Context, s account.Said) (account.Account, error) {
	for _, who := range a.accountsOf(Target{Issuer: s.Issuer, Subject: s.Subject}) {
		s.After = max(s.After, a.Revocations.ChangedAt(who.issuer, who.subject))
	}
	return a.Accounts.Put(ctx, s, a.announce)
}

// announce tells all nodes of a loss, by each name that the user has in credentials.
func (a *Authority) announce(ctx context.Context, user account.Account) error {
	for _, who := range a.accountsOf(Target{Issuer: user.Issuer, Subject: user.Subject}) {
		if err := a.Revocations.Announce(ctx, who.issuer, who.subject, user.Changed); err != nil {
			return err
		}
	}
	by := By{Actor: "provider"}
	for _, p := range a.providers() {
		if p.Issuer == user.Issuer {
			by.Actor += "/" + p.Name
		}
	}
	a.record(ctx, by, Record{Action: "account.loss", Object: person(user.Issuer, user.Subject)})
	return nil
}

// signedInAs writes the account of a user who has signed in.
func (a *Authority) signedInAs(ctx context.Context, who *login.SignIn) error {
	if a.Accounts == nil {
		return nil
	}
	at := who.Asked // a re-check that asked since has the newer word
	if at.IsZero() {
		at = a.clock.Now()
	}
	_, err := a.Said(ctx, account.Said{Issuer: who.Issuer, Subject: who.Subject, Permissions: who.Permissions, Profile: who.Profile, At: at})
	return translate(err)
}

// KeepGrant keeps what a provider gave at a sign-in until then, and notes in who where.
// Errors mean: could not tell.
func (a *Authority) KeepGrant(ctx context.Context, who *login.SignIn, until time.Time) (err error) {
	if given := grant.Grant(who.Grant); a.Grants != nil && !given.IsZero() {
		who.GrantID, err = a.Grants.Keep(ctx, given, until)
	}
	return err
}

// ForgetGrant drops what a provider gave. Errors mean: could not tell.
func (a *Authority) ForgetGrant(ctx context.Context, rec *login.Record) error {
	if a.Grants == nil || rec.GrantID == "" {
		return nil
	}
	return a.Grants.Forget(ctx, rec.GrantID)
}

// standing returns what the user of a family may do and is said to be now, and who that
// is. The error wraps [edgeward.RefreshUnknown] where there is no account any more, or
// means: could not tell.
func (a *Authority) standing(ctx context.Context, f *refresh.Family) (s edgeward.Standing, id *edgeward.Identity, err error) {
	s = edgeward.Standing{Permissions: f.Permissions, Profile: &edgeward.Profile{}}
	for range 2 { // see session: who hears of a loss reads the account again
		if f.Account != (refresh.Account{}) {
			if s, err = a.accountOf(ctx, f); err != nil {
				return s, nil, err
			}
		}
		own := *s.Profile
		own.ACR, own.AuthTime = f.ACR, f.AuthTime
		s.Profile = &own
		if id, err = familyIdentity(f, s); err != nil || !a.Revocations.Superseded(id) {
			return s, id, err
		}
	}
	return s, nil, errNoAccount
}

func (a *Authority) accountOf(ctx context.Context, f *refresh.Family) (edgeward.Standing, error) {
	if a.Standing == nil {
		return edgeward.Standing{}, edgeward.NewUnavailable("accounts", time.Second, errNoAccounts)
	}
	s, known, err := a.Standing(ctx, f.Account.Issuer, f.Account.Subject, FamilyObject+f.ID)
	if err == nil && !known {
		err = errNoAccount
	}
	return s, err
}

var (
	errNoAccount  = fmt.Errorf("issuance: the account of the refresh family's user is gone: %w", edgeward.RefreshUnknown)
	errNoAccounts = unsupported("accounts")
)

// IdentityOf is who a family speaks for, with what the account says now. Errors are
// those of [Authority.MintAccess].
func (a *Authority) IdentityOf(ctx context.Context, f *refresh.Family) (*edgeward.Identity, error) {
	_, id, err := a.standing(ctx, f)
	return id, err
}
