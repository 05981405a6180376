package login_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
)

// Metadata is believed only when it speaks for the configured issuer (RFC 8414
// §3.3) and points where a code and a secret may be sent.
func TestMetadata(t *testing.T) {
	for _, row := range []struct {
		rule   string
		change func(object)
		ok     bool
	}{
		{"as it is", put("issuer", "https://one.example"), true},
		{"no iss parameter, no PKCE said", func(o object) {
			delete(o, "code_challenge_methods_supported")
			delete(o, "authorization_response_iss_parameter_supported")
		}, true},
		{"no end_session_endpoint", put("end_session_endpoint", nil), true},
		{"end_session_endpoint a script", put("end_session_endpoint", "javascript:alert(1)"), true},
		{"token endpoint on another host", put("token_endpoint", "https://one.example/token"), true},
		{"// in an endpoint's path", both(put("authorization_endpoint", "https://one.example//authorize"), put("token_endpoint", "https://one.example//token")), true},
		{"an endpoint without a path", put("authorization_endpoint", "https://one.example?a=b"), true},
		{"authorization_endpoint with a backslash", put("authorization_endpoint", `https://one.example\@two.example/`), false},
		{"authorization_endpoint beyond ASCII", put("authorization_endpoint", "https://one.example/é"), false},
		{"another issuer", put("issuer", "https://two.example/realm"), false},
		{"the issuer with a slash more", put("issuer", "https://one.example/"), false},
		{"no issuer", put("issuer", nil), false},
		{"no authorization_endpoint", put("authorization_endpoint", nil), false},
		{"authorization_endpoint a script", put("authorization_endpoint", "javascript:alert(1)//"), false},
		{"authorization_endpoint http", put("authorization_endpoint", "http://one.example/authorize"), false},
		{"authorization_endpoint relative", put("authorization_endpoint", "/authorize"), false},
		{"authorization_endpoint with a fragment", put("authorization_endpoint", "https://one.example/authorize#x"), false},
		{"authorization_endpoint with userinfo", put("authorization_endpoint", "https://a:b@one.example/authorize"), false},
		{"authorization_endpoint that splits a header", put("authorization_endpoint", "https://one.example/\r\nSet-Cookie: a=b"), false},
		{"no token_endpoint", put("token_endpoint", nil), false},
		{"token_endpoint http", put("token_endpoint", "http://one.example/token"), false},
		{"token_endpoint no string", put("token_endpoint", []string{"https://one.example/token"}), false},
		{"PKCE downgrade: plain only", put("code_challenge_methods_supported", []string{"plain"}), false},
		{"PKCE downgrade: none", put("code_challenge_methods_supported", []string{}), false},
		{"PKCE methods null, which is not to say", put("code_challenge_methods_supported", []string(nil)), true},
	} {
		b := &browser{world: newWorld(t)}
		b.one.about = row.change
		begun, err := b.Begin(t.Context(), "one", edgeward.Secret{}, "/")
		if row.ok && err != nil {
			t.Errorf("%s: %v", row.rule, err)
		} else if !row.ok {
			want(t, row.rule, err, login.ErrAnswer)
			if begun.Location != "" {
				t.Errorf("%s: sent to %s", row.rule, begun.Location)
			}
		}
	}
}

// An endpoint is used as it is written: a provider whose configured address ends
// in a slash has "//" in the paths of its endpoints, and answers at those alone.
func TestAnEndpointIsUsedAsItIs(t *testing.T) {
	b := &browser{world: newWorld(t)}
	b.one.about = both(put("authorization_endpoint", b.one.issuer+"//oidc/auth;v=1"), put("token_endpoint", b.one.issuer+"//oidc/%2e/token"))
	location := b.begin(t, "one", "/")
	if !strings.HasPrefix(location, "https://one.example//oidc/auth;v=1?") {
		t.Errorf("sent to %s", location)
	}
	asked := ""
	b.one.answer = func(r openid.Request) (openid.Response, error) {
		if r.Method == "POST" {
			asked = r.URL
		}
		return openid.Response{}, nil
	}
	u, _ := url.Parse(location)
	_, err := b.finish(t, login.Callback{State: u.Query().Get("state"), Code: "c", Issuer: b.one.issuer, HasIssuer: true})
	if asked != "https://one.example//oidc/%2e/token" {
		t.Errorf("redeemed at %q, %v", asked, err)
	}
}

// The message says which endpoint, and what is wrong with it.
func TestAnEndpointThatCannotBeUsedIsNamed(t *testing.T) {
	for value, want := range map[any]string{nil: "token_endpoint is missing", "http://one.example/token": `token_endpoint "http://one.example/token" is no https URL`} {
		w := newWorld(t)
		w.one.about = put("token_endpoint", value)
		if _, err := w.Begin(t.Context(), "one", edgeward.Secret{}, "/"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", value, err)
		}
	}
}

// Metadata may lie behind redirects within the origin (Django OAuth Toolkit has
// it at the same path with a slash); elsewhere somebody else could speak for the
// provider. Codes follow no redirect.
func TestMetadataBehindRedirects(t *testing.T) {
	const at = "/.well-known/openid-configuration"
	for _, row := range []struct {
		rule   string
		status int
		to     string
		ok     bool
	}{
		{"a slash more", 301, at + "/", true},
		{"the whole URL", 308, "https://one.example/moved", true},
		{"the default port", 302, "https://one.example:443/moved", true},
		{"307", 307, "/moved", true},
		{"303", 303, "/moved", true},
		{"another host", 302, "https://two.example/realm/moved", false},
		{"another host, without a scheme", 302, "//two.example/realm/moved", false},
		{"another host, by a backslash", 302, `/\two.example/realm/moved`, false},
		{"another port", 302, "https://one.example:8443/moved", false},
		{"http", 302, "http://one.example/moved", false},
		{"a user name", 302, "https://one.example@two.example/moved", false},
		{"a fragment", 302, "/moved#x", false},
		{"another scheme", 302, "data:application/json,{}", false},
		{"nowhere", 302, "", false},
		{"not a redirect", 304, "/moved", false},
		{"for ever", 302, at, false},
	} {
		b := &browser{world: newWorld(t)}
		asked := 0
		b.one.answer = func(r openid.Request) (openid.Response, error) {
			switch asked++; {
			case r.Method == "GET" && strings.HasSuffix(r.URL, at):
				return openid.Response{Status: row.status, Header: edgeward.Header{"Location": {row.to}}}, nil
			case r.Method == "GET":
				return document(200, "application/json", encode(b.one.metadata())), nil
			}
			return openid.Response{}, nil
		}
		begun, err := b.Begin(t.Context(), "one", edgeward.Secret{}, "/")
		if row.ok && (err != nil || asked != 2) {
			t.Errorf("%s: %v after %d requests", row.rule, err, asked)
		} else if !row.ok {
			want(t, row.rule, err, login.ErrAnswer)
			if begun.Location != "" || b.two.asked > 0 || asked > 4 {
				t.Errorf("%s: sent to %s, the other host asked %d times, %d requests", row.rule, begun.Location, b.two.asked, asked)
			}
		}
	}
}

// A code and a client's secret go where they were sent, or nowhere.
func TestATokenEndpointThatRedirects(t *testing.T) {
	b := &browser{world: newWorld(t)}
	b.one.answer = func(r openid.Request) (openid.Response, error) {
		if strings.HasSuffix(r.URL, "/moved") {
			t.Errorf("asked %s with %s", r.URL, r.Body)
		}
		if r.Method == "POST" {
			return openid.Response{Status: 307, Header: edgeward.Header{"Location": {"/moved"}}}, nil
		}
		return openid.Response{}, nil
	}
	_, err := b.signIn(t, b.one, "one")
	want(t, "a redirect", err, login.ErrAnswer)
}

// Metadata is asked for once an hour, serves a day while nobody answers, and a
// provider in trouble is not flooded.
func TestMetadataGrowsOld(t *testing.T) {
	w := newWorld(t)
	begin := func() error {
		_, err := w.Begin(t.Context(), "one", edgeward.Secret{}, "/")
		return err
	}
	asked := func(rule string, want int) {
		t.Helper()
		if w.one.asked != want {
			t.Errorf("%s: asked %d times, want %d", rule, w.one.asked, want)
		}
	}
	down := func(openid.Request) (openid.Response, error) {
		return openid.Response{}, errors.New("down")
	}

	w.one.answer = down
	for range 100 {
		wantUnavailable(t, "cold", begin())
	}
	asked("cold and down", 1)
	w.clock.Forward(5 * time.Second)
	w.one.answer = nil
	for range 100 {
		if err := begin(); err != nil {
			t.Fatal(err)
		}
	}
	asked("up", 2)
	w.clock.Forward(time.Hour - time.Second)
	begin()
	asked("within the hour", 2)
	w.clock.Forward(time.Second)
	begin()
	asked("after an hour", 3)

	w.one.answer = down
	for range 23 {
		w.clock.Forward(time.Hour)
		for range 10 {
			if err := begin(); err != nil {
				t.Fatalf("stale metadata does not serve: %v", err)
			}
		}
	}
	asked("down, every hour", 26)
	w.clock.Forward(time.Hour)
	wantUnavailable(t, "a day old", begin())
	w.one.answer = nil
	w.clock.Forward(5 * time.Second)
	if err := begin(); err != nil {
		t.Errorf("the provider is back: %v", err)
	}
}

// Nobody waits for another's request: those who come while there is nothing ask
// for themselves, so many of them; with something at hand, one does.
func TestMetadataIsAskedForByFew(t *testing.T) {
	w := newWorld(t)
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	slow := slowly{w.config.Fetcher, arrived, release}
	w.config.Fetcher = slow
	l, err := login.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	flood := func(waiting int) (failed int) {
		var wg sync.WaitGroup
		errs := make(chan error, 100)
		for range 100 {
			wg.Go(func() {
				_, err := l.Begin(t.Context(), "one", edgeward.Secret{}, "/")
				errs <- err
			})
		}
		for range 100 - waiting {
			if err := <-errs; err != nil {
				wantUnavailable(t, "sent away", err)
				failed++
			}
		}
		for range waiting {
			<-arrived
			release <- struct{}{}
		}
		wg.Wait()
		for len(errs) > 0 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		return failed
	}
	if failed := flood(32); failed != 68 {
		t.Errorf("cold: %d were sent away, want 68", failed)
	}
	w.clock.Forward(2 * time.Hour)
	if failed := flood(1); failed != 0 {
		t.Errorf("stale: %d were sent away", failed)
	}
}

// What keeps everybody from signing in is known before anybody tries.
func TestCheck(t *testing.T) {
	for _, row := range []struct {
		rule   string
		change func(*idp)
		parts  []string
	}{
		{"not said", func(*idp) {}, nil},
		{"the same", func(p *idp) { p.about = put("id_token_signing_alg_values_supported", []string{"RS256", "HS512"}) }, nil},
		{"none in common", func(p *idp) { p.about = put("id_token_signing_alg_values_supported", []string{"HS512", "ES256"}) }, []string{"one", "HS512, ES256", "RS256"}},
		{"no list", func(p *idp) { p.about = put("id_token_signing_alg_values_supported", "RS256") }, nil},
		{"metadata of another issuer", func(p *idp) { p.about = put("issuer", "https://evil.example") }, []string{"one", "issuer"}},
	} {
		b := &browser{world: newWorld(t)}
		row.change(b.one)
		errs := b.Check(t.Context())
		if (len(errs) == 0) != (row.parts == nil) || len(errs) > 1 {
			t.Errorf("%s: %v", row.rule, errs)
			continue
		}
		for _, part := range row.parts {
			if !strings.Contains(errs[0].Error(), part) {
				t.Errorf("%s: %v does not say %s", row.rule, errs[0], part)
			}
		}
		if row.rule == "none in common" {
			if _, err := b.signIn(t, b.one, "one"); err != nil {
				t.Errorf("what the metadata lists keeps nobody from trying: %v", err)
			}
		}
	}
	ed := newSigner("k", jwt.EdDSA)
	w := newWorld(t, func(c *login.Config) {
		c.Providers[0].Algorithms, c.Providers[0].Keys = []jwt.Algorithm{jwt.EdDSA}, keysOf(ed)
	})
	w.one.about = put("id_token_signing_alg_values_supported", []string{"Ed25519"})
	if errs := w.Check(t.Context()); len(errs) > 0 {
		t.Errorf("EdDSA by its name of RFC 9864: %v", errs)
	}
}
