package issuance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

// An Accepted issuer is one whose bearer tokens are accepted.
type Accepted struct {
	Issuer     string
	Algorithms []jwt.Algorithm
	Keys       jwks.Keys
}

// MustKnow refuses, wrapping ErrUnknown, an entry that names nothing which is
// known here: it would be a success that ended nothing. An issuer, and the
// issuer of a token, a subject or a key, has to be one that is accepted; a key
// has to be in that issuer's set, unless that could not be fetched; a session,
// a family or an API key has to exist, or be revoked already. Any other error
// means: could not tell.
//
// An entry that could not be kept wraps ErrGrant.
//
// What of other issuers is only seen in their tokens, a jti, a sid or a
// subject, nobody can know before.
func (a *Authority) MustKnow(ctx context.Context, e revocation.Entry) error {
	if err := a.Revocations.Validate(e); err != nil {
		return translate(err)
	}
	switch e.Scope {
	case revocation.Issuer:
		return a.mustHaveVouched(ctx, e.Value)
	case revocation.Subject, revocation.Logout:
		return a.mustVouch(e.Issuer)
	case revocation.Token:
		return a.mustAccept(e.Issuer)
	case revocation.Key:
		return a.mustKnowKey(ctx, e.Issuer, e.Value)
	}
	err := a.mustExist(ctx, e)
	if errors.Is(err, ErrUnknown) && a.isRevoked(e) {
		return nil
	}
	return err
}

func (a *Authority) mustExist(ctx context.Context, e revocation.Entry) error {
	switch {
	case e.Scope == revocation.Session && strings.HasPrefix(e.Value, ConsoleObject) && a.SignIns != nil:
		_, err := a.SignIns.Recall(ctx, e.Value)
		if errors.Is(err, login.ErrNoRecord) {
			return ErrUnknown
		}
		return err
	case e.Scope == revocation.Session && a.Sessions != nil:
		return a.wasSession(ctx, e.Value)
	case e.Scope == revocation.Family && a.Families != nil:
		_, err := a.Family(ctx, e.Value)
		return err
	case e.Scope == revocation.APIKey && a.APIKeys != nil:
		_, err := a.APIKey(ctx, e.Value)
		return err
	}
	return ErrUnknown
}

// isRevoked reports whether the id of a session, a family or an API key is
// revoked as far as this node knows. Nobody is called like that: only an entry
// for the id itself is found.
func (a *Authority) isRevoked(e revocation.Entry) bool {
	who := edgeward.Identity{Issuer: e.Value, Subject: e.Value, Session: e.Value, IssuedAt: a.clock.Now()}
	if e.Scope == revocation.APIKey {
		who.Session, who.APIKey = "", e.Value
	}
	id, err := edgeward.NewIdentity(who)
	return err == nil && errors.Is(a.Revocations.Check(id), edgeward.CredentialRevoked)
}

// mustHaveVouched refuses an issuer that is neither accepted here nor that of
// any session: a provider that was removed from the configuration is.
func (a *Authority) mustHaveVouched(ctx context.Context, issuer string) error {
	err := a.mustVouch(issuer)
	if err == nil || a.Sessions == nil {
		return err
	}
	failed := each(func(after string) ([]session.Session, string, error) {
		return a.Sessions.List(ctx, after, store.MaxList)
	}, func(s *session.Session) error {
		if s.Issuer == issuer {
			err = nil
		}
		return nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// mustAccept refuses an issuer whose tokens nobody accepts here.
func (a *Authority) mustAccept(issuer string) error {
	if !slices.ContainsFunc(a.Accepts, func(i Accepted) bool { return i.Issuer == issuer }) {
		return ErrIssuer
	}
	return nil
}

// mustKnowKey refuses a kid that is in no set of the issuer's. One that a token
// may name although a key without a kid verifies it, as an HMAC secret or a PEM
// file does, is not in the set: no identity bears it, so a revocation of it would
// end nothing.
func (a *Authority) mustKnowKey(ctx context.Context, issuer, kid string) error {
	if err := a.mustAccept(issuer); err != nil {
		return err
	}
	for _, i := range a.Accepts {
		for _, alg := range i.Algorithms {
			if i.Issuer != issuer {
				continue
			}
			key, err := i.Keys.Key(ctx, kid, true, alg)
			reason := edgeward.ReasonOf(err)
			if err == nil && key.ID == kid || err != nil && reason != edgeward.TokenKey && reason != edgeward.TokenAlgorithm {
				return nil // it is there, or could be
			}
		}
	}
	return fmt.Errorf("%w: the issuer has no key of that kid", ErrUnknown)
}
