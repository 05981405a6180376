package userapi_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/devsystem/devgithub"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/login/userapi"
)

// network is the hosts that a client reaches, by their origins.
type network map[string]http.Handler

func (n network) Fetch(ctx context.Context, r openid.Request) (openid.Response, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return openid.Response{}, err
	}
	handler, found := n[u.Scheme+"://"+u.Host]
	if !found {
		return openid.Response{Status: 404}, nil
	}
	hr := httptest.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	for name, values := range r.Header {
		hr.Header[name] = values
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, hr)
	return openid.Response{Status: w.Code, Header: edgeward.Header(w.Header()), Body: w.Body.Bytes()}, nil
}

const server = "https://github.example.com"

// octocat is a user of two organizations, with an address that is not verified.
func octocat() *devgithub.User {
	return &devgithub.User{
		ID: 9007199254740993, Login: "octocat", Name: "Mona",
		Email: []devgithub.Email{{Email: "old@example.com", Verified: true}, {Email: "mona@example.com", Primary: true, Verified: true}},
		Orgs: []devgithub.Org{
			{ID: 1, Login: "acme", Teams: []devgithub.Team{{ID: 11, Slug: "ops"}, {ID: 12, Slug: "web"}}},
			{ID: 2, Login: "umbrella"},
		},
	}
}

// of returns a client at g, as at a server of the operator's own.
func of(t *testing.T, g *devgithub.GitHub, scopes ...string) *userapi.Client {
	t.Helper()
	c, err := userapi.New(userapi.Provider{
		Name: "github", Kind: "github", BaseURL: server, ClientID: g.ClientID, ClientSecret: edgeward.NewSecret(g.ClientSecret), Scopes: scopes,
	}, network{server: g})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// challenge is what S256 makes of "verifier".
const challenge = "iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ"

var asked = openid.Authorization{RedirectURI: "https://app.example/auth/callback", State: "s", Nonce: "n", Challenge: challenge}

// authorize goes to the provider and returns the code that it gives.
func authorize(t *testing.T, at http.Handler, c *userapi.Client) string {
	t.Helper()
	w := httptest.NewRecorder()
	at.ServeHTTP(w, httptest.NewRequest("GET", c.AuthorizationURL(asked), nil))
	back, err := url.Parse(w.Header().Get("Location"))
	if err != nil || back.Query().Get("code") == "" || back.Query().Get("state") != "s" {
		t.Fatalf("%d %v, %v", w.Code, w.Header(), err)
	}
	return back.Query().Get("code")
}

func exchange(t *testing.T, g *devgithub.GitHub, c *userapi.Client) userapi.Tokens {
	t.Helper()
	got, err := c.Exchange(t.Context(), openid.Code{Code: authorize(t, g, c), Verifier: "verifier", RedirectURI: asked.RedirectURI})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// claims returns a user's claims as "name: values".
func claims(t *testing.T, u userapi.User) string {
	t.Helper()
	var all []string
	for _, name := range []string{"sub", "preferred_username", "name", "email", "email_verified", "groups", "organization_ids", "team_ids", "workspace_ids"} {
		if v, found := u.Claims.Lookup(name); found {
			all = append(all, name+": "+v.JSON())
		}
	}
	return strings.Join(all, "\n")
}

func paths(asked []string) (all []string) {
	for _, uri := range asked {
		path, _, _ := strings.Cut(uri, "?")
		all = append(all, path)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
