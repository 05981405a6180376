package login_test

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/store"
)

// The provider says something about who it is that proves nothing (rows 1 to 20
// of the attacks on tokens, and those on sign-ins). Whatever it is, nobody is
// signed in, and none of it is a "could not tell".
func TestAnIDTokenThatProvesNothing(t *testing.T) {
	stranger, curve := newSigner("rsa", jwt.RS256), newSigner("ec", jwt.ES256)
	for _, row := range []struct {
		rule   string
		change func(*idp)
		ok     bool
	}{
		{"as it is", func(p *idp) {}, true},
		{"no typ", func(p *idp) { p.typ = "" }, true},
		{"aud a list of us alone", idClaim("aud", []string{client}), true},
		{"azp us", idClaim("azp", client), true},
		{"no at_hash", idClaim("at_hash", nil), true},
		{"no sid", idClaim("sid", nil), true},
		{"iat nine minutes ago", func(p *idp) { p.claims = put("iat", start.Add(-9*time.Minute).Unix()) }, true},
		{"a long life", func(p *idp) { p.claims = put("exp", start.Add(30*24*time.Hour).Unix()) }, true},
		{"subject at its bound", idClaim("sub", strings.Repeat("a", 255)), true},

		{"optional claims null", func(p *idp) {
			null := []string(nil)
			p.claims = both(put("azp", null), put("at_hash", null), put("sid", null), put("jti", null), put("nbf", null))
		}, true},
		{"a display name with a noncharacter", idClaim("name", "a\uffff"), true},

		{"alg none", func(p *idp) { p.sign = unsigned }, false},
		{"another's signature", func(p *idp) { p.signer = stranger }, false},
		{"an algorithm that the provider may not use", func(p *idp) { p.signer = curve }, false},
		{"HMAC with the client's secret", func(p *idp) { p.sign = hmacSigned }, false},
		{"a logout token", func(p *idp) { p.typ = "logout+jwt" }, false},
		{"an access token", func(p *idp) { p.typ = "at+jwt" }, false},
		{"another issuer", idClaim("iss", "https://two.example/realm"), false},
		{"the issuer with a slash more", idClaim("iss", "https://one.example/"), false},
		{"no issuer", idClaim("iss", nil), false},
		{"for another client", idClaim("aud", "other"), false},
		{"for no one", idClaim("aud", nil), false},
		{"for another one besides, azp us", func(p *idp) {
			p.claims = func(o object) { o["aud"], o["azp"] = []string{client, "other"}, client }
		}, false},
		{"for another one besides, no azp", idClaim("aud", []string{client, "other"}), false},
		{"azp another", idClaim("azp", "other"), false},
		{"azp no string", idClaim("azp", []string{client}), false},
		{"no nonce", idClaim("nonce", nil), false},
		{"nonce null", idClaim("nonce", []string(nil)), false},
		{"sub null", idClaim("sub", []string(nil)), false},
		{"sub with a noncharacter", idClaim("sub", "a\uffff"), false},
		{"an empty nonce", idClaim("nonce", ""), false},
		{"the nonce of another sign-in", idClaim("nonce", "AAAAAAAAAAAAAAAAAAAAAA"), false},
		{"nonce no string", idClaim("nonce", []string{"x"}), false},
		{"at_hash of another token", idClaim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), false},
		{"at_hash empty", idClaim("at_hash", ""), false},
		{"at_hash no string", idClaim("at_hash", 1), false},
		{"at_hash and no access token", func(p *idp) { p.tokens = put("access_token", nil) }, false},
		{"at_hash empty and no access token", func(p *idp) {
			p.claims, p.tokens = put("at_hash", ""), put("access_token", nil)
		}, false},
		{"another access token beside it", func(p *idp) { p.tokens = put("access_token", "stolen") }, false},
		{"iat eleven minutes ago", idClaim("iat", start.Add(-11*time.Minute).Unix()), false},
		{"iat in the future", idClaim("iat", start.Add(time.Minute).Unix()), false},
		{"no iat", idClaim("iat", nil), false},
		{"expired", idClaim("exp", start.Add(-time.Minute).Unix()), false},
		{"no exp", idClaim("exp", nil), false},
		{"not yet", idClaim("nbf", start.Add(time.Hour).Unix()), false},
		{"no sub", idClaim("sub", nil), false},
		{"empty sub", idClaim("sub", ""), false},
		{"sub too long", idClaim("sub", strings.Repeat("a", 256)), false},
		{"sub that splits a header", idClaim("sub", "a\r\nX-Auth-Subject: b"), false},
		{"sub that a header trims", idClaim("sub", " alice"), false},
		{"sub no string", idClaim("sub", 7), false},
		{"sid no string", idClaim("sid", 7), false},
		{"sid too long", idClaim("sid", strings.Repeat("a", 256)), false},
		{"of almost 8 KiB", idClaim("pad", strings.Repeat("x", 5<<10)), true},
		{"an answer of more than 1 MiB", func(p *idp) { p.tokens = put("pad", strings.Repeat("x", 1<<20)) }, false},
		{"an answer that says it is HTML", func(p *idp) { p.media = "text/html" }, false},
		{"an answer that does not say what it is", func(p *idp) { p.media = "" }, false},
		{"an answer of a kind of JSON", func(p *idp) { p.media = "application/token+json" }, true},
		{"no ID token", func(p *idp) { p.tokens = put("id_token", nil) }, false},
		{"ID token no string", func(p *idp) { p.tokens = put("id_token", 1) }, false},
		{"ID token of 9 KiB", func(p *idp) { p.tokens = put("id_token", strings.Repeat("e", 9<<10)) }, false},
		{"no JWT", func(p *idp) { p.tokens = put("id_token", "alice") }, false},
		{"no access token, no at_hash", func(p *idp) {
			p.claims, p.tokens = put("at_hash", nil), put("access_token", nil)
		}, false},
		{"access token empty", func(p *idp) { p.claims, p.tokens = put("at_hash", nil), put("access_token", "") }, false},
		{"access token no string", func(p *idp) { p.claims, p.tokens = put("at_hash", nil), put("access_token", 1) }, false},
		{"no token_type", func(p *idp) { p.tokens = put("token_type", nil) }, false},
		{"token_type of another kind", func(p *idp) { p.tokens = put("token_type", "mac") }, false},
		{"token_type no string", func(p *idp) { p.tokens = put("token_type", []string{"Bearer"}) }, false},
		{"token_type in another case", func(p *idp) { p.tokens = put("token_type", "bearer") }, true},
		{"five segments", func(p *idp) { p.tokens = put("id_token", "e.e.e.e.e") }, false},
	} {
		t.Run(row.rule, func(t *testing.T) {
			b := &browser{world: newWorld(t, func(c *login.Config) { c.Providers[0].Keys = keysOf(rsaSigner(), curve) })}
			location := b.begin(t, "one", "/")
			row.change(b.one)
			_, err := b.finish(t, b.one.authorize(t, location))
			if row.ok && err != nil {
				t.Errorf("refused: %v", err)
			} else if !row.ok {
				want(t, "it", err, login.ErrAnswer)
			}
			if _, err := (&browser{world: b.world}).signIn(t, b.two, "two"); err != nil {
				t.Errorf("the other provider suffers: %v", err)
			}
		})
	}
}

func idClaim(name string, value any) func(*idp) {
	return func(p *idp) { p.claims = put(name, value) }
}

func unsigned(payload []byte) string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(`{"alg":"none","kid":"rsa"}`)) + "." + e.EncodeToString(payload) + "."
}

func hmacSigned(payload []byte) string {
	k, err := jwt.HMACKey("rsa", jwt.HS256, key("s"))
	if err != nil {
		panic(err)
	}
	s, err := jwt.HMACSigner(k)
	if err != nil {
		panic(err)
	}
	token, err := jwt.Sign(context.Background(), s, "JWT", payload)
	if err != nil {
		panic(err)
	}
	return token
}

// Further audiences are those that the operator named, and azp has to be us then
// (OpenID Connect Core §3.1.3.7).
func TestFurtherAudiences(t *testing.T) {
	for _, row := range []struct {
		rule     string
		aud, azp any
		ok       bool
	}{
		{"for us alone", client, nil, true},
		{"for a named one, too", []string{client, "api"}, client, true},
		{"for two named ones, too", []string{"other", client, "api"}, client, true},
		{"azp missing", []string{client, "api"}, nil, false},
		{"azp another", []string{client, "api"}, "api", false},
		{"azp no string", []string{client, "api"}, []string{client}, false},
		{"for one that is not named", []string{client, "api", "third"}, client, false},
		{"in another case", []string{client, "API"}, client, false},
		{"for a named one alone", []string{"api"}, client, false},
		{"for us alone, azp a named one", client, "api", false},
	} {
		b := &browser{world: newWorld(t, func(c *login.Config) { c.Providers[0].Audiences = []string{"api", "other"} })}
		b.one.claims = both(put("aud", row.aud), put("azp", row.azp))
		_, err := b.signIn(t, b.one, "one")
		if row.ok && err != nil {
			t.Errorf("%s: %v", row.rule, err)
		} else if !row.ok {
			want(t, row.rule, err, login.ErrAnswer)
		}
		b.two.claims = both(put("aud", row.aud), put("azp", row.azp))
		if _, err := b.signIn(t, b.two, "two"); row.aud != client && err == nil {
			t.Errorf("%s: the other provider may do so, too", row.rule)
		}
	}
	w := newWorld(t, func(c *login.Config) { c.Providers[0].Audiences = []string{"api"} })
	for aud, ok := range map[string]bool{"api": true, "other": false} {
		if _, err := w.Logout(t.Context(), w.one.logoutToken(put("aud", []string{client, aud}), put("jti", aud)), done); (err == nil) != ok {
			t.Errorf("a logout token that is for %s, too: %v", aud, err)
		}
	}
}

// at_hash by the hash of each algorithm (OpenID Connect Core §3.1.3.6).
func TestTheHashOfAnAccessTokenFollowsTheAlgorithm(t *testing.T) {
	for _, row := range []struct {
		alg  jwt.Algorithm
		hash func(string) string
	}{{jwt.RS256, left256}, {jwt.ES256, left256}, {jwt.ES384, left384}, {jwt.PS512, left512}, {jwt.EdDSA, left512}} {
		signer := newSigner("k", row.alg)
		b := &browser{world: newWorld(t, func(c *login.Config) {
			c.Providers[0].Algorithms, c.Providers[0].Keys = []jwt.Algorithm{row.alg}, keysOf(signer)
		})}
		b.one.signer = signer
		b.one.tokens = put("access_token", "access")
		b.one.claims = put("at_hash", row.hash("access"))
		if _, err := b.signIn(t, b.one, "one"); err != nil {
			t.Errorf("%s: %v", row.alg, err)
		}
		b.one.claims = put("at_hash", row.hash("Access"))
		_, err := b.signIn(t, b.one, "one")
		want(t, string(row.alg), err, login.ErrAnswer)
	}
}

// The callback is not the one that this browser waits for.
func TestACallbackThatFitsNothing(t *testing.T) {
	w := newWorld(t)
	thief := &browser{world: w}
	stolen := w.one.authorize(t, thief.begin(t, "one", "/"))
	for _, row := range []struct {
		rule   string
		change func(*login.Callback)
		want   error
		asks   bool // the provider is asked to redeem the code
	}{
		{"no state", func(c *login.Callback) { c.State = "" }, login.ErrState, false},
		{"a made-up state", func(c *login.Callback) { c.State = "AAAAAAAAAAAAAAAAAAAAAA" }, login.ErrState, false},
		{"another browser's callback: login CSRF", func(c *login.Callback) { *c = stolen }, login.ErrState, false},
		{"another browser's code, injected: PKCE", func(c *login.Callback) { c.Code = stolen.Code }, login.ErrCode, true},
		{"no code", func(c *login.Callback) { c.Code = "" }, login.ErrState, false},
		{"a code without end", func(c *login.Callback) { c.Code = strings.Repeat("c", 9<<10) }, login.ErrState, false},
		{"iss missing though advertised", func(c *login.Callback) { c.HasIssuer, c.Issuer = false, "" }, login.ErrState, false},
		{"iss empty", func(c *login.Callback) { c.Issuer = "" }, login.ErrState, false},
		{"iss of the other provider: mix-up", func(c *login.Callback) { c.Issuer = w.two.issuer }, login.ErrState, false},
		{"iss with a slash more", func(c *login.Callback) { c.Issuer += "/" }, login.ErrState, false},
		{"the provider refused", func(c *login.Callback) { c.Code, c.Error = "", "access_denied" }, login.ErrDenied, false},
		{"a refusal beside a code", func(c *login.Callback) { c.Error = "access_denied" }, login.ErrDenied, false},
		{"a refusal of the other provider: mix-up", func(c *login.Callback) { c.Code, c.Error, c.Issuer = "", "access_denied", w.two.issuer }, login.ErrState, false},
	} {
		b := &browser{world: w}
		c := w.one.authorize(t, b.begin(t, "one", "/"))
		row.change(&c)
		before, rows := w.one.redeemed, len(w.used(t))
		_, err := b.finish(t, c)
		want(t, row.rule, err, row.want)
		if noted := len(w.used(t)) > rows; noted != row.asks {
			t.Errorf("%s: it costs a row: %v", row.rule, noted)
		}
		if asked := w.one.redeemed != before; asked != row.asks || w.two.redeemed != 0 {
			t.Errorf("%s: the code went to a provider: %v", row.rule, asked)
		}
	}
}

// used lists the states that are known to be used.
func (w *world) used(t *testing.T) []store.Entry {
	t.Helper()
	rows, err := w.store.List(t.Context(), "login/used/", "", store.MaxList)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A provider that does not advertise iss need not send it; what it sends is
// compared all the same.
func TestIssuerParameterOfAProviderThatDoesNotPromiseIt(t *testing.T) {
	b := &browser{world: newWorld(t)}
	b.one.about = put("authorization_response_iss_parameter_supported", nil)
	c := b.one.authorize(t, b.begin(t, "one", "/"))
	c.HasIssuer, c.Issuer = false, ""
	if _, err := b.finish(t, c); err != nil {
		t.Error(err)
	}
	c = b.one.authorize(t, b.begin(t, "one", "/"))
	c.Issuer = b.two.issuer
	_, err := b.finish(t, c)
	want(t, "a wrong iss", err, login.ErrState)
}

// A cookie that is not ours, or of another gateway, knows no state.
func TestACookieOfSomebodyElse(t *testing.T) {
	b := &browser{world: newWorld(t)}
	c := b.one.authorize(t, b.begin(t, "one", "/"))
	other := &browser{world: newWorld(t, func(c *login.Config) { c.Key = key("x") })}
	for rule, cookie := range map[string]string{
		"none": "", "no base64": "!", "cut short": b.cookie[:len(b.cookie)-4], "a bit flipped": flip(b.cookie),
		"sealed with another key": func() string { other.begin(t, "one", "/"); return other.cookie }(),
		"too long":                b.cookie + strings.Repeat("A", 4000),
		"with a line break":       b.cookie[:8] + "\n" + b.cookie[8:],
	} {
		_, err := (&browser{b.world, cookie}).finish(t, c)
		want(t, rule, err, login.ErrState)
		if _, err := (&browser{b.world, cookie}).signIn(t, b.two, "two"); err != nil {
			t.Errorf("%s: a sign-in does not begin anew: %v", rule, err)
		}
	}
}

func flip(s string) string {
	raw := []byte(s)
	if raw[20] == 'A' {
		raw[20] = 'B'
	} else {
		raw[20] = 'A'
	}
	return string(raw)
}

// What the provider answers at the token endpoint, and at the metadata.
func TestAProviderInTrouble(t *testing.T) {
	html := document(200, "text/html", []byte("<form>Sign in</form>"))
	for _, row := range []struct {
		rule   string
		answer openid.Response
		err    error
		want   error // nil: could not tell
	}{
		{"no answer", openid.Response{}, errors.New("connection refused"), nil},
		{"502", document(502, "text/html", nil), nil, nil},
		{"503 with JSON", document(503, "application/json", []byte(`{}`)), nil, nil},
		{"429", document(429, "application/json", []byte(`{}`)), nil, nil},
		{"HTML", html, nil, login.ErrAnswer},
		{"HTML that says it is JSON", document(200, "application/json", html.Body), nil, login.ErrAnswer},
		{"JSON that says it is HTML", document(200, "text/html", []byte(`{"id_token":"x"}`)), nil, login.ErrAnswer},
		{"no content type", openid.Response{Status: 200, Body: []byte(`{}`)}, nil, login.ErrAnswer},
		{"nothing", document(200, "application/json", nil), nil, login.ErrAnswer},
		{"{}", document(200, "application/json", []byte(`{}`)), nil, login.ErrAnswer},
		{"id_token twice", document(200, "application/json", []byte(`{"id_token":"a","id_token":"b"}`)), nil, login.ErrAnswer},
		{"more than 1 MiB", document(200, "application/json", []byte("{}"+strings.Repeat(" ", 1<<20))), nil, login.ErrAnswer},
		{"a redirect", document(302, "text/html", nil), nil, login.ErrAnswer},
		{"no content", document(204, "", nil), nil, login.ErrAnswer},
		{"401", document(401, "application/json", []byte(`{"error":"invalid_client"}`)), nil, login.ErrAnswer},
		{"400 that does not blame the code", document(400, "application/json", []byte(`{"error":"invalid_client"}`)), nil, login.ErrAnswer},
		{"its error text is cut", document(400, "application/json", []byte(`{"error":"`+strings.Repeat("<", 9999)+`"}`)), nil, login.ErrAnswer},
	} {
		for _, endpoint := range []string{"/token", "/.well-known/openid-configuration"} {
			b := &browser{world: newWorld(t)}
			b.one.answer = func(r openid.Request) (openid.Response, error) {
				if strings.HasSuffix(r.URL, endpoint) {
					return row.answer, row.err
				}
				return openid.Response{}, nil
			}
			var err error
			if endpoint == "/token" {
				_, err = b.signIn(t, b.one, "one")
			} else {
				_, err = b.Begin(t.Context(), "one", edgeward.Secret{}, "/")
			}
			rule := row.rule + " at " + endpoint
			if row.want == nil {
				wantUnavailable(t, rule, err)
			} else {
				want(t, rule, err, row.want)
			}
			if len(err.Error()) > 500 {
				t.Errorf("%s: an error of %d bytes", rule, len(err.Error()))
			}
		}
	}
}

// The keys are the operator's to fetch: that they cannot be had is no refusal.
func TestKeysThatCannotBeHad(t *testing.T) {
	b := &browser{world: newWorld(t, func(c *login.Config) { c.Providers[0].Keys = noKeys{} })}
	_, err := b.signIn(t, b.one, "one")
	wantUnavailable(t, "no keys", err)
}

func left256(s string) string { h := sha256.Sum256([]byte(s)); return left(h[:]) }
func left384(s string) string { h := sha512.Sum384([]byte(s)); return left(h[:]) }
func left512(s string) string { h := sha512.Sum512([]byte(s)); return left(h[:]) }

func left(sum []byte) string { return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]) }

// The console and the gateway have one key, and two relying parties.
func TestAnotherRelyingPartyDoesNotTakeUpASignIn(t *testing.T) {
	b := &browser{world: newWorld(t)}
	c := b.one.authorize(t, b.begin(t, "one", "/"))
	b.config.CallbackPath = "/console/callback"
	console, err := login.New(b.config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = console.Finish(t.Context(), edgeward.NewSecret(b.cookie), c)
	if want(t, "it", err, login.ErrState); b.one.redeemed != 0 {
		t.Error("it redeemed the code")
	}
}
