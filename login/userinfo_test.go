package login_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
)

// userinfo has p answer the userinfo endpoint and the refresh grant, beside what it does.
func (p *idp) userinfo(user func() openid.Response, refresh func(token string) openid.Response) (asked *int) {
	asked = new(int)
	p.about = func(o object) { o["userinfo_endpoint"] = p.issuer + "/me" }
	p.tokens = put("refresh_token", "refresh-0")
	p.answer = func(r openid.Request) (openid.Response, error) {
		form, _ := url.ParseQuery(string(r.Body))
		switch {
		case r.URL == p.issuer+"/me":
			*asked++
			return user(), nil
		case form.Get("grant_type") == "refresh_token":
			return refresh(form.Get("refresh_token")), nil
		}
		return openid.Response{}, nil
	}
	return asked
}

func says(o object) func() openid.Response {
	return func() openid.Response { return document(200, "application/json", encode(o)) }
}

func status(code int) func() openid.Response {
	return func() openid.Response { return document(code, "application/json", []byte(`{}`)) }
}

// asUsual are the claims of a provider as a configuration has them.
func asUsual(c *login.Config) {
	m := &c.Providers[0].Claims
	m.Username, m.Email, m.Name = claim.Source{Name: "preferred_username"}, claim.Source{Name: "email"}, claim.Source{Name: "name"}
	c.Providers[0].Scopes = []string{"profile", "email"}
}

// When userinfo is asked for, and what of its trouble is the user's.
func TestWhenUserinfoIsAskedFor(t *testing.T) {
	whole := object{"preferred_username": "al", "email_verified": true}
	info := object{"sub": "alice", "roles": []string{"boss"}, "preferred_username": "info", "name": "Info", "email": "info@example.com", "email_verified": true}
	for rule, row := range map[string]struct {
		mode   openid.Userinfo
		claims object // of the ID token, more than it has; nil removes
		scopes []string
		user   func() openid.Response
		asked  int
		ok     bool
		can    []string
		name   string
	}{
		"all is in the ID token":                  {"", whole, nil, says(info), 0, true, []string{"app", "orders:read", "orders:write"}, "al"},
		"a name is missing":                       {"auto", object{"email_verified": true}, nil, says(info), 1, true, []string{"app", "orders:read", "orders:write"}, "info"},
		"permissions are missing":                 {"auto", object{"roles": nil}, nil, says(info), 1, true, []string{"app", "orders:write"}, "info"},
		"a name is missing that is not asked for": {"auto", object{"email_verified": true}, []string{"email"}, says(info), 0, true, []string{"app", "orders:read", "orders:write"}, ""},
		"always": {"always", whole, nil, says(info), 1, true, []string{"app", "orders:read", "orders:write"}, "al"},
		"never":  {"never", object{"roles": nil}, nil, says(info), 0, true, nil, ""},
		"a name is missing, and userinfo refuses":       {"auto", object{"email_verified": true}, nil, status(401), 1, true, []string{"app", "orders:read", "orders:write"}, ""},
		"a name is missing, and userinfo is down":       {"auto", object{"email_verified": true}, nil, status(503), 1, false, nil, ""},
		"a name is missing, and it is another user":     {"auto", object{"email_verified": true}, nil, says(object{"sub": "bob", "preferred_username": "bob"}), 1, false, nil, ""},
		"a name is missing, and it is no user":          {"auto", object{"email_verified": true}, nil, says(object{"preferred_username": "bob"}), 1, false, nil, ""},
		"permissions are missing, and userinfo is down": {"auto", object{"roles": nil}, nil, status(503), 1, false, nil, ""},
		"permissions are missing, and it refuses":       {"auto", object{"roles": nil}, nil, status(403), 1, false, nil, ""},
		"always, and it is down":                        {"always", whole, nil, status(503), 1, false, nil, ""},
		"always, and it is another user":                {"always", whole, nil, says(object{"sub": "bob", "roles": []string{"boss"}}), 1, false, nil, ""},
	} {
		notes := map[string]claim.Note{}
		b := &browser{world: newWorld(t, asUsual, func(c *login.Config) {
			c.Noted = func(_ string, n claim.Note) { notes[n.Claim] = n }
			c.Providers[0].Userinfo = row.mode
			if row.scopes != nil {
				c.Providers[0].Scopes = row.scopes
			}
		})}
		asked := b.one.userinfo(row.user, nil)
		b.one.claims = func(o object) {
			for name, value := range row.claims {
				put(name, value)(o)
			}
		}
		who, err := b.signIn(t, b.one, "one")
		_, noted := notes["userinfo"]
		if (err == nil) != row.ok || *asked != row.asked {
			t.Errorf("%s: %v, asked %d times", rule, err, *asked)
		}
		if !slices.Equal(who.Permissions, row.can) || who.Profile.Username != row.name {
			t.Errorf("%s: %v %+v", rule, who.Permissions, who.Profile)
		}
		if row.ok && (row.asked == 1 && row.name == "") != noted {
			t.Errorf("%s: notes %v", rule, notes)
		}
	}
}

// The sub of another user is the one answer that no sign-in survives, as the
// conformance suite asks (oidcc-client-test-userinfo-invalid-sub).
func TestUserinfoOfAnotherUser(t *testing.T) {
	for rule, info := range map[string]object{
		"another": {"sub": "bob", "roles": []string{"boss"}}, "none": {"roles": []string{"boss"}}, "an empty one": {"sub": ""}, "null": {"sub": nil}, "a list": {"sub": []string{"alice"}},
	} {
		b := &browser{world: newWorld(t, asUsual)}
		b.one.userinfo(says(info), nil)
		_, err := b.signIn(t, b.one, "one")
		want(t, rule, err, login.ErrAnswer)
		if !errors.Is(err, openid.ErrSubject) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// At a re-check, too, and then nothing is said of the user.
func TestRefreshIsAboutTheSameUser(t *testing.T) {
	info := object{"sub": "alice", "roles": []string{"boss"}, "preferred_username": "al", "name": "Al", "email": "a@example.com", "email_verified": true}
	grant := login.Grant{Refresh: edgeward.NewSecret("refresh-0"), Access: edgeward.NewSecret("access-0"), Sub: "alice"}
	onlyAccess := login.Grant{Access: edgeward.NewSecret("access-0"), Sub: "alice"}
	id := func(w *world, change ...func(object)) string {
		o := object{"iss": w.one.issuer, "sub": "alice", "aud": client, "exp": w.clock.Now().Add(time.Hour).Unix(), "iat": w.clock.Now().Unix(), "roles": []string{"staff"}}
		for _, c := range change {
			c(o)
		}
		return w.one.token(encode(o))
	}
	for rule, row := range map[string]struct {
		grant   login.Grant
		subject string
		mode    openid.Userinfo
		tokens  func(w *world) object // what the token endpoint says; nil: invalid_grant
		user    func() openid.Response
		err     error
		can     []string
		rotated bool
	}{
		"an ID token and userinfo": {grant, "alice", "", func(w *world) object { return object{"id_token": id(w)} }, says(info), nil, []string{"app", "orders:read"}, true},
		"userinfo alone":           {grant, "alice", "", func(*world) object { return object{} }, says(info), nil, []string{"app", "orders:write"}, true},
		"by the access token":      {onlyAccess, "alice", "", nil, says(info), nil, []string{"app", "orders:write"}, false},
		"an ID token, never more":  {grant, "alice", openid.UserinfoNever, func(w *world) object { return object{"id_token": id(w)} }, status(500), nil, []string{"app", "orders:read"}, true},

		"userinfo of another user":             {grant, "alice", "", func(*world) object { return object{} }, says(object{"sub": "bob", "roles": []string{"boss"}}), openid.ErrSubject, nil, true},
		"userinfo of another, by access token": {onlyAccess, "alice", "", nil, says(object{"sub": "bob", "roles": []string{"boss"}}), openid.ErrSubject, nil, false},
		"an ID token of another user":          {grant, "alice", "", func(w *world) object { return object{"id_token": id(w, put("sub", "bob"))} }, says(info), openid.ErrSubject, nil, true},
		"an ID token of another issuer":        {grant, "alice", "", func(w *world) object { return object{"id_token": id(w, put("iss", "https://two.example/realm"))} }, says(info), login.ErrAnswer, nil, true},
		"the sign-in of another user":          {grant, "bob", "", func(w *world) object { return object{"id_token": id(w)} }, says(info), openid.ErrSubject, nil, true},
		"userinfo is down":                     {grant, "alice", "", func(*world) object { return object{} }, status(503), edgeward.Unavailable, nil, true},
		"userinfo is down, and names lack":     {grant, "alice", "", func(w *world) object { return object{"id_token": id(w)} }, status(503), edgeward.Unavailable, nil, true},
		"userinfo refuses the access token":    {onlyAccess, "alice", "", nil, status(401), login.ErrAnswer, nil, false},
		"the grant has ended":                  {grant, "alice", "", nil, says(info), login.ErrGrantEnded, nil, false},
		"neither ID token nor userinfo":        {grant, "alice", openid.UserinfoNever, func(*world) object { return object{} }, says(info), login.ErrNoGrant, nil, true},
		"nothing to ask by":                    {login.Grant{}, "alice", "", nil, says(info), login.ErrNoGrant, nil, false},
		"never, and no refresh token":          {onlyAccess, "alice", openid.UserinfoNever, nil, says(info), login.ErrNoGrant, nil, false},
	} {
		w := newWorld(t, asUsual, func(c *login.Config) { c.Providers[0].Userinfo = row.mode })
		w.one.userinfo(row.user, func(token string) openid.Response {
			if row.tokens == nil || token != "refresh-0" {
				return document(400, "application/json", encode(object{"error": "invalid_grant"}))
			}
			o := row.tokens(w)
			o["token_type"], o["access_token"], o["refresh_token"], o["expires_in"] = "Bearer", "access-1", "refresh-1", 60
			return document(200, "application/json", encode(o))
		})
		fresh, err := w.Refresh(t.Context(), "one", w.one.issuer, row.subject, row.grant)
		switch {
		case row.err == edgeward.Unavailable && edgeward.ReasonOf(err) == edgeward.Unavailable:
		case (row.err == nil) != (err == nil), row.err != nil && !errors.Is(err, row.err):
			t.Errorf("%s: %v, want %v", rule, err, row.err)
		}
		if errors.Is(err, login.ErrGrantEnded) != (row.err == login.ErrGrantEnded) {
			t.Errorf("%s: %v ends the sign-in", rule, err)
		}
		if fresh.Said != (row.err == nil) || !slices.Equal(fresh.Permissions, row.can) || row.err != nil && !fresh.Profile.IsZero() {
			t.Errorf("%s: %+v", rule, fresh)
		}
		// What was rotated is there, whatever failed then.
		wantRefresh, wantAccess := row.grant.Refresh.Reveal(), row.grant.Access.Reveal()
		if row.rotated {
			wantRefresh, wantAccess = "refresh-1", "access-1"
		}
		if fresh.Grant.Refresh.Reveal() != wantRefresh || fresh.Grant.Access.Reveal() != wantAccess {
			t.Errorf("%s: keeps %q and %q", rule, fresh.Grant.Refresh.Reveal(), fresh.Grant.Access.Reveal())
		}
		if row.rotated && (!fresh.Grant.Expires.Equal(start.Add(time.Minute)) || fresh.Grant.Sub != "alice") {
			t.Errorf("%s: keeps %v of %q", rule, fresh.Grant.Expires, fresh.Grant.Sub)
		}
	}
	w := newWorld(t)
	for _, at := range [][2]string{{"none", w.one.issuer}, {"one", w.two.issuer}} {
		if _, err := w.Refresh(t.Context(), at[0], at[1], "alice", grant); !errors.Is(err, login.ErrProvider) {
			t.Errorf("%v: %v", at, err)
		}
	}
}

// The subject of a sign-in may be another claim than sub, by which the provider knows
// the user.
func TestRefreshWithAnotherSubject(t *testing.T) {
	b := &browser{world: newWorld(t, asUsual, func(c *login.Config) { c.Providers[0].Claims.Subject = claim.Source{Name: "oid"} })}
	oid := "o-1"
	b.one.userinfo(func() openid.Response { return says(object{"sub": "alice", "oid": oid})() }, nil)
	b.one.claims = put("oid", oid)
	who, err := b.signIn(t, b.one, "one")
	if err != nil || who.Subject != "o-1" || who.Grant.Sub != "alice" {
		t.Fatalf("%+v, %v", who, err)
	}
	who.Grant.Refresh = edgeward.Secret{}
	if fresh, err := b.Refresh(t.Context(), "one", who.Issuer, who.Subject, who.Grant); err != nil || !fresh.Said {
		t.Errorf("%+v, %v", fresh, err)
	}
	oid = "o-2"
	if _, err := b.Refresh(t.Context(), "one", who.Issuer, who.Subject, who.Grant); !errors.Is(err, openid.ErrSubject) {
		t.Errorf("another subject: %v", err)
	}
}

func TestTokensBeyondTheirBoundsAreNotKept(t *testing.T) {
	for _, row := range []struct {
		size int
		kept bool
	}{{login.MaxGranted, true}, {login.MaxGranted + 1, false}} {
		notes := map[string]claim.Note{}
		b := &browser{world: newWorld(t, func(c *login.Config) { c.Noted = func(_ string, n claim.Note) { notes[n.Claim] = n } })}
		long := strings.Repeat("r", row.size)
		b.one.tokens = func(o object) { o["refresh_token"], o["expires_in"] = long, 300 }
		who, err := b.signIn(t, b.one, "one")
		if err != nil || who.Grant.Access.IsZero() || who.Grant.Refresh.IsZero() == row.kept || !who.Grant.Expires.Equal(start.Add(5*time.Minute)) || who.Grant.Sub != "alice" {
			t.Errorf("%d bytes: %v, %v", row.size, who.Grant.Refresh.Len(), err)
		}
		if n, noted := notes["refresh_token"]; noted == row.kept || strings.Contains(n.String(), "rrr") {
			t.Errorf("%d bytes: notes %v", row.size, notes)
		}
		b.one.tokens, b.one.claims = nil, put("x", strings.Repeat("x", 5<<10))
		if who, err = b.signIn(t, b.one, "one"); err != nil || !who.IDToken.IsZero() {
			t.Errorf("an ID token that is too long to leave by: kept %d bytes, %v", who.IDToken.Len(), err)
		}
	}
}
