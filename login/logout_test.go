package login_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/store/storetest"
)

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logoutToken signs what a provider sends when somebody signs out there.
func (p *idp) logoutToken(change ...func(object)) string {
	claims := object{
		"iss": p.issuer, "aud": client, "iat": p.now().Unix(), "exp": p.now().Add(2 * time.Minute).Unix(),
		"jti": "jti-1", "sub": "alice", "sid": "sid-1", "events": object{logoutEvent: object{}},
	}
	for _, c := range change {
		c(claims)
	}
	return p.token(encode(claims))
}

func both(changes ...func(object)) func(object) {
	return func(o object) {
		for _, c := range changes {
			c(o)
		}
	}
}

func TestALogoutToken(t *testing.T) {
	for _, row := range []struct {
		rule   string
		change func(object)
		typ    string
		sign   func([]byte) string
		ok     bool
	}{
		{rule: "as it is", ok: true},
		{rule: "no typ", typ: "-", ok: true},
		{rule: "typ JWT", typ: "JWT", ok: true},
		{rule: "sub alone", change: put("sid", nil), ok: true},
		{rule: "sid alone", change: put("sub", nil), ok: true},
		{rule: "aud a list of us alone", change: put("aud", []string{client}), ok: true},
		{rule: "no exp, as Ory Hydra and Glewlwyd send it", change: put("exp", nil), typ: "JWT", ok: true},
		{rule: "an event with content", change: put("events", object{logoutEvent: object{"a": 1}, "other": object{}}), ok: true},

		{rule: "alg none", sign: unsigned},
		{rule: "HMAC", sign: hmacSigned},
		{rule: "another's signature", sign: func(payload []byte) string {
			token, _ := jwt.Sign(context.Background(), newSigner("rsa", jwt.RS256), "logout+jwt", payload)
			return token
		}},
		{rule: "an access token", typ: "at+jwt"},
		{rule: "no such issuer", change: put("iss", "https://three.example")},
		{rule: "for another client", change: put("aud", "other")},
		{rule: "for another client, too", change: put("aud", []string{client, "other"})},
		{rule: "for nobody", change: put("aud", nil)},
		{rule: "no events", change: put("events", nil)},
		{rule: "another event", change: put("events", object{"http://schemas.openid.net/event/other": object{}})},
		{rule: "an event that is no object", change: put("events", object{logoutEvent: true})},
		{rule: "events no object", change: put("events", []string{logoutEvent})},
		{rule: "a nonce", change: put("nonce", "n")},
		{rule: "an empty nonce", change: put("nonce", "")},
		{rule: "neither sub nor sid", change: both(put("sub", nil), put("sid", nil))},
		{rule: "sid empty", change: put("sid", "")},
		{rule: "sid no string", change: put("sid", 7)},
		{rule: "no jti", change: put("jti", nil)},
		{rule: "no iat", change: put("iat", nil)},
		{rule: "iat long ago", change: put("iat", start.Add(-time.Hour).Unix())},
		{rule: "neither iat nor exp", change: both(put("iat", nil), put("exp", nil))},
		{rule: "no exp, iat more than ten minutes ago", change: both(put("exp", nil), put("iat", start.Add(-10*time.Minute-31*time.Second).Unix()))},
		{rule: "no exp, iat in the future", change: both(put("exp", nil), put("iat", start.Add(time.Minute).Unix()))},
		{rule: "exp of 1970", change: put("exp", 0)},
		{rule: "expired", change: put("exp", start.Add(-time.Minute).Unix())},
		{rule: "empty", sign: func([]byte) string { return "" }},
		{rule: "no JWT", sign: func([]byte) string { return "sub=alice" }},
		{rule: "longer than 8 KiB", sign: func([]byte) string { return strings.Repeat("e", 9<<10) }},
	} {
		t.Run(row.rule, func(t *testing.T) {
			w := newWorld(t)
			w.one.typ = "logout+jwt"
			if row.typ != "" {
				w.one.typ = strings.Trim(row.typ, "-")
			}
			w.one.sign = row.sign
			if row.change == nil {
				row.change = both()
			}
			calls := 0
			ended, err := w.Logout(t.Context(), w.one.logoutToken(row.change), func(_ context.Context, e login.Ended) error {
				if calls++; e.Provider != "one" || e.Issuer != w.one.issuer || e.Subject == "" && e.SID == "" {
					t.Errorf("ends %+v", e)
				}
				return nil
			})
			if row.ok && (err != nil || calls != 1) {
				t.Errorf("%+v, %v after %d calls", ended, err, calls)
			} else if !row.ok {
				want(t, "it", err, login.ErrLogoutToken)
				if calls != 0 || ended != (login.Ended{}) {
					t.Errorf("%d calls, ended %+v", calls, ended)
				}
			}
		})
	}
}

func done(context.Context, login.Ended) error { return nil }

// An ID token ends nothing, however it came into the wrong hands.
func TestAnIDTokenIsNoLogoutToken(t *testing.T) {
	b := &browser{world: newWorld(t)}
	b.one.claims = put("jti", "j")
	s, err := b.signIn(t, b.one, "one")
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Logout(t.Context(), s.IDToken.Reveal(), done)
	want(t, "an ID token", err, login.ErrLogoutToken)
}

// A replay is refused on every node as long as the token lives, and a logout
// that could not be carried out is not lost.
func TestALogoutTokenWorksOnce(t *testing.T) {
	w := newWorld(t)
	other, err := login.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	token := w.one.logoutToken()
	trouble := errors.New("the store is down")
	if _, err := w.Logout(t.Context(), token, func(context.Context, login.Ended) error { return trouble }); !errors.Is(err, trouble) {
		t.Errorf("the trouble of ending is told as %v", err)
	}
	w.store.Follow(storetest.Down)
	_, err = w.Logout(t.Context(), token, done)
	wantUnavailable(t, "the store is down", err)
	w.store.Follow(nil)
	if _, err := w.Logout(t.Context(), token, done); err != nil {
		t.Errorf("the provider's second try: %v", err)
	}
	for _, l := range []*login.Login{w.Login, other} {
		_, err := l.Logout(t.Context(), token, func(context.Context, login.Ended) error { t.Error("ended again"); return nil })
		want(t, "a replay", err, login.ErrLogoutToken)
	}
	if _, err := w.Logout(t.Context(), w.two.logoutToken(), done); err != nil {
		t.Errorf("the same jti of another provider: %v", err)
	}
	w.clock.Forward(2*time.Minute + 29*time.Second)
	_, err = other.Logout(t.Context(), token, done)
	want(t, "a replay at the last moment", err, login.ErrLogoutToken)
}

// Without exp a token is good for ten minutes from its iat, and a replay is
// refused for as long.
func TestALogoutTokenWithoutExpiryWorksOnceToo(t *testing.T) {
	w := newWorld(t)
	token := w.one.logoutToken(put("exp", nil))
	w.clock.Forward(10*time.Minute + 29*time.Second)
	if _, err := w.Logout(t.Context(), token, done); err != nil {
		t.Fatalf("at the last moment: %v", err)
	}
	_, err := w.Logout(t.Context(), token, done)
	want(t, "a replay", err, login.ErrLogoutToken)
	w.clock.Forward(time.Second)
	_, err = w.Logout(t.Context(), w.one.logoutToken(both(put("exp", nil), put("jti", "jti-2"), put("iat", start.Unix()))), done)
	want(t, "too late", err, login.ErrLogoutToken)

	w = newWorld(t)
	token = w.one.logoutToken(put("exp", nil))
	if _, err := w.Logout(t.Context(), token, done); err != nil {
		t.Fatal(err)
	}
	w.clock.Forward(10*time.Minute + 29*time.Second)
	_, err = w.Logout(t.Context(), token, func(context.Context, login.Ended) error { t.Error("ended again"); return nil })
	want(t, "a replay at the last moment", err, login.ErrLogoutToken)
}

// Who has to look at a refusal depends on who made the token: a stranger can
// send any text, the provider alone can sign.
func TestARefusedLogoutTokenSaysWhetherTheProviderSignedIt(t *testing.T) {
	w := newWorld(t)
	used := w.one.logoutToken(put("jti", "used"))
	if _, err := w.Logout(t.Context(), used, done); err != nil {
		t.Fatal(err)
	}
	for rule, row := range map[string]struct {
		token  string
		signed bool
	}{
		"no event":            {w.one.logoutToken(put("events", nil)), true},
		"another aud":         {w.one.logoutToken(put("aud", "other")), true},
		"a replay":            {used, true},
		"made up":             {"e.e.e", false},
		"no signature":        {unsigned(encode(object{"iss": w.one.issuer})), false},
		"another's signature": {func() string { w.one.signer = newSigner("rsa", jwt.RS256); return w.one.logoutToken() }(), false},
	} {
		_, err := w.Logout(t.Context(), row.token, done)
		if want(t, rule, err, login.ErrLogoutToken); errors.Is(err, login.ErrSigned) != row.signed {
			t.Errorf("%s: %v; signed by the provider: %v", rule, err, !row.signed)
		}
	}
}

func TestLogoutKeysThatCannotBeHad(t *testing.T) {
	w := newWorld(t, func(c *login.Config) { c.Providers[0].Keys = noKeys{} })
	_, err := w.Logout(t.Context(), w.one.logoutToken(), done)
	wantUnavailable(t, "no keys", err)
}

func TestEndSession(t *testing.T) {
	w := newWorld(t)
	r := login.Record{Provider: "one", Issuer: w.one.issuer, IDToken: edgeward.NewSecret("e.y.J")}
	location, ok, err := w.EndSession(t.Context(), r, "/auth/signed-out")
	if want := w.one.issuer + "/end?x=1&id_token_hint=e.y.J&client_id=edge&post_logout_redirect_uri=" + url.QueryEscape(origin+"/auth/signed-out"); !ok || err != nil || location != want {
		t.Errorf("%s, %v, %v\nwant %s", location, ok, err, want)
	}
	r.IDToken = edgeward.NewSecret(strings.Repeat("e", 5<<10))
	if location, ok, err := w.EndSession(t.Context(), r, "/"); !ok || err != nil || strings.Contains(location, "hint") || len(location) > 1000 {
		t.Errorf("with an ID token that fits no URL: %s, %v, %v", location, ok, err)
	}
	_, _, err = w.EndSession(t.Context(), r, "https://evil.example/")
	want(t, "elsewhere", err, login.ErrReturnTo)
	for rule, r := range map[string]login.Record{
		"a provider that is gone": {Provider: "three", Issuer: w.one.issuer}, "a provider that is another by now": {Provider: "one", Issuer: w.two.issuer},
	} {
		if location, ok, err := w.EndSession(t.Context(), r, "/"); ok || err != nil || location != "" {
			t.Errorf("%s: %s, %v, %v", rule, location, ok, err)
		}
	}
	for _, endpoint := range []any{nil, "javascript:alert(1)", "http://one.example/end"} {
		w := newWorld(t)
		w.one.about = put("end_session_endpoint", endpoint)
		if location, ok, err := w.EndSession(t.Context(), r, "/"); ok || err != nil || location != "" {
			t.Errorf("%v: %s, %v, %v", endpoint, location, ok, err)
		}
	}
	w = newWorld(t)
	w.one.answer = func(openid.Request) (openid.Response, error) {
		return openid.Response{}, errors.New("down")
	}
	_, ok, err = w.EndSession(t.Context(), r, "/")
	if wantUnavailable(t, "down", err); ok {
		t.Error("ok beside an error")
	}
}
