package account_test

import (
	"context"
	"crypto/sha256"
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

const client = "edge"

// rsaSigner signs by RS256 with a key that is made once.
var rsaSigner = sync.OnceValue(func() *stdcrypto.Signer {
	private, err := stdcrypto.GenerateKey(jwt.RS256)
	if err != nil {
		panic(err)
	}
	s, err := stdcrypto.NewSigner("rsa", jwt.RS256, private)
	if err != nil {
		panic(err)
	}
	return s
})

func keysOf(s *stdcrypto.Signer) jwks.Keys {
	public, err := stdcrypto.Import(s.Public())
	if err != nil {
		panic(err)
	}
	keys, err := jwks.NewStatic(&jwt.Key{ID: s.KeyID(), Algorithm: s.Algorithm(), Public: public})
	if err != nil {
		panic(err)
	}
	return keys
}

type object = map[string]any

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// An idp is an OpenID provider in memory. A test changes it while it runs.
type idp struct {
	issuer string
	now    func() time.Time
	sub    string
	sid    string
	claims func(object)                               // changes the ID token's claims
	answer func(url string) (*openid.Response, error) // instead of what it would answer; nil, nil: as ever
	codes  map[string]url.Values                      // code → authentication request
}

func newIDP(issuer string, now func() time.Time) *idp {
	return &idp{issuer: issuer, now: now, sub: "alice", sid: "sid-1", codes: map[string]url.Values{}}
}

// authorize is what happens at the provider while a person signs in.
func (p *idp) authorize(t testing.TB, location string) (callback string) {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil || !strings.HasPrefix(location, p.issuer+"/authorize?") {
		t.Fatalf("sent to %s, %v", location, err)
	}
	q := u.Query()
	code := "code-" + q.Get("state")
	p.codes[code] = q
	return q.Get("redirect_uri") + "?" + url.Values{"state": {q.Get("state")}, "code": {code}, "iss": {p.issuer}, "session_state": {"x"}}.Encode()
}

func (p *idp) sign(typ string, claims object) string {
	token, err := jwt.Sign(context.Background(), rsaSigner(), typ, encode(claims))
	if err != nil {
		panic(err)
	}
	return token
}

// logoutToken says that the session at the provider has ended.
func (p *idp) logoutToken(jti string, change func(object)) string {
	claims := object{
		"iss": p.issuer, "aud": client, "iat": p.now().Unix(), "exp": p.now().Add(2 * time.Minute).Unix(), "jti": jti,
		"sid": p.sid, "sub": p.sub, "events": object{"http://schemas.openid.net/event/backchannel-logout": object{}},
	}
	if change != nil {
		change(claims)
	}
	return p.sign("logout+jwt", claims)
}

func (p *idp) fetch(r openid.Request) (openid.Response, error) {
	if p.answer != nil {
		if answer, err := p.answer(r.URL); answer != nil || err != nil {
			if answer == nil {
				answer = &openid.Response{}
			}
			return *answer, err
		}
	}
	switch r.URL {
	case p.issuer + "/.well-known/openid-configuration":
		return *reply(200, object{
			"issuer": p.issuer, "authorization_endpoint": p.issuer + "/authorize", "token_endpoint": p.issuer + "/token",
			"end_session_endpoint": p.issuer + "/end", "jwks_uri": p.issuer + "/keys",
			"code_challenge_methods_supported": []string{"S256"}, "authorization_response_iss_parameter_supported": true,
		}), nil
	case p.issuer + "/token":
		return p.redeem(r), nil
	}
	return *reply(404, object{}), nil
}

func (p *idp) redeem(r openid.Request) openid.Response {
	form, _ := url.ParseQuery(string(r.Body))
	asked, known := p.codes[form.Get("code")]
	delete(p.codes, form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if !known || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return *reply(400, object{"error": "invalid_grant"})
	}
	claims := object{
		"iss": p.issuer, "sub": p.sub, "aud": client, "exp": p.now().Add(time.Hour).Unix(), "iat": p.now().Unix(),
		"nonce": asked.Get("nonce"), "sid": p.sid, "name": "Alice Example", "roles": []string{"staff"},
	}
	if p.claims != nil {
		p.claims(claims)
	}
	return *reply(200, object{"token_type": "Bearer", "access_token": "a", "id_token": p.sign("JWT", claims)})
}

func reply(status int, v object) *openid.Response {
	return &openid.Response{Status: status, Header: edgeward.Header{"Content-Type": {"application/json"}}, Body: encode(v)}
}

// network is the Fetcher that reaches all providers.
type network []*idp

func (n network) Fetch(_ context.Context, r openid.Request) (openid.Response, error) {
	for _, p := range n {
		if strings.HasPrefix(r.URL, p.issuer+"/") {
			return p.fetch(r)
		}
	}
	return openid.Response{}, errors.New("no such host")
}
