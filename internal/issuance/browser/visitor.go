// Package browser is what users have of a sign-in: whom the cookies of a browser
// prove, how they are renewed, and what it is given at another host.
package browser

import (
	"context"
	"net/netip"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/issuance"
)

// Cookies says by which names a browser brings what signing in gave it.
type Cookies struct{ Session, Access, Refresh string }

// A Visitor is whom a browser's cookies prove, the zero Visitor no user. Session and
// Tokens need not be the same one.
type Visitor struct {
	Session *edgeward.Identity // by the session cookie, or nil
	Tokens  *edgeward.Identity // by the refresh family, or without one by the access token, or nil
	Refresh edgeward.Secret    // what renews Tokens; zero when nothing does
	Family  string             // public id of the refresh token's family, dead or alive; "" without one
	Cookie  string             // public id of the session cookie's session, dead or alive; "" without one

	// Repeated names the cookies that came more than once. Something beside
	// Edgeward has planted one of them, and it is unknown which: they prove no user,
	// and the answer removes them (see [cookie.Discard]).
	Repeated []string
	// Claimed is whom each of the repeated cookies would prove alone: what ends
	// when the user signs out, and nothing else.
	Claimed []Visitor
}

// Objects names what the cookies prove, as the audit log does: for
// [issuance.Authority.EndObject]. A family is named by a token of any age, and a session
// by the cookie of before a step-up, whose answer may be under way: signing out ends
// all of it. What repeated cookies would prove is among it.
func (v *Visitor) Objects() (all []string) {
	if v.Cookie != "" {
		all = append(all, issuance.SessionObject+v.Cookie)
	}
	switch {
	case v.Family != "":
		all = append(all, issuance.FamilyObject+v.Family)
	case v.Tokens != nil && v.Tokens.Session != "":
		all = append(all, issuance.FamilyObject+v.Tokens.Session)
	}
	for i := range v.Claimed {
		all = append(all, v.Claimed[i].Objects()...)
	}
	return all
}

// People are the identities whose sign-ins end when this browser signs out
// everywhere: its two cookies can be two users', and so can repeated ones.
func (v *Visitor) People() (all []*edgeward.Identity) {
	for _, id := range [...]*edgeward.Identity{v.Session, v.Tokens} {
		if id != nil {
			all = append(all, id)
		}
	}
	for i := range v.Claimed {
		all = append(all, v.Claimed[i].People()...)
	}
	return all
}

// Authenticate finds out who is at a browser, and changes nothing. What has ended,
// was revoked or is no credential of ours proves no user; a made-up one is a failed
// attempt. Errors wrap a Reason for a request whose cookies cannot be read, or for a
// client with too many failed attempts, or mean: could not tell.
func Authenticate(ctx context.Context, a *issuance.Authority, r *edgeward.Request, jar Cookies) (Visitor, error) {
	names := [3]string{jar.Session, jar.Access, jar.Refresh}
	var brought [3][]edgeward.Secret
	presented := false
	for i, name := range names {
		var err error
		if brought[i], err = credential.Cookies(r, name); err != nil {
			return Visitor{}, err
		}
		presented = presented || slices.ContainsFunc(brought[i], func(v edgeward.Secret) bool { return !v.IsZero() })
	}
	if presented {
		if err := a.CheckLimit(r.ClientIP); err != nil {
			return Visitor{}, err
		}
	}
	v, err := authenticate(ctx, a, r, [3]edgeward.Secret{only(brought[0]), only(brought[1]), only(brought[2])})
	for i, values := range brought {
		if len(values) > 1 && err == nil {
			v.Repeated = append(v.Repeated, names[i])
			err = claim(ctx, a, r, &v, i, values)
		}
	}
	if err != nil {
		return Visitor{}, err
	}
	return v, nil
}

// claim adds to v whom each of the values of a repeated cookie would prove, the
// i-th of those that authenticate takes.
func claim(ctx context.Context, a *issuance.Authority, r *edgeward.Request, v *Visitor, i int, values []edgeward.Secret) error {
	for j, value := range values {
		if slices.ContainsFunc(values[:j], value.Equal) {
			continue
		}
		var alone [3]edgeward.Secret
		alone[i] = value
		claimed, err := authenticate(ctx, a, r, alone)
		if err != nil {
			return err
		}
		v.Claimed = append(v.Claimed, claimed)
	}
	return nil
}

// only returns the one value, zero when there is none or a choice.
func only(values []edgeward.Secret) edgeward.Secret {
	if len(values) != 1 {
		return edgeward.Secret{}
	}
	return values[0]
}

// authenticate finds out whom the values of a session, an access and a refresh cookie
// prove, each zero where there is none; those of a host are handles.
func authenticate(ctx context.Context, a *issuance.Authority, r *edgeward.Request, brought [3]edgeward.Secret) (v Visitor, err error) {
	session, access, refresh, client := brought[0], brought[1], brought[2], r.ClientIP
	v.Session, err = proved(a, client, session, func() (*edgeward.Identity, error) {
		return SessionVerifier{a}.Verify(ctx, r, edgeward.Credential{Value: session})
	})
	if err != nil {
		return Visitor{}, err
	}
	if a.Sessions != nil {
		v.Cookie, _ = a.Sessions.IDAt(session, r.Host) // "" for what is none of ours, which was counted above
	}
	v.Tokens, err = proved(a, client, refresh, func() (*edgeward.Identity, error) { return verifyFamily(ctx, a, r, refresh) })
	if err != nil {
		return Visitor{}, err
	}
	if a.Families != nil {
		v.Family, _ = a.Families.FamilyAt(refresh, r.Host) // "" for what is none of ours, which was counted above
	}
	if v.Tokens != nil {
		v.Refresh = refresh
		return v, nil
	}
	v.Tokens, err = proved(a, client, access, func() (*edgeward.Identity, error) { return verifyAccess(ctx, a, r, access) })
	if err != nil {
		return Visitor{}, err
	}
	return v, nil
}

// proved returns whom value proves, nil for no user.
func proved(a *issuance.Authority, client netip.Addr, value edgeward.Secret, verify func() (*edgeward.Identity, error)) (*edgeward.Identity, error) {
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
	return nil, a.Ignore(client, err)
}
