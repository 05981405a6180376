package issuance

import (
	"context"
	"net/netip"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
)

// A CookieNames says in which cookies a browser brings what signing in gave it.
type CookieNames struct{ Session, Access, Refresh string }

// A Visitor is whom a browser's cookies prove. The zero Visitor is nobody. When
// both are there, they need not be the same person.
type Visitor struct {
	Session *edgeward.Identity // by the session cookie, or nil
	Tokens  *edgeward.Identity // by the refresh family, or without one by the access token, or nil
	Refresh edgeward.Secret    // what renews Tokens; zero when nothing does
	Family  string             // public id of the refresh token's family, dead or alive; "" without one
	Cookie  string             // public id of the session cookie's session, dead or alive; "" without one

	// Repeated names the cookies that came more than once. Something beside
	// Edgeward has planted one of them, and nobody knows which: they prove nobody,
	// and whoever answers takes them away (see [cookie.Discard]).
	Repeated []string
	// Claimed is whom each of the repeated cookies would prove alone: what ends
	// when the person at the browser leaves, and nothing else.
	Claimed []Visitor
}

// Objects names what the cookies prove, as the audit log does: for
// [Authority.EndObject]. A family is named by a token of any age, and a session by
// the cookie of before a step-up, whose answer may be under way: who leaves takes
// all of it along. What repeated cookies would prove is among it.
func (v *Visitor) Objects() (all []string) {
	if v.Cookie != "" {
		all = append(all, SessionObject+v.Cookie)
	}
	switch {
	case v.Family != "":
		all = append(all, FamilyObject+v.Family)
	case v.Tokens != nil && v.Tokens.Session != "":
		all = append(all, FamilyObject+v.Tokens.Session)
	}
	for i := range v.Claimed {
		all = append(all, v.Claimed[i].Objects()...)
	}
	return all
}

// People are the identities whose sign-ins end when this browser signs out
// everywhere: its two cookies can be two persons', and so can repeated ones.
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

// AuthenticateBrowser finds out who is at a browser, and changes nothing. What has ended,
// was revoked or is no credential of ours proves nobody; a made-up one counts
// as a guess. Errors wrap a Reason for a request whose cookies cannot be read,
// or for a client that guessed too often, or mean: could not tell.
func (a *Authority) AuthenticateBrowser(ctx context.Context, r *edgeward.Request, jar CookieNames) (Visitor, error) {
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
	v, err := a.visitor(ctx, r, [3]edgeward.Secret{only(brought[0]), only(brought[1]), only(brought[2])})
	for i, values := range brought {
		if len(values) > 1 && err == nil {
			v.Repeated = append(v.Repeated, names[i])
			err = a.claim(ctx, r, &v, i, values)
		}
	}
	if err != nil {
		return Visitor{}, err
	}
	return v, nil
}

// claim adds to v whom each of the values of a repeated cookie would prove, the
// i-th of those that [Authority.visitor] takes.
func (a *Authority) claim(ctx context.Context, r *edgeward.Request, v *Visitor, i int, values []edgeward.Secret) error {
	for j, value := range values {
		if slices.ContainsFunc(values[:j], value.Equal) {
			continue
		}
		var alone [3]edgeward.Secret
		alone[i] = value
		claimed, err := a.visitor(ctx, r, alone)
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

// visitor is who brings the values of a session, an access and a refresh cookie,
// each zero where there is none; those of a host are handles.
func (a *Authority) visitor(ctx context.Context, r *edgeward.Request, brought [3]edgeward.Secret) (v Visitor, err error) {
	session, access, refresh, client := brought[0], brought[1], brought[2], r.ClientIP
	v.Session, err = a.proved(client, session, func() (*edgeward.Identity, error) { return a.verifySession(ctx, r, session) })
	if err != nil {
		return Visitor{}, err
	}
	if a.Sessions != nil {
		v.Cookie, _ = a.Sessions.IDAt(session, r.Host) // "" for what is none of ours, which was counted above
	}
	v.Tokens, err = a.proved(client, refresh, func() (*edgeward.Identity, error) { return a.byFamily(ctx, r, refresh) })
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
	v.Tokens, err = a.proved(client, access, func() (*edgeward.Identity, error) { return a.verifyAccessAt(ctx, r, access) })
	if err != nil {
		return Visitor{}, err
	}
	return v, nil
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

// byFamily is who a refresh family speaks for until its end.
func (a *Authority) byFamily(ctx context.Context, r *edgeward.Request, token edgeward.Secret) (*edgeward.Identity, error) {
	if a.Families == nil {
		return nil, edgeward.RefreshUnknown
	}
	if err := a.checkListed(r, token); err != nil {
		return nil, err
	}
	f, err := a.Families.IntrospectAt(ctx, token, r.Host)
	if err != nil {
		return nil, err
	}
	return familyIdentity(&f)
}
