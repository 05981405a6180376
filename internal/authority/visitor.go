package authority

import (
	"context"
	"errors"
	"net/netip"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
)

// A Jar says in which cookies a browser brings what signing in gave it.
type Jar struct{ Session, Access, Refresh string }

// A Visitor is whom a browser's cookies prove. The zero Visitor is nobody. When
// both are there, they need not be the same person.
type Visitor struct {
	Session *edgeward.Identity // by the session cookie, or nil
	Tokens  *edgeward.Identity // by the refresh family, or without one by the access token, or nil
	Refresh edgeward.Secret    // what renews Tokens; zero when nothing does
	Family  string             // public id of the refresh token's family, dead or alive; "" without one
}

// Objects names what the cookies prove, as the audit log does: for
// [Authority.EndObject]. A family is named by a token of any age: who leaves
// takes all of it along.
func (v *Visitor) Objects() (all []string) {
	if v.Session != nil {
		all = append(all, SessionObject+v.Session.Session)
	}
	switch {
	case v.Family != "":
		all = append(all, FamilyObject+v.Family)
	case v.Tokens != nil && v.Tokens.Session != "":
		all = append(all, FamilyObject+v.Tokens.Session)
	}
	return all
}

// Visitor finds out who is at a browser, and changes nothing. What has ended,
// was taken back or is no credential of ours proves nobody; a made-up one counts
// as a guess. Errors wrap a Reason for a request whose cookies cannot be read,
// or for a client that guessed too often, or mean: could not tell.
func (a *Authority) Visitor(ctx context.Context, r *edgeward.Request, jar Jar) (Visitor, error) {
	var v Visitor
	session, err := brought(r, jar.Session)
	if err != nil {
		return v, err
	}
	access, err := brought(r, jar.Access)
	if err != nil {
		return v, err
	}
	refresh, err := brought(r, jar.Refresh)
	if err != nil {
		return v, err
	}
	if session.IsZero() && access.IsZero() && refresh.IsZero() {
		return v, nil
	}
	if err := a.Allow(r.ClientIP); err != nil {
		return v, err
	}
	v.Session, err = a.proved(r.ClientIP, session, func() (*edgeward.Identity, error) { return a.bySession(ctx, session) })
	if err != nil {
		return Visitor{}, err
	}
	v.Tokens, err = a.proved(r.ClientIP, refresh, func() (*edgeward.Identity, error) { return a.byFamily(ctx, refresh) })
	if err != nil {
		return Visitor{}, err
	}
	if a.Families != nil {
		v.Family, _ = a.Families.FamilyOf(refresh) // "" for what is none of ours, which was counted above
	}
	if v.Tokens != nil {
		v.Refresh = refresh
		return v, nil
	}
	v.Tokens, err = a.proved(r.ClientIP, access, func() (*edgeward.Identity, error) { return a.verifyAccess(ctx, access) })
	if err != nil {
		return Visitor{}, err
	}
	return v, nil
}

// brought returns the value of a cookie, zero when there is none.
func brought(r *edgeward.Request, name string) (edgeward.Secret, error) {
	c, err := credential.Cookie(name)(r)
	if errors.Is(err, edgeward.CredentialMissing) {
		return edgeward.Secret{}, nil
	}
	return c.Value, err
}

// proved returns whom value proves, nil for nobody.
func (a *Authority) proved(client netip.Addr, value edgeward.Secret, verify func() (*edgeward.Identity, error)) (*edgeward.Identity, error) {
	if value.IsZero() {
		return nil, nil
	}
	id, err := verify()
	if err == nil {
		err = a.Revocations.Check(id)
	}
	switch {
	case err == nil:
		return id, nil
	case edgeward.ReasonOf(err) == edgeward.Unavailable:
		return nil, err
	}
	return nil, a.ignored(client, err)
}

func (a *Authority) bySession(ctx context.Context, value edgeward.Secret) (*edgeward.Identity, error) {
	if a.Sessions == nil {
		return nil, edgeward.SessionUnknown
	}
	return a.Sessions.Verify(ctx, &edgeward.Request{}, edgeward.Credential{Value: value})
}

// byFamily is who a refresh family speaks for until its end.
func (a *Authority) byFamily(ctx context.Context, token edgeward.Secret) (*edgeward.Identity, error) {
	if a.Families == nil {
		return nil, edgeward.RefreshUnknown
	}
	f, err := a.Families.Introspect(ctx, token)
	if err != nil {
		return nil, err
	}
	return familyIdentity(&f)
}
