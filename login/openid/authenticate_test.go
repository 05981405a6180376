package openid_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login/openid"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func keyed(s jwt.Signer) func(*openid.Provider) {
	return func(p *openid.Provider) { p.ClientSecret, p.ClientKey = edgeward.Secret{}, s }
}

// RFC 7523 §3, and the issuer as the only audience.
func TestPrivateKeyJWT(t *testing.T) {
	for _, alg := range []jwt.Algorithm{jwt.RS256, jwt.PS256, jwt.ES256, jwt.EdDSA} {
		for _, endpoint := range []bool{false, true} {
			s := signerOf("", alg)
			p := &idp{token: func(url.Values) openid.Response { return answer(full()) }}
			c, m := newClient(t, p, keyed(s), func(p *openid.Provider) { p.AssertToEndpoint = endpoint })
			seen := map[string]bool{}
			for range 2 {
				if _, err := c.Exchange(t.Context(), m, openid.Code{Code: "the-code"}); err != nil {
					t.Fatal(err)
				}
				r, form := p.last(t)
				if form.Get("client_assertion_type") != assertionType || form.Get("client_id") != client || form.Has("client_secret") || r.Header.First("Authorization") != "" {
					t.Errorf("%s: asked %v", alg, form)
				}
				u, err := jwt.Parse(form.Get("client_assertion"))
				if err != nil {
					t.Fatal(err)
				}
				if err := u.Verify(t.Context(), publicOf(s)); err != nil || u.Header.KeyID != s.Public().Thumbprint() || u.Header.Algorithm != alg {
					t.Errorf("%s: header %+v, %v", alg, u.Header, err)
				}
				want := issuer
				if endpoint {
					want = issuer + "/token"
				}
				said := &u.Claims
				if said.Issuer != client || said.Subject != client || len(said.Audience) != 1 || said.Audience[0] != want ||
					said.Expires.Sub(start) != time.Minute || !said.IssuedAt.Equal(start) || len(said.TokenID) < 22 || seen[said.TokenID] {
					t.Errorf("%s: says %s", alg, said.Payload)
				}
				seen[said.TokenID] = true
			}
		}
	}
}

// A token of the platform is asked for anew at each use.
func TestClientAssertionOfThePlatform(t *testing.T) {
	next := 0
	given := func(context.Context) (edgeward.Secret, error) {
		next++
		return edgeward.NewSecret("eyJ." + strings.Repeat("x", next)), nil
	}
	p := &idp{token: func(url.Values) openid.Response { return answer(full()) }}
	c, m := newClient(t, p, func(p *openid.Provider) { p.ClientSecret, p.ClientAssertion = edgeward.Secret{}, given })
	for _, want := range []string{"eyJ.x", "eyJ.xx"} {
		if _, err := c.Refresh(t.Context(), m, edgeward.NewSecret("the-token")); err != nil {
			t.Fatal(err)
		}
		if _, form := p.last(t); form.Get("client_assertion") != want || form.Get("client_assertion_type") != assertionType || form.Get("client_id") != client {
			t.Errorf("asked %v", form)
		}
	}
	for rule, assertion := range map[string]openid.Assertion{
		"none": func(context.Context) (edgeward.Secret, error) { return edgeward.Secret{}, nil },
		"too long": func(context.Context) (edgeward.Secret, error) {
			return edgeward.NewSecret(strings.Repeat("x", 16<<10+1)), nil
		},
		"no file": func(context.Context) (edgeward.Secret, error) { return edgeward.Secret{}, errors.New("no such file") },
	} {
		p := &idp{token: func(url.Values) openid.Response { return answer(full()) }}
		c, m := newClient(t, p, func(p *openid.Provider) { p.ClientSecret, p.ClientAssertion = edgeward.Secret{}, assertion })
		_, err := c.Exchange(t.Context(), m, openid.Code{Code: "the-code"})
		want(t, rule, err, unavailable)
		if len(p.asked) != 1 {
			t.Errorf("%s: the code was sent", rule)
		}
	}
}

// What proves the client is in no error, whatever the provider repeats.
func TestProviderRepeatsWhatProvesTheClient(t *testing.T) {
	echo := func(form url.Values) openid.Response {
		return document(400, "application/json", encode(object{"error": "invalid_client", "error_description": form.Get("client_assertion") + form.Get("client_secret") + form.Get("refresh_token")}))
	}
	for rule, change := range map[string]func(*openid.Provider){
		"a secret": func(p *openid.Provider) { p.ClientAuth = openid.AuthPost },
		"a key":    keyed(signerOf("k", jwt.ES256)),
		"a token": func(p *openid.Provider) {
			p.ClientSecret = edgeward.Secret{}
			p.ClientAssertion = func(context.Context) (edgeward.Secret, error) { return edgeward.NewSecret("eyJhbGciOiJub25l"), nil }
		},
	} {
		p := &idp{token: echo}
		c, m := newClient(t, p, change)
		_, err := c.Refresh(t.Context(), m, edgeward.NewSecret("the-refresh-token"))
		want(t, rule, err, openid.ErrAnswer)
	}
}

func TestRefusedClientAuthentication(t *testing.T) {
	key, err := jwt.HMACKey("k", jwt.HS256, edgeward.NewSecret(strings.Repeat("0123456789abcdef", 4)))
	if err != nil {
		t.Fatal(err)
	}
	hmac, err := jwt.HMACSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	file := func(context.Context) (edgeward.Secret, error) { return edgeward.NewSecret("x"), nil }
	for rule, change := range map[string]func(*openid.Provider){
		"a key and a secret":         func(p *openid.Provider) { p.ClientKey = signerOf("k", jwt.ES256) },
		"a token and a secret":       func(p *openid.Provider) { p.ClientAssertion = file },
		"a token and a key":          func(p *openid.Provider) { keyed(signerOf("k", jwt.ES256))(p); p.ClientAssertion = file },
		"a key that is a secret":     keyed(hmac),
		"private_key_jwt, a secret":  func(p *openid.Provider) { p.ClientAuth = openid.AuthKey },
		"private_key_jwt, nothing":   func(p *openid.Provider) { p.ClientSecret = edgeward.Secret{}; p.ClientAuth = openid.AuthKey },
		"client_secret_basic, a key": func(p *openid.Provider) { keyed(signerOf("k", jwt.ES256))(p); p.ClientAuth = openid.AuthBasic },
		"none, a key":                func(p *openid.Provider) { keyed(signerOf("k", jwt.ES256))(p); p.ClientAuth = openid.AuthNone },
		"none, a secret":             func(p *openid.Provider) { p.ClientAuth = openid.AuthNone },
		"an unknown one":             func(p *openid.Provider) { p.ClientAuth = "tls_client_auth" },
	} {
		if _, err := openid.New(provider(change), &idp{}, nil); err == nil {
			t.Errorf("%s is taken", rule)
		}
	}
}
