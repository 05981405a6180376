package issuance

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/keep/hosthandle"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
)

// An Introspection is what a token says, as far as it is alive (RFC 7662 §2.2).
// The zero value is that of any token that is not: a reader learns nothing of
// why.
type Introspection struct {
	Active      bool
	Refresh     bool // a refresh token, not an access token
	Issuer      string
	Subject     string
	ClientID    string
	Permissions []string
	Audience    []string  // of an access token
	TokenID     string    // jti of an access token
	Session     string    // sid: the refresh family
	IssuedAt    time.Time // of the token itself, not of the sign-in that it descends from
	Expires     time.Time
}

// Introspect says what token is, one of our access or refresh tokens. An error
// means: could not tell. Whoever asks may do so, see [Authority.AuthenticateClient]; the
// tokens are somebody else's, so they count as no guesses of the one who asks.
func (a *Authority) Introspect(ctx context.Context, token edgeward.Secret) (Introspection, error) {
	var what Introspection
	var err error
	if isRefresh(token) {
		what, err = a.introspectRefresh(ctx, token)
	} else {
		what, err = a.introspectAccess(ctx, token)
	}
	if edgeward.ReasonOf(err) != edgeward.Unavailable {
		return Introspection{}, nil
	}
	return what, err
}

func (a *Authority) introspectRefresh(ctx context.Context, token edgeward.Secret) (Introspection, error) {
	if a.Families == nil {
		return Introspection{}, nil
	}
	f, err := a.Families.Introspect(ctx, token)
	if err != nil {
		return Introspection{}, err
	}
	now, _, err := a.standing(ctx, &f)
	if err != nil {
		return Introspection{}, err
	}
	return Introspection{
		Active: true, Refresh: true, Issuer: f.Issuer, Subject: f.Subject, ClientID: f.ClientID,
		Permissions: now.Permissions, Session: f.ID, IssuedAt: f.Rotated, Expires: f.Expires,
	}, nil
}

func (a *Authority) introspectAccess(ctx context.Context, token edgeward.Secret) (Introspection, error) {
	id, err := a.VerifyAccess(ctx, token)
	if err != nil {
		return Introspection{}, err
	}
	if err := a.Revocations.Check(id); err != nil {
		return Introspection{}, err
	}
	client, issued := saidIn(id)
	return Introspection{
		Active: true, Issuer: id.Issuer, Subject: id.Subject, ClientID: client, Permissions: id.Permissions,
		Audience: id.Audience, TokenID: id.TokenID, Session: id.Session, IssuedAt: issued, Expires: id.Expires,
	}, nil
}

// VerifyAccess proves one of our access tokens. Errors are those of its
// [edgeward.Verifier].
func (a *Authority) VerifyAccess(ctx context.Context, token edgeward.Secret) (*edgeward.Identity, error) {
	if a.Tokens == nil {
		return nil, fmt.Errorf("issuance: no tokens are issued here: %w", edgeward.TokenIssuer)
	}
	return a.Tokens.Verify(ctx, &edgeward.Request{}, edgeward.Credential{Value: token})
}

// saidIn reads client_id and iat from the claims of an access token. What the
// identity calls issued is the sign-in.
func saidIn(id *edgeward.Identity) (client string, issued time.Time) {
	claims, err := strictjson.Object([]byte(id.Claims))
	if err != nil {
		return "", id.IssuedAt
	}
	value, _ := claims.Lookup("client_id")
	client, _ = value.String()
	value, _ = claims.Lookup("iat")
	if seconds, ok := value.Float(); ok { // verified, so within the bounds of a time
		return client, time.Unix(int64(seconds), 0)
	}
	return client, id.IssuedAt
}

// ErrTokenType says that a token may be alive, but is none that can be taken
// back by whoever holds it (RFC 7009 §2.2.1).
var ErrTokenType = errors.New("issuance: a token of that kind is not revoked here")

// RevokeToken takes back a token for who holds it (RFC 7009), and all of its
// refresh family: with an access token the server may revoke the grant too
// (§2.1), and a client that could have one token after the other revoked would
// fill every node's memory. What is dead already is neither written nor audited
// again. nil means that it is dead, also because it was no token at all. The
// error wraps ErrTokenType or [edgeward.TooManyFailures], or means that the
// token may live on.
func (a *Authority) RevokeToken(ctx context.Context, by By, token edgeward.Secret, client netip.Addr) error {
	if err := a.CheckLimit(client); err != nil {
		return err
	}
	switch {
	case isRefresh(token):
		return a.revokeRefresh(ctx, by, token, client)
	case hasPrefix(token, credential.APIKeyPrefix), hasPrefix(token, session.Prefix), hosthandle.Is(token):
		return ErrTokenType
	}
	return a.revokeAccess(ctx, by, token, client)
}

func (a *Authority) revokeRefresh(ctx context.Context, by By, token edgeward.Secret, client netip.Addr) error {
	if a.Families == nil {
		return unsupported("refresh tokens (key tokens.keys of the configuration)")
	}
	id, err := a.Families.FamilyOf(token)
	if err != nil {
		return a.Ignore(client, err) // not one of ours: nothing to take back
	}
	return a.logOut(ctx, by, id)
}

// logOut is RevokeFamily for who holds a token of the family, and may ask again
// and again. Where the row is gone its access tokens can still be alive.
func (a *Authority) logOut(ctx context.Context, by By, id string) error {
	if over, err := a.loggedOut(ctx, id); over || err != nil {
		return err
	}
	err := a.RevokeFamily(ctx, by, id, "logout")
	if errors.Is(err, ErrUnknown) {
		_, err = a.Revoke(ctx, by, familyEntry(id, "logout"))
	}
	return err
}

// loggedOut reports whether a family is known to be dead with its access
// tokens: its row, if there is one, and on this node.
func (a *Authority) loggedOut(ctx context.Context, id string) (bool, error) {
	f, err := a.Family(ctx, id)
	switch {
	case errors.Is(err, ErrUnknown): // nobody knows whose it was
		f = refresh.Family{ID: id, Grant: refresh.Grant{Issuer: a.Issuer(), Subject: id}, Created: a.clock.Now()}
	case err != nil:
		return false, err
	case f.RevokedAt.IsZero():
		return false, nil
	}
	who, err := familyIdentity(&f, edgeward.Standing{})
	if err != nil {
		return false, err
	}
	return errors.Is(a.Revocations.Check(who), edgeward.CredentialRevoked), nil
}

func (a *Authority) revokeAccess(ctx context.Context, by By, token edgeward.Secret, client netip.Addr) error {
	id, err := a.VerifyAccess(ctx, token)
	switch reason := edgeward.ReasonOf(err); {
	case err == nil:
	case reason == edgeward.Unavailable:
		return err
	case reason == edgeward.TokenIssuer: // alive, for all we know
		return fmt.Errorf("%w: %v", ErrTokenType, err)
	default:
		return a.Ignore(client, err)
	}
	switch {
	case errors.Is(a.Revocations.Check(id), edgeward.CredentialRevoked):
		return nil
	case id.Session != "" && a.Families != nil:
		return a.logOut(ctx, by, id.Session)
	case id.TokenID == "":
		return fmt.Errorf("%w: it has no jti", ErrTokenType)
	}
	_, err = a.Revoke(ctx, by, revocation.Entry{
		Scope: revocation.Token, Issuer: id.Issuer, Value: id.TokenID, Expires: id.Expires, Reason: "logout",
	})
	return err
}

func isRefresh(token edgeward.Secret) bool { return hasPrefix(token, refresh.Prefix) }

func hasPrefix(token edgeward.Secret, prefix string) bool {
	return strings.HasPrefix(token.Reveal(), prefix)
}
