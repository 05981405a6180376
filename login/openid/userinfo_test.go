package openid_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login/openid"
)

func TestUserinfoIsAboutTheUserOfTheIDToken(t *testing.T) {
	asJWT := func(token string) openid.Response { return document(200, "application/jwt", []byte(token)) }
	foreign := func() string {
		s := signerOf("foreign", jwt.RS256)
		token, err := jwt.Sign(t.Context(), s, "JWT", encode(object{"sub": "alice", "iss": issuer, "aud": client}))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	many := make([]string, 400)
	for i := range many {
		many[i] = fmt.Sprintf("%036d", i)
	}
	for rule, row := range map[string]struct {
		answer openid.Response
		err    error
	}{
		"JSON about the user":                  {answer(object{"sub": "alice", "groups": []string{"staff"}}), nil},
		"a signed JWT":                         {asJWT(idToken()), nil},
		"a signed JWT with another case":       {document(200, "Application/JWT; charset=utf-8", []byte(idToken()+"\n")), nil},
		"a signed JWT without iss and aud":     {asJWT(signed("", with("iss", nil), with("aud", nil))), nil},
		"a signed JWT of 400 groups":           {asJWT(idToken(with("groups", many))), nil},
		"JSON of 400 groups":                   {answer(object{"sub": "alice", "groups": many}), nil},
		"another user":                         {answer(object{"sub": "bob"}), openid.ErrSubject},
		"a user in another case":               {answer(object{"sub": "Alice"}), openid.ErrSubject},
		"no user":                              {answer(object{"groups": []string{"staff"}}), openid.ErrSubject},
		"a user that is no string":             {answer(object{"sub": 1}), openid.ErrSubject},
		"sub twice":                            {document(200, "application/json", []byte(`{"sub":"alice","sub":"bob"}`)), openid.ErrAnswer},
		"another user, signed":                 {asJWT(idToken(with("sub", "bob"))), openid.ErrSubject},
		"no user, signed":                      {asJWT(idToken(with("sub", nil))), openid.ErrSubject},
		"signed by another key":                {asJWT(foreign()), openid.ErrAnswer},
		"another issuer":                       {asJWT(idToken(with("iss", "https://evil.example"))), openid.ErrAnswer},
		"for another client":                   {asJWT(idToken(with("aud", "other"))), openid.ErrAnswer},
		"expired":                              {asJWT(idToken(with("exp", start.Add(-time.Minute).Unix()))), openid.ErrAnswer},
		"an access token in place of userinfo": {asJWT(signed("at+jwt")), openid.ErrAnswer},
		"a logout token in place of userinfo":  {asJWT(signed("logout+jwt")), openid.ErrAnswer},
		"a signed JWT that is too long":        {asJWT(idToken(with("x", strings.Repeat("x", 64<<10)))), openid.ErrAnswer},
		"JSON that says it is a JWT":           {asJWT(`{"sub":"alice"}`), openid.ErrAnswer},
		"a JWT that says it is JSON":           {document(200, "application/json", []byte(idToken())), openid.ErrAnswer},
		"HTML":                                 {document(200, "text/html", []byte(`{"sub":"alice"}`)), openid.ErrAnswer},
		"an array":                             {document(200, "application/json", []byte(`[]`)), openid.ErrAnswer},
		"more than is read":                    {document(200, "application/json", []byte(`{"sub":"alice","x":"`+strings.Repeat("x", 1<<20)+`"}`)), openid.ErrAnswer},
		"a refusal":                            {document(401, "application/json", []byte(`{"error":"invalid_token","x":"the-access-token"}`)), openid.ErrAnswer},
		"a redirect":                           {document(302, "text/html", nil), openid.ErrAnswer},
		"trouble":                              {document(503, "text/html", nil), unavailable},
		"too many requests":                    {document(429, "text/html", nil), unavailable},
	} {
		p := &idp{user: func() openid.Response { return row.answer }}
		c, m := newClient(t, p)
		claims, err := c.Userinfo(t.Context(), m, edgeward.NewSecret("the-access-token"), "alice")
		want(t, rule, err, row.err)
		if err != nil && claims.JSON() != "" {
			t.Errorf("%s: claims beside %v", rule, err)
		}
		if row.err == openid.ErrSubject && !errors.Is(err, openid.ErrAnswer) {
			t.Errorf("%s: %v is no ErrAnswer", rule, err)
		}
		r, _ := p.last(t)
		if r.Method != "GET" || r.Header.First("Authorization") != "Bearer the-access-token" || r.Written || r.Header.First("Accept") != "application/json, application/jwt" {
			t.Errorf("%s: asked by %+v", rule, r)
		}
	}
}

func TestUserinfoIsNotAskedWithoutAnEndpointOrAToken(t *testing.T) {
	for rule, row := range map[string]struct {
		endpoint any
		token    string
	}{
		"no endpoint":                    {nil, "the-access-token"},
		"an endpoint in the clear":       {"http://id.example/me", "the-access-token"},
		"no token":                       {issuer + "/me", ""},
		"a token that splits the header": {issuer + "/me", "the-\r\nX: y"},
	} {
		p := &idp{about: with("userinfo_endpoint", row.endpoint), user: func() openid.Response { return answer(object{"sub": "alice"}) }}
		c, m := newClient(t, p)
		_, err := c.Userinfo(t.Context(), m, edgeward.NewSecret(row.token), "alice")
		want(t, rule, err, openid.ErrAnswer)
		if len(p.asked) != 1 {
			t.Errorf("%s: %d requests", rule, len(p.asked))
		}
	}
}

func TestCheckMissesUserinfoThatIsAlwaysAskedFor(t *testing.T) {
	for mode, ok := range map[openid.Userinfo]bool{openid.UserinfoAlways: false, openid.UserinfoAuto: true, openid.UserinfoNever: true} {
		c, _ := newClient(t, &idp{about: with("userinfo_endpoint", nil)}, func(p *openid.Provider) { p.Userinfo = mode })
		if err := c.Check(t.Context()); (err == nil) != ok {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestUserinfoNeedsKeysForASignedAnswer(t *testing.T) {
	p := &idp{user: func() openid.Response { return document(200, "application/jwt", []byte(idToken())) }}
	c, m := newClient(t, p, func(p *openid.Provider) { p.Keys = noKeys{} })
	_, err := c.Userinfo(t.Context(), m, edgeward.NewSecret("the-access-token"), "alice")
	want(t, "the key set cannot be had", err, unavailable)
}
