package issuance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
)

// FamilyRevoked is [refresh.Config.Revoked] by what log knows: "log out
// everywhere" ends refresh families without touching their rows.
func FamilyRevoked(log *revocation.Log) func(*refresh.Family) (bool, error) {
	return func(f *refresh.Family) (bool, error) {
		id, err := familyIdentity(f, edgeward.Standing{})
		if err != nil {
			return false, err
		}
		err = log.Check(id)
		if errors.Is(err, edgeward.CredentialRevoked) {
			return true, nil
		}
		return false, err
	}
}

// familyIdentity is who a family speaks for, issued when it began: no refresh
// makes it younger than a revocation.
func familyIdentity(f *refresh.Family, s edgeward.Standing) (*edgeward.Identity, error) {
	id, err := edgeward.NewIdentity(edgeward.Identity{
		Issuer: f.Issuer, Subject: f.Subject, Permissions: s.Permissions, Session: f.ID, IssuedAt: f.Created, Expires: f.Expires,
		Profile: s.Profile, AsOf: s.AsOf,
	})
	if err != nil {
		return nil, fmt.Errorf("issuance: family %s: %v", f.ID, err) // its Reason speaks of tokens: not wrapped
	}
	return id, nil
}

func familyEntry(id, reason string) revocation.Entry {
	return revocation.Entry{Scope: revocation.Family, Value: id, Reason: reason}
}

// RevokeFamily ends a refresh family and the access tokens that it gave. nil
// means that both are known to hold. The error wraps ErrUnknown when there is
// no such family, or means that it may live on. reason is a code as in
// scope-tokens of up to 64 bytes; "" means "revoked".
func (a *Authority) RevokeFamily(ctx context.Context, by By, id, reason string) error {
	if a.Families == nil {
		return unsupported("refresh tokens (key tokens.keys of the configuration)")
	}
	if reason == "" {
		reason = "revoked"
	}
	ctx, done := Detached(ctx)
	defer done()
	if err := unknownFamily(a.Families.Revoke(ctx, id, reason)); err != nil {
		return err
	}
	if _, err := a.Revocations.Revoke(ctx, familyEntry(id, reason)); err != nil {
		return err
	}
	a.record(ctx, by, Record{Action: "tokens.revoke", Object: "family/" + id, Reason: reason})
	return nil
}

// Family returns a refresh family as it stands, revoked and expired ones too.
// The error wraps ErrUnknown, or means: could not tell.
func (a *Authority) Family(ctx context.Context, id string) (refresh.Family, error) {
	if a.Families == nil {
		return refresh.Family{}, unsupported("refresh tokens (key tokens.keys of the configuration)")
	}
	f, err := a.Families.Peek(ctx, id)
	return f, unknownFamily(err)
}

// unknownFamily is ErrUnknown for a family that is not there. Its Reason speaks
// of a token that was presented: not wrapped.
func unknownFamily(err error) error {
	if errors.Is(err, edgeward.RefreshUnknown) {
		return fmt.Errorf("%w: %v", ErrUnknown, err)
	}
	return err
}

// maxCode bounds the reason that a refresh family keeps, in bytes.
const maxCode = 64

// endFamiliesWith ends the refresh families that came of the same sign-in as a
// session: who ends that wants its browser to be signed in no more.
func (a *Authority) endFamiliesWith(ctx context.Context, by By, id, reason string) error {
	if a.SignIns == nil {
		return nil
	}
	rec, err := a.SignIns.Recall(ctx, SessionObject+id)
	if errors.Is(err, login.ErrNoRecord) {
		return nil
	}
	if !edgeward.IsScopeToken(reason) || len(reason) > maxCode {
		reason = "session_ended" // a family keeps a code, no text
	}
	for _, object := range rec.With {
		if err == nil && strings.HasPrefix(object, FamilyObject) {
			err = a.EndObject(ctx, by, object, reason)
		}
	}
	return err
}
