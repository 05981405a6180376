package userapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/login/userapi"
)

// canned answers requests by "METHOD path?query".
type canned map[string]string

func (c canned) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, found := c[r.Method+" "+r.URL.RequestURI()]
	w.Header().Set("Content-Type", "application/json")
	if !found || r.Method == "GET" && r.Header.Get("Authorization") != "Bearer access" {
		w.WriteHeader(404)
	}
	fmt.Fprint(w, body)
}

// The answers are those of the documentation of each provider.
func TestAUserOfDiscord(t *testing.T) {
	const guilds = `[{"id":"80351110224678912","name":"Ours","icon":null,"owner":true,"permissions":"36953089","features":[]},{"id":"197038439483310086","name":"Ours","owner":false}]`
	var auth, form string
	discord := canned{
		"GET /api/v10/users/@me":                  `{"id":"80351110224678912","username":"nelly","discriminator":"0","global_name":"Nelly","verified":true,"email":"nelly@discord.com","mfa_enabled":true}`,
		"GET /api/v10/users/@me/guilds?limit=200": guilds,
		"POST /api/oauth2/token":                  `{"access_token":"access","token_type":"Bearer","expires_in":604800,"refresh_token":"refresh","scope":"identify email guilds"}`,
	}
	c, err := userapi.New(userapi.Provider{Name: "discord", Kind: "discord", ClientID: "id:1", ClientSecret: edgeward.NewSecret("a secret")}, network{"https://discord.com": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			id, secret, _ := r.BasicAuth()
			_ = r.ParseForm()
			auth, form = id+" "+secret, r.PostForm.Encode()
		}
		discord.ServeHTTP(w, r)
	})})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Exchange(t.Context(), openid.Code{Code: "x", Verifier: "v", RedirectURI: "https://app.example/auth/callback"})
	if err != nil || got.Access.Reveal() != "access" || got.Refresh.Reveal() != "refresh" || got.Lifetime != 7*24*time.Hour {
		t.Fatalf("%+v, %v", got, err)
	}
	if auth != "id%3A1 a%20secret" && auth != "id%3A1 a+secret" || strings.Contains(form, "client_") || !strings.Contains(form, "code_verifier=v") {
		t.Errorf("%s, %s", auth, form)
	}
	u, err := c.User(t.Context(), got.Access)
	if err != nil {
		t.Fatal(err)
	}
	// Two servers of one name are two groups: anybody can call a server as ours is called.
	const want = `sub: "80351110224678912"
preferred_username: "nelly"
name: "Nelly"
email: "nelly@discord.com"
email_verified: true
groups: ["80351110224678912","197038439483310086"]`
	if got := claims(t, u); got != want {
		t.Error(got)
	}
	discord["GET /api/v10/users/@me"] = `{"id":"1","username":"nelly","global_name":null,"verified":false,"email":"nelly@discord.com"}`
	if u, err := c.User(t.Context(), got.Access); err != nil || strings.Contains(claims(t, u), "email") {
		t.Errorf("an address that is not verified: %v, %v", claims(t, u), err)
	}
}

// anywhere answers a request for any URL.
type anywhere func(url string) openid.Response

func (a anywhere) Fetch(_ context.Context, r openid.Request) (openid.Response, error) {
	return a(r.URL), nil
}

func bitbucket(t *testing.T, answers canned) *userapi.Client {
	t.Helper()
	c, err := userapi.New(userapi.Provider{Name: "bitbucket", Kind: "bitbucket", ClientID: "c", ClientSecret: edgeward.NewSecret("s")}, network{"https://api.bitbucket.org": answers, "https://bitbucket.org": answers})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func bitbucketAnswers(next string) canned {
	return canned{
		"GET /2.0/user":                        `{"type":"user","username":"tutorials","nickname":"tutorials","display_name":"Tutorials","uuid":"{c788b2da-b7a2-404c-9e26-d3f077557007}","account_id":"557058:1"}`,
		"GET /2.0/user/emails?pagelen=100":     `{"pagelen":100,"values":[{"is_primary":false,"is_confirmed":true,"email":"old@example.com"},{"is_primary":true,"is_confirmed":true,"email":"tutorials@example.com","type":"email"}],"page":1,"size":2}`,
		"GET /2.0/user/workspaces?pagelen=100": `{"pagelen":100,"next":"` + next + `","values":[{"type":"workspace_access","administrator":true,"workspace":{"type":"workspace_base","uuid":"{1}","slug":"acme"}}]}`,
		"GET /2.0/user/workspaces?page=2":      `{"pagelen":100,"values":[{"administrator":false,"workspace":{"uuid":"{2}","slug":"umbrella"}}]}`,
	}
}

func TestAUserOfBitbucket(t *testing.T) {
	c := bitbucket(t, bitbucketAnswers("https://api.bitbucket.org/2.0/user/workspaces?page=2"))
	u, err := c.User(t.Context(), edgeward.NewSecret("access"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `sub: "{c788b2da-b7a2-404c-9e26-d3f077557007}"
preferred_username: "tutorials"
name: "Tutorials"
email: "tutorials@example.com"
email_verified: true
groups: ["acme","umbrella"]
workspace_ids: ["{1}","{2}"]`
	if got := claims(t, u); got != want {
		t.Error(got)
	}
}

// The access token goes nowhere but to the API, whatever an answer says.
func TestTheNextPageIsOfTheAPI(t *testing.T) {
	for _, next := range []string{
		"https://evil.example/2.0/user/workspaces?page=2", "https://api.bitbucket.org.evil.example/2.0/user/workspaces?page=2", "https://api.bitbucket.org/2.0/../x?page=2",
		"http://api.bitbucket.org/2.0/user/workspaces?page=2", "//evil.example/?", "https://api.bitbucket.org/2.0/user/workspaces?a b", "https://api.bitbucket.org/2.0/user/workspaces?page=2#x",
		"https://api.bitbucket.org/2.0/user/workspaces",
	} {
		answers := bitbucketAnswers(next)
		c, err := userapi.New(userapi.Provider{Name: "bitbucket", Kind: "bitbucket", ClientID: "c", ClientSecret: edgeward.NewSecret("s")}, anywhere(func(url string) openid.Response {
			if !slices.Contains([]string{"/user", "/user/emails?pagelen=100", "/user/workspaces?pagelen=100"}, strings.TrimPrefix(url, "https://api.bitbucket.org/2.0")) {
				t.Errorf("%s: the access token went to %s", next, url)
			}
			path := strings.TrimPrefix(url, "https://api.bitbucket.org")
			return openid.Response{Status: 200, Header: edgeward.Header{"Content-Type": {"application/json"}}, Body: []byte(answers["GET "+path])}
		}))
		if err != nil {
			t.Fatal(err)
		}
		if u, err := c.User(t.Context(), edgeward.NewSecret("access")); !errors.Is(err, openid.ErrAnswer) {
			t.Errorf("%s: %v, %v", next, u, err)
		}
	}
	endless := bitbucketAnswers("https://api.bitbucket.org/2.0/user/workspaces?pagelen=100")
	if u, err := bitbucket(t, endless).User(t.Context(), edgeward.NewSecret("access")); !errors.Is(err, openid.ErrAnswer) {
		t.Errorf("without end: %v, %v", u, err)
	}
}

func TestARefreshToken(t *testing.T) {
	answers := canned{"POST /site/oauth2/access_token": `{"access_token":"access","token_type":"bearer","expires_in":7200,"scopes":"account"}`}
	c := bitbucket(t, answers)
	got, err := c.Refresh(t.Context(), edgeward.NewSecret("old-refresh"))
	if err != nil || got.Refresh.Reveal() != "old-refresh" || got.Lifetime != 2*time.Hour {
		t.Errorf("not rotated: %+v, %v", got, err)
	}
	answers["POST /site/oauth2/access_token"] = `{"access_token":"access","token_type":"bearer","refresh_token":"new"}`
	if got, err := c.Refresh(t.Context(), edgeward.NewSecret("old-refresh")); err != nil || got.Refresh.Reveal() != "new" || got.Lifetime != 0 {
		t.Errorf("rotated: %+v, %v", got, err)
	}
	for answer, want := range map[string]error{
		`{"error":"invalid_grant","error_description":"old-refresh is void"}`:        userapi.ErrEnded,
		`{"error":"invalid_client"}`:                                                 openid.ErrAnswer,
		`{"access_token":"","token_type":"bearer"}`:                                  openid.ErrAnswer,
		`{"access_token":"a","token_type":"mac"}`:                                    openid.ErrAnswer,
		`{"access_token":"a\r\nb","token_type":"bearer"}`:                            openid.ErrAnswer,
		`{"access_token":"` + strings.Repeat("a", 9000) + `","token_type":"bearer"}`: openid.ErrAnswer,
		`[]`: openid.ErrAnswer,
	} {
		answers["POST /site/oauth2/access_token"] = answer
		_, err := c.Refresh(t.Context(), edgeward.NewSecret("old-refresh"))
		if !errors.Is(err, want) || errors.Is(err, userapi.ErrEnded) != (want == userapi.ErrEnded) || strings.Contains(err.Error(), "old-refresh") {
			t.Errorf("%.80s: %v", answer, err)
		}
	}
}

// FuzzUser: whatever an API answers is a user with an id, a refusal, or no answer, and
// no error holds the access token.
func FuzzUser(f *testing.F) {
	f.Add(`{"id":1,"login":"a","name":null}`, `[{"email":"a@b","primary":true,"verified":true}]`, `[{"login":"a","id":1}]`)
	f.Add(`{"id":"x"}`, `[]`, `{}`)
	f.Add(`{"id":1e3}`, `[[]]`, `[{"organization":{"login":"a"},"slug":"b"}]`)
	f.Fuzz(func(t *testing.T, user, emails, list string) {
		answers := canned{"GET /user": user, "GET /user/emails?per_page=100": emails, "GET /user/orgs?per_page=100": list, "GET /user/teams?per_page=100": list}
		c, err := userapi.New(userapi.Provider{Name: "g", Kind: "github", ClientID: "c", ClientSecret: edgeward.NewSecret("s")}, network{"https://api.github.com": answers})
		if err != nil {
			t.Fatal(err)
		}
		u, err := c.User(t.Context(), edgeward.NewSecret("access"))
		if (err == nil) != (u.Subject != "" && u.Claims != nil) {
			t.Errorf("%+v, %v", u, err)
		}
		if err == nil {
			if v, found := u.Claims.Lookup("sub"); !found || !strings.Contains(v.JSON(), `"`) {
				t.Errorf("sub %v", v)
			}
		}
	})
}
