package edge

import (
	"context"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
)

// What an [Issuer] refuses. Any other error means that the outcome is unknown.
var (
	ErrGrant       = issuance.ErrGrant       // no identity can hold what is to be granted
	ErrUnknown     = issuance.ErrUnknown     // there is no such credential, or no longer
	ErrState       = issuance.ErrState       // its state does not allow it: revoked, or rotating already
	ErrUnsupported = issuance.ErrUnsupported // the file configures none of that
)

// An Issuer creates, lists and revokes credentials, as the control API does. All
// of it needs a store, and is in the audit log under the name of the actor. What
// is revoked is refused from the next request on. It does not ask whether its
// caller may: that is the program's to know. It is safe for concurrent use, works
// while [Edge.Run] runs, and follows a reload.
type Issuer struct {
	edge  *Edge
	actor string
}

// Issuer returns one that acts as actor, "app" or "user:alice", for the audit log.
func (e *Edge) Issuer(actor string) *Issuer { return &Issuer{e, actor} }

func (i *Issuer) authority() (*issuance.Authority, issuance.By, error) {
	by := issuance.By{Actor: i.actor}
	if a := i.edge.live.System().Authority; a != nil {
		return a, by, nil
	}
	return nil, by, ErrUnsupported
}

// CreateSession signs a browser in. The secret is the value of the cookie.
func (i *Issuer) CreateSession(ctx context.Context, g session.Grant) (cookie edgeward.Secret, s session.Session, err error) {
	a, by, err := i.authority()
	if err != nil {
		return cookie, s, err
	}
	return a.CreateSession(ctx, by, g)
}

// Sessions lists at most limit sessions of a subject, after a cursor, "" for the
// first; next is "" at the end. issuer "" means every one that is accepted here,
// both "" all sessions.
func (i *Issuer) Sessions(ctx context.Context, issuer, subject, after string, limit int) (page []session.Session, next string, err error) {
	a, _, err := i.authority()
	if err != nil {
		return nil, "", err
	}
	return a.ListSessions(ctx, issuer, subject, after, limit)
}

// EndSession revokes a session by its public id. reason is for people.
func (i *Issuer) EndSession(ctx context.Context, id, reason string) error {
	a, by, err := i.authority()
	if err != nil {
		return err
	}
	return a.EndSession(ctx, by, id, reason)
}

// A TokenGrant says for whom tokens are issued.
type TokenGrant struct {
	Subject     string
	Permissions []string // RFC 6749 §3.3 scope-tokens
	ClientID    string   // the OAuth client that the refresh token is bound to, or ""
	// ACR and AuthTime are how the user authenticated, and when, in whole seconds, for
	// routes with acr and max_age; "" and zero where that is not known.
	ACR      string
	AuthTime time.Time
}

// TokenPair is an access token and what renews it.
type TokenPair struct {
	AccessToken    edgeward.Secret
	AccessExpires  time.Time
	RefreshToken   edgeward.Secret
	RefreshExpires time.Time
	Family         string // public id of what renewals descend from: sid of the access token
}

// MintPair issues an access token and a refresh token.
func (i *Issuer) MintPair(ctx context.Context, g TokenGrant) (TokenPair, error) {
	a, by, err := i.authority()
	if err != nil {
		return TokenPair{}, err
	}
	p, err := a.MintPair(ctx, by, issuance.Grant{Subject: g.Subject, Permissions: g.Permissions, ClientID: g.ClientID}, edgeward.Client{})
	return TokenPair{p.AccessToken, p.AccessExpires, p.RefreshToken, p.RefreshExpires, p.Family}, err
}

// CreateAPIKey issues an API key. The secret is the whole key, which is shown once.
func (i *Issuer) CreateAPIKey(ctx context.Context, g apikey.Grant) (shown edgeward.Secret, k apikey.Key, err error) {
	a, by, err := i.authority()
	if err != nil {
		return shown, k, err
	}
	return a.CreateAPIKey(ctx, by, g)
}

// RotateAPIKey replaces the secret of a key. The old one is good until oldUntil. It
// asks for no secret: let a client that shows a key itself rotate it by the control
// API, where a secret that was replaced, and may be a thief's, rotates nothing.
func (i *Issuer) RotateAPIKey(ctx context.Context, id string, oldUntil time.Time) (fresh edgeward.Secret, k apikey.Key, err error) {
	a, by, err := i.authority()
	if err != nil {
		return fresh, k, err
	}
	return a.RotateAPIKey(ctx, by, id, edgeward.Secret{}, oldUntil)
}

// RevokeAPIKey revokes a key by its public id. reason is for people.
func (i *Issuer) RevokeAPIKey(ctx context.Context, id, reason string) error {
	a, by, err := i.authority()
	if err != nil {
		return err
	}
	return a.RevokeAPIKey(ctx, by, id, reason)
}

// APIKeys lists at most limit keys after a cursor, "" for the first; next is "" at
// the end.
func (i *Issuer) APIKeys(ctx context.Context, after string, limit int) (page []apikey.Key, next string, err error) {
	a, _, err := i.authority()
	if err != nil {
		return nil, "", err
	}
	return a.ListAPIKeys(ctx, after, limit)
}

// Revoke revokes what an entry names: a token by its jti, a session, a refresh
// family, an API key or a signing key. It does not ask whether there is one.
func (i *Issuer) Revoke(ctx context.Context, e revocation.Entry) (revocation.Entry, error) {
	a, by, err := i.authority()
	if err != nil {
		return e, err
	}
	return a.Revoke(ctx, by, e)
}

// RevokeSubject revokes everything that a subject holds, and returns what was
// revoked. issuer "" means every issuer that is accepted here. One of whom nothing
// is known is ErrUnknown.
func (i *Issuer) RevokeSubject(ctx context.Context, issuer, subject, reason string) ([]revocation.Entry, error) {
	a, by, err := i.authority()
	if err != nil {
		return nil, err
	}
	done, err := a.RevokeSubject(ctx, by, issuance.Target{Issuer: issuer, Subject: subject, Scope: revocation.Subject, Reason: reason})
	return done.Entries, err
}
