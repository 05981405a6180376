package login_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/login"
)

func source(name string) claim.Source { return claim.Source{Name: name} }

func mapped(change func(*claim.Map)) func(*login.Config) {
	return func(c *login.Config) { change(&c.Providers[0].Claims) }
}

func TestClaimsSayWhoAUserIs(t *testing.T) {
	var noted []string
	b := &browser{world: newWorld(t, mapped(func(m *claim.Map) {
		m.Username, m.Email, m.Name, m.Groups = source("preferred_username"), source("email"), source("name"), source("groups")
		m.Claims = map[string]claim.Source{"department": source("ext.department"), "odd": source("odd")}
	}), func(c *login.Config) {
		c.Noted = func(issuer string, n claim.Note) { noted = append(noted, issuer+" "+n.String()) }
	})}
	b.one.claims = both(put("preferred_username", "ada"), put("email", "ada@example.com"), put("email_verified", true), put("name", "Ada"),
		put("groups", []string{"staff", "admins"}), put("ext", object{"department": "r&d"}), put("odd", object{}))
	s, err := b.signIn(t, b.one, "one")
	if err != nil {
		t.Fatal(err)
	}
	p := &s.Profile
	if p.Username != "ada" || p.Email != "ada@example.com" || p.Name != "Ada" || !slices.Equal(p.Groups, []string{"admins", "staff"}) ||
		!reflect.DeepEqual(p.Claims, map[string][]string{"department": {"r&d"}}) || s.Subject != "alice" || s.Sub != "" {
		t.Errorf("%+v", s)
	}
	if len(noted) != 1 || !strings.HasPrefix(noted[0], b.one.issuer+` claim "odd" is an object`) {
		t.Errorf("noted %q", noted)
	}
}

func TestMoreThanIsKeptOfAUserSignsNoOneIn(t *testing.T) {
	b := &browser{world: newWorld(t, mapped(func(m *claim.Map) { m.Groups = source("groups") }))}
	b.one.claims = put("groups", []string{strings.Repeat("g", 300)})
	_, err := b.signIn(t, b.one, "one")
	want(t, "a long group", err, login.ErrAnswer)
	if !strings.Contains(err.Error(), "only") {
		t.Errorf("%v does not say what to do", err)
	}
}

// A user may have another subject here than at the provider, which goes on to name
// users by its own: in a logout, too.
func TestTheSubjectFromAnotherClaim(t *testing.T) {
	b := &browser{world: newWorld(t, mapped(func(m *claim.Map) { m.Subject = source("oid") }))}
	for rule, value := range map[string]any{"absent": nil, "empty": "", "a list": []string{"a", "b"}, "true": true} {
		b.one.claims = put("oid", value)
		_, err := b.signIn(t, b.one, "one")
		want(t, rule, err, login.ErrAnswer)
	}
	keep := func(id, sub, oid, sid string) login.SignIn {
		t.Helper()
		b.one.claims = both(put("oid", oid), put("sub", sub), put("sid", sid))
		s, err := b.signIn(t, b.one, "one")
		if err != nil || s.Subject != oid || s.Sub != sub {
			t.Fatalf("%+v, %v", s, err)
		}
		if err := b.Keep(t.Context(), id, s, b.clock.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		return s
	}
	keep("a", "alice", "o-1", "s-1")
	keep("b", "alice", "o-1", "s-2")
	keep("c", "bob", "alice", "s-3") // whose subject is the other one's sub
	b.one.claims = nil
	ended := func(change func(object)) (all []string) {
		t.Helper()
		b.one.typ = "logout+jwt"
		defer func() { b.one.typ = "" }()
		_, err := b.Logout(t.Context(), b.one.logoutToken(change), func(_ context.Context, e login.Ended) error {
			all = append(all, e.Subject+" "+e.SID)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return all
	}
	if all := ended(both(put("sid", nil), put("jti", "1"))); !slices.Equal(all, []string{"o-1 "}) {
		t.Errorf("a logout of alice ends %q", all)
	}
	if all := ended(both(put("sid", nil), put("sub", "bob"), put("jti", "2"))); !slices.Equal(all, []string{"alice "}) {
		t.Errorf("a logout of bob ends %q", all)
	}
	if all := ended(both(put("sid", nil), put("sub", "o-1"), put("jti", "3"))); len(all) != 0 {
		t.Errorf("a logout of a user who is not signed in ends %q", all)
	}
	if all := ended(both(put("sid", "s-9"), put("sub", "eve"), put("jti", "4"))); !slices.Equal(all, []string{" s-9"}) {
		t.Errorf("a logout of a session of no known user ends %q", all)
	}
	if ids, err := b.Of(t.Context(), b.one.issuer, "alice"); err != nil || !slices.Equal(ids, []string{"c"}) {
		t.Errorf("sign-ins of subject alice: %q, %v, want bob's alone", ids, err)
	}
	rec, err := b.Recall(t.Context(), "a")
	if err != nil || rec.Subject != "o-1" || rec.Sub != "alice" {
		t.Errorf("%+v, %v", rec, err)
	}
	if err := b.Forget(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := b.Forget(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if all := ended(both(put("sid", nil), put("jti", "5"))); len(all) != 0 {
		t.Errorf("what was forgotten is found: %q", all)
	}
}

// A sign-in that is under way when its user signs out at the provider is ended, also
// where the two name the user otherwise.
func TestALogoutEndsASignInUnderWayByTheProvidersSubject(t *testing.T) {
	b := &browser{world: newWorld(t, mapped(func(m *claim.Map) { m.Subject = source("oid") }))}
	b.one.claims = both(put("oid", "o-1"), put("sid", nil))
	s, err := b.signIn(t, b.one, "one")
	if err != nil {
		t.Fatal(err)
	}
	b.one.typ, b.one.claims = "logout+jwt", nil
	if _, err := b.Logout(t.Context(), b.one.logoutToken(put("sid", nil)), done); err != nil {
		t.Fatal(err)
	}
	if err := b.Keep(t.Context(), "a", s, b.clock.Now().Add(time.Hour)); !errors.Is(err, login.ErrLeft) {
		t.Errorf("%v, want ErrLeft", err)
	}
}
