package openid_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login/openid"
)

const (
	issuer = "https://id.example"
	client = "edge"
	secret = "s&cret +/%"
)

var start = time.Unix(1_800_000_000, 0)

type object = map[string]any

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// signers are made once each.
var signers sync.Map

func signerOf(kid string, alg jwt.Algorithm) *stdcrypto.Signer {
	if s, ok := signers.Load(kid + string(alg)); ok {
		return s.(*stdcrypto.Signer)
	}
	private, err := stdcrypto.GenerateKey(alg)
	if err != nil {
		panic(err)
	}
	s, err := stdcrypto.NewSigner(kid, alg, private)
	if err != nil {
		panic(err)
	}
	signers.Store(kid+string(alg), s)
	return s
}

func keysOf(all ...*stdcrypto.Signer) jwks.Keys {
	keys := make([]*jwt.Key, len(all))
	for i, s := range all {
		keys[i] = publicOf(s)
	}
	set, err := jwks.NewStatic(keys...)
	if err != nil {
		panic(err)
	}
	return set
}

func publicOf(s *stdcrypto.Signer) *jwt.Key {
	public, err := stdcrypto.Import(s.Public())
	if err != nil {
		panic(err)
	}
	return &jwt.Key{ID: s.KeyID(), Algorithm: s.Algorithm(), Public: public}
}

// An idp is a provider in memory that a test changes while it runs.
type idp struct {
	about   func(object)                          // changes the metadata
	token   func(form url.Values) openid.Response // answers the token endpoint
	user    func() openid.Response                // answers userinfo
	asked   []openid.Request
	trouble error
}

func document(status int, contentType string, body []byte) openid.Response {
	return openid.Response{Status: status, Header: edgeward.Header{"Content-Type": {contentType}}, Body: body}
}

func answer(v any) openid.Response { return document(200, "application/json", encode(v)) }

// Fetch implements [openid.Fetcher].
func (p *idp) Fetch(_ context.Context, r openid.Request) (openid.Response, error) {
	p.asked = append(p.asked, r)
	if p.trouble != nil {
		return openid.Response{}, p.trouble
	}
	switch r.URL {
	case issuer + "/.well-known/openid-configuration", "https://elsewhere.example/metadata":
		m := object{
			"issuer": issuer, "authorization_endpoint": issuer + "/authorize", "token_endpoint": issuer + "/token",
			"userinfo_endpoint": issuer + "/me", "end_session_endpoint": issuer + "/end", "code_challenge_methods_supported": []string{"S256"},
		}
		if p.about != nil {
			p.about(m)
		}
		return answer(m), nil
	case issuer + "/token", "https://token.example/here":
		form, err := url.ParseQuery(string(r.Body))
		if err != nil {
			return openid.Response{}, err
		}
		return p.token(form), nil
	case issuer + "/me", "https://user.example/here":
		return p.user(), nil
	}
	return document(404, "text/html", []byte("<h1>Not found</h1>")), nil
}

// last returns the last request, whose body is parsed.
func (p *idp) last(t testing.TB) (openid.Request, url.Values) {
	t.Helper()
	r := p.asked[len(p.asked)-1]
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	return r, form
}

func provider(change ...func(*openid.Provider)) openid.Provider {
	p := openid.Provider{Name: "one", Issuer: issuer, ClientID: client, ClientSecret: edgeward.NewSecret(secret), Keys: keysOf(signerOf("r", jwt.RS256))}
	for _, c := range change {
		c(&p)
	}
	return p
}

func newClient(t testing.TB, at *idp, change ...func(*openid.Provider)) (*openid.Client, *openid.Metadata) {
	t.Helper()
	c, err := openid.New(provider(change...), at, func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c, m
}

// idToken returns an ID token with the claims of alice, changed.
func idToken(change ...func(object)) string { return signed("JWT", change...) }

func signed(typ string, change ...func(object)) string {
	claims := object{"iss": issuer, "sub": "alice", "aud": client, "exp": start.Add(time.Hour).Unix(), "iat": start.Unix(), "nonce": "n"}
	for _, c := range change {
		c(claims)
	}
	s := signerOf("r", jwt.RS256)
	header := encode(object{"alg": "RS256", "kid": "r", "typ": typ})
	text := base64url(header) + "." + base64url(encode(claims))
	signature, err := s.Sign(context.Background(), []byte(text))
	if err != nil {
		panic(err)
	}
	return text + "." + base64url(signature)
}

// with returns a change of claims that sets one, or removes it for nil.
func with(name string, value any) func(object) {
	return func(o object) {
		if o[name] = value; value == nil {
			delete(o, name)
		}
	}
}

// want demands a refusal, and nothing secret in it.
func want(t testing.TB, rule string, err, refusal error) {
	t.Helper()
	switch {
	case refusal == unavailable && edgeward.ReasonOf(err) == edgeward.Unavailable:
	case (refusal == nil) != (err == nil), refusal != nil && !errors.Is(err, refusal):
		t.Errorf("%s: %v, want %v", rule, err, refusal)
	case err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "eyJ") || strings.Contains(err.Error(), "the-")):
		t.Errorf("%s: %v has a secret in it", rule, err)
	}
}

// unavailable is for want, where nothing is known.
var unavailable error = edgeward.Unavailable

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
