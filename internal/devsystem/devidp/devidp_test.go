package devidp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/devsystem/devidp"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

const issuer = "http://127.0.0.1:1"

// clock is a time that stands still until it is moved.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func provider(t *testing.T) (*devidp.Provider, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	p, err := devidp.New(devidp.Config{
		Issuer: issuer, Audience: "edgeward-dev", Now: c.Now,
		Client: devidp.Client{ID: "dev", Secret: edgeward.NewSecret("s3cret"), Scopes: []string{"read", "write"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

func fetch(t testing.TB, p *devidp.Provider, path string) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d", path, w.Code)
	}
	return w.Body.Bytes()
}

// published returns the key set as a verifier sees it.
func published(t testing.TB, p *devidp.Provider) *jwks.Set {
	t.Helper()
	set, ignored, err := jwks.Parse(fetch(t, p, "/jwks"), stdcrypto.Import)
	if err != nil || len(ignored) > 0 {
		t.Fatal(err, ignored)
	}
	return set
}

func issue(t *testing.T, p *devidp.Provider) devidp.Token {
	t.Helper()
	token, err := p.Issue(t.Context(), "dev", "alice", []string{"read", "write"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// verify checks token against set as the gateway would.
func verify(t *testing.T, set *jwks.Set, token string, now time.Time) (*jwt.Unverified, error) {
	t.Helper()
	u, err := jwt.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	key, err := set.Select(u.Header.KeyID, u.Header.HasKeyID, u.Header.Algorithm)
	if err != nil {
		return nil, err
	}
	if err := u.Verify(t.Context(), key); err != nil {
		return nil, err
	}
	rules := jwt.Rules{Issuer: issuer, Audiences: []string{"edgeward-dev"}, Types: []string{"at+jwt"}}
	return u, rules.Check(u, now)
}

func TestATokenIsAnRFC9068AccessToken(t *testing.T) {
	p, c := provider(t)
	u, err := verify(t, published(t, p), issue(t, p).Value.Reveal(), c.now)
	if err != nil {
		t.Fatal(err)
	}
	if u.Claims.Subject != "alice" || u.Claims.TokenID == "" || u.Header.Algorithm != jwt.RS256 {
		t.Errorf("%+v", u.Claims)
	}
	if scope, _ := u.Claims.Lookup("scope"); string(scope.JSON()) != `"read write"` {
		t.Errorf("scope is %s", scope.JSON())
	}
}

func TestDiscoveryNamesTheSameIssuer(t *testing.T) {
	p, _ := provider(t)
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
		var doc struct {
			Issuer  string `json:"issuer"`
			JWKSURI string `json:"jwks_uri"`
		}
		if err := json.Unmarshal(fetch(t, p, path), &doc); err != nil {
			t.Fatal(err)
		}
		if doc.Issuer != issuer || doc.JWKSURI != issuer+"/jwks" {
			t.Errorf("%s: %+v", path, doc)
		}
	}
}

func TestANewKeyIsKnownBeforeItSigns(t *testing.T) {
	p, c := provider(t)
	before := published(t, p) // and never asked again: verifiers wait 30 s
	for range 2 {
		rotation, err := p.Rotate()
		if err != nil {
			t.Fatal(err)
		}
		token := issue(t, p)
		if token.KeyID != rotation.To || rotation.To == rotation.From {
			t.Errorf("%+v, but %s signs", rotation, token.KeyID)
		}
		if _, err := verify(t, before, token.Value.Reveal(), c.now); err != nil {
			t.Error(err)
		}
	}
}

func TestAnOldKeyIsPublishedAsLongAsItsTokensLive(t *testing.T) {
	p, c := provider(t)
	old := issue(t, p)
	if _, err := p.Rotate(); err != nil {
		t.Fatal(err)
	}
	c.now = old.Expires.Add(-time.Second)
	if _, err := verify(t, published(t, p), old.Value.Reveal(), c.now); err != nil {
		t.Error(err)
	}
	c.now = old.Expires
	if _, err := verify(t, published(t, p), old.Value.Reveal(), c.now); edgeward.ReasonOf(err) != edgeward.TokenKey {
		t.Errorf("%v, want the key withdrawn", err)
	}
}

func TestTokenEndpoint(t *testing.T) {
	p, c := provider(t)
	grant := "grant_type=client_credentials"
	rows := map[string]struct {
		form   string
		basic  string
		status int
		part   string
	}{
		"the client, by Basic":         {grant, "s3cret", 200, `"token_type":"Bearer"`},
		"the client, by the form":      {grant + "&client_id=dev&client_secret=s3cret", "", 200, `"scope":"read write"`},
		"fewer scopes":                 {grant + "&scope=read", "s3cret", 200, `"scope":"read"`},
		"a scope that it may not have": {grant + "&scope=admin", "s3cret", 400, "invalid_scope"},
		"a wrong secret":               {grant, "wrong", 401, "invalid_client"},
		"nobody":                       {grant, "", 401, "invalid_client"},
		"a secret in the query":        {grant, "", 401, "invalid_client"},
		"another grant":                {"grant_type=password", "s3cret", 400, "unsupported_grant_type"},
		"a huge body":                  {strings.Repeat("a", 1<<20), "s3cret", 400, "invalid_request"},
	}
	for rule, row := range rows {
		t.Run(rule, func(t *testing.T) {
			target := "/token"
			if rule == "a secret in the query" {
				target += "?" + url.Values{"client_id": {"dev"}, "client_secret": {"s3cret"}}.Encode()
			}
			hr := httptest.NewRequest("POST", target, strings.NewReader(row.form))
			hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if row.basic != "" {
				hr.SetBasicAuth("dev", row.basic)
			}
			w := httptest.NewRecorder()
			p.Handler().ServeHTTP(w, hr)
			body, _ := io.ReadAll(w.Body)
			if w.Code != row.status || !strings.Contains(string(body), row.part) || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%d %s", w.Code, body)
			}
			var answer struct {
				Token string `json:"access_token"`
			}
			if w.Code != http.StatusOK {
				return
			}
			if err := json.Unmarshal(body, &answer); err != nil {
				t.Fatal(err)
			}
			if u, err := verify(t, published(t, p), answer.Token, c.now); err != nil || u.Claims.Subject != "dev" {
				t.Error(err)
			}
		})
	}
}

func TestWithoutASecretNobodyIsTheClient(t *testing.T) {
	p, err := devidp.New(devidp.Config{Issuer: issuer, Audience: "a", Client: devidp.Client{ID: "dev"}})
	if err != nil {
		t.Fatal(err)
	}
	hr := httptest.NewRequest("POST", "/token", strings.NewReader("grant_type=client_credentials"))
	hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	hr.SetBasicAuth("dev", "")
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, hr)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("%d", w.Code)
	}
}
