package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	claims "github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/outbound"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/store/memstore"
)

// A party is package login at the real provider, without a gateway and a browser.
type party struct {
	*login.Login
	t        *testing.T
	provider *provider
}

const partyOrigin = "http://127.0.0.1:8080"

// newParty starts a provider that is as strict as it is by itself, with a client that
// change changes, and a party at it.
func newParty(t *testing.T, client map[string]any, change ...func(*login.Provider)) *party {
	t.Helper()
	registered := map[string]any{
		"client_id": "edgeward", "redirect_uris": []string{partyOrigin + login.DefaultCallbackPath}, "grant_types": []string{"authorization_code", "refresh_token"},
		"token_endpoint_auth_method": "client_secret_basic", "client_secret": "a secret of the end-to-end tests",
	}
	for name, value := range client {
		if registered[name] = value; value == nil {
			delete(registered, name)
		}
	}
	text, err := json.Marshal(registered)
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	p := &provider{t: t, port: port, issuer: "http://" + loopback(port), keys: filepath.Join(t.TempDir(), "keys.json"), client: string(text), strict: true}
	p.start()
	keys, err := remote.New(remote.Config{Issuer: p.issuer, Algorithms: []jwt.Algorithm{jwt.RS256}, Importer: stdcrypto.Import})
	if err != nil {
		t.Fatal(err)
	}
	of := login.Provider{Provider: openid.Provider{
		Name: "idp", Issuer: p.issuer, ClientID: "edgeward", ClientSecret: edgeward.NewSecret("a secret of the end-to-end tests"), Scopes: []string{"profile", "email"}, Keys: keys,
	}, Claims: claims.Map{
		Username: claims.Source{Name: "preferred_username"}, Email: claims.Source{Name: "email"}, Name: claims.Source{Name: "name"}, Groups: claims.Source{Name: "roles"},
		Permissions: claims.Permissions{Source: claims.Source{Name: "roles"}, Map: map[string][]string{"editor": {"articles:write"}}},
	}}
	for _, c := range change {
		c(&of)
	}
	l, err := login.New(login.Config{
		Origin: partyOrigin, Insecure: true, Key: edgeward.NewSecret(strings.Repeat("k", 32)), Store: memstore.New(memstore.Config{}),
		Fetcher: outbound.NewFetcher(outbound.Config{}), Providers: []login.Provider{of},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &party{l, t, p}
}

// signIn goes all the way, and says what comes of it.
func (p *party) signIn(name string) (login.SignIn, error) {
	p.t.Helper()
	begun, err := p.Begin(p.t.Context(), "idp", edgeward.Secret{}, "/")
	if err != nil {
		p.t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	var back *url.URL
	client := &http.Client{Jar: jar, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(next.URL.String(), partyOrigin) {
			back = next.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := client.Get(begun.Location)
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
	if back == nil {
		if res, err = client.PostForm(res.Request.URL.String(), url.Values{"login": {name}}); err != nil {
			p.t.Fatal(err)
		}
		defer res.Body.Close()
	}
	if back == nil {
		body, _ := io.ReadAll(res.Body)
		p.t.Fatalf("the browser is at %s: %.300s", res.Request.URL, body)
	}
	q := back.Query()
	return p.Finish(p.t.Context(), edgeward.NewSecret(begun.Cookie), login.Callback{
		State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), ErrorDescription: q.Get("error_description"), Issuer: q.Get("iss"), HasIssuer: q.Has("iss"),
	})
}

// wantAda demands that who signed in is ada with all that userinfo says.
func (p *party) wantAda(permissions []string, profile edgeward.Profile) {
	p.t.Helper()
	if !slices.Equal(permissions, []string{"articles:write"}) || profile.Email != "somebody@shared.example" || profile.Name != "ada <b>" || !slices.Equal(profile.Groups, []string{"editor"}) {
		p.t.Errorf("%v, %+v", permissions, profile)
	}
}

// A provider that keeps to the specification has the claims of scopes in userinfo, and
// a refresh token that is used twice ends all that came of it.
func TestARealProvidersUserinfoAndRefreshTokens(t *testing.T) {
	t.Parallel()
	for answer, client := range map[string]map[string]any{"JSON": nil, "a signed JWT": {"userinfo_signed_response_alg": "RS256"}} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			p := newParty(t, client)
			in, err := p.signIn("ada")
			if err != nil {
				t.Fatal(err)
			}
			p.wantAda(in.Permissions, in.Profile)
			if in.Grant.Refresh.IsZero() || in.Grant.Access.IsZero() || in.Grant.Expires.IsZero() {
				t.Fatal("there is nothing to ask again by")
			}
			first := in.Grant
			fresh, err := p.Refresh(t.Context(), "idp", in.Issuer, "ada", first)
			if err != nil {
				t.Fatal(err)
			}
			p.wantAda(fresh.Permissions, fresh.Profile)
			if fresh.Grant.Refresh.Equal(first.Refresh) || fresh.Grant.Access.Equal(first.Access) {
				t.Error("the tokens did not rotate")
			}
			byAccess := fresh.Grant
			byAccess.Refresh = edgeward.Secret{}
			if asked, err := p.Refresh(t.Context(), "idp", in.Issuer, "ada", byAccess); err != nil {
				t.Errorf("by the access token: %v", err)
			} else {
				p.wantAda(asked.Permissions, asked.Profile)
			}
			if _, err := p.Refresh(t.Context(), "idp", in.Issuer, "olga", fresh.Grant); !errors.Is(err, openid.ErrSubject) {
				t.Errorf("about another user: %v", err)
			}
			if _, err := p.Refresh(t.Context(), "idp", in.Issuer, "ada", first); !errors.Is(err, login.ErrGrantEnded) {
				t.Errorf("a used refresh token: %v", err)
			}
		})
	}
}

// The provider checks assertions as RFC 7523 has it, each jti once.
func TestARealProviderTakesPrivateKeyJWT(t *testing.T) {
	t.Parallel()
	for _, alg := range []jwt.Algorithm{jwt.RS256, jwt.PS256, jwt.ES256, jwt.EdDSA} {
		for _, endpoint := range []bool{false, true} {
			key, err := keyfile.Generate(alg)
			if err != nil {
				t.Fatal(err)
			}
			client := map[string]any{
				"client_secret": nil, "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": string(alg),
				"jwks": json.RawMessage(jwks.AppendSet(nil, key.Public())),
			}
			name := string(alg) + " to the issuer"
			if endpoint {
				name = string(alg) + " to the token endpoint"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := newParty(t, client, func(p *login.Provider) {
					p.ClientSecret, p.ClientKey, p.AssertToEndpoint = edgeward.Secret{}, key, endpoint
				})
				in, err := p.signIn("ada")
				if err != nil {
					t.Fatal(err)
				}
				p.wantAda(in.Permissions, in.Profile)
				if _, err := p.Refresh(t.Context(), "idp", in.Issuer, "ada", in.Grant); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// With a resource the access token is for that, and is no token for userinfo.
func TestARealProvidersAccessTokenForAResource(t *testing.T) {
	t.Parallel()
	p := newParty(t, map[string]any{"scope": "openid profile email orders:read"}, func(p *login.Provider) {
		p.Params, p.Userinfo = []openid.Param{{Name: "resource", Value: audience}}, openid.UserinfoNever
	})
	in, err := p.signIn("ada")
	if err != nil {
		t.Fatal(err)
	}
	u, err := jwt.Parse(in.Grant.Access.Reveal())
	if err != nil || !slices.Contains(u.Claims.Audience, audience) || u.Claims.Subject != "ada" {
		t.Errorf("the access token is %+v, %v", u, err)
	}
}
